/** What every scheduler and queue management keeps, over the registries: add one, and it is tested here. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUnaccounted } from '../../src/core/ledger.ts';
import type { StrategySpec } from '../../src/core/strategy.ts';
import { AQMS } from '../../src/system/aqm/registry.ts';
import type { Key } from '../../src/system/channel/entry.ts';
import dropOldest from '../../src/system/overflow/drop-oldest.ts';
import { SCHEDULERS } from '../../src/system/scheduling/registry.ts';
import type { Scheduler, SchedulingDefinition } from '../../src/system/scheduling/scheduler.ts';
import { buildChannel } from '../../src/system/strategies/build.ts';
import { drain, HandClock, type Making, openQueue, SEED } from '../scheduling/queue.ts';
import { REFERENCES } from '../scheduling/references.ts';
import { findScalingProblem } from '../scheduling/scaling.ts';
import { play, schedules } from '../scheduling/schedules.ts';

const ALL = Object.entries<SchedulingDefinition>(SCHEDULERS);

it('has a reference for every scheduler', () => {
  expect(Object.keys(REFERENCES).toSorted()).toEqual(Object.keys(SCHEDULERS).toSorted());
});

describe.each(ALL)('%s', (name, definition) => {
  it('does what its reference does, whatever is evicted, replaced or discarded, and with a broken clock', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(play(name, definition, schedule)).toBeUndefined();
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('answers the same until something changes, however often it is asked', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        expect(play(name, askThrice(definition), schedule)).toBeUndefined();
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('keeps the order that it declares, and breaks any other', () => {
    const orders = { never: true, flow: true, class: true };
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }))), (jobs) => {
        const channel = openQueue({ scheduling: definition, clock: new HandClock() });
        jobs.forEach(([klass, flow], id) => {
          channel.offer({ id, class: klass, flow, size: 9000 });
        });
        const order = drain(channel);
        orders.never &&= isRising(order);
        for (const n of [0, 1, 2]) {
          orders.class &&= isRising(order.filter((id) => jobs[id]?.[0] === n));
          orders.flow &&= isRising(order.filter((id) => jobs[id]?.[1] === n));
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
    const { reorders = 'never' } = definition.effects;
    const inOrder = name === 'adaptive-lifo' || reorders === 'never';
    expect(orders).toEqual({
      never: inOrder,
      flow: inOrder || reorders === 'across-flows',
      class: inOrder || reorders === 'across-classes',
    });
  });

  it('does the same whatever the flows are called', () => {
    const play = (names: readonly Key[]): number[] => {
      const channel = openQueue({ scheduling: definition, clock: new HandClock() });
      for (let id = 0; id < 60; id++) {
        channel.offer({ id, class: id % 3, flow: names[(id * 7) % 4] as Key, size: 1000 * (1 + (id % 9)) });
      }
      return drain(channel);
    };
    const expected = play(['a', 'b', 'c', 'd']);
    expect(play(['d', 'c', 'a', 'b'])).toEqual(expected);
    expect(play([4, 3, 'x', -1])).toEqual(expected);
  });

  it('is built from a strategy, with its defaults, and closes its ledger', () => {
    const { name: overflow } = dropOldest;
    const spec: StrategySpec = {
      text: name,
      stages: [
        { stage: 'overflow', name: overflow, params: { capacityItems: 8 } },
        { stage: 'scheduling', name, params: {} },
      ],
    };
    const channel = buildChannel<number>(spec, {
      clock: new HandClock(),
      sizeOf: () => 10,
      classOf: (item) => item % 3,
      flowOf: (item) => item % 2,
    });
    for (let item = 0; item < 20; item++) channel.offer(item);
    const taken: number[] = [];
    for (let item = channel.tryTake(); item !== undefined; item = channel.tryTake()) {
      taken.push(item);
      channel.delivered(item);
    }
    expect(taken.toSorted((a, b) => a - b)).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    expect(findUnaccounted(channel.ledger())).toBe(0);
  });

  it('needs the indices that it names, and drops only with a reason that it names', () => {
    const { needs = [], effects, dropReason, reasons } = definition;
    expect(needs).toEqual([...(effects.readsClass ? ['class'] : []), ...(effects.readsFlow ? ['flow'] : [])]);
    expect(reasons).toEqual(dropReason === undefined ? [] : [dropReason]);
    expect(effects.drops ?? false).toBe(dropReason !== undefined);
  });
});

describe.each([
  ...ALL.map(([name, scheduling]) => [name, { scheduling }] as const),
  ...Object.entries(AQMS).map(([name, aqm]) => [name, { aqm }] as const),
])('%s', (_name, subject) => {
  it('does the same at eight times the scale: it has no constant of its own', () => {
    expect(findScalingProblem(subject)).toBeUndefined();
  });
});

function isRising(ids: readonly number[]): boolean {
  return ids.every((id, at) => at === 0 || id > (ids[at - 1] as number));
}

function askThrice(making: SchedulingDefinition): Making {
  return {
    ...making,
    create: <T>(params: Readonly<Record<string, number | string>>): Scheduler<T> => {
      const scheduler = making.create<T>(params);
      const once = scheduler.next.bind(scheduler);
      scheduler.next = (queue, nowNs) => {
        const answers = [once(queue, nowNs), once(queue, nowNs), once(queue, nowNs)];
        if (new Set(answers).size > 1) throw new Error('next changed its mind');
        return answers[0];
      };
      return scheduler;
    },
  };
}
