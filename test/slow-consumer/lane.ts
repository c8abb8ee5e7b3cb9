/** Queues with slow-consumer rules in virtual time, with consumers moved by hand. */
import { createVirtualClock, type VirtualClock } from '../../src/core/clock.ts';
import type { EntryView, LoadView } from '../../src/system/admission/admission.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import unbounded from '../../src/system/overflow/unbounded.ts';
import type { SlowConsumerDefinition, SlowConsumerRule } from '../../src/system/slow-consumer/rule.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';

export type { EntryView, LoadView };
export const SEED = 4711;

/** One item; its size is its number of bytes. */
export interface Item {
  readonly size: number;
}

/** Rules for `count` consumers that share what the rule lets them share. */
export function makeRules(
  definition: SlowConsumerDefinition,
  params: Params = {},
  count = 1,
): SlowConsumerRule[] {
  const all = { ...defaultsOf(definition), ...params };
  const shared = definition.createShared?.(all);
  return Array.from({ length: count }, () => definition.create(all, shared));
}

export class Lane {
  readonly clock: VirtualClock;
  readonly channel: Channel<Item>;
  readonly flying: Item[] = [];
  /** In milliseconds; `undefined` while it is connected. */
  disconnectedAtMs: number | undefined = undefined;
  disconnects = 0;

  constructor(
    rules: SlowConsumerRule | readonly SlowConsumerRule[],
    options: Partial<ChannelOptions<Item>> = {},
  ) {
    this.clock = (options.clock as VirtualClock | undefined) ?? createVirtualClock();
    this.channel = createChannel<Item>({
      overflow: unbounded,
      clock: this.clock,
      perItemOverheadBytes: 0,
      sizeOf: (item) => item.size,
      stages: { slowConsumer: [rules].flat() as SlowConsumerRule[] },
      ...options,
      onDisconnect: (reason) => {
        if (reason !== 'disconnect.slow') throw new Error(`disconnected for ${reason}`);
        this.disconnects++;
        this.disconnectedAtMs = this.clock.nowNs() / 1e6;
        // What the owner of a connection does then.
        this.channel.discardQueued(reason);
        this.channel.close();
      },
    });
  }

  offer(size = 1, count = 1): unknown[] {
    return Array.from({ length: count }, () => this.channel.offer({ size }));
  }

  take(count = 1): void {
    for (let i = 0; i < count; i++) {
      const item = this.channel.tryTake();
      if (item !== undefined) this.flying.push(item);
    }
  }

  /** Ends the oldest write under way; starts one if none is. */
  deliver(count = 1): void {
    for (let i = 0; i < count; i++) {
      if (this.flying.length === 0) this.take();
      const item = this.flying.shift();
      if (item !== undefined) this.channel.delivered(item);
    }
  }

  advanceMs(ms: number): void {
    this.clock.advanceNs(Math.round(ms * 1e6));
  }
}
