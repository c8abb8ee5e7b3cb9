import { describe, expect, it } from 'vitest';
import { type Clock, createVirtualClock } from '../../src/core/clock.ts';
import { createEmptyLedger } from '../../src/core/ledger.ts';
import type { StageSpec } from '../../src/core/strategy.ts';
import type { ChannelOptions } from '../../src/system/channel/channel.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { buildChannel, createSharedState } from '../../src/system/strategies/build.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { TOPOLOGIES } from '../../src/system/topology/registry.ts';
import type { SharedRing } from '../../src/system/topology/shared-ring.ts';
import type { TopologyDefinition } from '../../src/system/topology/topology.ts';
import { countListeners } from '../topology/count-listeners.ts';
import { findGrowth, findLeftReader, findSilentGap } from '../topology/feed-checks.ts';
import { drain, openConsumers } from '../topology/open-consumers.ts';

interface Expected {
  readonly defaults: Record<string, number | string>;
  /** With 4 places in each queue: what is left of 1 to 12 offered to one consumer that takes nothing. */
  readonly survivors: readonly number[];
  readonly dropped: Record<string, number>;
  /** Offers that wait, of those. */
  readonly blocked: number;
}

/** What only this topology does. A new one adds a row. */
const EXPECTED: Record<string, Expected> = {
  'per-sub-queue': {
    defaults: {},
    survivors: [1, 2, 3, 4],
    dropped: { 'overflow.drop-newest': 8 },
    blocked: 0,
  },
  relay: {
    defaults: { capacityItems: 256, windowItems: 0, batchItems: 1 },
    survivors: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    dropped: { 'overflow.drop-newest': 3 },
    blocked: 0,
  },
  'ring-lag': {
    defaults: { capacityItems: 256, capacityBytes: 1024 ** 2, resume: 'oldest' },
    survivors: [9, 10, 11, 12],
    dropped: { lag: 8 },
    blocked: 0,
  },
  'ring-gated': {
    defaults: { capacityItems: 256, capacityBytes: 1024 ** 2 },
    survivors: [1, 2, 3, 4],
    dropped: {},
    blocked: 8,
  },
};

const ALL = Object.values<TopologyDefinition>(TOPOLOGIES);
const SOUND = ALL.filter((definition) => !definition.specimen);
const { block } = OVERFLOW_POLICIES;

const openSmall = (definition: TopologyDefinition, common: Partial<ChannelOptions<number>> = {}) =>
  openConsumers(definition, definition.name === 'per-sub-queue' ? {} : { capacityItems: 4 }, common);

it('every sound topology has a row of this suite, and specimens are marked', () => {
  expect(Object.keys(EXPECTED).toSorted()).toEqual(SOUND.map(({ name }) => name).toSorted());
  for (const { name, specimen } of ALL) expect(specimen ?? false).toBe(name.startsWith('as-written/'));
});

describe.each(SOUND)('topology $name', (definition) => {
  const expected = EXPECTED[definition.name] as Expected;

  it('has the defaults of the catalogue', () => {
    expect(defaultsOf(definition)).toEqual(expected.defaults);
  });

  it('keeps the right items of a consumer that takes nothing, in order, and counts the rest', () => {
    const channel = openSmall(definition).open();
    for (let item = 1; item <= 12; item++) {
      void channel.offer(item);
      expect(channel.ledger().unaccounted).toBe(0);
    }
    expect(channel.ledger()).toMatchObject({
      offered: 12,
      dropped: expected.dropped,
      blocked: expected.blocked,
    });
    expect([channel.depthItems, channel.waiters]).toEqual([expected.survivors.length, expected.blocked]);
    expect(channel.depthItems).toBeLessThanOrEqual(channel.capacityItems);
    expect(drain(channel).slice(0, expected.survivors.length)).toEqual(expected.survivors);
  });

  it('accounts for every item after each step, with several consumers', () => {
    const consumers = openSmall(definition);
    const channels = [consumers.open(), consumers.open(), consumers.open()];
    for (let item = 1; item <= 60; item++) {
      channels.forEach((channel, index) => {
        if (item % (index + 2) !== 0) void channel.offer(item);
        if (item % (index + 1) === 0) {
          const taken = channel.tryTake();
          if (taken !== undefined && item % 5 === 0) channel.failed(taken, 'write');
          else if (taken !== undefined) channel.delivered(taken);
        }
      });
      for (const channel of channels) {
        const { unaccounted, queued } = channel.ledger();
        expect([unaccounted, queued]).toEqual([0, channel.depthItems]);
      }
    }
  });

  it('gives every consumer its own items in the order of their offers', () => {
    const consumers = openSmall(definition);
    const [a, b] = [consumers.open(), consumers.open()];
    const got: [number[], number[]] = [[], []];
    for (let item = 1; item <= 30; item++) {
      void a.offer(item);
      if (item % 3 !== 0) void b.offer(item);
      got[0].push(...drain(a));
      got[1].push(...drain(b));
    }
    expect(got[0]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(got[1]).toEqual(got[0].filter((item) => item % 3 !== 0));
  });

  it('moves an item from queued through in flight to delivered, with its cost', () => {
    const channel = openSmall(definition).open({ sizeOf: (item) => item });
    void channel.offer(36);
    expect([channel.depthItems, channel.bytes, channel.inFlightBytes]).toEqual([1, 100, 0]);
    expect(channel.tryTake()).toBe(36);
    expect([channel.depthItems, channel.bytes, channel.inFlightItems, channel.inFlightBytes]).toEqual([
      0, 0, 1, 100,
    ]);
    channel.delivered(36);
    expect(channel.ledger()).toEqual({ ...createEmptyLedger(), offered: 1, delivered: 1 });
  });

  it('tells the end of every item exactly once, with the reason of the ledger', () => {
    const ends: string[] = [];
    const channel = openSmall(definition).open({
      onEnd: (item, end, reason) => void ends.push(`${item} ${end} ${reason}`),
    });
    for (let item = 1; item <= 12; item++) void channel.offer(item);
    channel.delivered(channel.tryTake() as number);
    channel.failed(channel.tryTake() as number, 'write');
    channel.discardQueued('shutdown');
    channel.close();
    void channel.offer(13);
    expect(ends.map((end) => Number.parseInt(end, 10)).toSorted((x, y) => x - y)).toEqual(
      Array.from({ length: 13 }, (_, i) => i + 1),
    );
    const { delivered, dropped, failed, queued, blocked, inFlight, unaccounted } = channel.ledger();
    expect([delivered, failed, queued, blocked, inFlight, unaccounted]).toEqual([
      1,
      { write: 1, closed: 1 },
      0,
      0,
      0,
      0,
    ]);
    for (const [reason, count] of Object.entries(dropped)) {
      expect(ends.filter((end) => end.endsWith(` dropped ${reason}`)).length).toBe(count);
    }
  });

  it('counts nothing but its own reasons, those of the policy and those of every channel', () => {
    const channel = openSmall(definition).open({ sizeOf: (item) => item, capacityBytes: 0, maxWaiters: 3 });
    for (let item = 1; item <= 20; item++) void channel.offer(item);
    void channel.offer(21, AbortSignal.abort());
    const reasons = new Set([...definition.reasons, 'overflow.drop-newest', 'cancelled', 'too_large']);
    expect(Object.keys(channel.ledger().dropped).filter((reason) => !reasons.has(reason))).toEqual([]);
  });

  it('takes nothing after close, lets what is queued be taken, and wakes every taker once', async () => {
    const channel = openSmall(definition).open();
    void channel.offer(1);
    channel.close();
    channel.close();
    expect([channel.closed, channel.offer(2), channel.take(), channel.take()]).toEqual([
      true,
      'failed',
      1,
      undefined,
    ]);
    expect(channel.ledger()).toMatchObject({
      offered: 2,
      inFlight: 1,
      failed: { closed: 1 },
      unaccounted: 0,
    });
    const idle = openSmall(definition).open();
    const takers = [idle.take(), idle.take()];
    idle.close();
    expect(await Promise.all(takers)).toEqual([undefined, undefined]);
  });

  it('settles every waiting offer, whether it is admitted, cancelled, discarded or closed away', async () => {
    for (const how of ['take', 'cancel', 'discard', 'close'] as const) {
      const channel = openSmall(definition, { overflow: block }).open();
      const { abort, signal, live } = countListeners();
      const outcomes = Array.from({ length: 20 }, (_, item) => channel.offer(item, signal));
      expect(live()).toBe(channel.waiters);
      if (how === 'take') drain(channel);
      else if (how === 'cancel') abort.abort();
      else if (how === 'discard') channel.discardQueued('shutdown');
      else channel.close();
      const ends = new Set(await Promise.all(outcomes));
      expect([channel.waiters, live(), channel.ledger().blocked, channel.ledger().unaccounted]).toEqual([
        0, 0, 0, 0,
      ]);
      expect([...ends].every((end) => typeof end === 'string')).toBe(true);
    }
  });

  it('discards everything queued for one reason, answers how many, and can go on', () => {
    const channel = openSmall(definition).open();
    for (let item = 1; item <= 12; item++) void channel.offer(item);
    const before = channel.depthItems + channel.waiters;
    expect(channel.discardQueued('shutdown')).toBe(before);
    expect(channel.ledger()).toMatchObject({ queued: 0, blocked: 0, unaccounted: 0 });
    expect(channel.ledger().dropped['shutdown']).toBe(before);
    expect(channel.bytes).toBe(0);
    void channel.offer(13);
    expect(drain(channel)).toEqual([13]);
  });

  it('hands an item to the taker that waits longest; a cancelled one takes nothing', async () => {
    const channel = openSmall(definition).open();
    const abort = new AbortController();
    const takers = [channel.take(abort.signal), channel.take(), channel.take()];
    abort.abort();
    void channel.offer(1);
    void channel.offer(2);
    expect(await Promise.all(takers)).toEqual([undefined, 1, 2]);
    expect(channel.take(abort.signal)).toBeUndefined();
    expect(channel.ledger()).toMatchObject({ inFlight: 2, queued: 0 });
  });

  it('drops what can never fit as too_large, and what was cancelled before it came', () => {
    const size = definition.effects.replacesQueue ? { capacityItems: 4, capacityBytes: 100 } : {};
    const consumers = openConsumers(definition, size, { capacityBytes: 100, sizeOf: (item) => item });
    const channel = consumers.open();
    expect([channel.offer(37), channel.offer(1, AbortSignal.abort()), channel.offer(36)]).toEqual([
      'dropped',
      'dropped',
      'queued',
    ]);
    expect(channel.ledger().dropped).toEqual({ too_large: 1, cancelled: 1 });
  });

  it('counts an item that was refused before, and one that is delivered twice', () => {
    let ended = 0;
    const channel = openSmall(definition).open({ onEnd: () => void ended++ });
    channel.refuse('admission.memory');
    void channel.offer(1);
    channel.tryTake();
    channel.delivered(1);
    channel.delivered(1);
    expect(channel.ledger()).toMatchObject({
      offered: 2,
      dropped: { 'admission.memory': 1 },
      unaccounted: -1,
    });
    expect(ended).toBe(1);
  });

  it('refuses undefined and counts nothing then', () => {
    const channel = openSmall(definition).open();
    expect(() => channel.offer(undefined as unknown as number)).toThrow(
      expect.objectContaining({ code: 'BPB_ERR_INTERNAL' }),
    );
    expect(channel.ledger()).toEqual(createEmptyLedger());
  });

  it('holds a clock that goes back', () => {
    const real = createVirtualClock();
    let backNs = 0;
    const clock: Clock = { nowNs: () => real.nowNs() - backNs, setTimer: real.setTimer };
    const channel = openSmall(definition, { overflow: block, clock }).open();
    for (let item = 1; item <= 12; item++) void channel.offer(item);
    real.advanceNs(5e6);
    const before = channel.blockedMs;
    expect(before).toBe(channel.waiters * 5);
    backNs = 4e6;
    expect(channel.blockedMs).toBe(before);
    drain(channel);
    expect(channel.blockedMs).toBe(before);
    expect(channel.ledger().unaccounted).toBe(0);
  });

  it('asks slow-consumer rules, wakes them, and tells once that the connection ends', () => {
    const told: string[] = [];
    const views: number[] = [];
    const left: string[] = [];
    const consumers = openSmall(definition);
    const channel = consumers.open({
      stages: {
        slowConsumer: [
          {
            wakeAtNs: 1e6,
            observe: (consumer, nowNs) => {
              views.push(consumer.pendingItems);
              return nowNs >= 1e6 ? 'disconnect' : 'ok';
            },
            onLeave: () => void left.push('left'),
          },
        ],
      },
      onDisconnect: (reason) => void told.push(reason),
    });
    void channel.offer(1);
    void channel.offer(2);
    expect([told, Math.max(...views)]).toEqual([[], 2]);
    consumers.clock.advanceNs(2e6);
    expect(told).toEqual(['disconnect.slow']);
    channel.discardQueued('disconnect.slow');
    channel.close();
    expect([told, left, channel.ledger().dropped]).toEqual([
      ['disconnect.slow'],
      ['left'],
      { 'disconnect.slow': 2 },
    ]);
  });

  it('a rule that pauses makes producers wait, with their items taken in, until it says ok', async () => {
    let verdict: 'pause' | 'ok' = 'pause';
    const channel = openSmall(definition).open({
      stages: { slowConsumer: [{ wakeAtNs: Number.POSITIVE_INFINITY, observe: () => verdict }] },
    });
    const outcome = channel.offer(1);
    expect(channel.ledger()).toMatchObject({ queued: 1, blocked: 0 });
    expect(channel.depthItems).toBe(1);
    verdict = 'ok';
    channel.delivered(channel.tryTake() as number);
    expect(await outcome).toBe('queued');
    expect([channel.waiters, channel.offer(2)]).toEqual([0, 'queued']);
  });
});

describe('what a stalled consumer costs the others', () => {
  it.each([
    ['per-sub-queue', 100],
    ['relay', 100],
    ['ring-lag', 100],
    ['ring-gated', 4],
  ] as const)('%s: the other consumer gets %i of 100 items', (name, count) => {
    const consumers = openSmall(TOPOLOGIES[name]);
    const [stalled, steady] = [consumers.open(), consumers.open()];
    let got = 0;
    for (let item = 1; item <= 100; item++) {
      for (const channel of [stalled, steady]) void channel.offer(item);
      got += drain(steady).length;
    }
    expect(got).toBe(count);
    stalled.discardQueued('disconnect.slow');
    expect(got + drain(steady).length).toBe(100);
  });
});

describe('a strategy with a ring', () => {
  it.each(['ring-lag', 'ring-gated'] as const)('%s: the queues of one boundary share one ring', (name) => {
    const spec = { text: name, stages: [{ stage: 'topology' as const, name, params: { capacityItems: 4 } }] };
    const shared = createSharedState(spec, () => 0);
    const options = { clock: createVirtualClock() };
    const channels = [1, 2, 3].map(() => buildChannel<number>(spec, options, shared));
    for (let item = 1; item <= 2; item++) for (const channel of channels) void channel.offer(item);
    const ring = shared.byStage.get(spec.stages[0] as StageSpec) as SharedRing<number>;
    expect([ring.readers, ring.tail]).toEqual([3, 2]);
    expect(channels.map((channel) => drain(channel))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });
});

describe('specimens', () => {
  it('ironstar-block: the feed of a client that stalls is silently dead', () => {
    expect(findSilentGap(TOPOLOGIES['as-written/ironstar-block'])).toBe(
      'P21: dead after 65 items, the last one 65',
    );
    expect(findSilentGap(TOPOLOGIES['ring-lag'])).toBeUndefined();
  });

  it('relay-first-full-kills: the first full queue ends the feed silently', () => {
    expect(findSilentGap(TOPOLOGIES['as-written/relay-first-full-kills'])).toBe(
      'P21: dead after 4 items, the last one 4',
    );
    expect(findSilentGap(TOPOLOGIES.relay)).toBeUndefined();
  });

  it('ironstar-drop-newest: one reader of the ring stays for each client that has gone', () => {
    expect(findLeftReader(TOPOLOGIES['as-written/ironstar-drop-newest'])).toMatch(/^P33: 51 readers/);
    expect(findLeftReader(TOPOLOGIES['ring-lag'])).toBeUndefined();
    expect(findLeftReader(TOPOLOGIES['ring-gated'])).toBeUndefined();
  });

  it('relay-unbounded: the queue before the forwarder grows', () => {
    expect(findGrowth(TOPOLOGIES['as-written/relay-unbounded'])).toMatch(/^P2: 10 items queued/);
    expect(findGrowth(TOPOLOGIES.relay)).toBeUndefined();
  });

  it.each(['as-written/ironstar-block', 'as-written/relay-first-full-kills'] as const)(
    '%s: its ledger does not add up, and its owner still gets every budget back',
    (name) => {
      let ended = 0;
      const channel = openConsumers(TOPOLOGIES[name]).open({ onEnd: () => void ended++ });
      for (let item = 1; item <= 700; item++) void channel.offer(item);
      drain(channel);
      expect(channel.ledger().unaccounted).toBeGreaterThan(200);
      channel.discardQueued('disconnect.peer');
      channel.close();
      expect(ended).toBe(700);
    },
  );
});
