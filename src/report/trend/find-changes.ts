/** Hints where the level of a series seems to change: never a verdict. */
import { createRandom } from '../../core/random.ts';
import { type ChangePoint, findChangePoints } from '../../statistics/change-points.ts';
import { metricOf, type TrendSeries } from './trend.ts';

/** The search takes quadratic time: more than these newest results are not looked at. */
const MAX_SEARCHED = 200;
/** On either side of a change. */
const SHORTEST = 3;
/** Fewer results with a value cannot show any. */
export const MIN_SEARCHED = 2 * SHORTEST;
/** Permutations are drawn from it: the same results give the same hints. */
const HINT_SEED = 1;

/** Several forms of one trend ask for the same. */
const found = new WeakMap<TrendSeries, Map<string, readonly ChangePoint[]>>();

/** By the index of its points; results without a value are passed over. */
export function findChanges(series: TrendSeries, metric: string): readonly ChangePoint[] {
  const known = found.get(series) ?? new Map<string, readonly ChangePoint[]>();
  found.set(series, known);
  const changes = known.get(metric) ?? search(series, metric);
  known.set(metric, changes);
  return changes;
}

export function isSearched({ points }: TrendSeries, metric: string): boolean {
  return points.filter((point) => metricOf(point, metric) !== null).length >= MIN_SEARCHED;
}

function search({ points }: TrendSeries, metric: string): ChangePoint[] {
  const known = points
    .flatMap((point, index) => {
      const value = metricOf(point, metric);
      return value === null ? [] : [{ index, value: value === 'inf' ? Number.POSITIVE_INFINITY : value }];
    })
    .slice(-MAX_SEARCHED);
  const changes = findChangePoints(
    known.map(({ value }) => value),
    createRandom(HINT_SEED, 'trend').next,
    { shortest: SHORTEST },
  );
  return changes.map((change) => ({ ...change, index: known[change.index]?.index ?? 0 }));
}
