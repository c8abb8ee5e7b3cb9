/**
 * Wilcoxon's signed-rank test for pairs (Wilcoxon 1945), exact for every n: under the null hypothesis each difference
 * is positive or negative by the toss of a coin, whatever its size, so W⁺, the sum of the ranks of the positive ones,
 * is the sum of a random subset of the ranks.
 */
import { requireBetween0And1, requireNoNaN, requireWhole } from './arguments.ts';
import { midRanks } from './ranks.ts';

/** P(W⁺ = s) for s = 0 … n(n+1)/2, without ties. `[1]` for n = 0. */
export function signedRankLaw(n: number): Float64Array {
  requireWhole('n', n, 0);
  return subsetSumLaw(Array.from({ length: n }, (_, i) => i + 1));
}

/**
 * k = max{k : P(W⁺ ≤ k − 1) ≤ (1 − level)/2}: the interval from the k-th smallest to the k-th largest Walsh average
 * covers with at least `level` (0.95, say). 0 where n is too small for any interval.
 */
export function signedRankCritical(n: number, level: number): number {
  return criticalOf(signedRankLaw(n), level);
}

/** With which the interval of {@link signedRankCritical} really covers: 1 − 2 P(W⁺ ≤ k − 1). */
export function signedRankTrueLevel(n: number, k: number): number {
  return 1 - 2 * lowerTail(signedRankLaw(n), k);
}

/**
 * One-sided p-value P(W⁺ ≥ w⁺): small where differences are above 0. Ties share their mid-rank; zeros are ranked and
 * then belong to neither side (Pratt 1959), so that the p-value cannot fall while all differences do. With ties and
 * zeros the law is that of all sign flips given the sizes, still exact. 1 for no differences and for nothing but zeros.
 * ±Infinity is the largest size there is; NaN is a RangeError.
 */
export function signedRankP(differences: readonly number[]): number {
  requireNoNaN('differences', differences);
  // Doubled, mid-ranks are whole numbers.
  const ranks = midRanks(differences.map(Math.abs)).map((rank) => 2 * rank);
  const observed = sum(ranks.filter((_, i) => (differences[i] as number) > 0));
  return upperTail(subsetSumLaw(ranks.filter((_, i) => differences[i] !== 0)), observed);
}

/** The largest k with P(S ≤ k − 1) ≤ (1 − level)/2, of a law over 0, 1, 2 … */
export function criticalOf(law: Float64Array, level: number): number {
  requireBetween0And1('level', level);
  // 1 - 0.95 is a little more than 0.05: what equals the bound up to rounding still counts.
  const bound = ((1 - level) / 2) * (1 + 1e-12);
  let below = 0;
  let k = 0;
  while (k < law.length) {
    below += law[k] as number;
    if (below > bound) break;
    k++;
  }
  return k;
}

/** P(S < k), summed from the far end so that small ones keep their digits. */
export function lowerTail(law: Float64Array, k: number): number {
  let total = 0;
  for (let s = 0; s < k; s++) total += law[s] ?? 0;
  return Math.min(1, total);
}

/** P(S ≥ s). */
export function upperTail(law: Float64Array, s: number): number {
  let total = 0;
  for (let at = law.length - 1; at >= s; at--) total += law[at] as number;
  return Math.min(1, total);
}

/** Law of the sum of a random subset of whole `weights`, each in or out with probability ½. */
function subsetSumLaw(weights: readonly number[]): Float64Array {
  const law = new Float64Array(sum(weights) + 1);
  law[0] = 1;
  let reach = 0;
  for (const weight of weights) {
    reach += weight;
    // Halved at every step instead of divided by 2^n at the end: nothing overflows.
    for (let s = reach; s >= weight; s--) law[s] = ((law[s] as number) + (law[s - weight] as number)) / 2;
    for (let s = weight - 1; s >= 0; s--) law[s] = (law[s] as number) / 2;
  }
  return law;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
