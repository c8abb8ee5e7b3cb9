import { BOUNDARY_NAMES } from '../../../core/boundary.ts';
import { listQueues } from '../../readings.ts';
import type { RunReport } from '../../report.ts';
import type { Chart, Rule } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { emptyChart, hasValues, isAllZero, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'queue-depth';
const TITLE = 'Queue depth';

/** A capacity is drawn if a queue came so near to it, or if it does not flatten the lines. */
const NEAR = 0.25;

/** Items in the fullest queue of each boundary, beside what one queue may hold. */
export function queueDepth(report: RunReport): Chart {
  const { timeline, record } = report;
  if (timeline.length === 0) return emptyChart(ID, TITLE, 'This result has no timeline.');
  const timesMs = timeline.map(({ tMs }) => tMs);
  const columns: TimeColumn[] = [];
  const rules: Rule[] = [];
  const quiet: string[] = [];
  const sentences: string[] = [];
  const capacities = new Map(listQueues(record).map(({ name, boundItems }) => [name, boundItems] as const));
  const depths = BOUNDARY_NAMES.map((name, color) => ({
    ...{ name, color, values: timeline.map(({ queue }) => queue[name]?.maxItems ?? null) },
  })).filter(({ values }) => hasValues(values));
  const most = Math.max(0, ...depths.map(({ values }) => peakOf(timesMs, values)?.value ?? 0));
  for (const { name, color, values } of depths) {
    const peak = peakOf(timesMs, values);
    if (peak === null || isAllZero(values)) {
      quiet.push(name);
      continue;
    }
    columns.push({ name, color, values });
    const capacity = capacities.get(name) ?? null;
    const bound = capacity === null ? '' : ` of ${formatNumber(capacity, 'items')}`;
    sentences.push(`${name} ${formatNumber(peak.value, 'items')}${bound} at ${formatMoment(peak.tMs)}`);
    if (capacity === null) continue;
    if (peak.value >= capacity * NEAR || capacity <= most * 1.2)
      rules.push({ axis: 'y', at: capacity, label: `limit of ${name}`, tone: 'limit', color });
  }
  const empty = quiet.length === 0 ? '' : ` Always empty when sampled: ${quiet.join(', ')}.`;
  if (columns.length === 0)
    return emptyChart(ID, TITLE, `No queue ever held anything when it was sampled.${empty}`);
  return makeTimePlot(report, {
    ...{ id: ID, title: TITLE, timesMs, columns, rules, unit: 'items' },
    yLabel: 'items in the fullest queue',
    caption: `Fullest: ${sentences.join(', ')}.${empty}`,
  });
}
