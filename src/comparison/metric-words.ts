/** Values of compared metrics, and how far they moved, as people read them: terminal, page and files say the same. */
import type { Interval, MetricKind, MetricResult, MetricSpec, MetricValue } from '../core/comparison.ts';
import { formatBytes, formatCount, formatDurationMs, formatRate, formatShare } from '../core/units.ts';

/** In a table: what nobody could tell. */
const NO_VALUE = '–';
/** A percentile of work that was never served. */
const NEVER = 'never';

/** `9.4 ms`, `146 MiB`, `4,990/s`, `3 tasks`; `never` for a percentile of work that was never served. */
export function formatMetric(
  value: MetricValue,
  { unit }: Pick<MetricSpec, 'unit'>,
  absent = NO_VALUE,
): string {
  if (value === null || Number.isNaN(value)) return absent;
  if (value === 'inf' || !Number.isFinite(value)) return NEVER;
  if (unit === 'ms') return value === 0 ? '0 ms' : formatDurationMs(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'share') return formatShare(value);
  if (unit === '1/s') return formatRate(value);
  if (unit === 'items' || unit === 'count') return formatCount(value);
  return `${formatCount(value)} ${unit}`;
}

/**
 * A difference on the metric's own scale (see `ComparisonRecord`) as a change: `+18.4 %` of a ratio, `-0.05 pp` of a
 * share, `+3` of an exact count. From ten times upwards as a factor: `×12`.
 */
export function formatDifference(difference: number | null, kind: MetricKind): string {
  if (difference === null || Number.isNaN(difference)) return NO_VALUE;
  if (!Number.isFinite(difference)) return difference > 0 ? 'inf' : '-inf';
  if (kind === 'share') return `${signed(difference * 100, 2)} pp`;
  if (kind === 'exact') return signed(difference, 0);
  const factor = Math.exp(difference);
  return factor >= 10 ? `×${threeFigures(factor)}` : `${signed(100 * (factor - 1), 1)} %`;
}

/** The size of a difference, without its sign. */
export function formatMagnitude(difference: number, kind: MetricKind): string {
  return formatDifference(difference, kind).replace(/^[+-]/, '');
}

/** `[+12.9, +24.2]`, in the unit that {@link formatDifference} names beside the estimate; `–` for none. */
export function formatInterval(interval: Interval | null, kind: MetricKind): string {
  if (interval === null) return NO_VALUE;
  const bound = (value: number): string => formatDifference(value, kind).replace(/ (%|pp)$/, '');
  return `[${bound(interval.low)}, ${bound(interval.high)}]`;
}

/** How much worse it became: positive is worse, whichever way the value went. */
export function formatWorsening(result: MetricResult, { kind }: Pick<MetricSpec, 'kind'>): string {
  return describeNever(result) ?? formatDifference(result.estimate, kind);
}

/** How the value itself moved, with the sign of the value: a goodput that is worse by 3 % went down. */
export function formatChange(
  result: MetricResult,
  { kind, direction }: Pick<MetricSpec, 'kind' | 'direction'>,
): string {
  const { estimate } = result;
  return (
    describeNever(result) ??
    formatDifference(estimate === null || direction === 'lower' ? estimate : -estimate, kind)
  );
}

/** A verdict in a sentence: `worse by 18.4 %`, `better by 9.80 pp`, `worse: never against 14 ms`. */
export function describeChange(
  result: Pick<MetricResult, 'estimate' | 'verdict' | 'value' | 'referenceValue'>,
  spec: Pick<MetricSpec, 'kind' | 'unit'>,
): string {
  const { estimate, verdict, value, referenceValue } = result;
  if (describeNever(result) !== null || estimate === null) {
    return `${verdict}: ${formatMetric(value, spec)} against ${formatMetric(referenceValue, spec)}`;
  }
  return `${verdict} by ${formatMagnitude(estimate, spec.kind)}`;
}

/** `↓` where lower is better. */
export function arrowOf({ direction }: Pick<MetricSpec, 'direction'>): string {
  return direction === 'lower' ? '↓' : '↑';
}

/** The margin of a metric as {@link formatDifference} writes it, without a sign: `10 %`, `0.5 pp`. */
export function formatMargin({ kind, margin }: Pick<MetricSpec, 'kind' | 'margin'>): string {
  if (kind === 'exact') return 'any';
  return `${threeFigures(margin * 100)} ${kind === 'share' ? 'pp' : '%'}`;
}

/** Where one of the two is infinite there is no figure for the difference. */
function describeNever({
  value,
  referenceValue,
}: Pick<MetricResult, 'value' | 'referenceValue'>): string | null {
  if (value === 'inf') return referenceValue === 'inf' ? `both ${NEVER}` : NEVER;
  return referenceValue === 'inf' ? `was ${NEVER}` : null;
}

function signed(value: number, decimals: number): string {
  const text = value.toFixed(Math.abs(value) >= 100 ? 0 : decimals);
  const size = text.replace('-', '');
  if (Number(text) === 0) return size;
  return `${value < 0 ? '-' : '+'}${size}`;
}

function threeFigures(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}
