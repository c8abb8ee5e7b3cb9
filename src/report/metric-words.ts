/** Values of compared metrics, and how far they moved, as people read them. */
import type {
  Interval,
  MetricKind,
  MetricResult,
  MetricSpec,
  MetricValue,
  Objective,
} from '../core/comparison.ts';
import { formatBytes, formatCount, formatRate, formatShare } from '../core/units.ts';
import { formatMs, formatValue, NO_VALUE } from './format.ts';

/** What strategies cost, as columns. */
export const OBJECTIVES: Record<Objective, { header: string; unit: string }> = {
  loss: { header: 'loss', unit: 'share' },
  ageP99: { header: 'age p99', unit: 'ms' },
  allP99: { header: 'p99 of all', unit: 'ms' },
  bytes: { header: 'bytes', unit: 'bytes' },
  blocked: { header: 'blocked', unit: 'ms' },
  cpu: { header: 'cpu', unit: 'ms' },
};

/** `9.4 ms`, `146 MiB`, `4,990/s`; `inf` for a percentile of work that was never served. */
export function formatMetric(value: MetricValue, { unit }: Pick<MetricSpec, 'unit'>): string {
  if (value === null || Number.isNaN(value)) return NO_VALUE;
  if (value === 'inf' || !Number.isFinite(value)) return 'inf';
  if (unit === 'ms') return formatMs(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'share') return formatShare(value);
  if (unit === '1/s') return formatRate(value);
  if (unit === 'items' || unit === 'count') return formatCount(value);
  return formatValue(value, unit);
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

/** `[+12.9, +24.2]`, in the unit that {@link formatDifference} names beside the estimate; `–` for none. */
export function formatInterval(interval: Interval | null, kind: MetricKind): string {
  if (interval === null) return NO_VALUE;
  const bound = (value: number): string => formatDifference(value, kind).replace(/ (%|pp)$/, '');
  return `[${bound(interval.low)}, ${bound(interval.high)}]`;
}

/** How the value itself moved, with the sign of the value: a goodput that is worse by 3 % went down. */
export function formatChange(result: MetricResult, { kind, direction }: MetricSpec): string {
  const { value, referenceValue, estimate } = result;
  if (value === 'inf' && referenceValue === 'inf') return 'both inf';
  if (value === 'inf') return 'inf';
  if (referenceValue === 'inf') return 'from inf';
  return formatDifference(estimate === null || direction === 'lower' ? estimate : -estimate, kind);
}

/** `↓` where lower is better. */
export function arrowOf({ direction }: Pick<MetricSpec, 'direction'>): string {
  return direction === 'lower' ? '↓' : '↑';
}

/** The margin of a metric as {@link formatDifference} writes it, without a sign: `10 %`, `0.5 pp`. */
export function formatMargin({ kind, margin }: Pick<MetricSpec, 'kind' | 'margin'>): string {
  if (kind === 'exact') return 'any';
  return kind === 'share' ? `${threeFigures(margin * 100)} pp` : `${threeFigures(margin * 100)} %`;
}

/** The margin on the scale on which estimates and intervals are: `ln(1 + margin)` of a ratio. */
export function marginOnScale({ kind, margin }: Pick<MetricSpec, 'kind' | 'margin'>): number {
  if (kind === 'exact') return 0;
  return kind === 'share' ? margin : Math.log1p(margin);
}

function signed(value: number, decimals: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : decimals;
  const text = value.toFixed(digits);
  const size = text.replace('-', '');
  if (Number(text) === 0) return size;
  return `${value < 0 ? '-' : '+'}${size}`;
}

function threeFigures(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(3)));
}
