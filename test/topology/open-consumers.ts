/** Several consumers of one boundary under a topology. */
import { createVirtualClock, type VirtualClock } from '../../src/core/clock.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import type { TopologyDefinition } from '../../src/system/topology/topology.ts';

export interface Consumers {
  readonly clock: VirtualClock;
  readonly shared: unknown;
  open(options?: Partial<ChannelOptions<number>>): Channel<number>;
}

export function openConsumers(
  definition: TopologyDefinition,
  given: Record<string, number | string> = {},
  common: Partial<ChannelOptions<number>> = {},
): Consumers {
  const clock = createVirtualClock();
  const params = { ...defaultsOf(definition), ...given };
  const shared = definition.createShared?.(params);
  return {
    clock,
    shared,
    open: (options = {}) =>
      definition.create<number>(
        params,
        createChannel,
        { overflow: OVERFLOW_POLICIES['drop-newest'], capacityItems: 4, clock, ...common, ...options },
        shared,
      ),
  };
}

/** Takes and delivers everything that is there. */
export function drain(channel: Channel<number>): number[] {
  const items: number[] = [];
  for (let item = channel.tryTake(); item !== undefined; item = channel.tryTake()) {
    channel.delivered(item);
    items.push(item);
  }
  return items;
}
