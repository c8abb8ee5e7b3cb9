import { arrowOf, formatDifference, formatInterval, formatMargin } from '../../../comparison/metric-words.ts';
import { marginOf } from '../../../comparison/samples.ts';
import type { ComparisonRecord, MetricResult, MetricSpec } from '../../../core/comparison.ts';
import type { Chart, ColorIndex, ForestRow } from '../chart.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';

const ID = 'forest';
const TITLE = 'How far each metric moved';

/** As far as the axis reaches at least and at most, in margins. */
const [MIN_REACH, MAX_REACH] = [2, 5];

/** The 95 % interval of each gated metric (all, where none is gated) on its own margin, the furthest on top. */
export function forestPlot(record: ComparisonRecord): Chart {
  const gated = record.results.filter(({ metric }) => specOf(record, metric)?.isGated === true);
  const rows = (gated.length > 0 ? gated : record.results).flatMap((result) => {
    const spec = specOf(record, result.metric);
    return spec === undefined ? [] : [{ result, row: forestRow(result, spec, armColor(record, result.arm)) }];
  });
  if (rows.length === 0) return emptyChart(ID, TITLE, 'This comparison has no results.');
  rows.sort((a, b) => distance(b.row) - distance(a.row));
  const ends = rows.flatMap(({ row: { low, high } }) => [low ?? 0, high ?? 0]).filter(Number.isFinite);
  const reach = Math.max(0, ...ends.map(Math.abs));
  const counts = new Map<string, number>();
  for (const { row } of rows) counts.set(row.verdict, (counts.get(row.verdict) ?? 0) + 1);
  return {
    ...{ kind: 'forest', id: ID, title: TITLE, rows: rows.map(({ row }) => row) },
    maxMargins: Math.min(MAX_REACH, Math.max(MIN_REACH, Math.ceil(reach))),
    caption: `${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}, against ${shortName(record.reference)}. Each axis is in margins δ of its own metric: inside the grey zone a change does not matter.`,
    table: {
      columns: ['metric', 'arm', 'margin', 'worse by', '95 % interval', 'verdict'].map((header, at) => ({
        ...{ header, isNumber: at >= 2 && at <= 4 },
      })),
      rows: rows.map(({ result, row }) => {
        const spec = specOf(record, result.metric);
        const kind = spec?.kind ?? 'ratio';
        return [
          row.metric,
          row.arm,
          spec === undefined ? '' : formatMargin(spec),
          formatDifference(result.estimate, kind),
          formatInterval(result.interval95, kind),
          row.reason === null ? row.verdict : `${row.verdict}: ${row.reason}`,
        ];
      }),
      note: null,
    },
  };
}

/** One result on the scale of its margin; also what the tiny bar of a matrix cell is drawn from. */
export function forestRow(result: MetricResult, spec: MetricSpec, color: ColorIndex): ForestRow {
  const { interval95, estimate } = result;
  const low = toMargins(interval95?.low ?? null, spec);
  const high = toMargins(interval95?.high ?? null, spec);
  const interval = interval95 === null ? '' : ` ${formatInterval(interval95, spec.kind)}`;
  return {
    ...{ arm: shortName(result.arm), color, low, high },
    metric: `${shortName(spec.name)} ${arrowOf(spec)}`,
    estimate: estimate === null ? infiniteEstimate(result) : toMargins(estimate, spec),
    value: estimate === null ? describeInfinity(result) : formatDifference(estimate, spec.kind) + interval,
    verdict: result.verdict,
    reason: result.reason === null ? null : shortName(result.reason, 60),
  };
}

function toMargins(difference: number | null, spec: MetricSpec): number | null {
  if (difference === null || Number.isNaN(difference)) return null;
  const margin = marginOf(spec);
  if (margin > 0) return difference / margin;
  return difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
}

function infiniteEstimate({ value, referenceValue }: MetricResult): number | null {
  if (value === 'inf' && referenceValue !== 'inf') return Number.POSITIVE_INFINITY;
  return referenceValue === 'inf' && value !== 'inf' && value !== null ? Number.NEGATIVE_INFINITY : null;
}

function describeInfinity(result: MetricResult): string {
  const estimate = infiniteEstimate(result);
  if (estimate !== null) return estimate > 0 ? 'becomes inf' : 'from inf';
  return result.value === 'inf' ? 'inf in both' : '';
}

/** Outside of the margin first; what nobody could tell last. */
function distance({ estimate, low, high }: ForestRow): number {
  if (estimate !== null) return Math.abs(estimate);
  return Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0), -1) - (low === null ? 1 : 0);
}

export function specOf(record: ComparisonRecord, metric: string): MetricSpec | undefined {
  return record.metrics.find(({ name }) => name === metric);
}

/** One colour for each arm, on the whole page. */
export function armColor(record: ComparisonRecord, arm: string): ColorIndex {
  return Math.max(
    0,
    record.arms.findIndex(({ name }) => name === arm),
  );
}
