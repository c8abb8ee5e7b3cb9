/** The mechanism behind `createChannel`: it moves, wakes and counts; the overflow policy only decides. */
import { NS_PER_MS } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { createEmptyLedger, type LedgerSnapshot } from '../../core/ledger.ts';
import type { OverflowPolicy, QueueView } from '../overflow/policy.ts';
import { BlockedOffers } from './blocked-offers.ts';
import type { Channel, ChannelOptions, OfferOutcome } from './channel.ts';
import { EndNotices, type ItemEnd } from './end-notices.ts';
import { Tally } from './tally.ts';
import { Transit } from './transit.ts';
import { Waiter, WaitLine } from './wait-line.ts';

type Bounds = 'capacityItems' | 'capacityBytes' | 'perItemOverheadBytes' | 'maxWaiters';

const NO_BOUND = Number.POSITIVE_INFINITY;

/**
 * Invariants between two calls:
 * - an offer waits first in line only while its item does not fit;
 * - a taker waits only while the queue is empty and no offer waits;
 * - callers' code (`onEnd`) runs only when both hold again.
 */
export class BoundedChannel<T> implements Channel<T>, QueueView {
  readonly capacityItems: number;
  readonly capacityBytes: number;
  closed = false;
  depthMax = 0;
  pressureEvents = 0;
  /** For the policy: cost of the item it is asked about. */
  incomingBytes = 0;

  private readonly policy: OverflowPolicy;
  private readonly sizeOf: ((item: T) => number) | undefined;
  private readonly overheadBytes: number;
  private readonly maxWaiters: number;
  /** Beyond these the policy is asked. */
  private readonly fullItems: number;
  private readonly fullBytes: number;
  /** An item above this can never fit. */
  private readonly maxItemBytes: number;

  private readonly transit = new Transit<T>();
  private readonly blocked: BlockedOffers<T, OfferOutcome>;
  private readonly takers = new WaitLine<undefined, T | undefined>();
  private readonly tally: Tally;
  private readonly notices: EndNotices<T> | undefined;
  private queuedBytes = 0;

  constructor(options: ChannelOptions<T> & Required<Pick<ChannelOptions<T>, Bounds>>) {
    const { overflow, capacityItems, capacityBytes } = options;
    const isBounded = overflow.bounded ?? true;
    this.policy = overflow;
    this.capacityItems = isBounded ? capacityItems : NO_BOUND;
    this.capacityBytes = isBounded ? capacityBytes : (overflow.guardBytes ?? 0);
    this.fullItems = capacityItems;
    this.fullBytes = Math.min(capacityBytes || NO_BOUND, overflow.guardBytes ?? NO_BOUND);
    this.maxItemBytes = isBounded ? this.fullBytes : NO_BOUND;
    this.sizeOf = options.sizeOf;
    this.overheadBytes = options.perItemOverheadBytes;
    this.maxWaiters = options.maxWaiters;
    this.blocked = new BlockedOffers(options.clock);
    this.tally = new Tally(overflow.dropReason ?? `overflow.${overflow.name}`);
    this.notices = options.onEnd === undefined ? undefined : new EndNotices(options.onEnd);
  }

  get depthItems(): number {
    return this.transit.queued;
  }

  get bytes(): number {
    return this.queuedBytes;
  }

  get inFlightItems(): number {
    return this.transit.inFlight;
  }

  get inFlightBytes(): number {
    return this.transit.inFlightCost;
  }

  get waiters(): number {
    return this.blocked.length;
  }

  get waitersMax(): number {
    return this.blocked.lengthMax;
  }

  get blockedMs(): number {
    return this.blocked.blockedNs / NS_PER_MS;
  }

  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    const cost = this.costOf(item);
    this.tally.offered++;
    if (this.closed) return this.fail(item, 'closed');
    if (signal?.aborted) return this.drop(item, 'cancelled');
    if (cost > this.maxItemBytes) return this.drop(item, 'too_large');
    if (this.blocked.length > 0 || !this.fits(cost)) return this.overflow(item, cost, signal);
    this.enqueue(item, cost);
    return 'queued';
  }

  refuse(reason: string): void {
    this.tally.offered++;
    this.tally.drop(reason);
  }

  tryTake(): T | undefined {
    if (this.transit.queued === 0) return undefined;
    const item = this.takeHead();
    if (this.blocked.length > 0) this.admitBlocked();
    return item;
  }

  take(signal?: AbortSignal): T | undefined | Promise<T | undefined> {
    if (signal?.aborted) return undefined;
    if (this.transit.queued > 0) return this.tryTake();
    if (this.closed) return undefined;
    return new Promise((resolve) => {
      this.takers.push(new Waiter(undefined, 0, resolve, signal, this.cancelTaker));
    });
  }

  delivered(item: T): void {
    this.tally.delivered++;
    this.land(item, 'delivered');
  }

  failed(item: T, reason: string): void {
    this.tally.fail(reason);
    this.land(item, 'failed');
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const waiter of this.blocked.drain()) {
      this.tally.fail('closed');
      this.notices?.add(waiter.item, 'failed');
      waiter.settle('failed');
    }
    for (const taker of this.takers.drain()) taker.settle(undefined);
    this.notices?.flush();
  }

  discardQueued(reason: string): number {
    const discarded = this.transit.queued + this.blocked.length;
    while (this.transit.queued > 0) {
      const item = this.evictHead();
      this.tally.drop(reason);
      this.notices?.add(item, 'dropped');
    }
    for (const waiter of this.blocked.drain()) this.dropBlocked(waiter, reason);
    this.notices?.flush();
    return discarded;
  }

  ledger(): LedgerSnapshot {
    const ledger = createEmptyLedger();
    this.tally.addTo(ledger, this);
    return ledger;
  }

  addLedgerTo(target: LedgerSnapshot): void {
    this.tally.addTo(target, this);
  }

  private costOf(item: T): number {
    if (item === undefined) {
      throw new BenchError('BPB_ERR_INTERNAL', 'a channel carries any item but undefined, got undefined');
    }
    if (this.sizeOf === undefined) return this.overheadBytes;
    const sizeBytes = this.sizeOf(item);
    if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes + this.overheadBytes;
    throw new BenchError('BPB_ERR_INTERNAL', `sizeOf must answer whole bytes, 0 or more, got ${sizeBytes}`);
  }

  private fits(cost: number): boolean {
    return this.transit.queued < this.fullItems && this.queuedBytes + cost <= this.fullBytes;
  }

  private overflow(item: T, cost: number, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    this.pressureEvents++;
    this.incomingBytes = cost;
    const decision = this.policy.onFull(this);
    switch (decision) {
      case 'wait':
        return this.wait(item, cost, signal);
      case 'drop-incoming':
        this.tally.overflowDropped++;
        this.notices?.tell(item, 'dropped');
        return 'dropped';
      case 'evict-oldest':
        this.evictUntilFits(cost);
        this.enqueue(item, cost);
        if (this.blocked.length > 0) this.admitBlocked();
        this.notices?.flush();
        return 'queued';
      case 'accept':
        this.enqueue(item, cost);
        return 'queued';
      case 'leak':
        // Counted nowhere, which is the point; told all the same, so that only the ledger shows the loss.
        this.notices?.tell(item, 'dropped');
        return 'queued';
      default:
        throw new BenchError(
          'BPB_ERR_INTERNAL',
          `policy ${this.policy.name} must answer a known decision, got ${String(decision satisfies never)}`,
        );
    }
  }

  private wait(item: T, cost: number, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    if (this.blocked.length >= this.maxWaiters) return this.drop(item, 'waiters_full');
    return new Promise((resolve) => {
      this.blocked.push(new Waiter(item, cost, resolve, signal, this.cancelOffer));
    });
  }

  private evictUntilFits(cost: number): void {
    while (this.transit.queued > 0 && !this.fits(cost)) {
      this.tally.overflowDropped++;
      const victim = this.evictHead();
      this.notices?.add(victim, 'dropped');
    }
  }

  private admitBlocked(): void {
    let waiter = this.blocked.head;
    while (waiter !== undefined && this.fits(waiter.cost)) {
      this.blocked.remove(waiter);
      this.enqueue(waiter.item, waiter.cost);
      waiter.settle('queued');
      waiter = this.blocked.head;
    }
  }

  private readonly cancelOffer = (waiter: Waiter<T, OfferOutcome>): void => {
    this.blocked.remove(waiter);
    this.dropBlocked(waiter, 'cancelled');
    // A large item at the head of the line may have kept smaller ones waiting beside free bytes.
    this.admitBlocked();
    this.notices?.flush();
  };

  private readonly cancelTaker = (waiter: Waiter<undefined, T | undefined>): void => {
    this.takers.remove(waiter);
    waiter.settle(undefined);
  };

  private dropBlocked(waiter: Waiter<T, OfferOutcome>, reason: string): void {
    this.tally.drop(reason);
    this.notices?.add(waiter.item, 'dropped');
    waiter.settle('dropped');
  }

  private enqueue(item: T, cost: number): void {
    this.transit.push(item, cost);
    this.queuedBytes += cost;
    const depth = this.transit.queued;
    if (depth > this.depthMax) this.depthMax = depth;
    const taker = this.takers.head;
    if (taker === undefined) return;
    this.takers.remove(taker);
    taker.settle(this.takeHead());
  }

  private evictHead(): T {
    this.queuedBytes -= this.transit.headCost();
    return this.transit.evict();
  }

  private takeHead(): T {
    this.queuedBytes -= this.transit.headCost();
    return this.transit.take();
  }

  /** An item that is not in flight has ended before: its budget is not given back twice. */
  private land(item: T, end: ItemEnd): void {
    if (this.transit.land(item)) this.notices?.tell(item, end);
  }

  private fail(item: T, reason: string): OfferOutcome {
    this.tally.fail(reason);
    this.notices?.tell(item, 'failed');
    return 'failed';
  }

  private drop(item: T, reason: string): OfferOutcome {
    this.tally.drop(reason);
    this.notices?.tell(item, 'dropped');
    return 'dropped';
  }
}
