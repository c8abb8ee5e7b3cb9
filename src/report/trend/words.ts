/** A trend in words: terminal, page and files say the same. */

import { formatDifference, formatMetric } from '../../comparison/metric-words.ts';
import { METRIC_NAMES } from '../../comparison/metrics.ts';
import { formatCount } from '../../core/units.ts';
import type { ChangePoint } from '../../statistics/change-points.ts';
import { plainText } from '../text.ts';
import { isKnown, specOf, type Trend, type TrendPoint, type TrendSeries } from './trend.ts';

/** What no trend can prove. */
export const NEVER_GATED =
  'Shown, never gated: results of one history share no block and often no host. bpbench compare tells a difference from noise.';

/** `burst`, `drop-oldest`, and the plan where there are several. */
export function namesOf({ scenario, strategy, plan }: TrendSeries): string[] {
  return [scenario, strategy, ...(plan === '' ? [] : [`plan ${plan}`])];
}

/** `2026-11-21 10:15`, in UTC. */
export function describeStart({ startedAt }: TrendPoint): string {
  return plainText(startedAt.slice(0, 16).replace('T', ' '));
}

/** The first seven characters, as everywhere; empty for none. */
export function describeCommit({ commit }: TrendPoint): string {
  return plainText((commit ?? '').slice(0, 7));
}

/** `seems to have changed at 2026-11-21 10:15 (4f2c1e9): +18.4 %, from about 15.6 ms to 18.5 ms (p 0.005)` */
export function describeChange(change: ChangePoint, { points }: TrendSeries, metric: string): string {
  const { index, p, before, after } = change;
  const spec = specOf(metric);
  const point = points[index];
  const commit = point === undefined ? '' : describeCommit(point);
  const at = `${point === undefined ? '' : describeStart(point)}${commit === '' ? '' : ` (${commit})`}`;
  const moved = describeMove(change, metric);
  const levels = `from about ${formatMetric(before, spec)} to ${formatMetric(after, spec)}`;
  return `seems to have changed at ${at}: ${moved === null ? '' : `${moved}, `}${levels} (p ${p})`;
}

/** `+18.4 %`; `null` where one of the levels is 0 or infinite, so that no figure says how far it went. */
export function describeMove(
  { before, after }: Pick<ChangePoint, 'before' | 'after'>,
  metric: string,
): string | null {
  const { kind } = specOf(metric);
  const moved = kind === 'ratio' ? Math.log(after / before) : after - before;
  return Number.isFinite(moved) ? formatDifference(moved, kind) : null;
}

/** Each once, in the order in which they came. */
export function listHosts({ points }: TrendSeries): string[] {
  return [...new Set(points.map(({ host }) => host))];
}

/** `null` where all are of one host. */
export function describeHosts(series: TrendSeries): string | null {
  const hosts = listHosts(series).length;
  return hosts > 1 ? `of ${formatCount(hosts)} different hosts: a step may be the machine` : null;
}

/** What of the results is not to be seen, and why. */
export function describeMissing(trend: Trend, metrics: readonly string[]): string[] {
  const { series, unreadable } = trend;
  const isShown = series.some((one) => metrics.some((metric) => isKnown(one, metric)));
  const others = METRIC_NAMES.filter((metric) => series.some((one) => isKnown(one, metric)));
  const there = others.length === 0 ? '' : `; --metric shows one of these: ${others.join(', ')}`;
  const nothing =
    series.length === 0 && unreadable === 0
      ? 'there is no result to show'
      : `no result has a value of ${plainText(metrics.join(', '))}${there}`;
  return [...(isShown ? [] : [nothing]), ...(unreadable > 0 ? [describeUnreadable(unreadable)] : [])];
}

export function describeUnreadable(count: number): string {
  return `${formatCount(count)} result${count === 1 ? '' : 's'} could not be read: bpbench list results says why`;
}

/** `4 older ones not shown: --limit 0 shows all` */
export function describeOlder(count: number): string {
  return `${formatCount(count)} older ${count === 1 ? 'one' : 'ones'} not shown: --limit 0 shows all`;
}

/** The newest `limit` of the points, from this index on; 0 for all. */
export function firstShown({ points }: TrendSeries, limit: number): number {
  return limit === 0 ? 0 : Math.max(0, points.length - limit);
}
