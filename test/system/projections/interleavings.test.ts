/** Whatever the bus loses, whenever the store answers: what a projection makes of it is that of a straight run. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import { type FeedEvent, PLAIN_EVENT } from '../../../src/system/event.ts';
import { EventCounts } from '../../../src/system/projections/event-counts.ts';
import { latestOfEachFlow, latestOfEachKey } from '../../../src/system/projections/latest-events.ts';
import { Projections } from '../../../src/system/projections/projections.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { WaitGraph } from '../../../src/system/resources/wait-graph.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { StoreFolder, textEvent } from '../../helpers/store.ts';
import { type BusItem, HeldStore, LOCKED, Rig, settle } from './rig.ts';

const KEYS = [null, 'a', 'b', 'c', 'd'] as const;
const TYPES = ['', 'order', 'note'] as const;
const STATE_ITEMS = 6;

/** Strategies that lose, replace, hold, refuse or give up, as far as a feed may have them. */
const STRATEGIES = [
  'ring-lag,capacity=4',
  'ring-lag,capacity=4,resume=latest',
  'ring-gated,capacity=4',
  'block,capacity=4',
  'timeout,capacity=4,deadline=20ms',
  'drop-oldest,capacity=4',
  'drop-newest,capacity=4',
  'evict-newest,capacity=4',
  'evict-all,capacity=4',
  'latest',
  'coalesce,position=tail,capacity=4',
  'debounce,quiet=20ms + drop-oldest,capacity=4',
  'batch,window=20ms + drop-oldest,capacity=4',
  'drop-oldest,capacity=16 + ttl,ttl=10ms',
  'relay,capacity=4 + drop-newest,capacity=4',
  'fail,capacity=4',
  'drop-oldest,capacity=16 + disconnect-lag,items=8',
] as const;

type Step =
  | { readonly do: 'publish'; readonly count: number; readonly key: number; readonly type: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'answer'; readonly isLocked: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 12 }),
      key: fc.nat(KEYS.length - 1),
      type: fc.nat(TYPES.length - 1),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ do: fc.constant('answer' as const), isLocked: fc.boolean() }),
  ),
  { maxLength: 30 },
);

const scripts = fc.record({
  steps,
  before: fc.nat(8),
  serviceTimeMs: fc.constantFrom(0, 1, 7),
  pageEvents: fc.integer({ min: 1, max: 5 }),
});

async function play(rig: Rig, script: readonly Step[]): Promise<void> {
  for (const step of script) {
    if (step.do === 'wait') await rig.runFor(step.ms);
    else if (step.do === 'answer') rig.store?.answer(step.isLocked ? LOCKED : undefined);
    else {
      for (let i = 0; i < step.count; i++) {
        void rig.publish({
          key: KEYS[(step.key + i) % KEYS.length] ?? null,
          type: TYPES[step.type] ?? '',
          flow: `flow ${(step.key * i) % 9}`,
          class: i % 3,
        });
      }
    }
    await settle();
  }
}

const idsOf = (events: Iterable<FeedEvent>): number[] => [...events].map(({ id }) => id);

/** What three projections make of events that come one after another. */
function stateOf(events: Iterable<FeedEvent>) {
  const state = {
    todoList: latestOfEachKey(STATE_ITEMS),
    userProfile: latestOfEachFlow(STATE_ITEMS),
    analytics: new EventCounts(),
  };
  for (const event of events) {
    state.todoList.take(event);
    state.userProfile.take(event);
    state.analytics.take(event);
  }
  return readState(state);
}

const readState = ({
  todoList,
  userProfile,
  analytics,
}: Pick<Projections<BusItem>, 'todoList' | 'userProfile' | 'analytics'>) => ({
  todoList: idsOf(todoList),
  userProfile: idsOf(userProfile),
  counts: TYPES.map((type) => [0, 1, 2].map((klass) => analytics.countOf(type, klass))),
  total: analytics.total,
});

describe.each(STRATEGIES)('%s', (strategy) => {
  it('each event once, in order, and the states of a straight run', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async ({ steps: script, before, serviceTimeMs, pageEvents }) => {
        const store = new HeldStore();
        store.pageEvents = pageEvents;
        const rig = new Rig({ strategy, settings: { serviceTimeMs }, stateItems: STATE_ITEMS, store });
        for (let i = 0; i < before; i++) void rig.publish();
        const projections = rig.openAll();
        const { projection, given } = rig.openOne();
        await play(rig, script);
        store.isPrompt = true;
        while (store.asked > 0) store.answer();
        await rig.runFor(60_000);
        expect(idsOf(given)).toEqual(idsOf(rig.published));
        expect(readState(projections)).toEqual(stateOf(rig.published));
        const head = rig.published.length;
        expect(projections.sample().map(({ lag }) => lag)).toEqual([0, 0, 0]);
        const { missed, recovered } = projection.sample(head);
        expect(recovered).toBeGreaterThanOrEqual(missed);
        await Promise.all([projections.finish(), projection.finish()]);
        const { ledger, depthItems, waiters } = rig.bus.sample();
        const { unaccounted, queued, blocked, inFlight } = ledger;
        expect([unaccounted, queued, blocked, inFlight, depthItems, waiters]).toEqual([0, 0, 0, 0, 0, 0]);
        expect([rig.tasks.open, rig.waits.size]).toEqual([0, 0]);
      }),
      { numRuns: 30, seed: 4711 },
    );
  });

  it('ends at any moment, in order or cut off, and leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, fc.boolean(), async ({ steps: script, serviceTimeMs }, isFinishing) => {
        const rig = new Rig({ strategy, settings: { serviceTimeMs } });
        const projections = rig.openAll();
        await play(rig, script);
        const finished = isFinishing ? projections.finish() : undefined;
        await rig.runFor(3);
        projections.abandon();
        await finished;
        await settle();
        const { unaccounted, queued, blocked, inFlight } = rig.bus.sample().ledger;
        expect([unaccounted, queued, blocked, inFlight]).toEqual([0, 0, 0, 0]);
        expect([rig.tasks.open, rig.waits.size]).toEqual([0, 0]);
        await rig.runFor(5000);
        expect(rig.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 20, seed: 4711 },
    );
  });
});

it('skip: the same schedules lose exactly what was missed, and the states differ', async () => {
  const rig = new Rig({ strategy: 'ring-lag,capacity=4', settings: { serviceTimeMs: 1, onLag: 'skip' } });
  const projections = rig.openAll();
  for (let i = 0; i < 50; i++) void rig.publish({ key: `key ${i % 7}`, flow: `flow ${i}` });
  await rig.runFor(1000);
  expect(projections.sample()).toMatchObject(
    Array(3).fill({ lag: 0, processed: 5, missed: 45, recovered: 0 }),
  );
  expect(projections.analytics.total).toBe(5);
  expect(idsOf(projections.todoList)).not.toEqual(stateOf(rig.published).todoList);
});

describe('on the real store', () => {
  async function follow(onLag: 'replay' | 'skip', events: number) {
    using folder = new StoreFolder();
    await using store = Object.assign(await folder.open(), {
      [Symbol.asyncDispose]: () => store.close(),
    });
    const clock = createHostClock(takeEpochNs());
    const bus = new Boundary<BusItem>({
      name: 'sse.bus',
      strategy: parseStrategy('ring-lag,capacity=16', 'sse.bus'),
      clock,
      random: createRandom(1, 'bus'),
    });
    const [tasks, waits] = [new TaskRegistry(), new WaitGraph(clock)];
    const projections = new Projections<BusItem>({
      settings: { serviceTimeMs: 0.05, onLag },
      stateItems: 20,
      eventOf: ({ event }) => event,
      ...{ bus, store, clock, tasks, waits },
    });
    for (let sent = 0; sent < events; sent += 500) {
      const appended = await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          store.append(
            textEvent(`event ${i}`, { key: i % 3 === 0 ? null : `key ${(i * i) % 37}`, flow: `${i % 11}` }),
          ),
        ),
      );
      for (const event of appended) {
        void projections.publish({ ...PLAIN_EVENT, event, key: event.key ?? event.id, bytes: 100 });
      }
    }
    await vi.waitUntil(() => projections.sample().every(({ lag }) => lag === 0), { timeout: 10_000 });
    const state = idsOf(projections.todoList);
    const latest = idsOf(await store.readLatest(20));
    const { total } = projections.analytics;
    await projections.finish();
    return { state, latest, total, samples: projections.sample(), ledger: bus.sample().ledger };
  }

  it('replay: the list is what the store itself says is the latest of each key', async () => {
    const { state, latest, total, samples, ledger } = await follow('replay', 3000);
    expect(state).toEqual(latest);
    expect(total).toBe(3000);
    for (const { missed, recovered, processed } of samples) {
      expect([processed, recovered]).toEqual([3000, missed]);
      expect(missed).toBeGreaterThan(1000);
    }
    expect(ledger).toMatchObject({ offered: 9000, unaccounted: 0, queued: 0, inFlight: 0 });
  });

  it('skip: it is not', async () => {
    const { total, samples } = await follow('skip', 3000);
    const analytics = samples.find(({ name }) => name === 'analytics');
    expect(total).toBe(3000 - (analytics?.missed ?? 0));
    expect(total).toBeLessThan(2000);
  });
});
