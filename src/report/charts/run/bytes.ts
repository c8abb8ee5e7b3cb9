import { BOUNDARY_NAMES } from '../../../core/boundary.ts';
import type { RunReport } from '../../report.ts';
import type { Chart, Rule } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { emptyChart, hasValues, isAllZero, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'bytes';
const TITLE = 'Bytes that wait, by place';
const FAR_ABOVE = 5;

/** Queued bytes of every boundary and all that the system accounts for; the most in sockets and kernel as lines. */
export function bytesByPlace(report: RunReport): Chart {
  const { timeline, record } = report;
  if (timeline.length === 0) return emptyChart(ID, TITLE, 'This result has no timeline.');
  const timesMs = timeline.map(({ tMs }) => tMs);
  const accounted = timeline.map(({ accountedBytes }) => accountedBytes);
  const columns: TimeColumn[] = BOUNDARY_NAMES.map((name, color) => ({
    ...{ name, color, values: timeline.map(({ queue }) => queue[name]?.bytes ?? null) },
  })).filter(({ values }) => hasValues(values) && !isAllZero(values));
  if (hasValues(accounted)) columns.push({ name: 'all accounted', color: 7, values: accounted });
  const peak = peakOf(timesMs, accounted);
  const most = Math.max(0, ...columns.map(({ values }) => peakOf(timesMs, values)?.value ?? 0));
  if (most === 0) return emptyChart(ID, TITLE, 'Nothing waited in queues or sockets when they were sampled.');
  const rules: Rule[] = [];
  const hidden: string[] = [];
  const { socketMaxBytes, kernelMaxBytes } = record.memory;
  for (const [place, at] of [
    ['sockets', socketMaxBytes],
    ['kernel', kernelMaxBytes],
  ] as const) {
    if (at === null || at === 0) continue;
    hidden.push(`${formatNumber(at, 'bytes')} in ${place}`);
    if (at <= most * FAR_ABOVE) rules.push({ axis: 'y', at, label: `most in ${place}`, tone: 'limit' });
  }
  const more = hidden.length === 0 ? '' : ` Beside the queues at most ${hidden.join(' and ')}.`;
  const lead =
    peak === null
      ? `At most ${formatNumber(most, 'bytes')} in one place.`
      : `At most ${formatNumber(peak.value, 'bytes')} accounted for, at ${formatMoment(peak.tMs)}.`;
  return makeTimePlot(report, {
    ...{ id: ID, title: TITLE, timesMs, columns, rules, unit: 'bytes' },
    yLabel: 'bytes',
    caption: lead + more,
  });
}

/** Resident memory of the system under test. */
export function processMemory(report: RunReport): Chart {
  const [id, title] = ['memory', 'Memory of the system'];
  const rss = report.timeline.map(({ rssBytes }) => rssBytes);
  const timesMs = report.timeline.map(({ tMs }) => tMs);
  const peak = peakOf(timesMs, rss);
  if (peak === null) {
    const isOwn = report.record.target.kind === 'external';
    const why = isOwn
      ? 'The memory of an external target cannot be read.'
      : 'This result has no memory readings.';
    return emptyChart(id, title, why);
  }
  const first = rss.find((value) => value !== null) ?? peak.value;
  const slope = report.record.memory.slopeBytesPerMinute;
  const trend =
    slope === null ? '' : ` It changes by ${formatNumber(slope, 'bytes')} a minute over the measured phases.`;
  return makeTimePlot(report, {
    ...{ id, title, timesMs, unit: 'bytes', yLabel: 'resident memory (RSS)' },
    columns: [{ name: 'rss', color: 0, values: rss }],
    caption: `Resident memory goes from ${formatNumber(first, 'bytes')} to at most ${formatNumber(peak.value, 'bytes')} at ${formatMoment(peak.tMs)}.${trend}`,
  });
}
