/** The way into the queue: room, the overflow policy's decisions, and the line of those who wait. */
import { NS_PER_MS } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { OverflowDecision } from '../overflow/policy.ts';
import type { OfferOutcome } from './channel.ts';
import type { Entry } from './entry.ts';
import { NEVER } from './queue-books.ts';
import { SpillingQueue } from './spilling-queue.ts';
import { Waiter } from './wait-line.ts';

export abstract class OverflowQueue<T> extends SpillingQueue<T> {
  /** The policy has closed the channel for good. */
  protected isBroken = false;
  protected disconnectReason: string | undefined = undefined;

  // What the policy has, looked up once: its objects have many shapes.
  protected readonly absorbs = this.policy.absorb !== undefined;
  protected readonly isRoomByItem =
    this.policy.capacityFor !== undefined || this.policy.capacityBytesFor !== undefined;

  /** Something was queued while takers wait. */
  protected abstract serveTakers(): void;
  protected abstract get hasTakers(): boolean;
  /** To be called after a change of what is queued or waits that no other call follows. */
  protected abstract finishChange(): void;

  /** An entry reaches the queue. With `isOffer` false nobody waits for it: a shaper let it go. */
  protected arrive(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    isOffer = true,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.isTimed && this.pendingItems === this.held.items) this.progressNs = this.nowNs;
    try {
      if (this.absorbs) {
        const target = this.policy.absorb?.(this, entry);
        if (target !== undefined && this.absorb(target as Entry<T>, entry)) return 'queued';
      }
      if (this.line.length > 0 || this.spilledItems > 0 || !this.fits(entry)) {
        // What was merged may have outgrown the queue.
        if (entry.cost > this.maxItemBytes) return this.end(entry, 'dropped', 'too_large');
        this.pressureEvents++;
        const decision = this.policy.onFull(this, entry);
        if (decision === 'wait') return this.wait(entry, signal, isOffer);
        if (decision === 'spill') return this.spill(entry, signal, isOffer);
        return this.carryOut(decision, entry, this.incomingReason);
      }
      this.enqueue(entry);
      return 'queued';
    } catch (thrown) {
      this.failUndecided(entry);
      throw thrown;
    }
  }

  protected fits(entry: Entry<T>): boolean {
    if (!this.isRoomByItem)
      return this.ready.items < this.fullItems && this.ready.bytes + entry.cost <= this.fullBytes;
    const fullItems = this.policy.capacityFor?.(this, entry) ?? this.fullItems;
    if (this.ready.items >= fullItems) return false;
    const fullBytes = this.policy.capacityBytesFor?.(this, entry) ?? this.fullBytes;
    return this.ready.bytes + entry.cost <= fullBytes;
  }

  protected carryOut(
    first: OverflowDecision,
    entry: Entry<T>,
    incomingReason: string,
    isWaitOver = false,
  ): OfferOutcome {
    let decision = first;
    for (let evicted = 0; typeof decision === 'object'; ) {
      evicted = this.evictVictims(decision as Entry<T>, evicted);
      if (this.fits(entry)) {
        this.enqueue(entry);
        if (this.line.length > 0) this.admitBlocked();
        return 'queued';
      }
      decision = isWaitOver ? this.askAfterWait(entry) : this.policy.onFull(this, entry);
    }
    switch (decision) {
      case 'drop-incoming':
        return this.end(entry, 'dropped', incomingReason);
      case 'fail-incoming':
        return this.end(entry, 'failed', this.policy.failReason ?? incomingReason);
      case 'accept':
        this.enqueue(entry);
        return 'queued';
      case 'break':
        this.end(entry, 'dropped', incomingReason);
        this.breakDown();
        return 'dropped';
      case 'leak':
        // Counted nowhere, which is the point; told all the same, so that only the ledger shows the loss.
        this.release(entry, 'dropped', incomingReason);
        return 'queued';
      default:
        throw new BenchError(
          'BPB_ERR_INTERNAL',
          `policy ${this.policy.name} must answer a known decision or a queued entry, got ${String(decision)}`,
        );
    }
  }

  /** Evicts `victim` and what the policy gives up with it; answers how many this arrival has cost so far. */
  protected evictVictims(victim: Entry<T>, before: number): number {
    let evicted = before;
    for (let next: Entry<T> | undefined = victim; next !== undefined; ) {
      if (next.list !== this.ready) {
        throw new BenchError(
          'BPB_ERR_INTERNAL',
          `policy ${this.policy.name} must evict an entry of its queue`,
        );
      }
      this.removeReady(next, false);
      evicted++;
      const victimNow: Entry<T> = next;
      try {
        next = this.policy.evictMore?.(this, victimNow, evicted) as Entry<T> | undefined;
      } finally {
        this.end(victimNow, 'dropped', this.victimReason);
      }
    }
    return evicted;
  }

  /** Lets `entry` take the place of `target`; false when it has to make its own way after all. */
  protected absorb(target: Entry<T>, entry: Entry<T>): boolean {
    const how = this.policy.absorbAs ?? 'keep';
    const reason = how === 'merge' ? 'merge' : 'key';
    let ended = target.item;
    if (how === 'merge') {
      const merged = this.mergeItems(target.item, entry.item);
      const cost = this.costOf(merged);
      // Too much for one item, or for the queue: better two of them than neither.
      if (this.ready.bytes - target.cost + cost > this.fullBytes) return false;
      if (merged !== entry.item) ended = entry.item;
      entry.item = merged;
      this.resize(entry, cost);
      entry.offeredNs = target.offeredNs;
    }
    entry.weight += target.weight;
    const endedClass = Math.max(entry.class, target.class);
    entry.class = Math.min(entry.class, target.class);
    const fits = this.ready.bytes - target.cost + entry.cost <= this.fullBytes;
    if (how !== 'tail' && fits) {
      entry.sinceNs = target.sinceNs;
      this.ready.swap(target, entry);
      this.scheduler?.onRemove?.(target, false, this, this.nowNs);
      this.scheduler?.onEnqueue?.(entry, this, this.nowNs);
      this.coalesce(target, reason, ended, endedClass);
      return true;
    }
    this.removeReady(target, false);
    this.coalesce(target, reason, ended, endedClass);
    return false;
  }

  protected enqueue(entry: Entry<T>): void {
    this.ready.add(entry);
    if (this.ready.items > this.depthMax) this.depthMax = this.ready.items;
    this.scheduler?.onEnqueue?.(entry, this, this.nowNs);
    if (this.hasTakers) this.serveTakers();
  }

  // The line.

  protected wait(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    isOffer: boolean,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.line.length >= this.maxWaiters) return this.end(entry, 'dropped', 'waiters_full');
    const { waitLimitMs } = this.policy;
    const deadlineNs = waitLimitMs === undefined ? NEVER : this.clock.nowNs() + waitLimitMs * NS_PER_MS;
    if (deadlineNs !== NEVER) this.alarm.ringAt(deadlineNs);
    if (!isOffer) {
      this.line.push(new Waiter(entry, deadlineNs, undefined, undefined, this.cancelOffer));
      return 'queued';
    }
    return new Promise((resolve) => {
      this.line.push(new Waiter(entry, deadlineNs, resolve, signal, this.cancelOffer));
    });
  }

  /** Whether any came into the queue. */
  protected admitBlocked(): boolean {
    let hasAdmitted = false;
    for (let waiter = this.line.head; waiter !== undefined; waiter = this.line.head) {
      const fits = this.spilledItems === 0 && this.fits(waiter.item);
      if (!fits && !this.moveToDisk(waiter.item)) break;
      this.line.remove(waiter);
      if (fits) {
        hasAdmitted = true;
        this.enqueue(waiter.item);
      }
      waiter.settle('queued');
    }
    return hasAdmitted;
  }

  /** Whether any came into the queue, from disk or from the line. */
  protected fillRoom(): boolean {
    const hasRefilled = this.disk !== undefined && this.refill();
    return (this.line.length > 0 && this.admitBlocked()) || hasRefilled;
  }

  /** Fills the queue from disk, in order. Whether any came in. */
  protected refill(): boolean {
    let hasRefilled = false;
    for (let record = this.disk?.peek(); record !== undefined; record = this.disk?.peek()) {
      // Only one from an earlier queue, with a larger bound.
      const isTooLarge = record.cost > this.maxItemBytes;
      const isFull = this.ready.items >= this.fullItems || this.ready.bytes + record.cost > this.fullBytes;
      if (isFull && !isTooLarge) break;
      const entry = this.fetch(record);
      if (entry === undefined) continue;
      if (isTooLarge) {
        this.end(entry, 'dropped', 'too_large');
      } else {
        hasRefilled = true;
        this.enqueue(entry);
      }
    }
    return hasRefilled;
  }

  protected spill(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    isOffer: boolean,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.line.length === 0 && this.moveToDisk(entry)) return 'queued';
    if (this.disk?.settings.onDiskFull === 'block') return this.wait(entry, signal, isOffer);
    return this.end(entry, 'dropped', 'disk_full');
  }

  protected readonly cancelOffer = (waiter: Waiter<Entry<T>, OfferOutcome>): void => {
    this.nowNs = this.clock.nowNs();
    this.line.remove(waiter);
    waiter.settle(this.end(waiter.item, 'dropped', 'cancelled'));
    // A large item at the head of the line may have kept smaller ones waiting beside free bytes.
    this.admitBlocked();
    this.finishChange();
  };

  /** The deadline of a waiting offer has come. */
  protected giveUpWait(entry: Entry<T>): OfferOutcome {
    try {
      return this.carryOut(this.askAfterWait(entry), entry, 'block_timeout', true);
    } catch (thrown) {
      this.failUndecided(entry);
      throw thrown;
    }
  }

  protected askAfterWait(entry: Entry<T>): OverflowDecision {
    return this.policy.onWaitOver?.(this, entry) ?? 'drop-incoming';
  }

  // The end.

  protected breakDown(): void {
    this.closed = true;
    this.failOffers();
    if (this.policy.drainBeforeFail !== true) {
      for (let entry = this.ready.oldest; entry !== undefined; entry = this.ready.oldest) {
        this.removeReady(entry, false);
        this.end(entry, 'failed', 'closed');
      }
    }
    this.isBroken = true;
    this.askToDisconnect(this.incomingReason);
  }

  /** Closes the door before who waits at it. What a shaper let go was taken in long before, and stays. */
  protected failOffers(): void {
    let waiter = this.line.head;
    while (waiter !== undefined) {
      const next = waiter.next;
      if (waiter.hasCaller) {
        this.line.remove(waiter);
        waiter.settle(this.end(waiter.item, 'failed', 'closed'));
      }
      waiter = next;
    }
  }

  protected askToDisconnect(reason: string): void {
    this.disconnectReason ??= reason;
  }
}
