import type { RunReport } from '../../report.ts';
import type { Chart } from '../chart.ts';
import { quantilesMs } from '../histogram-counts.ts';
import { groupsWith, readLatencies } from '../latencies.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { shortName } from '../text-width.ts';
import { emptyChart, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'age';
const TITLE = 'Age of what consumers know';

/** Age of information at the consumer, p50 to p99 of each interval. */
export function ageOverTime(report: RunReport): Chart {
  const groups = groupsWith(report, 'age');
  if (groups.length === 0) {
    const why =
      report.intervals.length === 0
        ? 'This result has no interval histograms.'
        : 'Nothing is published to the clients of this run, so what they know has no age.';
    return emptyChart(ID, TITLE, why);
  }
  const intervals = groups.map((group) => readLatencies(report, group, 'age'));
  const timesMs = [...new Set(intervals.flatMap((columns) => columns.map(({ endMs }) => endMs)))].sort(
    (a, b) => a - b,
  );
  const names = Object.keys(report.record.groups);
  const sentences: string[] = [];
  const columns = groups.map((group, at): TimeColumn => {
    const byTime = new Map(
      (intervals[at] ?? []).map((column) => [column.endMs, quantilesMs(column, [0.5, 0.99])] as const),
    );
    const values = timesMs.map((tMs) => byTime.get(tMs)?.[1] ?? null);
    const text = shortName(group);
    const peak = peakOf(timesMs, values);
    if (peak !== null)
      sentences.push(`${text} ${formatNumber(peak.value, 'ms')} at ${formatMoment(peak.tMs)}`);
    const low = { name: `${text} p50`, values: timesMs.map((tMs) => byTime.get(tMs)?.[0] ?? null) };
    return { name: `${text} p99`, color: names.includes(group) ? names.indexOf(group) : at, values, low };
  });
  if (sentences.length === 0)
    return emptyChart(ID, TITLE, 'No age could be read from the interval histograms.');
  return makeTimePlot(report, {
    ...{ id: ID, title: TITLE, timesMs, columns, unit: 'ms', isLog: true },
    yLabel: 'age at the consumer, p50 to p99 (log)',
    caption: `Oldest p99 of an interval: ${sentences.join(', ')}.`,
  });
}
