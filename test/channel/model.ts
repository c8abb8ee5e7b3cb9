/**
 * The reference: what a channel must do, in plain arrays and without promises. What is particular to an
 * overflow policy or a scheduler is in `policy-references.ts` and `order-references.ts`.
 */
import { NS_PER_MS } from '../../src/core/clock.ts';
import { addReason, createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';
import type { OfferOutcome } from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import { bytesOf, costOf, type Held, type Item } from './item.ts';
import { ORDERS, type Order } from './order-references.ts';
import { POLICIES, type PolicyReference } from './policy-references.ts';

export type Values = Readonly<Record<string, number | string>>;

export interface Setup {
  readonly policy: string;
  readonly params: Values;
  readonly scheduler: string;
  readonly schedulerParams: Values;
  readonly capacityItems: number;
  /** 0: no bound. For `unbounded` its guard. */
  readonly capacityBytes: number;
  readonly maxWaiters: number;
  /** 0: none. */
  readonly ttlMs: number;
}

export class ChannelModel {
  readonly queue: Held[] = [];
  /** The newest queued item of each key. */
  readonly newestOf = new Map<string, Held>();
  /** Those with queued items, in the order in which they last became so. */
  readonly flows: string[] = [];
  readonly flying: Held[] = [];
  readonly waiting: Held[] = [];
  readonly takers: number[] = [];
  readonly outcomes = new Map<number, OfferOutcome>();
  readonly taken = new Map<number, number | undefined>();
  readonly ends: [id: number, end: ItemEnd, reason: string][] = [];
  readonly counts = createEmptyLedger();
  readonly setup: Setup;
  closed = false;
  disconnectReason = '';
  nowNs = 0;
  settledNs = 0;
  pressureEvents = 0;
  depthMax = 0;
  waitersMax = 0;
  private lastRank = 0;
  private readonly policy: PolicyReference;
  private readonly order: Order;

  constructor(setup: Setup) {
    this.setup = setup;
    this.policy = (POLICIES[setup.policy] as () => PolicyReference)();
    this.order = (ORDERS[setup.scheduler] as () => Order)();
  }

  // What happens from outside.

  offer(item: Item, isAborted: boolean): void {
    const { nowNs } = this;
    const held: Held = {
      offerId: item.id,
      item,
      class: item.class,
      key: item.key,
      flow: item.flow,
      sinceNs: nowNs,
      offeredNs: nowNs,
      waitsSinceNs: nowNs,
      deadlineNs: 0,
      rank: 0,
    };
    this.counts.offered++;
    if (this.closed) return this.end(held, 'failed', 'closed');
    if (isAborted) return this.end(held, 'dropped', 'cancelled');
    if (this.isTooLarge(item)) return this.end(held, 'dropped', 'too_large');
    if (this.policy.absorb?.(this, held)) return;
    if (this.waiting.length === 0 && this.fits(held)) return this.enter(held);
    if (this.isTooLarge(held.item)) return this.end(held, 'dropped', 'too_large');
    this.pressureEvents++;
    this.policy.full(this, held);
  }

  /** Answers what `tryTake` must: the first in order that has not expired, also of those that wait. */
  take(): Item | undefined {
    for (;;) {
      const held = this.next();
      if (this.admit() && held === undefined) continue;
      return held?.item;
    }
  }

  waitForItem(taker: number): void {
    const item = this.take();
    if (item !== undefined || this.closed) this.taken.set(taker, item?.id);
    else this.takers.push(taker);
  }

  land(item: Item, end: 'delivered' | 'failed'): void {
    const at = this.flying.findIndex((held) => held.item.id === item.id);
    if (at >= 0) this.flying.splice(at, 1);
    if (end === 'delivered') this.counts.delivered++;
    else addReason(this.counts.failed, 'sink');
    this.ends.push([item.id, end, end === 'delivered' ? '' : 'sink']);
  }

  cancelOffer(id: number): void {
    const at = this.waiting.findIndex(({ item }) => item.id === id);
    if (at < 0) return;
    this.leaveLine(at, 'dropped', 'cancelled');
    this.admit();
  }

  cancelTaker(taker: number): void {
    const at = this.takers.indexOf(taker);
    if (at < 0) return;
    this.takers.splice(at, 1);
    this.taken.set(taker, undefined);
  }

  close(): void {
    this.closed = true;
    while (this.waiting.length > 0) this.leaveLine(0, 'failed', 'closed');
    while (this.takers.length > 0) this.cancelTaker(this.takers[0] as number);
  }

  discard(): number {
    const count = this.queue.length + this.waiting.length;
    while (this.queue[0] !== undefined) this.evict(this.queue[0], 'shutdown');
    while (this.waiting.length > 0) this.leaveLine(0, 'dropped', 'shutdown');
    return count;
  }

  advance(ns: number): void {
    const untilNs = this.nowNs + ns;
    for (
      let head = this.waiting[0];
      head !== undefined && head.deadlineNs <= untilNs;
      head = this.waiting[0]
    ) {
      this.nowNs = head.deadlineNs;
      while (this.waiting[0] !== undefined && this.waiting[0].deadlineNs <= this.nowNs) {
        const [late] = this.waiting.splice(0, 1) as [Held];
        this.settledNs += this.nowNs - late.waitsSinceNs;
        this.policy.late?.(this, late);
      }
      this.admit();
    }
    this.nowNs = untilNs;
  }

  // What policies do.

  get bytes(): number {
    return bytesOf(this.queue);
  }

  fits(held: Held): boolean {
    const limitBytes = this.policy.capacityBytesFor?.(this, held) ?? this.limitBytes;
    const limitItems = this.policy.capacityFor?.(this, held) ?? this.setup.capacityItems;
    return this.queue.length < limitItems && this.bytes + costOf(held.item) <= limitBytes;
  }

  get limitBytes(): number {
    return this.setup.capacityBytes || Number.POSITIVE_INFINITY;
  }

  /** Whether `held` with the cost of `item` fits where `old` stands. */
  fitsInPlaceOf(old: Held, item: Item): boolean {
    return this.bytes - costOf(old.item) + costOf(item) <= this.limitBytes;
  }

  enter(held: Held): void {
    this.outcomes.set(held.offerId, 'queued');
    const wasEmpty = this.queue.length === 0;
    this.queue.push(held);
    this.index(held);
    this.depthMax = Math.max(this.depthMax, this.queue.length);
    this.order.entered?.(held, wasEmpty, this);
    while (this.takers.length > 0) {
      const next = this.next();
      if (next === undefined) return;
      this.taken.set(this.takers.shift() as number, next.item.id);
    }
  }

  /** Takes the place of `old`, which ends as coalesced with `endedItem`. */
  replace(old: Held, held: Held, endedItem: Item, reason: string): void {
    this.outcomes.set(held.offerId, 'queued');
    this.queue.splice(this.queue.indexOf(old), 1, held);
    const { rank } = old;
    const hasSamePlace = old.class === held.class && old.flow === held.flow && old.key === held.key;
    if (!hasSamePlace) this.unindex(old);
    this.index(held);
    if (hasSamePlace) held.rank = rank;
    this.order.entered?.(held, false, this);
    this.order.left?.(old, false, this);
    this.note(endedItem, 'coalesced', reason);
  }

  coalesceAway(old: Held, endedItem: Item, reason: string): void {
    this.removeQueued(old, false);
    this.note(endedItem, 'coalesced', reason);
  }

  evict(held: Held, reason: string): void {
    this.removeQueued(held, false);
    this.note(held.item, 'dropped', reason);
  }

  /** Evicts what `choose` says until `held` fits, and lets it enter. */
  makeRoom(held: Held, reason: string, choose: (queue: readonly Held[]) => Held | undefined): void {
    while (!this.fits(held)) this.evict(choose(this.queue) as Held, reason);
    this.enter(held);
  }

  wait(held: Held, limitMs = Number.POSITIVE_INFINITY): void {
    if (this.waiting.length >= this.setup.maxWaiters) return this.end(held, 'dropped', 'waiters_full');
    held.waitsSinceNs = this.nowNs;
    held.deadlineNs = this.nowNs + limitMs * NS_PER_MS;
    this.waiting.push(held);
    this.waitersMax = Math.max(this.waitersMax, this.waiting.length);
  }

  /** Its producer hears of it. */
  end(held: Held, outcome: 'dropped' | 'failed', reason: string): void {
    this.outcomes.set(held.offerId, outcome);
    this.note(held.item, outcome, reason);
  }

  breakDown(drains: boolean, reason: string): void {
    this.closed = true;
    while (this.waiting.length > 0) this.leaveLine(0, 'failed', 'closed');
    while (!drains && this.queue[0] !== undefined) {
      const head = this.queue[0];
      this.removeQueued(head, false);
      this.note(head.item, 'failed', 'closed');
    }
    while (this.queue.length === 0 && this.takers.length > 0) this.cancelTaker(this.takers[0] as number);
    this.disconnectReason ||= reason;
  }

  param(name: string): number | string {
    return this.setup.params[name] as number | string;
  }

  // Readings.

  get inFlightBytes(): number {
    return bytesOf(this.flying);
  }

  get blockedMs(): number {
    const current = this.waiting.reduce((total, held) => total + this.nowNs - held.waitsSinceNs, 0);
    return (this.settledNs + current) / 1e6;
  }

  ledger(): LedgerSnapshot {
    const [queued, inFlight, blocked] = [this.queue.length, this.flying.length, this.waiting.length];
    return { ...structuredClone(this.counts), queued, inFlight, blocked };
  }

  private isTooLarge(item: Item): boolean {
    const { policy, capacityBytes } = this.setup;
    return policy !== 'unbounded' && capacityBytes > 0 && costOf(item) > capacityBytes;
  }

  private next(): Held | undefined {
    const ttlNs = (this.setup.ttlMs || Number.POSITIVE_INFINITY) * NS_PER_MS;
    for (;;) {
      const held = this.order.pick(this.queue, this);
      if (held === undefined) return undefined;
      if (this.nowNs - held.offeredNs > ttlNs) this.evict(held, 'ttl');
      else {
        this.removeQueued(held, true);
        this.flying.push(held);
        return held;
      }
    }
  }

  private removeQueued(held: Held, taken: boolean): void {
    this.queue.splice(this.queue.indexOf(held), 1);
    this.unindex(held);
    this.order.left?.(held, taken, this);
  }

  private index(held: Held): void {
    held.rank = ++this.lastRank;
    this.newestOf.set(held.key, held);
    if (!this.flows.includes(held.flow)) this.flows.push(held.flow);
  }

  private unindex(held: Held): void {
    if (this.newestOf.get(held.key) === held) this.newestOf.delete(held.key);
    const isEmpty = this.queue.every((other) => other.flow !== held.flow);
    if (isEmpty) this.flows.splice(this.flows.indexOf(held.flow), 1);
  }

  private admit(): boolean {
    let came = false;
    while (this.waiting[0] !== undefined && this.fits(this.waiting[0])) {
      const held = this.waiting.shift() as Held;
      this.settledNs += this.nowNs - held.waitsSinceNs;
      this.enter(held);
      came = true;
    }
    return came;
  }

  private leaveLine(at: number, outcome: 'dropped' | 'failed', reason: string): void {
    const [left] = this.waiting.splice(at, 1);
    if (left === undefined) return;
    this.settledNs += this.nowNs - left.waitsSinceNs;
    this.end(left, outcome, reason);
  }

  private note(item: Item, end: 'dropped' | 'failed' | 'coalesced', reason: string): void {
    addReason(this.counts[end], reason);
    this.ends.push([item.id, end, reason]);
  }
}
