/**
 * Channels that are wrong on purpose, to show that the properties notice. A plain-array channel, sound
 * without a bug, takes one bug by name; wrong policies run on the real channel.
 */
import type { Clock } from '../../src/core/clock.ts';
import { addLedger, addReason, createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';
import {
  type Channel,
  type ChannelOptions,
  createChannel,
  type OfferOutcome,
} from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import type { Item, Setup } from './model.ts';
import type { MakeChannel } from './trial.ts';

export type Bug =
  | 'none'
  | 'bound by length before the add'
  | 'evicts the youngest queued'
  | 'takes the newest first'
  | 'frees no slot for waiting offers'
  | 'a cancelled waiter keeps its place'
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
  readonly counts = createEmptyLedger();
  private readonly bug: Bug;
  private readonly onEnd: (item: Item, end: ItemEnd) => void;
  private readonly clock: Clock;
  private readonly setup: Setup;

  constructor(bug: Bug, options: ChannelOptions<Item>, setup: Setup) {
    this.bug = bug;
    this.onEnd = (item, end) => options.onEnd?.(item, end, '');
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

  get inFlightItems(): number {
    return this.flying.length;
  }

  get inFlightBytes(): number {
    return this.flying.reduce((total, item) => total + item.size + 10, 0);
  }

  get waiters(): number {
    return this.line.filter(({ cancelled }) => !cancelled).length;
  }

  offer(item: Item, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    this.counts.offered++;
    const { policy, capacityBytes, maxWaiters } = this.setup;
    if (this.closed) return this.end(item, 'failed', 'closed');
    if (signal?.aborted) return this.end(item, 'dropped', 'cancelled');
    if (capacityBytes > 0 && item.size + 10 > capacityBytes) return this.end(item, 'dropped', 'too_large');
    if (this.line.length === 0 && this.fits(item)) return this.enter(item);
    this.pressureEvents++;
    if (policy === 'block') {
      if (this.waiters >= maxWaiters) return this.end(item, 'dropped', 'waiters_full');
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
      const victim = policy === 'drop-newest' ? this.queue.pop() : this.queue.shift();
      if (victim === undefined) break;
      this.bytes -= victim.size + 10;
      this.end(victim, 'dropped', `overflow.${policy}`);
    }
    return this.enter(item);
  }

  tryTake(): Item | undefined {
    const item = this.bug === 'takes the newest first' ? this.queue.pop() : this.queue.shift();
    if (item === undefined) return undefined;
    if (this.bug !== 'bytes never given back') this.bytes -= item.size + 10;
    this.flying.push(item);
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
    this.counts.delivered++;
    this.onEnd(item, 'delivered');
  }

  failed(item: Item, reason: string): void {
    this.flying.splice(this.flying.indexOf(item), 1);
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

  addClassesTo(): void {}

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
    const cost = this.bug === 'bound by length before the add' ? 0 : item.size + 10;
    return this.queue.length < capacityItems && (capacityBytes === 0 || this.bytes + cost <= capacityBytes);
  }

  private enter(item: Item): 'queued' {
    this.queue.push(item);
    this.bytes += item.size + 10;
    this.depthMax = Math.max(this.depthMax, this.queue.length);
    this.takers.shift()?.(this.tryTake());
    return 'queued';
  }

  private admit(): void {
    while (this.line[0] !== undefined && this.fits(this.line[0].item)) {
      const waiting = this.line.shift() as Waiting;
      if (!waiting.cancelled) {
        this.blockedNs += this.clock.nowNs() - waiting.sinceNs;
        waiting.resolve(this.enter(waiting.item));
      } else if (this.bug === 'a cancelled waiter keeps its place') return;
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
    if (this.bug === 'a cancelled waiter keeps its place') return;
    this.line.splice(this.line.indexOf(left), 1);
    this.admit();
  }

  private end<O extends 'dropped' | 'failed'>(item: Item, outcome: O, reason: string): O {
    addReason(this.counts[outcome], reason);
    this.onEnd(item, outcome);
    return outcome;
  }
}
