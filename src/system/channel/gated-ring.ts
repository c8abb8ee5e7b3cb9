/** A ring for many receivers whose writer waits for the slowest. */
import { BenchError } from '../../core/errors.ts';
import { RingCore, type RingReceiver } from './ring-core.ts';
import { Waiter, WaitLine } from './wait-line.ts';

export interface GatedRingOptions {
  /** Items that the fastest receiver may be ahead of the slowest, 1 to 16,777,216; rounded up to a power of two. */
  capacityItems: number;
}

/** `published`: every receiver will get it. `cancelled`, `closed`: nobody will. */
export type PublishOutcome = 'published' | 'cancelled' | 'closed';

export interface GatedRing<T> {
  /**
   * Hands `item` to every receiver; waits, in the order of the calls, while the slowest is a whole ring behind.
   *
   * Cancel safety: aborting `signal` takes a waiting item out; a published one stays so.
   */
  publish(item: T, signal?: AbortSignal): PublishOutcome | Promise<PublishOutcome>;
  /** A receiver of everything that is published from now on. It never gets `Lagged`. */
  subscribe(): RingReceiver<T>;
  /** Publishes no more: waiting items are `closed`. What is unread can still be taken. Idempotent. */
  close(): void;
  readonly closed: boolean;
  /** Slots: `capacityItems` of the options, rounded up to a power of two. */
  readonly capacityItems: number;
  readonly published: number;
  readonly receivers: number;
  /** Items that wait to be published. */
  readonly waiters: number;
}

/**
 * One ring, a cursor for each receiver, and a writer that never overwrites what somebody has not read.
 *
 * When to use: a fixed set of receivers of one process that must all see everything.
 * Gotchas: one receiver that stalls stops the writer and so all others, until it reads on or unsubscribes.
 * Errors: BPB_ERR_STRATEGY for a capacity out of its range; BPB_ERR_INTERNAL for an `undefined` item.
 */
export function createGatedRing<T>(options: GatedRingOptions): GatedRing<T> {
  return new WaitingRing<T>(options.capacityItems);
}

class WaitingRing<T> extends RingCore<T> implements GatedRing<T> {
  /** For each slot, the receivers that have not read it. */
  private readonly unreadBy: number[];
  private readonly line = new WaitLine<T, PublishOutcome>();
  private isAdmitting = false;

  constructor(capacityItems: number) {
    super(capacityItems, 'oldest');
    this.unreadBy = new Array<number>(this.capacityItems).fill(0);
  }

  get waiters(): number {
    return this.line.length;
  }

  publish(item: T, signal?: AbortSignal): PublishOutcome | Promise<PublishOutcome> {
    if (item === undefined) {
      throw new BenchError('BPB_ERR_INTERNAL', 'a ring carries any item but undefined, got undefined');
    }
    if (this.closed) return 'closed';
    if (signal?.aborted) return 'cancelled';
    // Nobody waits beside a free slot, so there is nobody to overtake where there is room.
    if (!this.hasRoom()) return this.wait(item, signal);
    this.enter(item);
    return 'published';
  }

  override close(): void {
    this.closed = true;
    for (const waiter of this.line.drain()) waiter.settle('closed');
    super.close();
  }

  override afterRead(seq: number): void {
    const slot = seq & this.mask;
    const unreadBy = (this.unreadBy[slot] as number) - 1;
    this.unreadBy[slot] = unreadBy;
    if (unreadBy > 0) return;
    this.items[slot] = undefined;
    this.admit();
  }

  /** Apart from `publish`, which then needs no closure where it need not wait. */
  private wait(item: T, signal: AbortSignal | undefined): Promise<PublishOutcome> {
    return new Promise((resolve) => {
      this.line.push(
        new Waiter<T, PublishOutcome>(item, Number.POSITIVE_INFINITY, resolve, signal, this.cancel),
      );
    });
  }

  private hasRoom(): boolean {
    return this.unreadBy[this.tail & this.mask] === 0;
  }

  private enter(item: T): void {
    if (this.receivers > 0) {
      this.unreadBy[this.tail & this.mask] = this.receivers;
      this.put(item);
    } else {
      this.tail++; // for nobody: kept by nobody
    }
  }

  /** An item that enters may be read at once, which frees a slot: then the loop that is under way goes on. */
  private admit(): void {
    if (this.isAdmitting) return;
    this.isAdmitting = true;
    let waiter = this.line.head;
    while (waiter !== undefined && this.hasRoom()) {
      this.line.remove(waiter);
      waiter.settle('published');
      this.enter(waiter.item);
      waiter = this.line.head;
    }
    this.isAdmitting = false;
  }

  private readonly cancel = (waiter: Waiter<T, PublishOutcome>): void => {
    this.line.remove(waiter);
    waiter.settle('cancelled');
  };
}
