/** What was measured of one client group, in the shape in which theory predicts it. */
import { type LedgerSnapshot, sumReasons } from '../core/ledger.ts';
import type { ResponseInterval } from './latency-book.ts';

/** Lost to the strategy: at a full queue, or of age there. */
export function lostShare({ dropped, failed, offered }: LedgerSnapshot): number {
  let lost = failed['overflow.reserve'] ?? 0;
  for (const reason in dropped) {
    if (reason === 'ttl' || reason.startsWith('overflow.') || reason.startsWith('priority.'))
      lost += dropped[reason] as number;
  }
  return lost / offered;
}

export function coalescedShare({ coalesced, offered }: LedgerSnapshot): number {
  return sumReasons(coalesced) / offered;
}

export function maxBetween(
  intervals: readonly ResponseInterval[],
  group: string,
  fromMs: number,
  toMs: number,
): number | null {
  let max: number | null = null;
  for (const one of intervals) {
    if (one.group !== group || one.startMs < fromMs || one.endMs > toMs || one.count === 0) continue;
    max = Math.max(max ?? 0, one.maxMs);
  }
  return max;
}

/** Median over intervals of their medians, weighted by count. */
export function medianBetween(
  intervals: readonly ResponseInterval[],
  group: string,
  fromMs: number,
  toMs: number,
): number | null {
  const inside = intervals
    .filter((one) => one.group === group && one.startMs >= fromMs && one.endMs <= toMs && one.count > 0)
    .sort((a, b) => a.p50Ms - b.p50Ms);
  const half = inside.reduce((sum, one) => sum + one.count, 0) / 2;
  let seen = 0;
  for (const one of inside) {
    seen += one.count;
    if (seen >= half) return one.p50Ms;
  }
  return null;
}
