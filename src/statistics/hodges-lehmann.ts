/**
 * Where differences lie, and how sure that is: Hodges and Lehmann's estimate (1963) with the interval that inverts the
 * exact test, so that the interval lies above δ exactly where the test against δ says so.
 */
import { requireNoNaN } from './arguments.ts';
import { medianOfSorted, midpoint } from './descriptive.ts';
import { mannWhitneyCritical, mannWhitneyTrueLevel } from './mann-whitney.ts';
import { signedRankCritical, signedRankTrueLevel } from './signed-rank.ts';

/**
 * All of them `null` without values; both bounds and the level `null` where there are too few for an interval (below
 * n = 6 pairs for 95 %). Infinite where values are: an estimate of Infinity has no figure, an infinite bound no end.
 */
export interface LocationInterval {
  estimate: number | null;
  low: number | null;
  high: number | null;
  /** With which the interval covers, at least `level`: the law has steps. */
  trueLevel: number | null;
}

/** Of paired differences: the median and order statistics of the n(n+1)/2 Walsh averages. NaN is a RangeError. */
export function hodgesLehmann(differences: readonly number[], level = 0.95): LocationInterval {
  requireNoNaN('differences', differences);
  const n = differences.length;
  const averages = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (const [i, one] of differences.entries()) {
    for (let j = 0; j <= i; j++) averages[at++] = midpoint(one, differences[j] as number);
  }
  const k = signedRankCritical(n, level);
  return intervalOf(averages.sort(), k, signedRankTrueLevel(n, k));
}

/** Of two samples that are not paired: the shift b − a, over all n1·n2 differences. NaN is a RangeError. */
export function hodgesLehmannShift(
  a: readonly number[],
  b: readonly number[],
  level = 0.95,
): LocationInterval {
  requireNoNaN('a', a);
  requireNoNaN('b', b);
  const shifts = new Float64Array(a.length * b.length);
  let at = 0;
  for (const one of a) {
    // Equal infinities are a tie.
    for (const other of b) shifts[at++] = one === other ? 0 : other - one;
  }
  const k = mannWhitneyCritical(a.length, b.length, level);
  return intervalOf(shifts.sort(), k, mannWhitneyTrueLevel(a.length, b.length, k));
}

/** From the k-th smallest to the k-th largest. */
function intervalOf(sorted: Float64Array, k: number, trueLevel: number): LocationInterval {
  if (sorted.length === 0) return { estimate: null, low: null, high: null, trueLevel: null };
  const estimate = medianOfSorted(sorted);
  if (k === 0) return { estimate, low: null, high: null, trueLevel: null };
  return {
    estimate,
    low: sorted[k - 1] as number,
    high: sorted[sorted.length - k] as number,
    trueLevel,
  };
}
