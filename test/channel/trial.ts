/** One channel and its reference side by side: every step is done to both and checked by property. */
import { createVirtualClock, type VirtualClock } from '../../src/core/clock.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import type { ItemEnd } from '../../src/system/channel/end-notices.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import type { SchedulingDefinition } from '../../src/system/scheduling/scheduler.ts';
import { FINAL_CHECKS, STEP_CHECKS } from './checks.ts';
import { type Item, mergeItems, OVERHEAD_BYTES } from './item.ts';
import { ChannelModel, type Setup } from './model.ts';

export type MakeChannel = (options: ChannelOptions<Item>, setup: Setup) => Channel<Item>;

export type Step =
  | ({ readonly do: 'offer'; readonly abortable: boolean; readonly aborted?: boolean } & Omit<
      Item,
      'id' | 'weight'
    >)
  | { readonly do: 'tryTake' | 'close' | 'discard' | 'take' }
  /** `nth` picks among what there is, from the newest on, wrapping round. */
  | { readonly do: 'deliver' | 'fail' | 'cancelOffer' | 'cancelTaker'; readonly nth: number }
  | { readonly do: 'advance'; readonly ns: number };

/** A channel with nothing but a policy. */
export const PLAIN = { params: {}, scheduler: 'none', schedulerParams: {}, ttlMs: 0 } as const;

export class Trial {
  readonly setup: Setup;
  readonly policy: OverflowPolicy;
  readonly model: ChannelModel;
  readonly channel: Channel<Item>;
  readonly clock: VirtualClock = createVirtualClock();
  readonly ends: [id: number, end: ItemEnd, reason: string][] = [];
  readonly outcomes = new Map<number, string>();
  readonly taken = new Map<number, number | undefined>();
  readonly disconnects: string[] = [];
  readonly leftInOrder: Item[] = [];
  readonly offered: Item[] = [];
  readonly offeredNs = new Map<number, number>();
  readonly takers: number[] = [];
  /** Age in nanoseconds of the oldest item that was ever taken. */
  oldestTakenNs = 0;
  /** What the last step's `tryTake` or `discardQueued` answered, and what the reference did. */
  answers: [seen: unknown, wanted: unknown] = [undefined, undefined];
  /** How many had ended, and had left, before the last step. */
  endsBefore = 0;
  hasDiscarded = false;
  private readonly offerAborts = new Map<number, AbortController>();
  private readonly takerAborts = new Map<number, AbortController>();
  /** Taken from the channel under trial and not landed. */
  private readonly flying: Item[] = [];
  private readonly only: string | undefined;
  private nextId = 1;

  /** With `only`, such as 'P9', nothing but that property is checked. */
  constructor(setup: Setup, make: MakeChannel = (options) => createChannel(options), only?: string) {
    this.setup = setup;
    this.only = only;
    this.policy = policyOf(setup);
    this.model = new ChannelModel(setup);
    const options: ChannelOptions<Item> = {
      overflow: this.policy,
      capacityItems: setup.capacityItems,
      capacityBytes: setup.policy === 'unbounded' ? 0 : setup.capacityBytes,
      perItemOverheadBytes: OVERHEAD_BYTES,
      maxWaiters: setup.maxWaiters,
      sizeOf: (item) => item.size,
      classOf: (item) => item.class,
      keyOf: (item) => item.key,
      flowOf: (item) => item.flow,
      merge: mergeItems,
      clock: this.clock,
      stages: stagesOf(setup),
      onEnd: (item, end, reason) => this.ends.push([item.id, end, reason]),
      onDisconnect: (reason) => this.disconnects.push(reason),
    };
    this.channel = make(options, setup);
  }

  /** Does one step to both, waits until every promise had its turn, and checks. */
  async play(step: Step): Promise<void> {
    this.endsBefore = this.ends.length;
    this.answers = [undefined, undefined];
    this.apply(step);
    for (let turn = 0; turn < 4; turn++) await null;
    for (const [property, name, find] of STEP_CHECKS) {
      if (this.only !== undefined && property !== this.only) continue;
      const problem = find(this, step);
      if (problem !== undefined) throw new Error(`${property} ${name}: ${problem}`);
    }
  }

  /** Takes everything that is left, so that hidden order and hidden losses show. */
  async finish(): Promise<void> {
    const before = this.leftInOrder.length;
    for (let left = this.channel.depthItems; left > 0; left--) await this.play({ do: 'tryTake' });
    const rest = this.leftInOrder.slice(before);
    await this.play({ do: 'close' });
    for (const [property, name, find] of FINAL_CHECKS) {
      if (this.hasDiscarded || (this.only !== undefined && property !== this.only)) continue;
      const problem = find(this, rest);
      if (problem !== undefined) throw new Error(`${property} ${name}: ${problem}`);
    }
  }

  get hasWaitingTaker(): boolean {
    return this.takers.some((id) => !this.taken.has(id));
  }

  private apply(step: Step): void {
    const { channel, model } = this;
    switch (step.do) {
      case 'offer':
        return this.offer(step);
      case 'tryTake': {
        const item = channel.tryTake();
        if (item !== undefined) this.noteTaken(item);
        this.answers = [item?.id, model.take()?.id];
        return;
      }
      case 'take': {
        const id = this.nextId++;
        const abort = new AbortController();
        this.takers.push(id);
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
        // Mostly one that waits; cancelling a settled one must change nothing.
        const all = [...this.offerAborts.keys()];
        const open = all.filter((id) => !this.outcomes.has(id));
        const id = pick(open.length > 0 && step.nth % 3 > 0 ? open : all, step.nth);
        if (id === undefined) return;
        model.cancelOffer(id);
        this.offerAborts.get(id)?.abort();
        return;
      }
      case 'cancelTaker': {
        const id = pick(this.takers, step.nth);
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
        this.answers = [channel.discardQueued('shutdown'), model.discard()];
        return;
      case 'advance':
        model.advance(step.ns);
        this.clock.advanceNs(step.ns);
    }
  }

  private offer(step: Step & { do: 'offer' }): void {
    const { do: _, abortable, aborted = false, ...rest } = step;
    const item = { id: this.nextId++, weight: 1, ...rest };
    const abort = abortable || aborted ? new AbortController() : undefined;
    if (aborted) abort?.abort();
    else if (abort !== undefined) this.offerAborts.set(item.id, abort);
    this.offered.push(item);
    this.offeredNs.set(item.id, this.clock.nowNs());
    this.model.offer(item, aborted);
    const outcome = this.channel.offer(item, abort?.signal);
    if (typeof outcome === 'string') this.outcomes.set(item.id, outcome);
    else outcome.then((settled) => this.outcomes.set(item.id, settled));
  }

  private noteTaken(item: Item): void {
    const ageNs = this.clock.nowNs() - (this.offeredNs.get(item.id) as number);
    this.oldestTakenNs = Math.max(this.oldestTakenNs, ageNs);
    this.leftInOrder.push(item);
    this.flying.push(item);
  }
}

export function policyOf({ policy: name, params, capacityBytes }: Setup): OverflowPolicy {
  const policy = (OVERFLOW_POLICIES as Record<string, OverflowPolicy>)[name] as OverflowPolicy;
  const values = name === 'unbounded' ? { guardBytes: capacityBytes } : params;
  return policy.configure?.(values) ?? policy;
}

function stagesOf({ scheduler: name, schedulerParams, ttlMs }: Setup): ChannelStages<Item> {
  const scheduler = (SCHEDULERS as Record<string, SchedulingDefinition>)[name];
  return {
    ...(scheduler === undefined
      ? {}
      : { scheduler: scheduler.create<Item>(schedulerParams), indices: scheduler.needs ?? [] }),
    ...(ttlMs === 0 ? {} : { ttlMs }),
  };
}

function pick<V>(values: readonly V[], nth: number): V | undefined {
  return values.length === 0 ? undefined : values[values.length - 1 - (nth % values.length)];
}
