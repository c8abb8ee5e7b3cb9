/** Middle and spread of a handful of values. */
import { requireFinite, requireNoNaN } from './arguments.ts';

/** `null` without values. RangeError on a value that is not finite. */
export function mean(values: readonly number[]): number | null {
  requireFinite('values', values);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample, divisor n − 1; `null` below two values. RangeError on a value that is not finite. */
export function standardDeviation(values: readonly number[]): number | null {
  const centre = mean(values);
  if (centre === null || values.length < 2) return null;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** `null` without values. ±Infinity is allowed, NaN is a RangeError. */
export function median(values: readonly number[]): number | null {
  requireNoNaN('values', values);
  return values.length === 0 ? null : medianOfSorted(Float64Array.from(values).sort());
}

/** Of values that rise; at least one. */
export function medianOfSorted(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : midpoint(sorted[half - 1] as number, upper);
}

/** Half-way; 0 between −∞ and ∞, which stand for ceilings of the same height. */
export function midpoint(a: number, b: number): number {
  return a === -b ? 0 : a / 2 + b / 2;
}
