/** The standard normal distribution, to about 1e-14 relative in both tails' smaller one. */
import { requireBetween0And1, requireNoNaN } from './arguments.ts';

const SQRT_2_PI = Math.sqrt(2 * Math.PI);

export function normalPdf(x: number): number {
  return Math.exp((-x * x) / 2) / SQRT_2_PI;
}

/** P(Z ≤ x). 0 and 1 at −∞ and ∞; NaN is a RangeError. */
export function normalCdf(x: number): number {
  requireNoNaN('x', [x]);
  return x <= 0 ? below(x) : 1 - below(-x);
}

/** The x with P(Z ≤ x) = p, for 0 < p < 1. */
export function normalQuantile(p: number): number {
  requireBetween0And1('p', p);
  if (p > 0.5) return -normalQuantile(1 - p);
  // P(Z ≤ x) ≤ exp(−x²/2)/2 puts the start left of the answer, and log P is concave: Newton's steps only rise.
  let x = -Math.sqrt(-2 * Math.log(2 * p));
  for (;;) {
    const cdf = below(x);
    const next = x - (Math.log(cdf / p) * cdf) / normalPdf(x);
    if (!(next > x)) return x;
    x = next;
  }
}

/** P(Z ≤ x) for x ≤ 0. */
function below(x: number): number {
  if (x > -2.5) {
    // 1/2 + φ(x)(x + x³/3 + x⁵/15 + …), Abramowitz and Stegun 26.2.11.
    let term = x;
    let sum = x;
    for (let i = 3; Math.abs(term) > 1e-18; i += 2) {
      term *= (x * x) / i;
      sum += term;
    }
    return 0.5 + sum * normalPdf(x);
  }
  if (x < -40) return 0;
  // φ(x)/(−x + 1/(−x + 2/(−x + 3/(−x + …)))), Abramowitz and Stegun 26.2.14, from the inside out.
  let fraction = -x;
  for (let i = 150; i > 0; i--) fraction = -x + i / fraction;
  return normalPdf(x) / fraction;
}
