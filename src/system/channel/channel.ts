/** The bounded channel: what it promises. `bounded-channel.ts` keeps the promises. */
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { ClassCounts, LedgerSnapshot } from '../../core/ledger.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import { BoundedChannel } from './bounded-channel.ts';
import type { OnEnd } from './end-notices.ts';
import type { Key } from './entry.ts';
import type { SpillOptions } from './spill-entries.ts';
import type { ChannelStages } from './stages.ts';

export const DEFAULT_CAPACITY_ITEMS = 256;
export const DEFAULT_CAPACITY_BYTES = 1024 ** 2;
export const DEFAULT_ITEM_OVERHEAD_BYTES = 64;
export const DEFAULT_MAX_WAITERS = 1024;

export interface ChannelOptions<T> {
  /** Decides about an item that does not fit. */
  overflow: OverflowPolicy;
  /** Items that may be queued, exactly (never rounded up); a whole number from 1. Default 256. */
  capacityItems?: number;
  /** Bytes that may be queued, overhead included; 0 switches this bound off. Default 1 MiB. */
  capacityBytes?: number;
  /** Counted per item on top of `sizeOf`, for what holding it costs. Default 64 bytes. */
  perItemOverheadBytes?: number;
  /** Offers that may wait at a time; the next one is dropped{waiters_full}. Default 1024. */
  maxWaiters?: number;
  /** Whole bytes of an item, 0 or more; asked once, when it is offered. Default 0. */
  sizeOf?: (item: T) => number;
  /** 0 (critical) to 7; asked once, when it is offered. Default 1 (normal). */
  classOf?: (item: T) => number;
  /** What the item is about: a later one with the same key may stand for it. Default: all the same. */
  keyOf?: (item: T) => Key;
  /** Whose item it is, where several share the queue. Default: all the same. */
  flowOf?: (item: T) => Key;
  /** One item that stands for both; must be associative. Default: the newer one. */
  merge?: (older: T, newer: T) => T;
  /** Whether two items say the same. Default `Object.is`. */
  isSame?: (a: T, b: T) => boolean;
  /** For everything that has to do with time; one that goes back is held. */
  clock: Clock;
  /** What stands around the queue. Default: nothing. */
  stages?: ChannelStages<T>;
  /** Where items go that leave memory; needed by a policy that spills. */
  spill?: SpillOptions<T>;
  /**
   * Told once per item that ends, when the step that ended it is complete: give its budget back here. May
   * offer again: that neither nests nor overtakes. Must not throw.
   */
  onEnd?: OnEnd<T>;
  /** Time has made something ready that `tryTake` did not answer before; for consumers that do not wait in `take`. */
  onReady?: () => void;
  /** Told once: the strategy ends this consumer's connection. `reason` is that of what is then discarded. */
  onDisconnect?: (reason: string) => void;
}

/** `queued`: taken in. `dropped`: lost and counted, with a reason. `failed`: the channel is closed. */
export type OfferOutcome = 'queued' | 'dropped' | 'failed';

/**
 * A queue between a producer and a slower consumer that accounts for every item.
 *
 *   offer ─▶ (blocked) ─▶ queued ─ take ─▶ inFlight ─▶ delivered | failed{reason}
 *     └─────────┴────────────┴─▶ dropped{reason} | failed{closed}
 *
 * Order: items leave in the order of their offers; an offer never overtakes one that waits.
 * Items: anything but `undefined`, which is how `take` says that there is none.
 * Errors: BPB_ERR_INTERNAL for an `undefined` item or a size that is no whole number of bytes; nothing is
 *   counted then. Full, closed and cancelled are outcomes.
 */
export interface Channel<T> {
  /**
   * Offers one item; answers at once unless it has to wait for room.
   *
   * Cancel safety: aborting `signal` takes a waiting offer out, as dropped{cancelled}; an offer that is
   * already queued stays so. With a signal aborted before, nothing is queued.
   * Dropped reasons: `overflow.<policy>`, `too_large` (alone above `capacityBytes`), `waiters_full`, `cancelled`.
   */
  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome>;
  /**
   * Counts an item that a stage before the queue turned away: offered and dropped{reason}. It never was
   * the channel's, so `onEnd` does not hear of it.
   */
  refuse(reason: string): void;
  /** The oldest item, now in flight, or `undefined`. The oldest waiting offer takes its place in the same step. */
  tryTake(): T | undefined;
  /**
   * As `tryTake`, but waits for an item. `undefined` once the channel is closed and empty, or cancelled.
   *
   * Cancel safety: a cancelled taker has taken nothing. Waiting takers are served in order.
   */
  take(signal?: AbortSignal): T | undefined | Promise<T | undefined>;
  /** The sink has written an item in flight. One that is not in flight counts too: `unaccounted` goes below 0. */
  delivered(item: T): void;
  /** The sink could not write an item in flight. */
  failed(item: T, reason: string): void;
  /** No more offers: later and waiting ones are failed{closed}. What is queued can still be taken. Idempotent. */
  close(): void;
  /** Drops everything queued and every waiting offer for `reason`; answers how many. */
  discardQueued(reason: string): number;

  readonly closed: boolean;
  /** Items that can be taken, or will once it is their time. */
  readonly depthItems: number;
  /** Cost of those: sizes and overhead. */
  readonly bytes: number;
  /** Items that a shaper holds; `queued` in the ledger. */
  readonly heldItems: number;
  readonly heldBytes: number;
  readonly spilledItems: number;
  readonly inFlightItems: number;
  readonly inFlightBytes: number;
  /** Offers whose producers wait now. */
  readonly waiters: number;
  /** Time that offers have waited so far, added up over offers, with those that still wait. */
  readonly blockedMs: number;
  readonly depthMax: number;
  readonly waitersMax: number;
  /** Why this queue as a whole was not let in, as `admission.concurrency`; `null` for one that was. */
  readonly refusal: string | null;
  /** How long whoever was refused by admission had better wait before the next offer; 0 when nothing is known. */
  readonly retryAfterMs: number;
  /** Offers that met a full queue (or others waiting for it), however they ended. */
  readonly pressureEvents: number;
  /** What the queue can hold; Infinity under a policy without a bound. */
  readonly capacityItems: number;
  /** 0 for no bound. Under `unbounded`, its guard. */
  readonly capacityBytes: number;

  /** A new reading. What is queued, blocked and in flight is read from where it is kept, so a lost item shows. */
  ledger(): LedgerSnapshot;
  /** Adds this channel's reading to `target`, for sums over many channels; allocates only for new reasons. */
  addLedgerTo(target: LedgerSnapshot): void;
  /** The same by class, for the terminal columns. */
  addClassesTo(target: Record<number, ClassCounts>): void;
}

/**
 * A channel with the given bounds and overflow policy. Idle it costs about one kilobyte: room for items
 * is taken when they come.
 *
 * Errors: BPB_ERR_STRATEGY for a bound that is no whole number in its range.
 */
export function createChannel<T>(options: ChannelOptions<T>): Channel<T> {
  const { capacityItems, capacityBytes, perItemOverheadBytes, maxWaiters, ...rest } = options;
  return new BoundedChannel<T>({
    ...rest,
    capacityItems: checkBound('capacityItems', capacityItems ?? DEFAULT_CAPACITY_ITEMS, 1),
    capacityBytes: checkBound('capacityBytes', capacityBytes ?? DEFAULT_CAPACITY_BYTES, 0),
    perItemOverheadBytes: checkBound(
      'perItemOverheadBytes',
      perItemOverheadBytes ?? DEFAULT_ITEM_OVERHEAD_BYTES,
      0,
    ),
    maxWaiters: checkBound('maxWaiters', maxWaiters ?? DEFAULT_MAX_WAITERS, 0),
  });
}

function checkBound(name: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new BenchError(
    'BPB_ERR_STRATEGY',
    `${name} must be a whole number, ${min} or more, got ${String(value)} (${typeof value})`,
  );
}
