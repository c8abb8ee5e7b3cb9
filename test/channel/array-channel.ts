/**
 * A channel in plain arrays, sound without a bug, that takes one bug by name: to show that the properties
 * notice. It knows block, drop-oldest, drop-newest and evict-newest, and tells of ends in the middle of its
 * steps.
 */
import type { Clock } from '../../src/core/clock.ts';
import {
  addLedger,
  addReason,
  type ClassCounts,
  createEmptyLedger,
  type LedgerSnapshot,
} from '../../src/core/ledger.ts';
import {
  type Channel,
  type ChannelOptions,
  createChannel,
  type OfferOutcome,
} from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { costOf, type Item } from './item.ts';
import type { Setup } from './model.ts';
import type { MakeChannel } from './trial.ts';

export type Bug =
  | 'none'
  | 'a gauge on the fast path only'
  | 'returns without a count'
  | 'evicts without a count'
  | 'bound by length before the add'
  | 'evicts the youngest queued'
  | 'takes the newest first'
  | 'frees no slot for waiting offers'
  | 'resolves before the enqueue'
  | 'a cancelled waiter eats the wake-up'
  | 'a cancelled waiter keeps its slot'
  | 'cancel removes the head of the line'
  | 'bytes never given back'
  | 'close forgets waiting offers';

interface Waiting {
  readonly item: Item;
  readonly sinceNs: number;
  cancelled: boolean;
  resolve(outcome: OfferOutcome): void;
}

export function makeArrayChannel(bug: Bug): MakeChannel {
  return (options, setup) => new ArrayChannel(bug, options, setup);
}

/** The real channel under a policy that is not what its label says. */
export function makeWithPolicy(change: Partial<OverflowPolicy>): MakeChannel {
  return (options) => createChannel({ ...options, overflow: { ...options.overflow, ...change } });
}

class ArrayChannel implements Channel<Item> {
  closed = false;
  bytes = 0;
  depthMax = 0;
  waitersMax = 0;
  readonly retryAfterMs = 0;
  readonly refusal = null;
  pressureEvents = 0;
  blockedNs = 0;
  readonly capacityItems = 0;
  readonly capacityBytes = 0;
  readonly heldItems = 0;
  readonly heldBytes = 0;
  readonly spilledItems = 0;
  readonly queue: Item[] = [];
  readonly flying: Item[] = [];
  readonly line: Waiting[] = [];
  readonly takers: ((item: Item | undefined) => void)[] = [];
  /** Resolved, and not queued yet. */
  readonly late: Item[] = [];
  readonly counts = createEmptyLedger();
  readonly classes: Record<number, ClassCounts> = {};
  inFlightItems = 0;
  /** Places in line that nobody stands in. */
  lostSlots = 0;
  private readonly bug: Bug;
  private readonly onEnd: (item: Item, end: ItemEnd, reason: string) => void;
  private readonly clock: Clock;
  private readonly setup: Setup;

  constructor(bug: Bug, options: ChannelOptions<Item>, setup: Setup) {
    this.bug = bug;
    this.onEnd = (item, end, reason) => options.onEnd?.(item, end, reason);
    this.clock = options.clock;
    this.setup = setup;
  }

  get blockedMs(): number {
    const live = this.line.filter(({ cancelled }) => !cancelled);
    const currentNs = live.reduce((total, { sinceNs }) => total + this.clock.nowNs() - sinceNs, 0);
    return (this.blockedNs + currentNs) / 1e6;
  }

  get depthItems(): number {
    return this.queue.length;
  }

  get inFlightBytes(): number {
    return this.flying.reduce((total, item) => total + costOf(item), 0);
  }

  get waiters(): number {
    return this.line.filter(({ cancelled }) => !cancelled).length;
  }

  offer(item: Item, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    const { policy, capacityBytes, maxWaiters } = this.setup;
    if (this.bug === 'returns without a count' && this.closed) return 'failed';
    this.counts.offered++;
    this.classOf(item).offered++;
    for (const resolved of this.late.splice(0)) this.enter(resolved);
    if (this.closed) return this.end(item, 'failed', 'closed');
    if (signal?.aborted) return this.end(item, 'dropped', 'cancelled');
    if (capacityBytes > 0 && costOf(item) > capacityBytes) return this.end(item, 'dropped', 'too_large');
    if (this.line.length === 0 && this.fits(item)) return this.enter(item);
    this.pressureEvents++;
    if (policy === 'block') {
      if (this.waiters + this.lostSlots >= maxWaiters) return this.end(item, 'dropped', 'waiters_full');
      return new Promise((resolve) => {
        const waiting: Waiting = { item, sinceNs: this.clock.nowNs(), cancelled: false, resolve };
        this.line.push(waiting);
        this.waitersMax = Math.max(this.waitersMax, this.waiters);
        signal?.addEventListener('abort', () => this.cancel(waiting));
      });
    }
    if (policy === 'drop-newest' && this.bug !== 'evicts the youngest queued') {
      return this.end(item, 'dropped', 'overflow.drop-newest');
    }
    while (!this.fits(item)) {
      const victim = policy === 'drop-oldest' ? this.queue.shift() : this.queue.pop();
      if (victim === undefined) break;
      this.bytes -= costOf(victim);
      if (this.bug === 'evicts without a count') this.onEnd(victim, 'dropped', `overflow.${policy}`);
      else this.end(victim, 'dropped', `overflow.${policy}`);
    }
    return this.enter(item);
  }

  tryTake(): Item | undefined {
    const item = this.bug === 'takes the newest first' ? this.queue.pop() : this.queue.shift();
    if (item === undefined) return undefined;
    if (this.bug !== 'bytes never given back') this.bytes -= costOf(item);
    this.flying.push(item);
    this.inFlightItems++;
    if (this.bug !== 'frees no slot for waiting offers') this.admit();
    return item;
  }

  refuse(reason: string): void {
    this.counts.offered++;
    this.counts.dropped[reason] = (this.counts.dropped[reason] ?? 0) + 1;
  }

  take(signal?: AbortSignal): Item | undefined | Promise<Item | undefined> {
    if (this.queue.length > 0) return this.tryTake();
    if (this.closed) return undefined;
    return new Promise((resolve) => {
      this.takers.push(resolve);
      signal?.addEventListener('abort', () => {
        const at = this.takers.indexOf(resolve);
        if (at >= 0) this.takers.splice(at, 1);
        resolve(undefined);
      });
    });
  }

  delivered(item: Item): void {
    this.flying.splice(this.flying.indexOf(item), 1);
    this.inFlightItems--;
    this.counts.delivered++;
    this.classOf(item).delivered++;
    this.onEnd(item, 'delivered', '');
  }

  failed(item: Item, reason: string): void {
    this.flying.splice(this.flying.indexOf(item), 1);
    this.inFlightItems--;
    this.end(item, 'failed', reason);
  }

  close(): void {
    this.closed = true;
    this.emptyLine(this.bug === 'close forgets waiting offers' ? undefined : 'failed', 'closed');
    for (const resolve of this.takers.splice(0)) resolve(undefined);
  }

  discardQueued(reason: string): number {
    const discarded = this.queue.length + this.waiters;
    const items = this.queue.splice(0);
    this.bytes = 0;
    for (const item of items) this.end(item, 'dropped', reason);
    this.emptyLine('dropped', reason);
    return discarded;
  }

  addLedgerTo(target: LedgerSnapshot): void {
    addLedger(target, this.ledger());
  }

  addClassesTo(target: Record<number, ClassCounts>): void {
    Object.assign(target, structuredClone(this.classes));
  }

  ledger(): LedgerSnapshot {
    const { offered, delivered } = this.counts;
    const transient = this.queue.length + this.flying.length + this.waiters;
    const lost = [this.counts.dropped, this.counts.failed].flatMap((counts) => Object.values(counts));
    const unaccounted = offered - delivered - transient - lost.reduce((total, count) => total + count, 0);
    const [queued, inFlight, blocked] = [this.queue.length, this.flying.length, this.waiters];
    return { ...structuredClone(this.counts), queued, inFlight, blocked, unaccounted };
  }

  private fits(item: Item): boolean {
    const { capacityItems, capacityBytes } = this.setup;
    const cost = this.bug === 'bound by length before the add' ? 0 : costOf(item);
    return this.queue.length < capacityItems && (capacityBytes === 0 || this.bytes + cost <= capacityBytes);
  }

  private enter(item: Item): 'queued' {
    this.queue.push(item);
    this.bytes += costOf(item);
    this.depthMax = Math.max(this.depthMax, this.queue.length);
    const taker = this.takers.shift();
    taker?.(this.tryTake());
    if (taker !== undefined && this.bug === 'a gauge on the fast path only') this.inFlightItems--;
    return 'queued';
  }

  private admit(): void {
    while (this.line[0] !== undefined && this.fits(this.line[0].item)) {
      const waiting = this.line.shift() as Waiting;
      if (waiting.cancelled) {
        if (this.bug === 'a cancelled waiter eats the wake-up') return;
        continue;
      }
      this.blockedNs += this.clock.nowNs() - waiting.sinceNs;
      if (this.bug === 'resolves before the enqueue') {
        waiting.resolve('queued');
        this.late.push(waiting.item);
        return;
      }
      waiting.resolve(this.enter(waiting.item));
    }
  }

  private emptyLine(outcome: 'dropped' | 'failed' | undefined, reason: string): void {
    for (const { item, sinceNs, resolve, cancelled } of this.line.splice(0)) {
      if (cancelled || outcome === undefined) continue;
      this.blockedNs += this.clock.nowNs() - sinceNs;
      resolve(this.end(item, outcome, reason));
    }
  }

  private cancel(waiting: Waiting): void {
    if (!this.line.includes(waiting)) return;
    const left = this.bug === 'cancel removes the head of the line' ? (this.line[0] as Waiting) : waiting;
    left.cancelled = true;
    this.blockedNs += this.clock.nowNs() - left.sinceNs;
    left.resolve(this.end(left.item, 'dropped', 'cancelled'));
    if (this.bug === 'a cancelled waiter eats the wake-up') return;
    this.line.splice(this.line.indexOf(left), 1);
    if (this.bug === 'a cancelled waiter keeps its slot') this.lostSlots++;
    this.admit();
  }

  private end<O extends 'dropped' | 'failed'>(item: Item, outcome: O, reason: string): O {
    addReason(this.counts[outcome], reason);
    this.classOf(item)[outcome]++;
    this.onEnd(item, outcome, reason);
    return outcome;
  }

  private classOf(item: Item): ClassCounts {
    const counts = this.classes[item.class];
    if (counts !== undefined) return counts;
    const fresh = { offered: 0, delivered: 0, dropped: 0, coalesced: 0, failed: 0 };
    this.classes[item.class] = fresh;
    return fresh;
  }
}
