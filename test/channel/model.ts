/** The reference: what a channel must do, in plain arrays and without promises. */
import { addReason, createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';
import type { OfferOutcome } from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';

export interface Item {
  readonly id: number;
  readonly size: number;
}

export interface Setup {
  readonly policy: 'block' | 'drop-oldest' | 'drop-newest' | 'unbounded';
  readonly capacityItems: number;
  /** 0: no bound. For `unbounded` its guard. */
  readonly capacityBytes: number;
  readonly maxWaiters: number;
}

export const OVERHEAD_BYTES = 10;
export const costOf = (item: Item): number => item.size + OVERHEAD_BYTES;
const sum = (items: readonly Item[]): number => items.reduce((total, item) => total + costOf(item), 0);

export class ChannelModel {
  readonly queue: Item[] = [];
  readonly flying: Item[] = [];
  readonly waiting: { item: Item; sinceNs: number }[] = [];
  readonly takers: number[] = [];
  readonly outcomes = new Map<number, OfferOutcome>();
  readonly taken = new Map<number, number | undefined>();
  readonly ends: [id: number, end: ItemEnd][] = [];
  readonly counts = createEmptyLedger();
  closed = false;
  nowNs = 0;
  settledNs = 0;
  pressureEvents = 0;
  depthMax = 0;
  waitersMax = 0;
  readonly setup: Setup;

  constructor(setup: Setup) {
    this.setup = setup;
  }

  offer(item: Item, isAborted: boolean): void {
    const { policy, capacityItems, capacityBytes, maxWaiters } = this.setup;
    this.counts.offered++;
    if (this.closed) return this.end(item, 'failed', 'closed');
    if (isAborted) return this.end(item, 'dropped', 'cancelled');
    if (policy !== 'unbounded' && capacityBytes > 0 && costOf(item) > capacityBytes) {
      return this.end(item, 'dropped', 'too_large');
    }
    if (this.waiting.length === 0 && this.fits(item)) return this.enter(item);
    this.pressureEvents++;
    if (policy === 'drop-newest') return this.end(item, 'dropped', 'overflow.drop-newest');
    if (policy === 'unbounded') {
      if (sum(this.queue) + costOf(item) > capacityBytes) return this.end(item, 'dropped', 'oom_guard');
      return this.enter(item);
    }
    if (policy === 'drop-oldest') {
      while (this.queue.length >= capacityItems || !this.fits(item)) {
        this.end(this.queue.shift() as Item, 'dropped', 'overflow.drop-oldest', false);
      }
      return this.enter(item);
    }
    if (this.waiting.length >= maxWaiters) return this.end(item, 'dropped', 'waiters_full');
    this.waiting.push({ item, sinceNs: this.nowNs });
    this.waitersMax = Math.max(this.waitersMax, this.waiting.length);
  }

  /** Answers what `tryTake` must. */
  take(): Item | undefined {
    const item = this.queue.shift();
    if (item === undefined) return undefined;
    this.flying.push(item);
    this.admit();
    return item;
  }

  waitForItem(taker: number): void {
    if (this.queue.length > 0) this.taken.set(taker, this.take()?.id);
    else if (this.closed) this.taken.set(taker, undefined);
    else this.takers.push(taker);
  }

  land(item: Item, end: 'delivered' | 'failed'): void {
    const at = this.flying.indexOf(item);
    if (at >= 0) this.flying.splice(at, 1);
    if (end === 'delivered') this.counts.delivered++;
    else addReason(this.counts.failed, 'sink');
    this.ends.push([item.id, end]);
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

  discard(): void {
    for (const item of this.queue.splice(0)) this.end(item, 'dropped', 'shutdown', false);
    while (this.waiting.length > 0) this.leaveLine(0, 'dropped', 'shutdown');
  }

  get blockedMs(): number {
    const current = this.waiting.reduce((total, { sinceNs }) => total + this.nowNs - sinceNs, 0);
    return (this.settledNs + current) / 1e6;
  }

  get bytes(): number {
    return sum(this.queue);
  }

  get inFlightBytes(): number {
    return sum(this.flying);
  }

  ledger(): LedgerSnapshot {
    const [queued, inFlight, blocked] = [this.queue.length, this.flying.length, this.waiting.length];
    return { ...structuredClone(this.counts), queued, inFlight, blocked };
  }

  private fits(item: Item): boolean {
    const limitBytes = this.setup.capacityBytes || Number.POSITIVE_INFINITY;
    return this.queue.length < this.setup.capacityItems && sum(this.queue) + costOf(item) <= limitBytes;
  }

  private enter(item: Item): void {
    this.outcomes.set(item.id, 'queued');
    this.queue.push(item);
    this.depthMax = Math.max(this.depthMax, this.queue.length);
    const taker = this.takers.shift();
    if (taker !== undefined) this.taken.set(taker, this.take()?.id);
  }

  private admit(): void {
    while (this.waiting[0] !== undefined && this.fits(this.waiting[0].item)) {
      const { item, sinceNs } = this.waiting.shift() as { item: Item; sinceNs: number };
      this.settledNs += this.nowNs - sinceNs;
      this.enter(item);
    }
  }

  private leaveLine(at: number, outcome: 'dropped' | 'failed', reason: string): void {
    const [left] = this.waiting.splice(at, 1);
    if (left === undefined) return;
    this.settledNs += this.nowNs - left.sinceNs;
    this.end(left.item, outcome, reason);
  }

  private end(item: Item, outcome: 'dropped' | 'failed', reason: string, isAnswer = true): void {
    addReason(this.counts[outcome], reason);
    if (isAnswer) this.outcomes.set(item.id, outcome);
    this.ends.push([item.id, outcome]);
  }
}
