/** An experiment in numbers, as a host with heavy-tailed noise and drift would give it, and ways to judge it. */
import { hodgesLehmann, hodgesLehmannShift } from '../../src/statistics/hodges-lehmann.ts';
import { studentQuantile } from '../../src/statistics/student.ts';
import type { Noise } from './noise.ts';

/** Times a t value with 3 degrees of freedom: a standard deviation of 3 %. */
const RUN_NOISE = 0.03 / Math.sqrt(3);
const DRIFT_PER_RUN = 0.01;

/** Logarithms of one metric, of `n` runs of either arm; block by block where they were paired. */
export interface Experiment {
  a: number[];
  b: number[];
}

/** `coin`: inside each block by the toss of a coin. `same`: A before B in each block. `apart`: all of A, then all of B. */
export type Order = 'coin' | 'same' | 'apart';

/** Host drift is a random walk of 1 % per run with a mean of `warming` per run; B is worse by `effect`. */
export function playExperiment(
  noise: Noise,
  n: number,
  { order = 'coin', effect = 0, warming = 0 }: { order?: Order; effect?: number; warming?: number } = {},
): Experiment {
  let host = 0;
  const run = (shift: number) => {
    host += warming + DRIFT_PER_RUN * noise.normal();
    return host + shift + RUN_NOISE * noise.heavy();
  };
  const a: number[] = [];
  const b: number[] = [];
  if (order === 'apart') {
    while (a.length < n) a.push(run(0));
    while (b.length < n) b.push(run(effect));
    return { a, b };
  }
  while (a.length < n) {
    const isBFirst = order === 'coin' && noise.random.next() < 0.5;
    if (isBFirst) b.push(run(effect));
    a.push(run(0));
    if (!isBFirst) b.push(run(effect));
  }
  return { a, b };
}

export function differencesOf({ a, b }: Experiment): number[] {
  return b.map((value, i) => value - (a[i] as number));
}

/** What bpbench does: the signed-rank interval of the pairs excludes 0. */
export function signedRankSaysDifferent(experiment: Experiment, level = 0.95): boolean {
  return excludesZero(hodgesLehmann(differencesOf(experiment), level));
}

/** Ignores the blocks. */
export function mannWhitneySaysDifferent({ a, b }: Experiment): boolean {
  return excludesZero(hodgesLehmannShift(a, b));
}

export function excludesZero({ low, high }: { low: number | null; high: number | null }): boolean {
  return low !== null && high !== null && (low > 0 || high < 0);
}

/** One run of either arm, Welch's test over their requests, as if each were a replicate of the experiment. */
export function requestsSayDifferent(noise: Noise, requests: number): boolean {
  const one = () => {
    const run = RUN_NOISE * noise.heavy();
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < requests; i++) {
      const value = Math.exp(run + 0.5 * noise.normal());
      sum += value;
      squares += value * value;
    }
    const mean = sum / requests;
    return { mean, variance: (squares / requests - mean * mean) / (requests - 1) };
  };
  const a = one();
  const b = one();
  const t = (b.mean - a.mean) / Math.sqrt(a.variance + b.variance);
  return Math.abs(t) > studentQuantile(0.975, 2 * requests - 2);
}

/** The 2.5 and 97.5 % points of medians of resampled differences: too narrow for few blocks. */
export function bootstrapMedianInterval(
  noise: Noise,
  differences: readonly number[],
  draws: number,
): { low: number; high: number } {
  const n = differences.length;
  const medians = Float64Array.from({ length: draws }, () => {
    const drawn = Float64Array.from(differences, () => differences[noise.random.int(n)] as number).sort();
    return ((drawn[(n - 1) >> 1] as number) + (drawn[n >> 1] as number)) / 2;
  }).sort();
  const cut = Math.floor(0.025 * draws);
  return { low: medians[cut] as number, high: medians[draws - 1 - cut] as number };
}
