/** Two queues in series with one forwarder between them, seen from outside as one channel. */
import type { Clock } from '../../core/clock.ts';
import {
  addLedger,
  type ClassCounts,
  createEmptyLedger,
  findUnaccounted,
  type LedgerSnapshot,
} from '../../core/ledger.ts';
import { type Channel, type ChannelOptions, createChannel, type OfferOutcome } from './channel.ts';
import { type CreditOptions, Credits } from './credits.ts';
import type { OnEnd } from './end-notices.ts';

type QueueOptions<T> = Omit<ChannelOptions<T>, 'clock' | 'onEnd' | 'onReady' | 'onDisconnect'>;

export interface RelayOptions<T> {
  /** The queue that producers offer to. Its overflow policy decides what is lost, or who waits. */
  upstream: QueueOptions<T>;
  /** The queue that the consumer takes from. With `block` the forwarder waits for it, with one item in hand. */
  downstream: QueueOptions<T>;
  /** Lets the forwarder send only what the consumer has asked for. Default: whatever fits. */
  credits?: CreditOptions;
  clock: Clock;
  /** Told once per item, at its end; being forwarded is none. */
  onEnd?: OnEnd<T>;
  onReady?: () => void;
  onDisconnect?: (reason: string) => void;
}

/**
 * A channel made of two. Its ledger is that of both, end to end: what is between producer and consumer counts
 * once, as queued.
 */
export interface Relay<T> extends Channel<T> {
  /** Reading of the first queue; `delivered` there is what was forwarded. */
  upstreamLedger(): LedgerSnapshot;
  /** Reading of the second queue; the forwarder's item in hand is `blocked` there. */
  downstreamLedger(): LedgerSnapshot;
  /** Items that the forwarder may send now; Infinity without credits. */
  readonly credits: number;
}

/**
 * A bounded queue, one forwarder, a second queue. Order is kept.
 *
 * When to use: to keep short stalls of the consumer away from the producers.
 * Gotchas: it only moves the bound. Under lasting overload both queues fill and the *upstream* one overflows: what
 *   is delivered has waited in both.
 * Errors: BPB_ERR_STRATEGY for a bound out of its range, and for a batch of credits above the window.
 */
export function createRelay<T>(options: RelayOptions<T>): Relay<T> {
  const { upstream, downstream, credits, clock, ...told } = options;
  return new SeriesChannel<T>({
    openUpstream: (hooks) => createChannel<T>({ ...upstream, clock, ...hooks }),
    openDownstream: (hooks) => createChannel<T>({ ...downstream, clock, ...hooks }),
    ...(credits === undefined ? {} : { credits: new Credits(credits) }),
    ...told,
  });
}

export type Hooks<T> = Pick<ChannelOptions<T>, 'onEnd' | 'onReady' | 'onDisconnect'>;

export interface SeriesOptions<T> extends Hooks<T> {
  /** `hooks` are to be passed on to the channel. */
  readonly openUpstream: (hooks: Hooks<T>) => Channel<T>;
  readonly openDownstream: (hooks: Hooks<T>) => Channel<T>;
  readonly credits?: Credits;
}

/**
 * Forwarding needs no task of its own: whatever may have made it possible (an offer, a take, an end) does it in
 * the same step. An item is the downstream queue's from the moment it is forwarded, so none is in between.
 */
export class SeriesChannel<T> implements Relay<T> {
  depthMax = 0;
  protected readonly upstream: Channel<T>;
  protected readonly downstream: Channel<T>;
  private readonly grants: Credits | undefined;
  private readonly options: Hooks<T>;
  private isForwarding = false;
  private isHolding = false;
  private hasDisconnected = false;

  constructor(options: SeriesOptions<T>) {
    const { onEnd, credits } = options;
    this.options = options;
    this.grants = credits;
    const onDisconnect = (reason: string): void => this.disconnect(reason);
    this.upstream = options.openUpstream({
      onReady: () => this.onUpstreamReady(),
      onDisconnect,
      // Forwarded is not ended.
      ...(onEnd === undefined
        ? {}
        : { onEnd: (item, end, reason) => end !== 'delivered' && onEnd(item, end, reason) }),
    });
    this.downstream = options.openDownstream({
      onReady: () => options.onReady?.(),
      onDisconnect,
      ...(onEnd === undefined && credits === undefined
        ? {}
        : { onEnd: (item, end, reason) => this.onDownstreamEnd(item, end, reason) }),
    });
  }

  get closed(): boolean {
    return this.upstream.closed;
  }

  get credits(): number {
    return this.grants?.available ?? Number.POSITIVE_INFINITY;
  }

  get depthItems(): number {
    return this.upstream.depthItems + this.downstream.depthItems + this.inHand;
  }

  get bytes(): number {
    return this.upstream.bytes + this.downstream.bytes;
  }

  get heldItems(): number {
    return this.upstream.heldItems + this.downstream.heldItems;
  }

  get heldBytes(): number {
    return this.upstream.heldBytes + this.downstream.heldBytes;
  }

  get spilledItems(): number {
    return this.upstream.spilledItems + this.downstream.spilledItems;
  }

  get inFlightItems(): number {
    return this.downstream.inFlightItems;
  }

  get inFlightBytes(): number {
    return this.downstream.inFlightBytes;
  }

  get waiters(): number {
    return this.upstream.waiters;
  }

  get refusal(): string | null {
    return this.upstream.refusal;
  }

  get retryAfterMs(): number {
    return this.upstream.retryAfterMs;
  }

  get waitersMax(): number {
    return this.upstream.waitersMax;
  }

  get blockedMs(): number {
    return this.upstream.blockedMs;
  }

  get pressureEvents(): number {
    return this.upstream.pressureEvents;
  }

  /** Both queues and the item in the forwarder's hand. */
  get capacityItems(): number {
    return this.upstream.capacityItems + this.downstream.capacityItems + 1;
  }

  get capacityBytes(): number {
    const { capacityBytes: before } = this.upstream;
    const { capacityBytes: after } = this.downstream;
    return before === 0 || after === 0 ? 0 : before + after;
  }

  offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    const outcome = this.upstream.offer(item, signal);
    this.forward();
    return outcome;
  }

  refuse(reason: string): void {
    this.upstream.refuse(reason);
  }

  tryTake(): T | undefined {
    const item = this.downstream.tryTake();
    this.forward();
    return item !== undefined ? item : this.downstream.tryTake();
  }

  take(signal?: AbortSignal): T | undefined | Promise<T | undefined> {
    const taken = this.downstream.take(signal);
    this.forward();
    return taken;
  }

  delivered(item: T): void {
    this.downstream.delivered(item);
  }

  failed(item: T, reason: string): void {
    this.downstream.failed(item, reason);
  }

  close(): void {
    this.upstream.close();
    this.forward();
  }

  discardQueued(reason: string): number {
    const discarded = this.upstream.discardQueued(reason) + this.downstream.discardQueued(reason);
    this.forward();
    return discarded;
  }

  upstreamLedger(): LedgerSnapshot {
    return this.upstream.ledger();
  }

  downstreamLedger(): LedgerSnapshot {
    return this.downstream.ledger();
  }

  ledger(): LedgerSnapshot {
    const before = this.upstream.ledger();
    const after = this.downstream.ledger();
    const ledger = createEmptyLedger();
    // Both are counted, and then what is one and the same taken out: forwarded there is offered here.
    addLedger(ledger, before);
    addLedger(ledger, after);
    ledger.offered = before.offered;
    ledger.delivered = after.delivered;
    ledger.queued += before.inFlight + after.blocked;
    ledger.inFlight = after.inFlight;
    ledger.blocked = before.blocked;
    ledger.unaccounted = findUnaccounted(ledger);
    return ledger;
  }

  addLedgerTo(target: LedgerSnapshot): void {
    addLedger(target, this.ledger());
  }

  addClassesTo(target: Record<number, ClassCounts>): void {
    const before: Record<number, ClassCounts> = {};
    const after: Record<number, ClassCounts> = {};
    this.upstream.addClassesTo(before);
    this.downstream.addClassesTo(after);
    for (const key in before) {
      const klass = Number(key);
      const { offered, dropped, coalesced, failed } = before[klass] as ClassCounts;
      const rest = after[klass];
      const counts = target[klass] ?? { offered: 0, delivered: 0, dropped: 0, coalesced: 0, failed: 0 };
      target[klass] = counts;
      counts.offered += offered;
      counts.delivered += rest?.delivered ?? 0;
      counts.dropped += dropped + (rest?.dropped ?? 0);
      counts.coalesced += coalesced + (rest?.coalesced ?? 0);
      counts.failed += failed + (rest?.failed ?? 0);
    }
  }

  /** Moves on what may be moved on now. */
  protected forward(): void {
    if (this.isForwarding) return;
    this.isForwarding = true;
    try {
      while (this.mayForward()) {
        const item = this.upstream.tryTake();
        if (item === undefined) break;
        this.grants?.spend();
        this.upstream.delivered(item);
        this.pass(item);
      }
    } finally {
      this.isForwarding = false;
    }
    const depth = this.depthItems;
    if (depth > this.depthMax) this.depthMax = depth;
    if (this.closed && !this.downstream.closed && this.isDrained) this.downstream.close();
  }

  /** Whether the forwarder is free: it does one thing at a time, and needs credit for it where there is credit. */
  protected mayForward(): boolean {
    return this.downstream.waiters === 0 && this.credits > 0;
  }

  /** Hands one item to the downstream queue, which accounts for it from now on. */
  protected pass(item: T): void {
    const outcome = this.downstream.offer(item);
    // The consumer's takes go on with the work; this is for waits that end by time.
    if (!(outcome instanceof Promise)) return;
    // A consumer that is too slow may make it wait with nothing in hand: the item is in, and counted there.
    this.isHolding = this.downstream.ledger().blocked > 0;
    void outcome.then(this.resume);
  }

  private get inHand(): number {
    return this.isHolding && this.downstream.waiters > 0 ? 1 : 0;
  }

  /** Nothing will come any more. */
  private get isDrained(): boolean {
    const { upstream, downstream } = this;
    return (
      upstream.depthItems +
        upstream.heldItems +
        upstream.spilledItems +
        upstream.waiters +
        downstream.waiters ===
      0
    );
  }

  private readonly resume = (): void => {
    const before = this.downstream.depthItems;
    this.forward();
    if (this.downstream.depthItems > before) this.options.onReady?.();
  };

  private onUpstreamReady(): void {
    this.forward();
    if (this.downstream.depthItems > 0) this.options.onReady?.();
  }

  private readonly onDownstreamEnd: OnEnd<T> = (item, end, reason) => {
    this.options.onEnd?.(item, end, reason);
    if (this.grants?.settle()) this.resume();
  };

  private disconnect(reason: string): void {
    if (this.hasDisconnected) return;
    this.hasDisconnected = true;
    this.options.onDisconnect?.(reason);
  }
}
