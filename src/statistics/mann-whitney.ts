/**
 * Mann and Whitney's test for two samples that are not paired (1947). U counts the pairs with b above a, ties by half.
 * Exact up to 2,500 pairs, also with ties: given all values, each choice of n₂ of them is equally likely. Above that
 * the normal approximation with its corrections for ties and continuity.
 */
import { requireBetween0And1, requireNoNaN, requireWhole } from './arguments.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { midRanks } from './ranks.ts';
import { criticalOf, lowerTail, upperTail } from './signed-rank.ts';

const EXACT_PAIRS_MAX = 2500;

/** P(U = u) for u = 0 … n1·n2, without ties. `[1]` where a sample is empty. */
export function mannWhitneyLaw(n1: number, n2: number): Float64Array {
  requireWhole('n1', n1, 0);
  requireWhole('n2', n2, 0);
  const chosen = Math.min(n1, n2);
  const law = chosenSumLaw(
    Array.from({ length: n1 + n2 }, (_, i) => i),
    chosen,
  );
  const least = (chosen * (chosen - 1)) / 2;
  return law.slice(least, least + n1 * n2 + 1);
}

/**
 * k = max{k : P(U ≤ k − 1) ≤ (1 − level)/2}: the interval from the k-th smallest to the k-th largest difference covers
 * the shift with at least `level`. 0 where the samples are too small for any interval.
 */
export function mannWhitneyCritical(n1: number, n2: number, level: number): number {
  if (n1 * n2 <= EXACT_PAIRS_MAX) return criticalOf(mannWhitneyLaw(n1, n2), level);
  requireBetween0And1('level', level);
  return Math.floor((n1 * n2 + 1) / 2 + normalQuantile((1 - level) / 2) * sdOfU(n1, n2));
}

/** With which the interval of {@link mannWhitneyCritical} really covers: 1 − 2 P(U ≤ k − 1). */
export function mannWhitneyTrueLevel(n1: number, n2: number, k: number): number {
  if (n1 * n2 <= EXACT_PAIRS_MAX) return 1 - 2 * lowerTail(mannWhitneyLaw(n1, n2), k);
  return 1 - 2 * normalCdf((k - (n1 * n2 + 1) / 2) / sdOfU(n1, n2));
}

/**
 * One-sided p-value: small where `b` is above `a`. 1 where a sample is empty or all values are equal. ±Infinity is a
 * value like any other; NaN is a RangeError.
 */
export function mannWhitneyP(a: readonly number[], b: readonly number[]): number {
  requireNoNaN('a', a);
  requireNoNaN('b', b);
  if (a.length === 0 || b.length === 0) return 1;
  const ranks = midRanks([...a, ...b]);
  const rankSum = ranks.slice(a.length).reduce((sum, rank) => sum + rank, 0);
  if (a.length * b.length > EXACT_PAIRS_MAX) return approximateP(ranks, b.length, rankSum);
  const doubled = ranks.map((rank) => 2 * rank);
  if (b.length <= a.length) return upperTail(chosenSumLaw(doubled, b.length), 2 * rankSum);
  // The smaller sample is cheaper: b high is a low, and turning every rank over makes that high again.
  const turned = ranks.map((rank) => 2 * (ranks.length + 1 - rank));
  const turnedSum = turned.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  return upperTail(chosenSumLaw(turned, a.length), turnedSum);
}

/** Law of the sum of `chosen` of the whole `weights`, every choice equally likely. */
function chosenSumLaw(weights: readonly number[], chosen: number): Float64Array {
  const largest = [...weights].sort((x, y) => y - x).slice(0, chosen);
  const width = largest.reduce((sum, weight) => sum + weight, 0) + 1;
  // One row for each number chosen so far. Going through the weights, the next one is taken with probability
  // (still to choose)/(still to come): probabilities all the way, where counts would overflow.
  const rows = Array.from({ length: chosen + 1 }, () => new Float64Array(width));
  (rows[0] as Float64Array)[0] = 1;
  for (const [i, weight] of weights.entries()) {
    for (let taken = Math.min(i, chosen); taken >= 0; taken--) {
      const row = rows[taken] as Float64Array;
      const next = rows[taken + 1];
      const share = (chosen - taken) / (weights.length - i);
      for (let s = 0; s < width; s++) {
        const p = row[s] as number;
        if (p === 0) continue;
        if (next !== undefined && share > 0) next[s + weight] = (next[s + weight] as number) + p * share;
        row[s] = p * (1 - share);
      }
    }
  }
  return rows[chosen] as Float64Array;
}

/** Without ties. */
function sdOfU(n1: number, n2: number): number {
  return Math.sqrt((n1 * n2 * (n1 + n2 + 1)) / 12);
}

/** Lehmann 1975, section 1.4. */
function approximateP(ranks: readonly number[], n2: number, rankSum: number): number {
  const total = ranks.length;
  const n1 = total - n2;
  const middle = (total + 1) / 2;
  // The mean square of mid-ranks already holds the correction for ties.
  const squares = ranks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0);
  const sd = Math.sqrt((n1 * n2 * squares) / (total * (total - 1)));
  return sd === 0 ? 1 : normalCdf(-(rankSum - n2 * middle - 0.5) / sd);
}
