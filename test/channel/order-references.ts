/** Which queued item leaves next, by each scheduler's own rule, found by looking at all of them. */
import { NS_PER_MS } from '../../src/core/clock.ts';
import { costOf, type Held } from './item.ts';
import type { ChannelModel } from './model.ts';

export interface Order {
  pick(queue: readonly Held[], model: ChannelModel): Held | undefined;
  entered?(held: Held, wasEmpty: boolean, model: ChannelModel): void;
  left?(held: Held, taken: boolean, model: ChannelModel): void;
}

export const ORDERS: Record<string, () => Order> = {
  none: () => ({ pick: (queue) => queue[0] }),
  fifo: () => ({ pick: (queue) => queue[0] }),
  lifo: () => ({ pick: (queue) => queue.at(-1) }),
  'strict-priority': () => ({ pick: (queue) => least(queue, (held) => [held.class, held.rank]) }),
  'priority+aging': () => ({
    pick: (queue, model) => {
      const agingNs = Number(model.setup.schedulerParams['agingMs']) * NS_PER_MS;
      const heads = [...Map.groupBy(queue, (held) => held.class).values()].map(
        (lane) => least(lane, ({ rank }) => [rank]) as Held,
      );
      return least(heads, (held) => [
        held.class - Math.floor((model.nowNs - held.sinceNs) / agingNs),
        held.sinceNs,
        held.class,
      ]);
    },
  }),
  'adaptive-lifo': () => {
    let emptyNs = 0;
    return {
      entered: (_held, wasEmpty, model) => {
        if (wasEmpty) emptyNs = model.nowNs;
      },
      pick: (queue, model) => {
        const withinNs = Number(model.setup.schedulerParams['withinMs']) * NS_PER_MS;
        return model.nowNs - emptyNs <= withinNs ? queue[0] : queue.at(-1);
      },
    };
  },
  drr: () => createDeficitOrder(),
};

/** The first of the least, compared by one number after the other. */
function least(queue: readonly Held[], rank: (held: Held) => number[]): Held | undefined {
  return queue.toSorted((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    const at = first.findIndex((value, i) => value !== second[i]);
    return at < 0 ? 0 : (first[at] as number) - (second[at] as number);
  })[0];
}

/** One quantum for each visit, visit after visit: nothing is worked out ahead. */
function createDeficitOrder(): Order {
  const round: string[] = [];
  const deficits = new Map<string, number>();
  let hasTurn = false;
  return {
    entered: ({ flow }) => {
      if (round.includes(flow)) return;
      round.push(flow);
      deficits.set(flow, 0);
    },
    left: ({ item, flow }, taken, { queue }) => {
      if (taken) deficits.set(flow, (deficits.get(flow) as number) - costOf(item));
      if (queue.some((other) => other.flow === flow)) return;
      if (round[0] === flow) hasTurn = false;
      round.splice(round.indexOf(flow), 1);
    },
    pick: (queue, model) => {
      const quantum = Number(model.setup.schedulerParams['quantumBytes']);
      for (;;) {
        const flow = round[0];
        if (flow === undefined) return undefined;
        const own = queue.filter((held) => held.flow === flow);
        const head = least(own, ({ rank }) => [rank]) as Held;
        if (!hasTurn) deficits.set(flow, (deficits.get(flow) as number) + quantum);
        hasTurn = costOf(head.item) <= (deficits.get(flow) as number);
        if (hasTurn) return head;
        round.push(round.shift() as string);
      }
    },
  };
}
