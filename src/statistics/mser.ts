import { requireFinite, requireWhole } from './arguments.ts';

/** Values in one batch: the 5 of MSER-5. */
const BATCH = 5;
/** Below these, half of the batches cannot tell a warm-up from chance. */
const BATCHES_MIN = 8;

export interface Steadiness {
  /** How many values from the start MSER-5 would leave out; 0 where all of them are as good. */
  discard: number;
  /** `false`: the best place to cut is the last one allowed, so what comes after it is not steady either. */
  hasSteadyState: boolean;
  /**
   * How often the same batches in random order ask for a cut that gains as much. Needed because MSER cuts something off
   * 30 to 47 % of series that are nothing but noise (240 to 40 values): `discard` alone is no evidence.
   */
  p: number;
  /** Mean of all values less the mean of those that stay: what the warm-up does to the result. */
  shift: number;
}

/**
 * Whether the start of a series of one-second values still belongs to the warm-up: MSER-5 (White 1997; Franklin and
 * White 2008) with a permutation test of its answer. d* = argmin over 0 ≤ d ≤ n/2 of Σ_{j>d}(z_j − mean)²/(n − d)²,
 * z the means of five values each; what does not fill a batch at the end is left out. `null` below 40 values.
 *
 * A warm-up belongs to the plan and not to one run: on the mean of the series of several runs, second by second (Welch
 * 1983), the test sees far more than on one of them, and it is one test instead of many.
 * RangeError on a value that is not finite.
 */
export function mser5(values: readonly number[], random: () => number, rounds = 999): Steadiness | null {
  requireFinite('values', values);
  requireWhole('rounds', rounds, 1);
  const batches = Float64Array.from({ length: Math.floor(values.length / BATCH) }, (_, i) => {
    return values.slice(i * BATCH, (i + 1) * BATCH).reduce((sum, value) => sum + value, 0) / BATCH;
  });
  if (batches.length < BATCHES_MIN) return null;
  const { cut, gain, shift } = findCut(batches);
  let asGood = 0;
  for (let round = 0; round < rounds; round++) {
    shuffle(batches, random);
    if (findCut(batches).gain >= gain) asGood++;
  }
  return {
    discard: cut * BATCH,
    hasSteadyState: cut < Math.floor(batches.length / 2),
    p: (asGood + 1) / (rounds + 1),
    shift,
  };
}

/** `gain`: by which share the cut lowers the squared standard error that MSER estimates, 0 without a cut. */
function findCut(batches: Float64Array): { cut: number; gain: number; shift: number } {
  const n = batches.length;
  const best = { cut: 0, mean: 0, error: Number.POSITIVE_INFINITY };
  let whole = { mean: 0, error: 0 };
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
    if (error <= best.error) Object.assign(best, { cut: d, mean, error });
    whole = { mean, error };
  }
  const gain = whole.error === 0 ? 0 : 1 - best.error / whole.error;
  return { cut: best.cut, gain, shift: whole.mean - best.mean };
}

function shuffle(values: Float64Array, random: () => number): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const held = values[i] as number;
    values[i] = values[j] as number;
    values[j] = held;
  }
}
