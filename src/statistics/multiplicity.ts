/** Many tests at once. Adjusted p-values stand in the order of what was given; none for none. */
import { requireBetween0And1, requireProbabilities, requireWhole } from './arguments.ts';

/**
 * Holm 1979: a test whose adjusted value is ≤ α may be believed, and the chance of a single false one among all of
 * them stays ≤ α, however they hang together. RangeError on what is no probability.
 */
export function holm(ps: readonly number[]): number[] {
  requireProbabilities('ps', ps);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  for (const [rank, index] of byRisingP(ps).entries()) {
    // Never below the one before: else a larger p could pass where a smaller one failed.
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * (ps[index] as number)));
    adjusted[index] = largest;
  }
  return adjusted;
}

/**
 * Benjamini and Hochberg 1995, q-values: of those with q ≤ α, a share of at most α is expected to be false.
 * RangeError on what is no probability.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  requireProbabilities('ps', ps);
  const adjusted = new Array<number>(ps.length);
  let smallest = 1;
  for (const [rank, index] of [...byRisingP(ps).entries()].reverse()) {
    smallest = Math.min(smallest, (ps[index] as number) * (ps.length / (rank + 1)));
    adjusted[index] = smallest;
  }
  return adjusted;
}

/**
 * The fewest pairs with which the signed-rank test can pass Holm at all in a family of `tests`: its smallest one-sided
 * p-value is 2^−n, and ⌈log2(tests/alpha)⌉ of them reach alpha/tests.
 */
export function blocksNeeded(tests: number, alpha = 0.025): number {
  requireWhole('tests', tests, 1);
  requireBetween0And1('alpha', alpha);
  let n = 1;
  while (2 ** -n * tests > alpha) n++;
  return n;
}

function byRisingP(ps: readonly number[]): number[] {
  return ps.map((_, index) => index).sort((i, j) => (ps[i] as number) - (ps[j] as number));
}
