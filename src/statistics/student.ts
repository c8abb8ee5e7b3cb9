/** Student's t distribution and the interval made of it, shown beside the ranks as a cross-check. */
import { requireBetween0And1, requireNoNaN, requirePositive } from './arguments.ts';
import { mean, standardDeviation } from './descriptive.ts';
import { normalQuantile } from './normal.ts';

/** P(T ≤ t) with ν `degrees` of freedom, any ν > 0. NaN is a RangeError. */
export function studentCdf(t: number, degrees: number): number {
  requireNoNaN('t', [t]);
  requirePositive('degrees', degrees);
  return t <= 0 ? below(t, degrees) : 1 - below(-t, degrees);
}

/** The t with P(T ≤ t) = p, for 0 < p < 1 and ν `degrees` of freedom ≥ 1. */
export function studentQuantile(p: number, degrees: number): number {
  requireBetween0And1('p', p);
  requirePositive('degrees', degrees);
  if (p > 0.5) return -studentQuantile(1 - p, degrees);
  // The tail is heavier than the normal one, so the start is right of the answer; the cdf is convex below 0, so
  // Newton's steps only fall.
  let t = normalQuantile(p);
  for (;;) {
    const next = t - (below(t, degrees) - p) / pdf(t, degrees);
    if (!(next < t)) return t;
    t = next;
  }
}

export interface MeanInterval {
  estimate: number;
  low: number;
  high: number;
}

/** Two-sided interval of the mean; `null` below two values and where one is infinite. NaN is a RangeError. */
export function tInterval(values: readonly number[], level = 0.95): MeanInterval | null {
  requireNoNaN('values', values);
  requireBetween0And1('level', level);
  if (!values.every(Number.isFinite)) return null;
  const estimate = mean(values);
  const sd = standardDeviation(values);
  if (estimate === null || sd === null) return null;
  const half = (-studentQuantile((1 - level) / 2, values.length - 1) * sd) / Math.sqrt(values.length);
  return { estimate, low: estimate - half, high: estimate + half };
}

function pdf(t: number, degrees: number): number {
  const height = gammaRatio(degrees / 2) / Math.sqrt(degrees * Math.PI);
  return height * Math.exp(-((degrees + 1) / 2) * Math.log1p((t * t) / degrees));
}

/** P(T ≤ t) for t ≤ 0: half the regularised incomplete beta function I_x(ν/2, 1/2), x = ν/(ν + t²) (DLMF 8.17). */
function below(t: number, degrees: number): number {
  if (t === 0) return 0.5;
  if (t === Number.NEGATIVE_INFINITY) return 0;
  const a = degrees / 2;
  const square = t * t;
  const front = (gammaRatio(a) / Math.sqrt(Math.PI)) * Math.exp(-a * Math.log1p(square / degrees));
  const x = degrees / (degrees + square);
  const rest = square / (degrees + square);
  const root = Math.sqrt(rest);
  // The continued fraction is quick left of (a+1)/(a+b+2); right of it that of the mirrored function is.
  if (x < (a + 1) / (a + 2.5)) return (front * root * betaFraction(x, a, 0.5)) / (2 * a);
  return 0.5 - front * root * betaFraction(rest, 0.5, a);
}

/** DLMF 8.17.22 by the modified Lentz method. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    product *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const step = d * c;
    product *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return product;
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

/** Γ(a + ½)/Γ(a), by its series for large a (DLMF 5.11.13) and Γ(a + 1) = a Γ(a) down from there. */
function gammaRatio(a: number): number {
  let at = a;
  let factor = 1;
  for (; at < 40; at++) factor *= at / (at + 0.5);
  const y = 1 / at;
  const series =
    1 +
    y *
      (-1 / 8 +
        y * (1 / 128 + y * (5 / 1024 + y * (-21 / 32768 + y * (-399 / 262144 + (y * 869) / 4194304)))));
  return factor * Math.sqrt(at) * series;
}
