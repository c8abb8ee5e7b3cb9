/** What the two rings have in common: slots, and receivers that each read them at their own pace. */
import { BenchError } from '../../core/errors.ts';
import { closeLedger, createEmptyLedger, type LedgerSnapshot } from '../../core/ledger.ts';
import { Waiter, WaitLine } from './wait-line.ts';

/** What a receiver gets in place of the items that it was too slow for. */
export class Lagged {
  /** Items lost since the last one it received, exactly. */
  readonly missed: number;

  constructor(missed: number) {
    this.missed = missed;
  }
}

/** One reader of a ring. It sees what is published from its subscription on, in order. */
export interface RingReceiver<T> {
  /** The next item, or how many were lost before it, or `undefined` when there is nothing new. */
  tryTake(): T | Lagged | undefined;
  /**
   * As `tryTake`, but waits for an item. `undefined` once there is nothing left and the ring is closed, the
   * receiver unsubscribed, or the wait cancelled.
   *
   * Cancel safety: a cancelled take has taken nothing. Several that wait are served in order.
   */
  take(signal?: AbortSignal): T | Lagged | undefined | Promise<T | Lagged | undefined>;
  /** Reads no more; what is unread is dropped{cancelled}. Idempotent. */
  unsubscribe(): void;
  /** Items that it can still read. */
  readonly unread: number;
  /** Items lost to lag so far, told or about to be. */
  readonly missed: number;
  readonly subscribed: boolean;
  /** Items since it subscribed: offered = delivered + dropped{lag, cancelled} + queued. */
  ledger(): LedgerSnapshot;
}

export type ResumeAt = 'oldest' | 'latest';

type Taken<T> = T | Lagged | undefined;

/** Slots are taken when a ring is made: this many cost 128 MiB. */
export const MAX_RING_ITEMS = 2 ** 24;

/** The number of slots that `capacityItems` is rounded up to: the next power of two. */
export function effectiveCapacity(capacityItems: number): number {
  if (!Number.isSafeInteger(capacityItems) || capacityItems < 1 || capacityItems > MAX_RING_ITEMS) {
    throw new BenchError(
      'BPB_ERR_STRATEGY',
      `capacityItems must be a whole number from 1 to ${MAX_RING_ITEMS}, got ${String(capacityItems)} (${typeof capacityItems})`,
    );
  }
  return 2 ** Math.ceil(Math.log2(capacityItems));
}

export abstract class RingCore<T> {
  /** A power of two, so that a sequence number becomes a slot with a mask. */
  readonly capacityItems: number;
  closed = false;
  /** Items published so far; the sequence number of the next one. */
  tail = 0;
  /** Receivers that are subscribed. */
  receivers = 0;
  readonly resume: ResumeAt;
  protected readonly mask: number;
  protected readonly items: (T | undefined)[];
  private readonly takers = new WaitLine<Receiver<T>, Taken<T>>();

  constructor(capacityItems: number, resume: ResumeAt) {
    if (resume !== 'oldest' && resume !== 'latest') {
      throw new BenchError(
        'BPB_ERR_STRATEGY',
        `resume must be 'oldest' or 'latest', got '${String(resume)}'`,
      );
    }
    this.capacityItems = effectiveCapacity(capacityItems);
    this.resume = resume;
    this.mask = this.capacityItems - 1;
    this.items = new Array<T | undefined>(this.capacityItems).fill(undefined);
  }

  get published(): number {
    return this.tail;
  }

  subscribe(): RingReceiver<T> {
    this.receivers++;
    return new Receiver<T>(this);
  }

  close(): void {
    this.closed = true;
    this.serveTakers();
  }

  itemAt(seq: number): T {
    return this.items[seq & this.mask] as T;
  }

  /** A receiver has read the item at `seq`, or never will. */
  afterRead(_seq: number): void {}

  waitForItem(receiver: Receiver<T>, signal: AbortSignal | undefined): Promise<Taken<T>> {
    return new Promise((resolve) => {
      this.takers.push(new Waiter(receiver, Number.POSITIVE_INFINITY, resolve, signal, this.cancelTaker));
    });
  }

  /** Settles every waiting take that there is an answer for. */
  serveTakers(): void {
    let taker = this.takers.head;
    while (taker !== undefined) {
      const next = taker.next;
      const taken = taker.item.tryTake();
      if (taken !== undefined || taker.item.isOver) {
        this.takers.remove(taker);
        taker.settle(taken);
      }
      taker = next;
    }
  }

  protected put(item: T): void {
    this.items[this.tail & this.mask] = item;
    this.tail++;
    if (this.takers.head !== undefined) this.serveTakers();
  }

  private readonly cancelTaker = (taker: Waiter<Receiver<T>, Taken<T>>): void => {
    this.takers.remove(taker);
    taker.settle(undefined);
  };
}

export class Receiver<T> implements RingReceiver<T> {
  subscribed = true;
  private readonly ring: RingCore<T>;
  private readonly sinceSeq: number;
  /** The next one to read. */
  private cursor: number;
  private received = 0;
  private missedTold = 0;
  private untilSeq = 0;
  private leftUnread = 0;

  constructor(ring: RingCore<T>) {
    this.ring = ring;
    this.sinceSeq = ring.tail;
    this.cursor = ring.tail;
  }

  get unread(): number {
    return this.subscribed ? this.ring.tail - this.resumeSeq() : 0;
  }

  get missed(): number {
    return this.subscribed ? this.missedTold + this.resumeSeq() - this.cursor : this.missedTold;
  }

  /** Nothing to take now, nor ever. */
  get isOver(): boolean {
    return !this.subscribed || (this.ring.closed && this.cursor === this.ring.tail);
  }

  tryTake(): Taken<T> {
    const { ring, cursor } = this;
    if (!this.subscribed || cursor === ring.tail) return undefined;
    const resumeSeq = this.resumeSeq();
    if (resumeSeq !== cursor) {
      const missed = resumeSeq - cursor;
      this.missedTold += missed;
      this.cursor = resumeSeq;
      return new Lagged(missed);
    }
    const item = ring.itemAt(cursor);
    this.cursor++;
    this.received++;
    ring.afterRead(cursor);
    return item;
  }

  take(signal?: AbortSignal): Taken<T> | Promise<Taken<T>> {
    if (signal?.aborted) return undefined;
    const taken = this.tryTake();
    return taken !== undefined || this.isOver ? taken : this.ring.waitForItem(this, signal);
  }

  unsubscribe(): void {
    if (!this.subscribed) return;
    const { ring } = this;
    const resumeSeq = this.resumeSeq();
    this.missedTold += resumeSeq - this.cursor;
    this.leftUnread = ring.tail - resumeSeq;
    this.untilSeq = ring.tail;
    this.subscribed = false;
    ring.receivers--;
    for (let seq = resumeSeq; seq < this.untilSeq; seq++) ring.afterRead(seq);
    ring.serveTakers();
  }

  ledger(): LedgerSnapshot {
    const { missed, leftUnread } = this;
    return closeLedger({
      ...createEmptyLedger(),
      offered: (this.subscribed ? this.ring.tail : this.untilSeq) - this.sinceSeq,
      delivered: this.received,
      dropped: {
        ...(missed === 0 ? {} : { lag: missed }),
        ...(leftUnread === 0 ? {} : { cancelled: leftUnread }),
      },
      queued: this.unread,
    });
  }

  /** Where it reads on: its cursor, unless the writer has lapped that. */
  private resumeSeq(): number {
    const { tail, capacityItems, resume } = this.ring;
    const oldest = tail - capacityItems;
    if (this.cursor >= oldest) return this.cursor;
    return resume === 'oldest' ? oldest : tail - 1;
  }
}
