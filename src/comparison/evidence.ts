/** What the samples of one metric say: estimate, intervals and p-values against the margin. */
import type { Interval } from '../core/comparison.ts';
import { cliffsDelta } from '../statistics/cliffs-delta.ts';
import { standardDeviation } from '../statistics/descriptive.ts';
import { hodgesLehmann, hodgesLehmannShift, type LocationInterval } from '../statistics/hodges-lehmann.ts';
import { mannWhitneyP } from '../statistics/mann-whitney.ts';
import { signedRankP } from '../statistics/signed-rank.ts';
import { tInterval } from '../statistics/student.ts';
import type { Samples } from './samples.ts';

/** One-sided p-values, each small where its claim is proved. */
export interface Evidence {
  readonly n: number;
  readonly estimate: number | null;
  readonly interval95: Interval | null;
  readonly interval90: Interval | null;
  readonly pWorse: number;
  readonly pBetter: number;
  readonly pNotWorse: number;
  readonly pNotBetter: number;
  /** Of the differences; `null` below two or where one is infinite. */
  readonly sd: number | null;
  /** The smallest p-value that so many runs can give. */
  readonly pSmallest: number;
  readonly t95: Interval | null;
  readonly cliffsDelta: number | null;
  readonly worseBlocks: number | null;
}

type SomeSamples = Exclude<Samples, { type: 'none' }>;

export function weigh(samples: SomeSamples, margin: number): Evidence {
  return samples.type === 'paired' ? weighPairs(samples.differences, margin) : weighLists(samples, margin);
}

function weighPairs(differences: readonly number[], margin: number): Evidence {
  const shifted = (sign: 1 | -1, by: number): number => signedRankP(differences.map((d) => sign * d + by));
  const at95 = hodgesLehmann(differences, 0.95);
  return {
    n: differences.length,
    estimate: finite(at95.estimate),
    interval95: bounds(at95),
    interval90: bounds(hodgesLehmann(differences, 0.9)),
    pWorse: shifted(1, -margin),
    pBetter: shifted(-1, -margin),
    pNotWorse: shifted(-1, margin),
    pNotBetter: shifted(1, margin),
    sd: sdOf(differences),
    pSmallest: 2 ** -differences.length,
    t95: bounds(tInterval(differences, 0.95)),
    cliffsDelta: cliffsDelta(
      differences.map(() => 0),
      differences,
    ),
    worseBlocks: differences.filter((d) => d > 0).length / differences.length,
  };
}

function weighLists({ a, b }: { a: readonly number[]; b: readonly number[] }, margin: number): Evidence {
  const raised = (list: readonly number[], by: number): number[] => list.map((value) => value + by);
  const at95 = hodgesLehmannShift(a, b, 0.95);
  const sds = [sdOf(a), sdOf(b)];
  return {
    n: Math.min(a.length, b.length),
    estimate: finite(at95.estimate),
    interval95: bounds(at95),
    interval90: bounds(hodgesLehmannShift(a, b, 0.9)),
    pWorse: mannWhitneyP(raised(a, margin), b),
    pBetter: mannWhitneyP(b, raised(a, -margin)),
    pNotWorse: mannWhitneyP(b, raised(a, margin)),
    pNotBetter: mannWhitneyP(raised(a, -margin), b),
    sd: sds.includes(null) ? null : Math.hypot(...sds.map(Number)),
    pSmallest: 1 / choose(a.length + b.length, a.length),
    t95: null,
    cliffsDelta: cliffsDelta(a, b),
    worseBlocks: null,
  };
}

/** A bound that is infinite has no figure, and an interval without an end none to print. */
function bounds(interval: Pick<LocationInterval, 'low' | 'high'> | null): Interval | null {
  const low = finite(interval?.low ?? null);
  const high = finite(interval?.high ?? null);
  return low === null || high === null ? null : { low, high };
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function sdOf(values: readonly number[]): number | null {
  return values.every(Number.isFinite) ? standardDeviation(values) : null;
}

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) ways = (ways * (n - i + 1)) / i;
  return ways;
}
