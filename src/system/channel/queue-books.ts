/** The entries of one channel: where each of them stands, and what has been counted. */
import { type Clock, NS_PER_MS, SteadyClock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { type ClassCounts, createEmptyLedger, type LedgerSnapshot } from '../../core/ledger.ts';
import type { Admission, LoadView } from '../admission/admission.ts';
import type { Aqm } from '../aqm/aqm.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import type { CoalesceReason } from '../shaping/shaper.ts';
import type { ConsumerView } from '../slow-consumer/rule.ts';
import { BlockedOffers } from './blocked-offers.ts';
import type { ChannelOptions, OfferOutcome } from './channel.ts';
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
import type { ChannelStages } from './stages.ts';
import { Tally } from './tally.ts';

export const NEVER = Number.POSITIVE_INFINITY;
const NO_BOUND = Number.POSITIVE_INFINITY;

/** Options with every bound resolved. */
export type BoundedOptions<T> = ChannelOptions<T> &
  Required<
    Pick<ChannelOptions<T>, 'capacityItems' | 'capacityBytes' | 'perItemOverheadBytes' | 'maxWaiters'>
  >;

/**
 * An entry stands in exactly one list, or it is on disk, or it has ended and is used again. Whatever ends it
 * goes through `end`, `coalesce` or `release`, so that it is counted and told once.
 */
export abstract class QueueBooks<T> implements QueueView<T>, LoadView, ConsumerView {
  readonly capacityItems: number;
  readonly capacityBytes: number;
  closed = false;
  depthMax = 0;
  pressureEvents = 0;
  progressNs = 0;
  offeredSeq = 0;
  deliveredSeq = 0;

  protected readonly policy: OverflowPolicy;
  protected readonly options: ChannelOptions<T>;
  protected readonly stages: ChannelStages<T>;
  protected readonly scheduler: Scheduler<T> | undefined;
  protected readonly aqm: Aqm<T> | undefined;
  protected readonly admission: readonly Admission[] | undefined;
  protected readonly sizeOf: ((item: T) => number) | undefined;
  private readonly classOf: ((item: T) => number) | undefined;
  protected readonly keyOf: ((item: T) => Key) | undefined;
  protected readonly flowOf: ((item: T) => Key) | undefined;
  protected readonly overheadBytes: number;
  protected readonly maxWaiters: number;
  /** Beyond these the policy is asked. */
  protected readonly fullItems: number;
  protected readonly fullBytes: number;
  /** An item above this can never fit. */
  protected readonly maxItemBytes: number;
  protected readonly incomingReason: string;
  protected readonly victimReason: string;
  /** Whether any stage has to do with time; only then the clock is read. */
  protected readonly isTimed: boolean;

  protected readonly clock: Clock;
  /** When the present step began; in a channel that is timed. */
  protected nowNs = 0;
  protected readonly pool = new EntryPool<T>();
  protected readonly ready: ReadyQueue<T>;
  protected readonly held = new EntryList<T>();
  protected readonly flying = new EntryList<T>();
  protected readonly line: BlockedOffers<Entry<T>, OfferOutcome>;
  /** Producers whose item is taken in and who wait all the same. */
  protected readonly paced: BlockedOffers<undefined, OfferOutcome>;
  protected readonly tally = new Tally();
  protected readonly notices: EndNotices<T> | undefined;

  constructor(options: BoundedOptions<T>) {
    const { overflow, capacityBytes, stages = {} } = options;
    const { admission = [], shapers = [], gate, scheduler, aqm, ttlMs, slowConsumer = [] } = stages;
    const capacityItems = overflow.fixedCapacityItems ?? options.capacityItems;
    const isBounded = overflow.bounded ?? true;
    this.policy = overflow;
    this.options = options;
    this.stages = stages;
    this.scheduler = scheduler;
    this.aqm = aqm;
    this.admission = admission.length === 0 ? undefined : admission;
    this.capacityItems = isBounded ? capacityItems : NO_BOUND;
    this.capacityBytes = isBounded ? capacityBytes : (overflow.guardBytes ?? 0);
    this.fullItems = capacityItems;
    this.fullBytes = Math.min(capacityBytes || NO_BOUND, overflow.guardBytes ?? NO_BOUND);
    this.maxItemBytes = isBounded ? this.fullBytes : NO_BOUND;
    this.incomingReason = overflow.incomingReason ?? `overflow.${overflow.name}`;
    this.victimReason = overflow.victimReason ?? `overflow.${overflow.name}`;
    this.sizeOf = options.sizeOf;
    this.classOf = options.classOf;
    this.keyOf = options.keyOf;
    this.flowOf = options.flowOf;
    this.overheadBytes = options.perItemOverheadBytes;
    this.maxWaiters = options.maxWaiters;
    const stageCount = admission.length + shapers.length + slowConsumer.length;
    this.isTimed = stageCount > 0 || [gate, scheduler, aqm, ttlMs].some((stage) => stage !== undefined);
    this.clock = new SteadyClock(options.clock);
    this.line = new BlockedOffers(this.clock, (entry) => entry.cost);
    this.paced = new BlockedOffers(this.clock);
    this.ready = new ReadyQueue(new Set<QueueIndex>([...(stages.indices ?? []), ...(overflow.needs ?? [])]));
    this.notices = options.onEnd === undefined ? undefined : new EndNotices(options.onEnd);
  }

  abstract get spilledItems(): number;
  protected abstract get spilledBytes(): number;
  abstract disconnect(): void;

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

  get retryAfterMs(): number {
    const nowNs = this.clock.nowNs();
    let longestNs = 0;
    for (const one of this.admission ?? []) longestNs = Math.max(longestNs, one.retryAfterNs?.(nowNs) ?? 0);
    return longestNs / NS_PER_MS;
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
    return this.ready.bytes + this.held.bytes + this.flying.bytes + this.line.bytes + this.spilledBytes;
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

  // How an entry begins.

  /** Counts an offer and makes its entry; throws for an item that is none, before anything is counted. */
  protected open(item: T): Entry<T> {
    const { classOf, keyOf, flowOf } = this;
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
      this.nowNs = this.clock.nowNs();
      entry.offeredNs = this.nowNs;
      entry.sinceNs = this.nowNs;
    }
    this.tally.offer(klass);
    return entry;
  }

  protected costOf(item: T): number {
    if (item === undefined) {
      throw new BenchError('BPB_ERR_INTERNAL', 'a channel carries any item but undefined, got undefined');
    }
    const { sizeOf } = this;
    if (sizeOf === undefined) return this.overheadBytes;
    const sizeBytes = sizeOf(item);
    if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes + this.overheadBytes;
    throw new BenchError('BPB_ERR_INTERNAL', `sizeOf must answer whole bytes, 0 or more, got ${sizeBytes}`);
  }

  protected mergeItems(older: T, newer: T): T {
    return this.options.merge === undefined ? newer : this.options.merge(older, newer);
  }

  protected resize(entry: Entry<T>, cost: number): void {
    const beforeBytes = entry.cost;
    entry.cost = cost;
    const { admission } = this;
    if (admission === undefined || !entry.isAdmitted || cost === beforeBytes) return;
    for (const one of admission) one.onResize?.(entry, beforeBytes, this, this.nowNs);
  }

  // How it ends.

  protected removeReady(entry: Entry<T>, taken: boolean): void {
    this.ready.take(entry);
    this.scheduler?.onRemove?.(entry, taken, this, this.nowNs);
    if (this.ready.items === 0) this.aqm?.onEmpty?.();
  }

  protected evict(entry: Entry<T>, reason: string): void {
    this.removeReady(entry, false);
    this.end(entry, 'dropped', reason);
  }

  /** The item that stays has the more important class of the two: the other class is the one that ended. */
  protected coalesce(entry: Entry<T>, reason: CoalesceReason, endedItem: T, endedClass: number): void {
    this.tally.coalesce(reason, endedClass);
    entry.item = endedItem;
    this.release(entry, 'coalesced', reason);
  }

  protected end<E extends 'dropped' | 'failed'>(entry: Entry<T>, end: E, reason: string): E {
    if (end === 'dropped') this.tally.drop(reason, entry.class);
    else this.tally.fail(reason, entry.class);
    this.release(entry, end, reason);
    return end;
  }

  /** The entry stands in no list any more and is counted: whoever has to hear of it does. */
  protected release(entry: Entry<T>, end: ItemEnd, reason: string): void {
    const { admission, nowNs } = this;
    if (admission !== undefined && entry.isAdmitted) {
      entry.isAdmitted = false;
      for (const one of admission) one.onEnd?.(entry, end, nowNs - entry.offeredNs, this, nowNs);
    }
    this.notices?.add(entry.item, end, reason);
    this.pool.give(entry);
  }

  /** Whatever threw: an item that stands nowhere yet has failed. One that ended has no item any more. */
  protected failUndecided(entry: Entry<T>): void {
    if (entry.list === undefined && entry.item !== undefined) this.end(entry, 'failed', 'policy_error');
  }

  protected isEmpty(): boolean {
    return (
      this.ready.items === 0 && this.held.items === 0 && this.line.length === 0 && this.spilledItems === 0
    );
  }
}

/** Answers the less important class of the two, which is the one that ends. */
export function standFor<T>(into: Entry<T>, from: Entry<T>): number {
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
