/** The mechanism behind `createChannel`: it moves, wakes and counts; the stages only decide. */
import { NS_PER_MS } from '../../core/clock.ts';
import type { Admission } from '../admission/admission.ts';
import type { Channel, OfferOutcome } from './channel.ts';
import { CLASS_NORMAL, type Entry } from './entry.ts';
import { type BoundedOptions, NEVER } from './queue-books.ts';
import { ShapedQueue } from './shaped-queue.ts';
import { Waiter, WaitLine } from './wait-line.ts';

/**
 * Invariants between two calls:
 * - an offer waits first in line only while its item does not fit;
 * - a taker waits only while nothing can be taken and no offer that fits waits;
 * - callers' code (`onEnd`, `onReady`, `onDisconnect`) runs only when both hold again.
 */
export class BoundedChannel<T> extends ShapedQueue<T> implements Channel<T> {
  /** Nothing but a queue and a policy for when it is full: most steps then have no second part. */
  private readonly isPlain: boolean;
  /** Whether anything stands before the queue, or beside it. */
  private readonly isStaged: boolean;
  /** Whether anything but the order of arrival decides what leaves. */
  private readonly isPicky: boolean;
  private readonly ttlNs: number;
  private readonly takers = new WaitLine<undefined, T | undefined>();
  private gateOpensNs = NEVER;
  private isPaused = false;
  private hasToldDisconnect = false;
  private hasLeft = false;
  /** Why this queue was not let in, where admission refused it as a whole. */
  private readonly refusedReason: string | undefined;

  constructor(options: BoundedOptions<T>) {
    super(options);
    const { shapers = [], gate, ttlMs, slowConsumer = [] } = this.stages;
    this.isPlain = !this.isTimed && !this.absorbs && !this.isRoomByItem && this.disk === undefined;
    this.ttlNs = ttlMs === undefined ? NEVER : ttlMs * NS_PER_MS;
    this.isStaged = this.admission !== undefined || shapers.length + slowConsumer.length > 0;
    this.isPicky =
      this.scheduler !== undefined || this.aqm !== undefined || gate !== undefined || ttlMs !== undefined;
    if (this.disk !== undefined) this.refill();
    this.refusedReason = this.findRefusalOfQueue();
    if (this.refusedReason !== undefined) {
      this.askToDisconnect(this.refusedReason);
      this.alarm.ringAt(this.clock.nowNs()); // its owner is told once it has the queue
    }
  }

  get refusal(): string | null {
    return this.refusedReason ?? null;
  }

  // Producers.

  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    const entry = this.open(item);
    if (this.isPlain && signal === undefined && !this.closed && this.line.length === 0 && this.fits(entry)) {
      this.enqueue(entry);
      return 'queued';
    }
    try {
      if (this.closed) return this.end(entry, 'failed', 'closed');
      if (signal?.aborted) return this.end(entry, 'dropped', 'cancelled');
      if (entry.cost > this.maxItemBytes) return this.end(entry, 'dropped', 'too_large');
      return this.isStaged ? this.offerStaged(entry, signal) : this.arrive(entry, signal);
    } finally {
      this.finishStep();
    }
  }

  refuse(reason: string): void {
    this.tally.offer(CLASS_NORMAL);
    this.tally.drop(reason, CLASS_NORMAL);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.beginStep();
    this.failOffers();
    this.flushShapers();
    this.finishChange();
  }

  discardQueued(reason: string): number {
    this.beginStep();
    const discarded = this.ready.items + this.held.items + this.line.length + this.spilledItems;
    for (let entry = this.ready.oldest; entry !== undefined; entry = this.ready.oldest)
      this.evict(entry, reason);
    this.endHeld('dropped', reason);
    for (let record = this.disk?.peek(); record !== undefined; record = this.disk?.peek()) {
      const entry = this.fetch(record);
      if (entry !== undefined) this.end(entry, 'dropped', reason);
    }
    for (const waiter of this.line.drain()) waiter.settle(this.end(waiter.item, 'dropped', reason));
    this.finishChange();
    return discarded;
  }

  // Consumers.

  tryTake(): T | undefined {
    if (this.isPlain && this.line.length === 0) return this.takeNext();
    this.beginStep();
    for (;;) {
      const item = this.takeNext();
      // What waited may leave at once where everything before it had expired.
      const hasMore = (this.line.length > 0 || this.disk !== undefined) && this.fillRoom();
      if (item === undefined && hasMore) continue;
      if (this.isTimed) this.finishChange();
      else this.leaveDisk();
      return item;
    }
  }

  take(signal?: AbortSignal): T | undefined | Promise<T | undefined> {
    if (signal?.aborted) return undefined;
    const item = this.tryTake();
    if (item !== undefined || (this.closed && this.isEmpty())) return item;
    const taken = new Promise<T | undefined>((resolve) => {
      this.takers.push(new Waiter(undefined, NEVER, resolve, signal, this.cancelTaker));
    });
    // Told of an end, the owner may have offered before this taker stood in line.
    if (this.ready.items > 0) this.finishChange();
    return taken;
  }

  delivered(item: T): void {
    this.land(item, 'delivered', '');
  }

  failed(item: T, reason: string): void {
    this.land(item, 'failed', reason);
  }

  disconnect(): void {
    this.askToDisconnect('disconnect.slow');
    this.alarm.ringAt(this.clock.nowNs()); // called from another queue's step, this one may have none for long
  }

  // Before the queue.

  private offerStaged(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
  ): OfferOutcome | Promise<OfferOutcome> {
    const { admission } = this;
    const { shapers } = this.stages;
    if (this.refusedReason !== undefined) return this.end(entry, 'dropped', this.refusedReason);
    if (admission !== undefined) {
      const reason = this.findRefusal(admission, entry);
      if (reason !== undefined) return this.end(entry, 'dropped', reason);
      entry.isAdmitted = true;
    }
    const outcome = shapers === undefined ? this.arrive(entry, signal) : this.shape(entry, signal);
    this.watch();
    this.setAlarm();
    const mustWait = this.isPaused || (shapers !== undefined && this.line.length > 0);
    return outcome === 'queued' && mustWait ? this.holdProducer(signal) : outcome;
  }

  /** The reason of the first refusal; whoever had admitted the item before takes that back, also if one throws. */
  private findRefusal(admission: readonly Admission[], entry: Entry<T>): string | undefined {
    let admitted = 0;
    try {
      for (const one of admission) {
        const reason = one.admit(entry, this, this.nowNs);
        if (reason !== undefined) return reason;
        admitted++;
      }
      return undefined;
    } catch (thrown) {
      this.failUndecided(entry);
      throw thrown;
    } finally {
      if (admitted < admission.length) {
        for (let i = 0; i < admitted; i++) admission[i]?.onWithdraw?.(entry, this, this.nowNs);
      }
    }
  }

  /** As for an item: the reason, or `undefined` with all of them having let it in. */
  private findRefusalOfQueue(): string | undefined {
    const { admission = [] } = this;
    for (const [index, one] of admission.entries()) {
      const reason = one.onOpen?.(this);
      if (reason === undefined) continue;
      for (const earlier of admission.slice(0, index)) earlier.onLeave?.(this);
      return reason;
    }
    return undefined;
  }

  /** The item is in; its producer waits until the consumer has caught up. Cancelling ends the wait alone. */
  private holdProducer(signal: AbortSignal | undefined): OfferOutcome | Promise<OfferOutcome> {
    if (this.paced.length >= this.maxWaiters) return 'queued';
    return new Promise<OfferOutcome>((resolve) => {
      this.paced.push(
        new Waiter<undefined, OfferOutcome>(undefined, NEVER, resolve, signal, (waiter) => {
          this.paced.remove(waiter);
          waiter.settle('queued');
        }),
      );
    });
  }

  // The way out.

  private takeNext(): T | undefined {
    const entry = this.isPicky ? this.pick() : this.ready.oldest;
    if (entry === undefined) return undefined;
    this.removeReady(entry, true);
    if (this.isTimed) entry.sinceNs = this.nowNs;
    this.flying.push(entry);
    return entry.item;
  }

  /** The entry that may leave now, after everything has been dropped that should not. */
  private pick(): Entry<T> | undefined {
    const { scheduler, aqm, nowNs } = this;
    const { gate } = this.stages;
    this.gateOpensNs = NEVER;
    for (;;) {
      const entry = (scheduler === undefined ? this.ready.oldest : scheduler.next(this, nowNs)) as
        | Entry<T>
        | undefined;
      if (entry === undefined) return undefined;
      if (gate !== undefined) {
        const opensNs = gate.readyAtNs(entry, nowNs);
        if (opensNs > nowNs) {
          this.gateOpensNs = opensNs;
          this.alarm.ringAt(opensNs);
          return undefined;
        }
      }
      if (nowNs - entry.offeredNs > this.ttlNs) this.evict(entry, 'ttl');
      else if (scheduler?.shouldDrop?.(entry, this, nowNs)) {
        this.evict(entry, this.stages.schedulerDropReason ?? 'aqm.codel');
      } else if (aqm?.shouldDrop(entry, this, nowNs))
        this.evict(entry, this.stages.aqmDropReason ?? 'aqm.codel');
      else {
        gate?.onTake(entry, nowNs);
        return entry;
      }
    }
  }

  protected serveTakers(): void {
    for (let taker = this.takers.head; taker !== undefined; taker = this.takers.head) {
      const item = this.takeNext();
      if (item === undefined) return;
      this.takers.remove(taker);
      taker.settle(item);
    }
  }

  protected get hasTakers(): boolean {
    return this.takers.head !== undefined;
  }

  private readonly cancelTaker = (waiter: Waiter<undefined, T | undefined>): void => {
    this.takers.remove(waiter);
    waiter.settle(undefined);
  };

  /** All that follows until the next call of a caller or a timer happens at one time. */
  private beginStep(): void {
    if (this.isTimed) this.nowNs = this.clock.nowNs();
  }

  /** An item that is not in flight has ended before: it counts all the same, and `unaccounted` falls below 0. */
  private land(item: T, end: 'delivered' | 'failed', reason: string): void {
    this.beginStep();
    const entry = this.findFlying(item);
    const klass = entry?.class ?? CLASS_NORMAL;
    if (end === 'delivered') this.tally.deliver(klass);
    else this.tally.fail(reason, klass);
    if (entry === undefined) return;
    this.flying.remove(entry);
    if (this.isTimed) {
      this.progressNs = this.nowNs;
      if (entry.seq > this.deliveredSeq) this.deliveredSeq = entry.seq;
    }
    if (this.isTimed) {
      this.release(entry, end, reason);
      this.finishChange();
    } else {
      this.pool.give(entry);
      this.notices?.tell(item, end, reason);
    }
  }

  private findFlying(item: T): Entry<T> | undefined {
    const oldest = this.flying.oldest;
    if (oldest !== undefined && oldest.item === item) return oldest;
    for (let entry = oldest; entry !== undefined; entry = entry.newer) {
      if (Object.is(entry.item, item)) return entry;
    }
    return undefined;
  }

  // Time, and what follows a step.

  protected onAlarm(): void {
    this.nowNs = this.clock.nowNs();
    const { nowNs } = this;
    this.disk?.syncDue(nowNs);
    if (this.gateOpensNs <= nowNs) this.gateOpensNs = NEVER; // told below, once; the next take asks again
    this.wakeShapers();
    for (
      let waiter = this.line.head;
      waiter !== undefined && waiter.deadlineNs <= nowNs;
      waiter = this.line.head
    ) {
      this.line.remove(waiter);
      waiter.settle(this.giveUpWait(waiter.item));
    }
    this.admitBlocked();
    this.finishChange();
    if (this.ready.items > 0) this.options.onReady?.();
  }

  /** After a change of what is queued or waits. */
  protected finishChange(): void {
    if (this.takers.head !== undefined) {
      this.serveTakers();
      this.fillRoom();
    }
    if (this.stages.slowConsumer !== undefined) this.watch();
    if (this.paced.length > 0 && (this.closed || (!this.isPaused && this.line.length === 0))) {
      for (const waiter of this.paced.drain()) waiter.settle('queued');
    }
    this.setAlarm();
    this.finishStep();
  }

  protected setAlarm(): void {
    let atNs = this.gateOpensNs;
    for (const shaper of this.stages.shapers ?? []) atNs = Math.min(atNs, shaper.wakeAtNs);
    if (this.disconnectReason === undefined) {
      for (const rule of this.stages.slowConsumer ?? []) atNs = Math.min(atNs, rule.wakeAtNs);
    }
    const head = this.line.head;
    if (head !== undefined) atNs = Math.min(atNs, head.deadlineNs);
    if (this.disk !== undefined) atNs = Math.min(atNs, this.disk.syncAtNs);
    if (atNs !== NEVER) this.alarm.ringAt(atNs);
    else if (this.closed) this.alarm.cancel();
  }

  private watch(): void {
    const { slowConsumer } = this.stages;
    if (slowConsumer === undefined || this.disconnectReason !== undefined) {
      this.isPaused = false;
      return;
    }
    let isPaused = false;
    for (const rule of slowConsumer) {
      const verdict = rule.observe(this, this.nowNs);
      if (verdict === 'pause') isPaused = true;
      else if (verdict === 'disconnect') this.askToDisconnect('disconnect.slow');
    }
    this.isPaused = isPaused && this.disconnectReason === undefined;
    this.setAlarm();
  }

  /** Callers' code comes last, when everything is consistent. */
  private finishStep(): void {
    if (this.closed) this.settleClosed();
    this.notices?.flush();
    if (this.disconnectReason !== undefined && !this.hasToldDisconnect) this.tellDisconnect();
  }

  private settleClosed(): void {
    this.leaveDisk();
    if (this.isBroken && this.held.items > 0) {
      this.endHeld('failed', 'closed'); // what shapers hold comes after the gap
      this.setAlarm();
    }
    if (this.takers.head !== undefined && this.isEmpty()) {
      for (const taker of this.takers.drain()) taker.settle(undefined);
    }
    if (!this.hasLeft && this.isEmpty() && this.flying.items === 0) this.leave();
  }

  private tellDisconnect(): void {
    this.hasToldDisconnect = true;
    if (!this.hasLeft) for (const rule of this.stages.slowConsumer ?? []) rule.onLeave?.(this);
    this.options.onDisconnect?.(this.disconnectReason as string);
  }

  /** Closed and settled: what stages share with other queues no longer counts this one. */
  private leave(): void {
    this.hasLeft = true;
    const { admission } = this;
    const { slowConsumer } = this.stages;
    if (!this.hasToldDisconnect) for (const rule of slowConsumer ?? []) rule.onLeave?.(this);
    if (this.refusedReason === undefined) for (const one of admission ?? []) one.onLeave?.(this);
  }
}
