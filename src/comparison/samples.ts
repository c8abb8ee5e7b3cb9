/** From runs to numbers that can be tested: one worsening for each pair, or two lists. */
import type { ArmRun, MetricSpec, MetricValue } from '../core/comparison.ts';
import { median } from '../statistics/descriptive.ts';
import { isPercentile } from './metrics.ts';
import { arePaired, pairsOf, runsOf } from './pairing.ts';

/** An arm and what it is compared with. */
export interface Duel {
  readonly arm: string;
  readonly reference: string;
  /** The arm that shows how fast the host was, played beside each of the two; `null` where they share a host and a time. */
  readonly calibration: { readonly now: string; readonly before: string } | null;
}

/** Scores: positive differences are worse, on the scale of the metric; ±Infinity where one of the two is `inf`. */
export type Samples =
  | { readonly type: 'paired'; readonly differences: readonly number[] }
  | { readonly type: 'unpaired'; readonly a: readonly number[]; readonly b: readonly number[] }
  | { readonly type: 'none'; readonly reason: 'no-data' | 'insufficient' | 'inf-in-both' };

/** The metric's scale, turned so that more is worse: logarithm of a `ratio`, the share itself. `null` stays `null`. */
export function scoreOf(value: MetricValue, { kind, floor, direction }: MetricSpec): number | null {
  if (value === null) return null;
  const sign = direction === 'lower' ? 1 : -1;
  if (value === 'inf') return sign * Number.POSITIVE_INFINITY;
  if (kind !== 'ratio') return sign * value;
  return sign * Math.log(floor === null ? value : Math.max(value, floor));
}

/** How far apart two values have to be on that scale. */
export function marginOf({ kind, margin }: Pick<MetricSpec, 'kind' | 'margin'>): number {
  return kind === 'ratio' ? Math.log1p(margin) : margin;
}

/**
 * Nothing is made up: a metric that a single run lacks has no samples at all, for what is missing is seldom missing by
 * chance. Pairs that are infinite on both sides say nothing and are left out.
 */
export function sampleOf(runs: readonly ArmRun[], duel: Duel, spec: MetricSpec): Samples {
  const { arm, reference, calibration } = duel;
  const arms = [reference, arm, ...(calibration === null ? [] : [calibration.now, calibration.before])];
  if (arms.some((name) => runsOf(runs, name).length === 0)) return { type: 'none', reason: 'no-data' };
  const score = (run: ArmRun): number | null => scoreOf(run.values[spec.name] ?? null, spec);
  if (arms.some((name) => runsOf(runs, name).some((run) => score(run) === null))) {
    return { type: 'none', reason: isPercentile(spec.name) ? 'insufficient' : 'no-data' };
  }
  const between = (from: string, to: string): number[] =>
    pairsOf(runs, from, to)
      .map(([one, other]) => (score(other) as number) - (score(one) as number))
      .filter((difference) => !Number.isNaN(difference));
  if (calibration !== null) {
    return orNothing(between(calibration.before, reference), between(calibration.now, arm));
  }
  if (arePaired(runs, reference, arm)) {
    const differences = between(reference, arm);
    return differences.length === 0
      ? { type: 'none', reason: 'inf-in-both' }
      : { type: 'paired', differences };
  }
  const listOf = (name: string): number[] => runsOf(runs, name).map((run) => score(run) as number);
  const [a, b] = [listOf(reference), listOf(arm)];
  const areInfinite = [a, b].every((list) => !Number.isFinite(median(list)));
  return areInfinite ? { type: 'none', reason: 'inf-in-both' } : orNothing(a, b);
}

function orNothing(a: readonly number[], b: readonly number[]): Samples {
  return a.length === 0 || b.length === 0
    ? { type: 'none', reason: 'inf-in-both' }
    : { type: 'unpaired', a, b };
}

/** In the unit of the metric; `inf` where half of the runs or more are. `null` where a run has no value. */
export function medianOf(values: readonly MetricValue[]): MetricValue {
  if (values.length === 0 || values.includes(null)) return null;
  const middle = median(values.map((value) => (value === 'inf' ? Number.POSITIVE_INFINITY : Number(value))));
  return middle === Number.POSITIVE_INFINITY ? 'inf' : middle;
}
