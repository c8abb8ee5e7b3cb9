/** What the live view reads out of the newest rows. */
import type { BoundaryName } from '../core/boundary.ts';
import type { TimelineRow } from './timeline-row.ts';

/** Events per second; `null` where nobody can tell. */
export interface Rates {
  readonly offered: number | null;
  readonly delivered: number | null;
  readonly dropped: number | null;
}

export function measureRates({
  now,
  before,
}: {
  readonly now: TimelineRow | null;
  readonly before: TimelineRow | null;
}): Rates {
  const seconds = now === null || before === null ? 0 : (now.tMs - before.tMs) / 1000;
  if (now === null || before === null || seconds <= 0)
    return { offered: null, delivered: null, dropped: null };
  const perSec = (later: number, earlier: number): number => Math.max(0, (later - earlier) / seconds);
  return {
    offered: now.offered === null || before.offered === null ? null : perSec(now.offered, before.offered),
    delivered: perSec(now.delivered, before.delivered),
    dropped: perSec(sumDropped(now), sumDropped(before)),
  };
}

function sumDropped(row: TimelineRow): number {
  return Object.values(row.dropped).reduce((sum, count) => sum + count, 0);
}

export interface QueueState {
  readonly name: BoundaryName;
  /** In the fullest queue of the boundary. */
  readonly items: number;
  readonly boundItems: number | null;
}

/** The boundary that was nearest to its bound of late, or the deepest one where none has a bound; `null` without any. */
export function pressedQueue({
  now,
  depths,
  boundItems,
}: {
  readonly now: TimelineRow | null;
  readonly depths: readonly TimelineRow[];
  readonly boundItems: Readonly<Partial<Record<BoundaryName, number | null>>>;
}): QueueState | null {
  if (now === null) return null;
  let best: { queue: QueueState; pressure: number } | null = null;
  for (const [name, { maxItems }] of Object.entries(now.queue) as [BoundaryName, { maxItems: number }][]) {
    const bound = boundItems[name] ?? null;
    const deepest = depths.reduce((max, row) => Math.max(max, row.queue[name]?.maxItems ?? 0), maxItems);
    // Without a bound a thousand items press as much as a queue that is full.
    const pressure = bound === null || bound <= 0 ? deepest / 1000 : deepest / bound;
    if (best === null || pressure > best.pressure)
      best = { queue: { name, items: maxItems, boundItems: bound }, pressure };
  }
  return best?.queue ?? null;
}
