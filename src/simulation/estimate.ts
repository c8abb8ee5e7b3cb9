/** From batches of one long run to a mean with its uncertainty, and how far that is from a prediction. */

export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
  /** Batches that the error rests on, less those that controls have used up. */
  readonly batches: number;
}

const MIN_BATCHES = 5;
/** Below this share of its own size the spread of a control is rounding. */
const ROUNDING = 1e-9;

/** A control with its mean over batches taken out, and that mean. */
interface Centred {
  readonly values: readonly number[];
  readonly mean: number;
}

/**
 * Σ numerators ÷ Σ denominators with its standard error: batch means, as a ratio estimator, so batches need
 * not be equally long. Batches must be long against the time over which the system remembers.
 *
 * `controls` are sums over the same batches whose true mean is 0, such as how much longer than expected the
 * services took. What varies with them is taken out of the estimate and of its error (control variates, by
 * least squares): the same precision from a fraction of the run. What they cancel must be checked by itself.
 */
export function estimateRatio(
  numerators: readonly number[],
  denominators: readonly number[],
  controls: readonly (readonly number[])[] = [],
): Estimate {
  const count = numerators.length;
  if (count < MIN_BATCHES || denominators.length !== count) {
    throw new RangeError(
      `an estimate needs ${MIN_BATCHES} or more batches of both, got ${count} and ${denominators.length}`,
    );
  }
  const below = sum(denominators) / count;
  const plain = sum(numerators) / count / below;
  let residuals = numerators.map((value, i) => value - plain * (denominators[i] as number));
  let explained = 0;
  const bases = orthogonal(controls);
  for (const basis of bases) {
    const slope = dot(residuals, basis.values) / dot(basis.values, basis.values);
    residuals = residuals.map((value, i) => value - slope * (basis.values[i] as number));
    explained += slope * basis.mean;
  }
  const freedom = count - 1 - bases.length;
  const standardError = Math.sqrt(dot(residuals, residuals) / (freedom * count)) / below;
  return { mean: plain - explained / below, standardError, batches: freedom + 1 };
}

/** The controls one after another, each freed of those before it (Gram-Schmidt); without those that do not vary. */
function orthogonal(controls: readonly (readonly number[])[]): Centred[] {
  const bases: Centred[] = [];
  for (const control of controls) {
    const ownMean = sum(control) / control.length;
    let values = control.map((value) => value - ownMean);
    let mean = ownMean;
    for (const basis of bases) {
      const slope = dot(values, basis.values) / dot(basis.values, basis.values);
      values = values.map((value, i) => value - slope * (basis.values[i] as number));
      mean -= slope * basis.mean;
    }
    if (dot(values, values) > ROUNDING * dot(control, control)) bases.push({ values, mean });
  }
  return bases;
}

/**
 * How many standard errors the estimate is above the prediction, as a normal deviate: few batches make large
 * deviations likelier, and that is taken out (Wallace's approximation of Student's t, 1959). 0 for two
 * equal numbers without any spread, ±Infinity for unequal ones.
 */
export function zScore({ mean, standardError, batches }: Estimate, predicted: number): number {
  if (!Number.isFinite(mean) || !Number.isFinite(predicted)) return Number.POSITIVE_INFINITY;
  const difference = mean - predicted;
  if (difference === 0) return 0;
  if (standardError === 0) return Math.sign(difference) * Number.POSITIVE_INFINITY;
  const freedom = batches - 1;
  const t = difference / standardError;
  const shrink = (8 * freedom + 1) / (8 * freedom + 3);
  return Math.sign(t) * shrink * Math.sqrt(freedom * Math.log1p(t ** 2 / freedom));
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}
