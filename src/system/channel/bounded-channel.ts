/** The mechanism behind `createChannel`: it moves, wakes and counts; the stages only decide. */
import { NS_PER_MS, SteadyClock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { type ClassCounts, createEmptyLedger, type LedgerSnapshot } from '../../core/ledger.ts';
import type { Admission, LoadView } from '../admission/admission.ts';
import type { OverflowDecision, OverflowPolicy } from '../overflow/policy.ts';
import type { CoalesceReason, ShaperPorts } from '../shaping/shaper.ts';
import type { ConsumerView } from '../slow-consumer/rule.ts';
import { Alarm } from './alarm.ts';
import { BlockedOffers } from './blocked-offers.ts';
import type { Channel, ChannelOptions, OfferOutcome } from './channel.ts';
import { EndNotices, type ItemEnd } from './end-notices.ts';
import {
  CLASS_COUNT,
  CLASS_NORMAL,
  type Entry,
  EntryList,
  EntryPool,
  type EntryView,
  type Key,
} from './entry.ts';
import { type LaneView, type QueueIndex, type QueueView, ReadyQueue } from './ready-queue.ts';
import { SpilledEntries } from './spill-entries.ts';
import type { SpilledRecord } from './spill-store.ts';
import type { ChannelStages } from './stages.ts';
import { Tally } from './tally.ts';
import { Waiter, WaitLine } from './wait-line.ts';

type Bounds = 'capacityItems' | 'capacityBytes' | 'perItemOverheadBytes' | 'maxWaiters';

const NEVER = Number.POSITIVE_INFINITY;
const NO_BOUND = Number.POSITIVE_INFINITY;

/**
 * Invariants between two calls:
 * - an offer waits first in line only while its item does not fit;
 * - a taker waits only while nothing can be taken and no offer that fits waits;
 * - callers' code (`onEnd`, `onReady`, `onDisconnect`) runs only when both hold again.
 */
export class BoundedChannel<T> implements Channel<T>, QueueView<T>, LoadView, ConsumerView {
  readonly capacityItems: number;
  readonly capacityBytes: number;
  closed = false;
  depthMax = 0;
  pressureEvents = 0;
  progressNs = 0;
  offeredSeq = 0;
  deliveredSeq = 0;

  private readonly policy: OverflowPolicy;
  private readonly options: ChannelOptions<T>;
  private readonly stages: ChannelStages<T>;
  private readonly overheadBytes: number;
  private readonly maxWaiters: number;
  /** Beyond these the policy is asked. */
  private readonly fullItems: number;
  private readonly fullBytes: number;
  /** An item above this can never fit. */
  private readonly maxItemBytes: number;
  private readonly incomingReason: string;
  private readonly victimReason: string;
  /** Whether anything stands before the queue, or beside it. */
  private readonly isStaged: boolean;
  /** Whether anything but the order of arrival decides what leaves. */
  private readonly isPicky: boolean;
  private readonly isTimed: boolean;
  private readonly ttlNs: number;

  private readonly clock: SteadyClock;
  private readonly pool = new EntryPool<T>();
  private readonly ready: ReadyQueue<T>;
  private readonly held = new EntryList<T>();
  private readonly flying = new EntryList<T>();
  /** What did not fit in memory: younger than everything ready, older than everything in line. */
  private readonly disk: SpilledEntries<T> | undefined;
  private readonly line: BlockedOffers<Entry<T>, OfferOutcome>;
  /** Producers whose item is taken in and who wait all the same. */
  private readonly paced: BlockedOffers<undefined, OfferOutcome>;
  private readonly takers = new WaitLine<undefined, T | undefined>();
  private readonly tally = new Tally();
  private readonly notices: EndNotices<T> | undefined;
  private readonly alarm: Alarm;
  private readonly ports: readonly ShaperPorts<T>[];
  private gateOpensNs = NEVER;
  private isPaused = false;
  /** The policy has closed the channel for good. */
  private isBroken = false;
  private disconnectReason: string | undefined = undefined;
  private hasToldDisconnect = false;
  private hasLeft = false;
  /** Why this queue was not let in, where admission refused it as a whole. */
  private readonly refusedReason: string | undefined;
  /** The entry of the `offer` under way, while shapers have it, and what became of it. */
  private offering: Entry<T> | undefined = undefined;
  private offeringSignal: AbortSignal | undefined = undefined;
  private outcome: OfferOutcome | Promise<OfferOutcome> = 'queued';

  constructor(options: ChannelOptions<T> & Required<Pick<ChannelOptions<T>, Bounds>>) {
    const { overflow, capacityBytes, stages = {} } = options;
    const capacityItems = overflow.fixedCapacityItems ?? options.capacityItems;
    const isBounded = overflow.bounded ?? true;
    const { admission = [], shapers = [], gate, scheduler, aqm, ttlMs, slowConsumer = [] } = stages;
    this.policy = overflow;
    this.options = options;
    this.stages = stages;
    this.capacityItems = isBounded ? capacityItems : NO_BOUND;
    this.capacityBytes = isBounded ? capacityBytes : (overflow.guardBytes ?? 0);
    this.fullItems = capacityItems;
    this.fullBytes = Math.min(capacityBytes || NO_BOUND, overflow.guardBytes ?? NO_BOUND);
    this.maxItemBytes = isBounded ? this.fullBytes : NO_BOUND;
    this.incomingReason = overflow.incomingReason ?? `overflow.${overflow.name}`;
    this.victimReason = overflow.victimReason ?? `overflow.${overflow.name}`;
    this.overheadBytes = options.perItemOverheadBytes;
    this.maxWaiters = options.maxWaiters;
    this.ttlNs = ttlMs === undefined ? NEVER : ttlMs * NS_PER_MS;
    this.isStaged = admission.length + shapers.length + slowConsumer.length > 0;
    this.isPicky = scheduler !== undefined || aqm !== undefined || gate !== undefined || ttlMs !== undefined;
    this.isTimed = this.isStaged || this.isPicky;
    this.clock = new SteadyClock(options.clock);
    this.line = new BlockedOffers(this.clock, (entry) => entry.cost);
    this.paced = new BlockedOffers(this.clock);
    this.ready = new ReadyQueue(new Set<QueueIndex>([...(stages.indices ?? []), ...(overflow.needs ?? [])]));
    this.notices = options.onEnd === undefined ? undefined : new EndNotices(options.onEnd);
    this.alarm = new Alarm(this.clock, () => this.onAlarm());
    this.ports = shapers.map((_, index) => this.portsOf(index));
    this.disk = overflow.spill === undefined ? undefined : this.openDisk(overflow);
    if (this.disk !== undefined) this.refill();
    this.refusedReason = this.findRefusalOfQueue();
    if (this.refusedReason !== undefined) {
      this.askToDisconnect(this.refusedReason);
      this.alarm.ringAt(this.now()); // its owner is told once it has the queue
    }
  }

  get depthItems(): number {
    return this.ready.items;
  }

  get bytes(): number {
    return this.ready.bytes;
  }

  get heldItems(): number {
    return this.held.items;
  }

  get heldBytes(): number {
    return this.held.bytes;
  }

  get spilledItems(): number {
    return this.disk?.items ?? 0;
  }

  get inFlightItems(): number {
    return this.flying.items;
  }

  get inFlightBytes(): number {
    return this.flying.bytes;
  }

  get waiters(): number {
    return this.line.length + this.paced.length;
  }

  get waitersMax(): number {
    return Math.max(this.line.lengthMax, this.paced.lengthMax);
  }

  get blockedMs(): number {
    return (this.line.blockedNs + this.paced.blockedNs) / NS_PER_MS;
  }

  // What stages read.

  get oldest(): EntryView<T> | undefined {
    return this.ready.oldest;
  }

  get newest(): EntryView<T> | undefined {
    return this.ready.newest;
  }

  get flows(): ReadonlyMap<Key, LaneView<T>> {
    return this.ready.flows;
  }

  ofClass(index: number): LaneView<T> | undefined {
    return this.ready.ofClass(index);
  }

  ofKey(key: Key): EntryView<T> | undefined {
    return this.ready.ofKey(key);
  }

  get pendingItems(): number {
    return this.ready.items + this.held.items + this.flying.items + this.line.length + this.spilledItems;
  }

  get pendingBytes(): number {
    const spilledBytes = this.disk?.costBytes ?? 0;
    return this.ready.bytes + this.held.bytes + this.flying.bytes + this.line.bytes + spilledBytes;
  }

  get oldestNs(): number {
    const { flying, ready, held } = this;
    return Math.min(
      flying.oldest?.offeredNs ?? NEVER,
      ready.oldest?.offeredNs ?? NEVER,
      held.oldest?.offeredNs ?? NEVER,
    );
  }

  get inFlightSinceNs(): number {
    return this.flying.oldest?.sinceNs ?? NEVER;
  }

  // Producers.

  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    const entry = this.open(item);
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
    this.failOffers();
    const nowNs = this.now();
    this.stages.shapers?.forEach((shaper, index) => {
      shaper.flush(nowNs, this.ports[index] as ShaperPorts<T>);
    });
    this.finishChange();
  }

  discardQueued(reason: string): number {
    const discarded = this.ready.items + this.held.items + this.line.length + this.spilledItems;
    for (let entry = this.ready.oldest; entry !== undefined; entry = this.ready.oldest)
      this.evict(entry, reason);
    for (let entry = this.held.oldest; entry !== undefined; entry = this.held.oldest) {
      this.held.remove(entry);
      this.end(entry, 'dropped', reason);
    }
    for (const shaper of this.stages.shapers ?? []) shaper.reset();
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
    this.alarm.ringAt(this.now()); // called from another queue's step, this one may have none for long
  }

  // Readings.

  ledger(): LedgerSnapshot {
    const ledger = createEmptyLedger();
    this.addLedgerTo(ledger);
    return ledger;
  }

  addLedgerTo(target: LedgerSnapshot): void {
    this.tally.addTo(target, {
      queued: this.ready.items + this.held.items,
      inFlight: this.flying.items,
      blocked: this.line.length,
      spilled: this.spilledItems,
    });
  }

  addClassesTo(target: Record<number, ClassCounts>): void {
    this.tally.addClassesTo(target);
  }

  // The way in.

  /** Counts an offer and makes its entry; throws for an item that is none, before anything is counted. */
  private open(item: T): Entry<T> {
    const { classOf, keyOf, flowOf } = this.options;
    const cost = this.costOf(item);
    const klass = classOf === undefined ? CLASS_NORMAL : checkClass(classOf(item));
    const entry = this.pool.take(item);
    entry.cost = cost;
    entry.class = klass;
    entry.weight = 1;
    entry.seq = ++this.offeredSeq;
    if (keyOf !== undefined) entry.key = keyOf(item);
    if (flowOf !== undefined) entry.flow = flowOf(item);
    if (this.isTimed) {
      entry.offeredNs = this.now();
      entry.sinceNs = entry.offeredNs;
    }
    this.tally.offer(klass);
    return entry;
  }

  private costOf(item: T): number {
    if (item === undefined) {
      throw new BenchError('BPB_ERR_INTERNAL', 'a channel carries any item but undefined, got undefined');
    }
    const { sizeOf } = this.options;
    if (sizeOf === undefined) return this.overheadBytes;
    const sizeBytes = sizeOf(item);
    if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes + this.overheadBytes;
    throw new BenchError('BPB_ERR_INTERNAL', `sizeOf must answer whole bytes, 0 or more, got ${sizeBytes}`);
  }

  private offerStaged(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
  ): OfferOutcome | Promise<OfferOutcome> {
    const { admission, shapers } = this.stages;
    const nowNs = entry.offeredNs;
    if (this.refusedReason !== undefined) return this.end(entry, 'dropped', this.refusedReason);
    if (admission !== undefined) {
      const reason = this.findRefusal(admission, entry, nowNs);
      if (reason !== undefined) return this.end(entry, 'dropped', reason);
      entry.isAdmitted = true;
    }
    const outcome = shapers === undefined ? this.arrive(entry, signal) : this.shape(entry, signal, nowNs);
    this.watch();
    const mustWait = this.isPaused || (shapers !== undefined && this.line.length > 0);
    return outcome === 'queued' && mustWait ? this.holdProducer(signal) : outcome;
  }

  /** The reason of the first refusal; whoever had admitted the item before takes that back, also if one throws. */
  private findRefusal(admission: readonly Admission[], entry: Entry<T>, nowNs: number): string | undefined {
    let admitted = 0;
    try {
      for (const one of admission) {
        const reason = one.admit(entry, this, nowNs);
        if (reason !== undefined) return reason;
        admitted++;
      }
      return undefined;
    } catch (thrown) {
      this.failUndecided(entry);
      throw thrown;
    } finally {
      if (admitted < admission.length) {
        for (let i = 0; i < admitted; i++) admission[i]?.onWithdraw?.(entry, this, nowNs);
      }
    }
  }

  /** As for an item: the reason, or `undefined` with all of them having let it in. */
  private findRefusalOfQueue(): string | undefined {
    const { admission = [] } = this.stages;
    for (const [index, one] of admission.entries()) {
      const reason = one.onOpen?.(this);
      if (reason === undefined) continue;
      for (const earlier of admission.slice(0, index)) earlier.onLeave?.(this);
      return reason;
    }
    return undefined;
  }

  private shape(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    nowNs: number,
  ): OfferOutcome | Promise<OfferOutcome> {
    this.offering = entry;
    this.offeringSignal = signal;
    this.outcome = 'queued';
    this.held.push(entry);
    try {
      this.stages.shapers?.[0]?.offer(entry, nowNs, this.ports[0] as ShaperPorts<T>);
    } catch (thrown) {
      if (entry.list === this.held) {
        this.held.remove(entry);
        this.end(entry, 'failed', 'policy_error');
      }
      throw thrown;
    } finally {
      this.offering = undefined;
      this.offeringSignal = undefined;
    }
    if (this.isBroken && entry.list === this.held) this.outcome = 'failed';
    this.setAlarm();
    return this.outcome;
  }

  private portsOf(index: number): ShaperPorts<T> {
    return {
      emit: (view) => {
        const entry = view as Entry<T>;
        const next = this.stages.shapers?.[index + 1];
        if (next !== undefined) {
          next.offer(entry, this.now(), this.ports[index + 1] as ShaperPorts<T>);
          return;
        }
        const isOffering = entry === this.offering;
        this.held.remove(entry);
        const outcome = this.isBroken
          ? this.end(entry, 'failed', 'closed')
          : this.arrive(entry, isOffering ? this.offeringSignal : undefined, isOffering);
        if (isOffering) this.outcome = outcome;
      },
      coalesce: (view, reason, intoView) => {
        const entry = view as Entry<T>;
        const endedClass = intoView === undefined ? entry.class : standFor(intoView as Entry<T>, entry);
        this.held.remove(entry);
        this.coalesce(entry, reason, entry.item, endedClass);
      },
      merge: (intoView, fromView) => {
        const into = intoView as Entry<T>;
        const from = fromView as Entry<T>;
        const old = into.item;
        const merged = this.mergeItems(old, from.item);
        const cost = this.costOf(merged);
        this.held.remove(from);
        this.held.bytes += cost - into.cost;
        into.item = merged;
        this.resize(into, cost);
        const endedClass = standFor(into, from);
        this.coalesce(from, 'merge', merged === from.item ? old : from.item, endedClass);
      },
      isSame: this.options.isSame ?? Object.is,
    };
  }

  /** An entry reaches the queue. With `isOffer` false nobody waits for it: a shaper let it go. */
  private arrive(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    isOffer = true,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.isStaged && this.pendingItems === this.held.items) this.progressNs = this.now();
    try {
      if (this.policy.absorb !== undefined) {
        const target = this.policy.absorb(this, entry);
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

  /** Whatever threw: an item that stands nowhere yet has failed. One that ended has no item any more. */
  private failUndecided(entry: Entry<T>): void {
    if (entry.list === undefined && entry.item !== undefined) this.end(entry, 'failed', 'policy_error');
  }

  private fits(entry: Entry<T>): boolean {
    const { capacityFor, capacityBytesFor } = this.policy;
    const fullItems = capacityFor === undefined ? this.fullItems : capacityFor.call(this.policy, this, entry);
    if (this.ready.items >= fullItems) return false;
    const fullBytes =
      capacityBytesFor === undefined ? this.fullBytes : capacityBytesFor.call(this.policy, this, entry);
    return this.ready.bytes + entry.cost <= fullBytes;
  }

  private carryOut(
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
  private evictVictims(victim: Entry<T>, before: number): number {
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
  private absorb(target: Entry<T>, entry: Entry<T>): boolean {
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
      this.stages.scheduler?.onRemove?.(target, false, this, this.now());
      this.stages.scheduler?.onEnqueue?.(entry, this, this.now());
      this.coalesce(target, reason, ended, endedClass);
      return true;
    }
    this.removeReady(target, false);
    this.coalesce(target, reason, ended, endedClass);
    return false;
  }

  private resize(entry: Entry<T>, cost: number): void {
    const beforeBytes = entry.cost;
    entry.cost = cost;
    const { admission } = this.stages;
    if (admission === undefined || !entry.isAdmitted || cost === beforeBytes) return;
    for (const one of admission) one.onResize?.(entry, beforeBytes, this, this.now());
  }

  private mergeItems(older: T, newer: T): T {
    return this.options.merge === undefined ? newer : this.options.merge(older, newer);
  }

  private wait(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    isOffer: boolean,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.line.length >= this.maxWaiters) return this.end(entry, 'dropped', 'waiters_full');
    const { waitLimitMs } = this.policy;
    const deadlineNs = waitLimitMs === undefined ? NEVER : this.now() + waitLimitMs * NS_PER_MS;
    if (deadlineNs !== NEVER) this.alarm.ringAt(deadlineNs);
    if (!isOffer) {
      this.line.push(new Waiter(entry, deadlineNs, undefined, undefined, this.cancelOffer));
      return 'queued';
    }
    return new Promise((resolve) => {
      this.line.push(new Waiter(entry, deadlineNs, resolve, signal, this.cancelOffer));
    });
  }

  private enqueue(entry: Entry<T>): void {
    this.ready.add(entry);
    if (this.ready.items > this.depthMax) this.depthMax = this.ready.items;
    this.stages.scheduler?.onEnqueue?.(entry, this, this.now());
    if (this.takers.head !== undefined) this.serveTakers();
  }

  /** Whether any came into the queue. */
  private admitBlocked(): boolean {
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
  private fillRoom(): boolean {
    const hasRefilled = this.disk !== undefined && this.refill();
    return (this.line.length > 0 && this.admitBlocked()) || hasRefilled;
  }

  private readonly cancelOffer = (waiter: Waiter<Entry<T>, OfferOutcome>): void => {
    this.line.remove(waiter);
    waiter.settle(this.end(waiter.item, 'dropped', 'cancelled'));
    // A large item at the head of the line may have kept smaller ones waiting beside free bytes.
    this.admitBlocked();
    this.finishChange();
  };

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

  private breakDown(): void {
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

  /** What shapers hold comes after the gap. Not while one of them is letting go: it has to finish that first. */
  private failHeld(): void {
    for (let entry = this.held.oldest; entry !== undefined; entry = this.held.oldest) {
      this.held.remove(entry);
      this.end(entry, 'failed', 'closed');
    }
    for (const shaper of this.stages.shapers ?? []) shaper.reset();
    this.setAlarm();
  }

  /** Closes the door before who waits at it. What a shaper let go was taken in long before, and stays. */
  private failOffers(): void {
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

  // To disk and back.

  private openDisk(policy: OverflowPolicy): SpilledEntries<T> {
    const disk = new SpilledEntries<T>(policy, this.options.spill, (klass, items, cost, isRecovered) => {
      for (let i = 0; i < items; i++) this.endUnread('dropped', 'disk_full', klass, cost, isRecovered);
    });
    disk.countClasses().forEach((items, klass) => {
      for (let i = 0; i < items; i++) this.tally.offer(klass);
    });
    return disk;
  }

  private spill(
    entry: Entry<T>,
    signal: AbortSignal | undefined,
    isOffer: boolean,
  ): OfferOutcome | Promise<OfferOutcome> {
    if (this.line.length === 0 && this.moveToDisk(entry)) return 'queued';
    if (this.disk?.settings.onDiskFull === 'block') return this.wait(entry, signal, isOffer);
    return this.end(entry, 'dropped', 'disk_full');
  }

  /** False when the disk does not take it. */
  private moveToDisk(entry: Entry<T>): boolean {
    const { disk } = this;
    if (disk === undefined || !disk.append(entry, this.now())) return false;
    if (disk.syncAtNs !== NEVER) this.alarm.ringAt(disk.syncAtNs);
    this.pool.give(entry);
    return true;
  }

  /** Fills the queue from disk, in order. Whether any came in. */
  private refill(): boolean {
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

  /** Takes the record that `peek` answered from disk; `undefined` when its item could not be made again. */
  private fetch(record: SpilledRecord): Entry<T> | undefined {
    const { class: klass, cost, weight, offeredNs, seq, isRecovered } = record;
    const item = this.disk?.take(record);
    if (item === undefined) {
      this.endUnread('failed', 'policy_error', klass, cost, isRecovered);
      return undefined;
    }
    const { keyOf, flowOf } = this.options;
    const entry = this.pool.take(item);
    entry.cost = cost;
    entry.class = klass;
    entry.weight = weight;
    if (keyOf !== undefined) entry.key = keyOf(item);
    if (flowOf !== undefined) entry.flow = flowOf(item);
    // Times and numbers of another process mean nothing here.
    entry.seq = isRecovered ? ++this.offeredSeq : seq;
    entry.offeredNs = isRecovered && this.isTimed ? this.now() : offeredNs;
    entry.sinceNs = entry.offeredNs;
    entry.isAdmitted = !isRecovered && this.stages.admission !== undefined;
    return entry;
  }

  /** An item that cannot be read back has ended: counted, but nobody can be told which it was. */
  private endUnread(
    end: 'dropped' | 'failed',
    reason: string,
    klass: number,
    cost: number,
    isRecovered: boolean,
  ): void {
    if (end === 'dropped') this.tally.drop(reason, klass);
    else this.tally.fail(reason, klass);
    const { admission } = this.stages;
    if (admission === undefined || isRecovered) return;
    const entry = this.pool.take(undefined as T);
    entry.class = klass;
    entry.cost = cost;
    const nowNs = this.now();
    for (const one of admission) one.onEnd?.(entry, end, 0, this, nowNs);
    this.pool.give(entry);
  }

  // The way out.

  private takeNext(): T | undefined {
    const entry = this.isPicky ? this.pick() : this.ready.oldest;
    if (entry === undefined) return undefined;
    this.removeReady(entry, true);
    if (this.isTimed) entry.sinceNs = this.now();
    this.flying.push(entry);
    return entry.item;
  }

  /** The entry that may leave now, after everything has been dropped that should not. */
  private pick(): Entry<T> | undefined {
    const { scheduler, aqm, gate } = this.stages;
    const nowNs = this.now();
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

  private serveTakers(): void {
    for (let taker = this.takers.head; taker !== undefined; taker = this.takers.head) {
      const item = this.takeNext();
      if (item === undefined) return;
      this.takers.remove(taker);
      taker.settle(item);
    }
  }

  private readonly cancelTaker = (waiter: Waiter<undefined, T | undefined>): void => {
    this.takers.remove(waiter);
    waiter.settle(undefined);
  };

  /** An item that is not in flight has ended before: it counts all the same, and `unaccounted` falls below 0. */
  private land(item: T, end: 'delivered' | 'failed', reason: string): void {
    const entry = this.findFlying(item);
    const klass = entry?.class ?? CLASS_NORMAL;
    if (end === 'delivered') this.tally.deliver(klass);
    else this.tally.fail(reason, klass);
    if (entry === undefined) return;
    this.flying.remove(entry);
    if (this.isTimed) {
      const nowNs = this.now();
      this.progressNs = nowNs;
      if (entry.seq > this.deliveredSeq) this.deliveredSeq = entry.seq;
    }
    this.release(entry, end, reason);
    if (this.isTimed) this.finishChange();
    else this.notices?.flush();
  }

  private findFlying(item: T): Entry<T> | undefined {
    const oldest = this.flying.oldest;
    if (oldest !== undefined && oldest.item === item) return oldest;
    for (let entry = oldest; entry !== undefined; entry = entry.newer) {
      if (Object.is(entry.item, item)) return entry;
    }
    return undefined;
  }

  // Ends.

  private removeReady(entry: Entry<T>, taken: boolean): void {
    this.ready.take(entry);
    this.stages.scheduler?.onRemove?.(entry, taken, this, this.now());
    if (this.ready.items === 0) this.stages.aqm?.onEmpty?.();
  }

  private evict(entry: Entry<T>, reason: string): void {
    this.removeReady(entry, false);
    this.end(entry, 'dropped', reason);
  }

  /** The item that stays has the more important class of the two: the other class is the one that ended. */
  private coalesce(entry: Entry<T>, reason: CoalesceReason, endedItem: T, endedClass: number): void {
    this.tally.coalesce(reason, endedClass);
    entry.item = endedItem;
    this.release(entry, 'coalesced', reason);
  }

  private end<E extends 'dropped' | 'failed'>(entry: Entry<T>, end: E, reason: string): E {
    if (end === 'dropped') this.tally.drop(reason, entry.class);
    else this.tally.fail(reason, entry.class);
    this.release(entry, end, reason);
    return end;
  }

  /** The entry stands in no list any more and is counted: whoever has to hear of it does. */
  private release(entry: Entry<T>, end: ItemEnd, reason: string): void {
    const { admission } = this.stages;
    if (admission !== undefined && entry.isAdmitted) {
      const nowNs = this.now();
      entry.isAdmitted = false;
      for (const one of admission) one.onEnd?.(entry, end, nowNs - entry.offeredNs, this, nowNs);
    }
    this.notices?.add(entry.item, end, reason);
    this.pool.give(entry);
  }

  // Time, and what follows a step.

  private now(): number {
    return this.clock.nowNs();
  }

  private onAlarm(): void {
    const nowNs = this.now();
    this.disk?.syncDue(nowNs);
    if (this.gateOpensNs <= nowNs) this.gateOpensNs = NEVER; // told below, once; the next take asks again
    this.stages.shapers?.forEach((shaper, index) => {
      if (shaper.wakeAtNs <= nowNs) shaper.wake(nowNs, this.ports[index] as ShaperPorts<T>);
    });
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

  /** The deadline of a waiting offer has come. */
  private giveUpWait(entry: Entry<T>): OfferOutcome {
    try {
      return this.carryOut(this.askAfterWait(entry), entry, 'block_timeout', true);
    } catch (thrown) {
      this.failUndecided(entry);
      throw thrown;
    }
  }

  private askAfterWait(entry: Entry<T>): OverflowDecision {
    return this.policy.onWaitOver?.(this, entry) ?? 'drop-incoming';
  }

  /** After a change of what is queued or waits. */
  private finishChange(): void {
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

  private setAlarm(): void {
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
    const nowNs = this.now();
    let isPaused = false;
    for (const rule of slowConsumer) {
      const verdict = rule.observe(this, nowNs);
      if (verdict === 'pause') isPaused = true;
      else if (verdict === 'disconnect') this.askToDisconnect('disconnect.slow');
    }
    this.isPaused = isPaused && this.disconnectReason === undefined;
    this.setAlarm();
  }

  private askToDisconnect(reason: string): void {
    this.disconnectReason ??= reason;
  }

  private isEmpty(): boolean {
    return (
      this.ready.items === 0 && this.held.items === 0 && this.line.length === 0 && this.spilledItems === 0
    );
  }

  /** Nothing is left on disk of a queue that is through. */
  private leaveDisk(): void {
    if (this.disk === undefined || !this.closed || !this.isEmpty()) return;
    this.disk.dispose();
    this.setAlarm();
  }

  /** Callers' code comes last, when everything is consistent. */
  private finishStep(): void {
    this.leaveDisk();
    if (this.isBroken && this.held.items > 0) this.failHeld();
    if (this.closed && this.takers.head !== undefined && this.isEmpty()) {
      for (const taker of this.takers.drain()) taker.settle(undefined);
    }
    if (this.closed && !this.hasLeft && this.isEmpty() && this.flying.items === 0) this.leave();
    this.notices?.flush();
    if (this.disconnectReason === undefined || this.hasToldDisconnect) return;
    this.hasToldDisconnect = true;
    if (!this.hasLeft) for (const rule of this.stages.slowConsumer ?? []) rule.onLeave?.(this);
    this.options.onDisconnect?.(this.disconnectReason);
  }

  /** Closed and settled: what stages share with other queues no longer counts this one. */
  private leave(): void {
    this.hasLeft = true;
    const { admission, slowConsumer } = this.stages;
    if (!this.hasToldDisconnect) for (const rule of slowConsumer ?? []) rule.onLeave?.(this);
    if (this.refusedReason === undefined) for (const one of admission ?? []) one.onLeave?.(this);
  }
}

/** Answers the less important class of the two, which is the one that ends. */
function standFor<T>(into: Entry<T>, from: Entry<T>): number {
  const endedClass = Math.max(into.class, from.class);
  into.class = Math.min(into.class, from.class);
  into.weight += from.weight;
  into.sinceNs = Math.min(into.sinceNs, from.sinceNs);
  return endedClass;
}

function checkClass(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < CLASS_COUNT) return value;
  throw new BenchError(
    'BPB_ERR_INTERNAL',
    `classOf must answer a whole number from 0 to ${CLASS_COUNT - 1}, got ${value}`,
  );
}
