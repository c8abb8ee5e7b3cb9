import type { RunReport } from '../../report.ts';
import type { Chart } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { shortName } from '../text-width.ts';
import { emptyChart, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'latency-over-time';
const TITLE = 'Response time over time';

/** p50 to p99 of every group, interval by interval. */
export function latencyOverTime(report: RunReport): Chart {
  const rows = report.timeline.filter(({ latencyMs }) => latencyMs !== null);
  if (report.timeline.length === 0) return emptyChart(ID, TITLE, 'This result has no timeline.');
  const names = Object.keys(report.record.groups);
  for (const { latencyMs } of rows)
    for (const name of Object.keys(latencyMs ?? {})) if (!names.includes(name)) names.push(name);
  const timesMs = rows.map(({ tMs }) => tMs);
  const columns: TimeColumn[] = [];
  const sentences: string[] = [];
  names.forEach((name, color) => {
    const values = rows.map(({ latencyMs }) => latencyMs?.[name]?.p99 ?? null);
    const peak = peakOf(timesMs, values);
    if (peak === null) return;
    const text = shortName(name);
    const low = { name: `${text} p50`, values: rows.map(({ latencyMs }) => latencyMs?.[name]?.p50 ?? null) };
    columns.push({ name: `${text} p99`, color, values, low });
    sentences.push(`${text} ${formatNumber(peak.value, 'ms')} at ${formatMoment(peak.tMs)}`);
  });
  if (columns.length === 0) return emptyChart(ID, TITLE, 'No response came in this run.');
  return makeTimePlot(report, {
    ...{ id: ID, title: TITLE, timesMs, columns, unit: 'ms', isLog: true },
    yLabel: 'response time of each interval, p50 to p99 (log)',
    caption: `Highest p99 of an interval: ${sentences.join(', ')}. Only what was delivered has a response time.`,
  });
}
