import { requireFinite, requireNotNegative, requireWhole } from './arguments.ts';

/** One-second values in one batch: the 5 of MSER-5. */
const BATCH_SECONDS = 5;
/** Below these, half of the batches cannot tell a warm-up from chance. */
const BATCHES_MIN = 8;
/** Values below which {@link mser5} says nothing. */
export const MSER_VALUES_MIN = BATCH_SECONDS * BATCHES_MIN;
/** Turned series that are as good as the real one, after which more of them would only say the same. */
const ENOUGH = 20;
/** A straight line has a half. */
const GOING_ON = 0.25;

export interface Steadiness {
  /**
   * d*, as a number of values: how many from the start MSER-5 would leave out; 0 where all of them are as good. Often too
   * many, for among cuts of a steady series chance chooses.
   */
  discard: number;
  /**
   * The fewest values to leave out, whole batches, after which no more is left of `shift` than a tenth, or half of what
   * is tolerable: at most `discard`.
   */
  settledAfter: number;
  /** Mean of those less the mean of all others. */
  early: number;
  /**
   * `false`: the best place to cut is the last one allowed, and what comes after it goes on in the same direction, its
   * second half from its first by a quarter of how far the halves of the whole are apart, or more.
   */
  hasSteadyState: boolean;
  /**
   * How often noise alone asks for a cut that gains as much. Needed because MSER cuts something off 30 to 47 % of series
   * that are nothing but noise (240 to 40 values): `discard` alone is no evidence.
   */
  p: number;
  /** Mean of all values less the mean of those that stay: what the warm-up does to the result. */
  shift: number;
}

/**
 * Whether the start of several runs of one plan still belongs to the warm-up: MSER-5 (White 1997; Franklin and White
 * 2008) on the mean of the runs, second by second (Welch 1983), with a test of its answer.
 * d* = argmin over 0 ≤ d ≤ n/2 of Σ_{j>d}(z_j − mean)²/(n − d)², z the means of five values each; what does not fill a
 * batch at the end is left out. `null` below 40 values, and below two runs: one alone cannot tell its noise from the plan.
 *
 * A warm-up comes at the same second of each run, and noise does not. So `p` asks how much a cut gains where each run is
 * turned by a random number of seconds, its end before its start, and then averaged. That keeps how seconds of a run
 * hang together, and its outliers. Batches in random order would not, and the more: where a single batch is the warm-up,
 * one order in n begins with it, so that p could never fall below 1/n.
 *
 * `tolerable`: a shift that does not matter, and is not tested: `p` is 1. RangeError on runs of different length, and on a value that is not finite.
 */
export function mser5(
  runs: readonly (readonly number[])[],
  random: () => number,
  { rounds = 999, tolerable = 0 }: { readonly rounds?: number; readonly tolerable?: number } = {},
): Steadiness | null {
  requireWhole('rounds', rounds, 1);
  requireNotNegative('tolerable', tolerable);
  const [first, second] = runs;
  for (const [at, run] of runs.entries()) {
    requireFinite(`runs[${at}]`, run);
    if (run.length !== first?.length) {
      throw new RangeError(`runs[${at}] must have ${first?.length} values, as the first, got ${run.length}`);
    }
  }
  if (first === undefined || second === undefined || first.length < MSER_VALUES_MIN) return null;
  const count = Math.floor(first.length / BATCH_SECONDS);
  const batchesFrom = runs.map((run) => batchMeans(run, count * BATCH_SECONDS));
  const batches = new Float64Array(count);
  const average = (startOf: () => number): Float64Array => {
    batches.fill(0);
    for (const ofRun of batchesFrom) {
      let from = startOf();
      for (let at = 0; at < count; at++) {
        batches[at] = (batches[at] as number) + (ofRun[from] as number) / runs.length;
        from += BATCH_SECONDS;
        if (from >= ofRun.length) from -= ofRun.length;
      }
    }
    return batches;
  };
  const { cut, gain, shift } = findCut(average(() => 0));
  const steadiness = {
    discard: cut * BATCH_SECONDS,
    hasSteadyState: cut < Math.floor(count / 2) || !goesOn(batches),
    shift,
    ...findSettling(batches, cut, Math.max(Math.abs(shift) / 10, tolerable / 2), shift),
  };
  if (cut === 0 || Math.abs(shift) <= tolerable) return { ...steadiness, p: 1 };
  const turn = (): number => Math.floor(random() * count * BATCH_SECONDS);
  let asGood = 0;
  for (let round = 1; round <= rounds; round++) {
    if (findCut(average(turn)).gain >= gain) asGood++;
    // Besag and Clifford 1991: as exact, and noise is mostly through after fifty rounds.
    if (asGood === ENOUGH) return { ...steadiness, p: ENOUGH / round };
  }
  return { ...steadiness, p: (asGood + 1) / (rounds + 1) };
}

/** Means of the batches that begin at each of the first `length` values; behind the last of them comes the first. */
function batchMeans(run: readonly number[], length: number): Float64Array {
  return Float64Array.from({ length }, (_, from) => {
    let sum = 0;
    for (let at = from; at < from + BATCH_SECONDS; at++) sum += run[at % length] as number;
    return sum / BATCH_SECONDS;
  });
}

function goesOn(batches: Float64Array): boolean {
  const half = Math.floor(batches.length / 2);
  const rest = batches.subarray(half);
  const middle = Math.floor(rest.length / 2);
  const far = meanOf(rest) - meanOf(batches.subarray(0, half));
  const farther = meanOf(rest.subarray(middle)) - meanOf(rest.subarray(0, middle));
  return farther / far >= GOING_ON;
}

function findSettling(
  batches: Float64Array,
  cut: number,
  leftMax: number,
  shift: number,
): Pick<Steadiness, 'settledAfter' | 'early'> {
  const whole = meanOf(batches);
  for (let left = 1; left <= cut; left++) {
    const rest = meanOf(batches.subarray(left));
    if (left < cut && Math.abs(rest - (whole - shift)) > leftMax) continue;
    return { settledAfter: left * BATCH_SECONDS, early: meanOf(batches.subarray(0, left)) - rest };
  }
  return { settledAfter: 0, early: 0 };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `gain`: by how much the cut lowers the squared standard error that MSER estimates, 0 without a cut. */
function findCut(batches: Float64Array): { cut: number; gain: number; shift: number } {
  const n = batches.length;
  let [cut, cutMean, cutError] = [0, 0, Number.POSITIVE_INFINITY];
  let [wholeMean, wholeError] = [0, 0];
  // From the end, with Welford's recurrence: one pass, and no difference of large sums.
  let mean = 0;
  let squares = 0;
  for (let d = n - 1; d >= 0; d--) {
    const count = n - d;
    const step = (batches[d] as number) - mean;
    mean += step / count;
    squares += step * ((batches[d] as number) - mean);
    if (d > n / 2) continue;
    const error = squares / count ** 2;
    // Where two cuts are as good, the one that leaves out less.
    if (error <= cutError) [cut, cutMean, cutError] = [d, mean, error];
    [wholeMean, wholeError] = [mean, error];
  }
  return { cut, gain: wholeError - cutError, shift: wholeMean - cutMean };
}
