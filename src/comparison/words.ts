/** Values and changes as people read them; terminal, page and files use the same words. */
import type { MetricKind, MetricResult, MetricSpec, MetricValue } from '../core/comparison.ts';
import { formatBytes, formatCount, formatDurationMs, formatRate, formatShare } from '../core/units.ts';

/** A value in its unit: `12.4 ms`, `143 MiB`, `inf`, `n/a`. */
export function formatMetric(value: MetricValue, unit: string): string {
  if (value === null) return 'n/a';
  if (value === 'inf') return 'inf';
  if (unit === 'ms') return formatDurationMs(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'share') return formatShare(value);
  if (unit === '1/s') return formatRate(value);
  return formatCount(value);
}

/**
 * A worsening in figures, with its sign: `+18.4 %` of a ratio (a factor above 10 as `×12`), `+0.03 pp` of a share, the
 * plain difference of an exact metric. Positive is worse.
 */
export function formatWorsening(worsening: number, kind: MetricKind): string {
  if (kind === 'exact') return withSign(worsening, 0);
  if (kind === 'share') return `${withSign(worsening * 100, 2)} pp`;
  const factor = Math.exp(worsening);
  return factor >= 10 ? `×${formatCount(factor)}` : `${withSign((factor - 1) * 100, 1)} %`;
}

/** The change of the value itself, in words: `worse by 18.4 %`, `better by 9.8 pp`. */
export function describeChange(
  result: Pick<MetricResult, 'estimate' | 'verdict' | 'value' | 'referenceValue'>,
  spec: Pick<MetricSpec, 'kind' | 'unit'>,
): string {
  const { estimate, verdict, value, referenceValue } = result;
  if (value === 'inf' || referenceValue === 'inf' || estimate === null) {
    return `${verdict}: ${formatMetric(value, spec.unit)} against ${formatMetric(referenceValue, spec.unit)}`;
  }
  return `${verdict} by ${formatWorsening(estimate, spec.kind).replace(/^[+-]/, '')}`;
}

function withSign(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return Number(0).toFixed(decimals);
  return `${value < 0 ? '-' : '+'}${text}`;
}
