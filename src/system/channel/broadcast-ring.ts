/** A ring for many receivers whose writer never waits: who falls behind by more than the ring, loses. */
import { BenchError } from '../../core/errors.ts';
import { type ResumeAt, RingCore, type RingReceiver } from './ring-core.ts';

export interface BroadcastRingOptions {
  /** Items kept for the slowest receiver, 1 to 16,777,216; rounded up to a power of two. */
  capacityItems: number;
  /**
   * Where a lapped receiver reads on. `oldest`: at the oldest item still there, so it stays a whole ring behind
   * and may be lapped again at once. `latest`: at the newest one. Default `oldest`.
   */
  resume?: ResumeAt;
}

export interface BroadcastRing<T> {
  /** Hands `item` to every receiver; answers at once. O(1) whatever the number of receivers, those in `take` excepted. */
  publish(item: T): 'published' | 'closed';
  /** A receiver of everything that is published from now on. */
  subscribe(): RingReceiver<T>;
  /** Publishes no more. What is unread can still be taken; every waiting `take` is answered. Idempotent. */
  close(): void;
  readonly closed: boolean;
  /** Slots: `capacityItems` of the options, rounded up to a power of two. */
  readonly capacityItems: number;
  /** Items published so far. */
  readonly published: number;
  /** Receivers that are subscribed. */
  readonly receivers: number;
}

/**
 * One ring, a cursor for each receiver. A receiver that the writer has lapped gets `Lagged(n)` with the exact
 * number of items it missed, and goes on where `resume` says.
 *
 * When to use: live feeds to many, where one slow reader must cost nobody else anything.
 * Details: the first lag comes R/(λ−μ) seconds after a receiver became too slow (R slots, λ published and μ
 *   taken per second); both ways to resume lose the share (λ−μ)/λ. With `oldest` there are up to min(μ, λ−μ)
 *   lags per second, with `latest` (λ−μ)/R.
 * Gotchas: the ring refers to the last R items until they are overwritten, also when all have read them. Do not
 *   reload or resync at each `Lagged`: once per episode.
 * Errors: BPB_ERR_STRATEGY for a capacity out of its range; BPB_ERR_INTERNAL for an `undefined` item.
 */
export function createBroadcastRing<T>(options: BroadcastRingOptions): BroadcastRing<T> {
  return new LaggingRing<T>(options.capacityItems, options.resume ?? 'oldest');
}

class LaggingRing<T> extends RingCore<T> implements BroadcastRing<T> {
  publish(item: T): 'published' | 'closed' {
    if (item === undefined) {
      throw new BenchError('BPB_ERR_INTERNAL', 'a ring carries any item but undefined, got undefined');
    }
    if (this.closed) return 'closed';
    this.put(item);
    return 'published';
  }
}
