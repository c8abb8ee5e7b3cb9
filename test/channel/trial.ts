/** One channel and its reference side by side: every step is done to both and checked by property. */
import { createVirtualClock, type VirtualClock } from '../../src/core/clock.ts';
import { findUnaccounted } from '../../src/core/ledger.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { ChannelModel, costOf, type Item, OVERHEAD_BYTES, type Setup } from './model.ts';

export type MakeChannel = (options: ChannelOptions<Item>, setup: Setup) => Channel<Item>;

export type Step =
  | { readonly do: 'offer'; readonly size: number; readonly abortable: boolean; readonly aborted?: boolean }
  | { readonly do: 'tryTake' | 'close' | 'discard' }
  | { readonly do: 'take' }
  /** `nth` picks among what there is, wrapping round. */
  | { readonly do: 'deliver' | 'fail' | 'cancelOffer' | 'cancelTaker'; readonly nth: number }
  | { readonly do: 'advance'; readonly ns: number };

const REASONS: Record<Setup['policy'], readonly string[]> = {
  block: ['too_large', 'cancelled', 'waiters_full', 'shutdown'],
  'drop-oldest': ['too_large', 'cancelled', 'overflow.drop-oldest', 'shutdown'],
  'drop-newest': ['too_large', 'cancelled', 'overflow.drop-newest', 'shutdown'],
  unbounded: ['cancelled', 'oom_guard', 'shutdown'],
};

export class Trial {
  readonly model: ChannelModel;
  readonly channel: Channel<Item>;
  private readonly setup: Setup;
  private readonly clock: VirtualClock = createVirtualClock();
  private readonly ends: [id: number, end: ItemEnd][] = [];
  private readonly outcomes = new Map<number, string>();
  private readonly taken = new Map<number, number | undefined>();
  private readonly leftInOrder: number[] = [];
  private readonly offered: Item[] = [];
  private readonly offerAborts = new Map<number, AbortController>();
  private readonly takerAborts = new Map<number, AbortController>();
  /** Taken from the channel under trial and not landed. */
  private readonly flying: Item[] = [];
  /** Offered while it was open, not cancelled before, and not too large. */
  private readonly enterable: number[] = [];
  private readonly only: string | undefined;
  private nextId = 1;
  private hasDiscarded = false;

  /** With `only`, such as 'P9', nothing but that property is checked. */
  constructor(setup: Setup, make: MakeChannel = (options) => createChannel(options), only?: string) {
    this.setup = setup;
    this.only = only;
    this.model = new ChannelModel(setup);
    this.channel = make(
      {
        overflow: policyOf(setup),
        capacityItems: setup.capacityItems,
        capacityBytes: setup.policy === 'unbounded' ? 0 : setup.capacityBytes,
        perItemOverheadBytes: OVERHEAD_BYTES,
        maxWaiters: setup.maxWaiters,
        sizeOf: (item) => item.size,
        clock: this.clock,
        onEnd: (item, end) => this.ends.push([item.id, end]),
      },
      setup,
    );
  }

  /** Does one step to both, waits until every promise had its turn, and checks. */
  async play(step: Step): Promise<void> {
    this.apply(step);
    for (let turn = 0; turn < 4; turn++) await null;
    this.check(step);
  }

  /** Takes everything that is left, so that hidden order and hidden losses show. */
  async finish(): Promise<void> {
    const before = this.leftInOrder.length;
    while (this.channel.depthItems > 0) await this.play({ do: 'tryTake' });
    const rest = this.leftInOrder.slice(before);
    await this.play({ do: 'close' });
    if (this.hasDiscarded) return;
    if (this.setup.policy === 'drop-oldest') {
      const newest = rest.length === 0 ? [] : this.enterable.slice(-rest.length);
      this.equal('P9 the queue is the last offers', rest, newest);
    }
    if (this.setup.policy === 'drop-newest') {
      const accepted = sorted(this.outcomes).filter(([, outcome]) => outcome === 'queued');
      const ids = accepted.map(([id]) => id);
      this.equal('P10 an accepted item is never evicted', this.leftInOrder, ids);
    }
  }

  private apply(step: Step): void {
    const { channel, model } = this;
    switch (step.do) {
      case 'offer': {
        const item = { id: this.nextId++, size: step.size };
        const abort = step.abortable || step.aborted ? new AbortController() : undefined;
        if (step.aborted) abort?.abort();
        else if (abort !== undefined) this.offerAborts.set(item.id, abort);
        this.offered.push(item);
        if (!channel.closed && !step.aborted && this.canFit(item)) this.enterable.push(item.id);
        model.offer(item, step.aborted ?? false);
        const outcome = channel.offer(item, abort?.signal);
        if (typeof outcome === 'string') this.outcomes.set(item.id, outcome);
        else outcome.then((settled) => this.outcomes.set(item.id, settled));
        return;
      }
      case 'tryTake': {
        const item = channel.tryTake();
        if (item !== undefined) this.noteTaken(item);
        this.equal('P7 tryTake answers the head', item?.id, model.take()?.id);
        return;
      }
      case 'take': {
        const id = this.nextId++;
        const abort = new AbortController();
        this.takerAborts.set(id, abort);
        model.waitForItem(id);
        const keep = (item: Item | undefined): void => {
          this.taken.set(id, item?.id);
          if (item !== undefined) this.noteTaken(item);
        };
        const item = channel.take(abort.signal);
        if (item instanceof Promise) item.then(keep);
        else keep(item);
        return;
      }
      case 'deliver':
      case 'fail': {
        const item = pick(this.flying, step.nth);
        if (item === undefined) return;
        this.flying.splice(this.flying.indexOf(item), 1);
        model.land(item, step.do === 'deliver' ? 'delivered' : 'failed');
        if (step.do === 'deliver') channel.delivered(item);
        else channel.failed(item, 'sink');
        return;
      }
      case 'cancelOffer': {
        // Any offer that had a signal, settled or not: cancelling a settled one must change nothing.
        const id = pick([...this.offerAborts.keys()], step.nth);
        if (id === undefined) return;
        model.cancelOffer(id);
        this.offerAborts.get(id)?.abort();
        return;
      }
      case 'cancelTaker': {
        const id = pick([...this.takerAborts.keys()], step.nth);
        if (id === undefined) return;
        model.cancelTaker(id);
        this.takerAborts.get(id)?.abort();
        return;
      }
      case 'close':
        model.close();
        channel.close();
        return;
      case 'discard':
        this.hasDiscarded ||= channel.depthItems > 0;
        this.equal(
          'P7 discardQueued answers how many',
          channel.discardQueued('shutdown'),
          discardFrom(model),
        );
        return;
      case 'advance':
        model.nowNs += step.ns;
        this.clock.advanceNs(step.ns);
    }
  }

  private check(step: Step): void {
    const { channel, model, setup } = this;
    const ledger = channel.ledger();
    this.equal('P1 conservation', [ledger.unaccounted, findUnaccounted(ledger)], [0, 0]);
    const gauges = [
      channel.depthItems,
      channel.bytes,
      channel.inFlightItems,
      channel.inFlightBytes,
      channel.waiters,
    ];
    this.truth('P1 no gauge below zero', Math.min(...gauges) >= 0, gauges);
    if (setup.policy !== 'unbounded') {
      this.truth('P2 items within capacity', channel.depthItems <= setup.capacityItems, channel.depthItems);
    }
    if (setup.capacityBytes > 0)
      this.truth('P2 bytes within capacity', channel.bytes <= setup.capacityBytes, channel.bytes);
    for (const reason of Object.keys(ledger.dropped)) {
      this.truth('P4 a reason of this configuration', REASONS[setup.policy].includes(reason), reason);
    }
    const ordered = this.leftInOrder.every((id, i, all) => i === 0 || id > (all[i - 1] as number));
    this.truth('P6 order of delivery', ordered, this.leftInOrder);
    const pending = this.offered.find((item) => !this.outcomes.has(item.id));
    if (pending !== undefined) {
      const limitBytes = setup.capacityBytes || Number.POSITIVE_INFINITY;
      const fits = channel.depthItems < setup.capacityItems && channel.bytes + costOf(pending) <= limitBytes;
      this.truth('P15 no waiting offer beside a free slot', !fits, pending);
    }
    const hasWaitingTaker = [...this.takerAborts.keys()].some((id) => !this.taken.has(id));
    this.truth('P15 no waiting taker beside an item', !(hasWaitingTaker && channel.depthItems > 0), gauges);
    const cancels = step.do === 'cancelOffer' || step.do === 'cancelTaker';
    this.equal(
      cancels ? 'P16 cancel removes exactly that one' : 'P7 outcomes',
      sorted(this.outcomes),
      sorted(model.outcomes),
    );
    this.equal('P7 takers', sorted(this.taken), sorted(model.taken));
    this.equal('P7 ends, once each and in order', this.ends, model.ends);
    this.equal('P7 state', stateOf(channel), stateOf(model));
    this.equal('P7 ledger', { ...ledger }, { ...model.ledger() });
  }

  private noteTaken(item: Item): void {
    this.leftInOrder.push(item.id);
    this.flying.push(item);
  }

  private canFit(item: Item): boolean {
    return this.setup.capacityBytes === 0 || costOf(item) <= this.setup.capacityBytes;
  }

  private truth(property: string, holds: boolean, seen: unknown): void {
    if (this.only !== undefined && !property.startsWith(`${this.only} `)) return;
    if (!holds) throw new Error(`${property}: saw ${JSON.stringify(seen)}`);
  }

  private equal(property: string, actual: unknown, expected: unknown): void {
    if (this.only !== undefined && !property.startsWith(`${this.only} `)) return;
    const [seen, wanted] = [canonical(actual), canonical(expected)];
    if (seen !== wanted) throw new Error(`${property}: expected ${wanted}, got ${seen}`);
  }
}

export function policyOf(setup: Setup): OverflowPolicy {
  const policy: OverflowPolicy = OVERFLOW_POLICIES[setup.policy];
  return policy.configure?.({ guardBytes: setup.capacityBytes }) ?? policy;
}

function discardFrom(model: ChannelModel): number {
  const count = model.queue.length + model.waiting.length;
  model.discard();
  return count;
}

type Gauges = Pick<
  ChannelModel,
  'closed' | 'bytes' | 'inFlightBytes' | 'blockedMs' | 'depthMax' | 'waitersMax' | 'pressureEvents'
>;

function stateOf({
  closed,
  bytes,
  inFlightBytes,
  blockedMs,
  depthMax,
  waitersMax,
  pressureEvents,
}: Gauges): Gauges {
  return { closed, bytes, inFlightBytes, blockedMs, depthMax, waitersMax, pressureEvents };
}

function sorted<V>(map: ReadonlyMap<number, V>): [number, V][] {
  return [...map].toSorted(([a], [b]) => a - b);
}

function pick<V>(values: readonly V[], nth: number): V | undefined {
  return values.length === 0 ? undefined : values[nth % values.length];
}

/** JSON with sorted keys: the order in which reasons were first counted means nothing. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'undefined'
  );
}
