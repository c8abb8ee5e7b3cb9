/** One consumer of a shared ring, with everything that a channel promises. */
import { NS_PER_MS, SteadyClock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { type ClassCounts, createEmptyLedger, type LedgerSnapshot } from '../../core/ledger.ts';
import {
  type Channel,
  type ChannelOptions,
  DEFAULT_ITEM_OVERHEAD_BYTES,
  DEFAULT_MAX_WAITERS,
  type OfferOutcome,
} from '../channel/channel.ts';
import { EndNotices } from '../channel/end-notices.ts';
import { CLASS_COUNT, CLASS_NORMAL, EntryList, EntryPool } from '../channel/entry.ts';
import { Tally } from '../channel/tally.ts';
import { Waiter, WaitLine } from '../channel/wait-line.ts';
import type { ConsumerView } from '../slow-consumer/rule.ts';
import { BlockedCount } from './blocked-count.ts';
import { ConsumerWatch } from './consumer-watch.ts';
import type { BlockedOffer, BlockedWaiter, SharedRing } from './shared-ring.ts';

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Details: `queued` are the items in the ring that are its own and that it has not taken. What the writer laps is
 *   dropped{lag} at that moment; where it resumes at the latest, everything but its newest item goes with it.
 * Gotchas: closed but not read to its end, it still holds the writer of a gated ring: discard what is queued.
 */
export class RingReader<T> implements Channel<T>, ConsumerView {
  closed = false;
  depthMax = 0;
  pressureEvents = 0;
  bytes = 0;
  /** Times that it was lapped, however many items each cost; again only after it has taken something. */
  lags = 0;
  offeredSeq = 0;
  deliveredSeq = 0;
  progressNs = 0;
  inFlightSinceNs = NEVER;
  readonly heldItems = 0;
  readonly heldBytes = 0;
  readonly spilledItems = 0;

  // The ring's own marks on its readers.
  newestSeq = -1;
  previousPeer: RingReader<T> | undefined = undefined;
  nextPeer: RingReader<T> | undefined = undefined;
  nextDirty: RingReader<T> | undefined = undefined;
  isDirty = false;

  private readonly ring: SharedRing<T>;
  private readonly options: ChannelOptions<T>;
  private readonly overheadBytes: number;
  private readonly maxWaiters: number;
  private readonly clock: SteadyClock;
  /** One bit for each slot whose item is its own and not taken. */
  private readonly marks: Uint32Array;
  private readonly slotMask: number;
  /** Its oldest item that is not taken; meaningless without one. */
  private cursor = 0;
  private unread = 0;
  private isLapped = false;
  private isLeft = false;
  private hasNews = false;
  private readonly blocked: BlockedCount;
  private readonly pool = new EntryPool<T>();
  private readonly flying = new EntryList<T>();
  private readonly takers = new WaitLine<undefined, T | undefined>();
  private readonly paced = new WaitLine<undefined, OfferOutcome>();
  private readonly tally = new Tally();
  private readonly notices: EndNotices<T> | undefined;
  private readonly watch: ConsumerWatch | undefined;

  constructor(ring: SharedRing<T>, options: ChannelOptions<T>) {
    this.ring = ring;
    this.options = options;
    this.overheadBytes = options.perItemOverheadBytes ?? DEFAULT_ITEM_OVERHEAD_BYTES;
    this.maxWaiters = options.maxWaiters ?? DEFAULT_MAX_WAITERS;
    this.clock = new SteadyClock(options.clock);
    this.marks = new Uint32Array(Math.max(1, ring.capacityItems >>> 5));
    this.slotMask = ring.capacityItems - 1;
    this.blocked = new BlockedCount(this.clock);
    this.notices = options.onEnd === undefined ? undefined : new EndNotices(options.onEnd);
    const rules = options.stages?.slowConsumer ?? [];
    if (rules.length > 0) {
      this.watch = new ConsumerWatch(rules, this, this.clock, () => this.finish(), options.onDisconnect);
    }
    ring.readers++;
  }

  get depthItems(): number {
    return this.unread;
  }

  get inFlightItems(): number {
    return this.flying.items;
  }

  get inFlightBytes(): number {
    return this.flying.bytes;
  }

  get waiters(): number {
    return this.blocked.count + this.paced.length;
  }

  /** A ring has no admission. */
  readonly refusal = null;

  get retryAfterMs(): number {
    return 0;
  }

  get waitersMax(): number {
    return this.blocked.max;
  }

  get blockedMs(): number {
    return this.blocked.blockedNs / NS_PER_MS;
  }

  get capacityItems(): number {
    return this.ring.capacityItems;
  }

  get capacityBytes(): number {
    return this.ring.capacityBytes === NEVER ? 0 : this.ring.capacityBytes;
  }

  get pendingItems(): number {
    return this.unread + this.flying.items + this.blocked.count;
  }

  get pendingBytes(): number {
    return this.bytes + this.flying.bytes;
  }

  get oldestNs(): number {
    if (this.flying.oldest !== undefined) return this.flying.oldest.offeredNs;
    return this.unread > 0 ? this.ring.stampNsAt(this.cursor) : NEVER;
  }

  // Producers.

  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    const cost = this.costOf(item);
    const klass = this.classOf(item);
    const nowNs = this.clock.nowNs();
    this.tally.offer(klass);
    let outcome: OfferOutcome | Promise<OfferOutcome>;
    if (this.closed) outcome = this.end(item, 'failed', 'closed', klass);
    else if (signal?.aborted) outcome = this.end(item, 'dropped', 'cancelled', klass);
    else if (cost > this.ring.capacityBytes) outcome = this.end(item, 'dropped', 'too_large', klass);
    else outcome = this.enter(item, cost, klass, nowNs, signal);
    this.finish();
    return outcome === 'queued' && this.watch?.isPaused ? this.holdProducer(signal) : outcome;
  }

  refuse(reason: string): void {
    this.tally.offer(CLASS_NORMAL);
    this.tally.drop(reason, CLASS_NORMAL);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.dropBlocked('failed', 'closed');
    this.finish();
  }

  discardQueued(reason: string): number {
    const discarded = this.unread + this.blocked.count;
    while (this.unread > 0) this.drop(reason);
    this.dropBlocked('dropped', reason);
    this.isLapped = false;
    this.finish();
    return discarded;
  }

  // Consumers.

  tryTake(): T | undefined {
    const item = this.takeNext();
    this.finish();
    return item;
  }

  take(signal?: AbortSignal): T | undefined | Promise<T | undefined> {
    if (signal?.aborted) return undefined;
    const item = this.tryTake();
    return item !== undefined || this.isOver ? item : this.waitForItem(signal);
  }

  delivered(item: T): void {
    this.land(item, 'delivered', '');
  }

  failed(item: T, reason: string): void {
    this.land(item, 'failed', reason);
  }

  disconnect(): void {
    this.watch?.ask();
    this.finish();
  }

  // Readings.

  ledger(): LedgerSnapshot {
    const ledger = createEmptyLedger();
    this.addLedgerTo(ledger);
    return ledger;
  }

  addLedgerTo(target: LedgerSnapshot): void {
    this.tally.addTo(target, {
      queued: this.unread,
      inFlight: this.flying.items,
      blocked: this.blocked.count,
      spilled: 0,
    });
  }

  addClassesTo(target: Record<number, ClassCounts>): void {
    this.tally.addClassesTo(target);
  }

  // What the ring does to its readers.

  /** A slot was found for an offer of this reader that waited. */
  admit(waiter: BlockedWaiter<T>, seq: number): void {
    this.ring.line.remove(waiter);
    this.blocked.add(-1);
    this.mark(seq);
    waiter.settle('queued');
  }

  /** The writer is about to overwrite the oldest item that this reader has not taken. */
  lapped(): void {
    if (!this.isLapped) this.lags++;
    this.isLapped = true;
    if (this.ring.resume === 'oldest') this.drop('lag');
    else while (this.unread > 1 || (this.unread === 1 && this.cursor === this.ring.head)) this.drop('lag');
  }

  /** The step is complete. With `isAwaited` its consumer does not know that there is something for it. */
  tell(isAwaited: boolean): void {
    if (this.isOver) {
      for (const taker of this.takers.drain()) taker.settle(undefined);
      this.leave();
      if (this.flying.items === 0) this.watch?.leave();
    }
    this.watch?.observe();
    if (this.paced.length > 0 && (this.closed || !this.watch?.isPaused)) {
      for (const waiter of this.paced.drain()) waiter.settle('queued');
    }
    this.notices?.flush();
    this.watch?.tell();
    if (this.hasNews && isAwaited && this.unread > 0) this.options.onReady?.();
    this.hasNews = false;
  }

  // The way in.

  private enter(
    item: T,
    cost: number,
    klass: number,
    atNs: number,
    signal: AbortSignal | undefined,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.pendingItems === 0) this.progressNs = atNs;
    const { ring } = this;
    // Nobody overtakes who waits; but a slot that holds this very item already is no news to them.
    const mustWait = ring.line.length > 0 && (this.blocked.count > 0 || !ring.isNewestFor(this, item));
    const seq = mustWait ? -1 : ring.place(this, item, cost, klass, atNs);
    if (seq < 0) return this.wait({ reader: this, item, cost, class: klass, atNs }, signal);
    this.mark(seq);
    return 'queued';
  }

  private wait(
    offer: BlockedOffer<T>,
    signal: AbortSignal | undefined,
  ): OfferOutcome | Promise<OfferOutcome> {
    this.pressureEvents++;
    if (this.blocked.count >= this.maxWaiters) {
      return this.end(offer.item, 'dropped', 'waiters_full', offer.class);
    }
    return new Promise((resolve) => {
      this.blocked.add(1);
      this.ring.line.push(new Waiter(offer, NEVER, resolve, signal, this.cancelOffer));
    });
  }

  private readonly cancelOffer = (waiter: BlockedWaiter<T>): void => {
    this.endBlocked(waiter, 'dropped', 'cancelled');
    // What was behind it may fit, and its consumer may be asleep.
    this.ring.markDirty(this);
    this.ring.finishStep(undefined);
  };

  private endBlocked(waiter: BlockedWaiter<T>, end: 'dropped' | 'failed', reason: string): void {
    this.ring.line.remove(waiter);
    this.blocked.add(-1);
    waiter.settle(this.end(waiter.item.item, end, reason, waiter.item.class));
  }

  private dropBlocked(end: 'dropped' | 'failed', reason: string): void {
    let waiter = this.blocked.count > 0 ? this.ring.line.head : undefined;
    while (waiter !== undefined) {
      const next = waiter.next;
      if (waiter.item.reader === this) this.endBlocked(waiter, end, reason);
      waiter = next;
    }
  }

  /** The item is in; its producer waits until the consumer has caught up. Cancelling ends the wait alone. */
  private holdProducer(signal: AbortSignal | undefined): OfferOutcome | Promise<OfferOutcome> {
    if (this.paced.length >= this.maxWaiters) return 'queued';
    return new Promise((resolve) => {
      this.paced.push(
        new Waiter<undefined, OfferOutcome>(undefined, NEVER, resolve, signal, (waiter) => {
          this.paced.remove(waiter);
          waiter.settle('queued');
        }),
      );
    });
  }

  private mark(seq: number): void {
    if (this.isLapped && this.ring.resume === 'latest') while (this.unread > 0) this.drop('lag');
    const slot = seq & this.slotMask;
    (this.marks[slot >>> 5] as number) |= 1 << (slot & 31);
    this.ring.hold(seq);
    this.newestSeq = seq;
    this.offeredSeq++;
    this.bytes += this.ring.costAt(seq);
    if (this.unread++ === 0) {
      this.cursor = seq;
      this.ring.link(this, seq);
    }
    if (this.unread > this.depthMax) this.depthMax = this.unread;
    this.hasNews = true;
    this.ring.markDirty(this);
    let taker = this.takers.head;
    while (taker !== undefined && this.unread > 0) {
      this.takers.remove(taker);
      taker.settle(this.takeNext());
      taker = this.takers.head;
    }
  }

  // The way out.

  private takeNext(): T | undefined {
    if (this.unread === 0) return undefined;
    const { ring, cursor } = this;
    const item = ring.itemAt(cursor);
    const entry = this.pool.take(item);
    entry.cost = ring.costAt(cursor);
    entry.class = ring.classAt(cursor);
    entry.offeredNs = ring.stampNsAt(cursor);
    // Whatever it has lost, it has lost from the front: what is left are its newest ones.
    entry.seq = this.offeredSeq - this.unread + 1;
    if (this.flying.items === 0) this.inFlightSinceNs = this.clock.nowNs();
    this.flying.push(entry);
    this.isLapped = false;
    this.advance();
    return item;
  }

  private drop(reason: string): void {
    const { ring, cursor } = this;
    const item = ring.itemAt(cursor);
    const klass = ring.classAt(cursor);
    this.advance();
    this.end(item, 'dropped', reason, klass);
  }

  /** Its oldest item is no longer one of its own; its cursor goes to the next that is. */
  private advance(): void {
    const { ring, cursor } = this;
    const slot = cursor & this.slotMask;
    (this.marks[slot >>> 5] as number) &= ~(1 << (slot & 31));
    this.bytes -= ring.costAt(cursor);
    ring.release(cursor);
    ring.unlink(this, cursor);
    this.unread--;
    if (this.unread === 0) return;
    let seq = cursor + 1;
    while (!this.isMarked(seq)) seq++;
    this.cursor = seq;
    ring.link(this, seq);
  }

  private isMarked(seq: number): boolean {
    const slot = seq & this.slotMask;
    return ((this.marks[slot >>> 5] as number) & (1 << (slot & 31))) !== 0;
  }

  private waitForItem(signal: AbortSignal | undefined): Promise<T | undefined> {
    return new Promise((resolve) => {
      this.takers.push(new Waiter(undefined, NEVER, resolve, signal, this.cancelTaker));
    });
  }

  private readonly cancelTaker = (taker: Waiter<undefined, T | undefined>): void => {
    this.takers.remove(taker);
    taker.settle(undefined);
  };

  /** An item that is not in flight has ended before: it counts all the same, and `unaccounted` falls below 0. */
  private land(item: T, end: 'delivered' | 'failed', reason: string): void {
    let entry = this.flying.oldest;
    while (entry !== undefined && !Object.is(entry.item, item)) entry = entry.newer;
    const klass = entry?.class ?? CLASS_NORMAL;
    if (end === 'delivered') this.tally.deliver(klass);
    else this.tally.fail(reason, klass);
    if (entry === undefined) return;
    this.flying.remove(entry);
    this.progressNs = this.clock.nowNs();
    this.inFlightSinceNs = this.flying.items === 0 ? NEVER : this.progressNs;
    if (entry.seq > this.deliveredSeq) this.deliveredSeq = entry.seq;
    this.pool.give(entry);
    this.notices?.add(item, end, reason);
    this.finish();
  }

  // Ends.

  private end<E extends 'dropped' | 'failed'>(item: T, end: E, reason: string, klass: number): E {
    if (end === 'dropped') this.tally.drop(reason, klass);
    else this.tally.fail(reason, klass);
    this.notices?.add(item, end, reason);
    this.ring.markDirty(this);
    return end;
  }

  private get isOver(): boolean {
    return this.closed && this.unread === 0 && this.blocked.count === 0;
  }

  /** Closed and read to its end: the ring need not know it any longer. */
  private leave(): void {
    if (this.isLeft) return;
    this.isLeft = true;
    this.ring.leave();
  }

  private finish(): void {
    this.ring.markDirty(this);
    this.ring.finishStep(this);
  }

  private costOf(item: T): number {
    if (item === undefined) {
      throw new BenchError('BPB_ERR_INTERNAL', 'a channel carries any item but undefined, got undefined');
    }
    const sizeBytes = this.options.sizeOf?.(item) ?? 0;
    if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes + this.overheadBytes;
    throw new BenchError('BPB_ERR_INTERNAL', `sizeOf must answer whole bytes, 0 or more, got ${sizeBytes}`);
  }

  private classOf(item: T): number {
    const klass = this.options.classOf?.(item) ?? CLASS_NORMAL;
    if (Number.isInteger(klass) && klass >= 0 && klass < CLASS_COUNT) return klass;
    throw new BenchError(
      'BPB_ERR_INTERNAL',
      `classOf must answer a whole number from 0 to ${CLASS_COUNT - 1}, got ${klass}`,
    );
  }
}
