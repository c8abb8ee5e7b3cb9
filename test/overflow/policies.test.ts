/** What single policies promise beyond the contract that they all share. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { configure } from './configurations.ts';
import { type Item, makeItem, Probe } from './probe.ts';
import {
  findCoalesceProblem,
  findHeadroomProblem,
  findPriorityProblem,
  headroomLoads,
  playOffers,
} from './promises.ts';
import { SEED, settle } from './schedules.ts';

const policies: Record<keyof typeof OVERFLOW_POLICIES, OverflowPolicy> = OVERFLOW_POLICIES;

describe('defaults', () => {
  it('are those of the catalogue', () => {
    const withParams = Object.values(policies).filter(({ params }) => params.length > 0);
    expect(Object.fromEntries(withParams.map((policy) => [policy.name, defaultsOf(policy)]))).toEqual({
      timeout: { deadlineMs: 100, fallback: 'drop-newest' },
      coalesce: { position: 'keep', inner: 'drop-newest' },
      merge: { scope: 'key', inner: 'drop-newest' },
      'evict-lowest-priority': { strict: 'true' },
      reserve: { reserve: 0.2, reserveNormal: 0, critical: 'fail' },
      'evict-longest': { batch: 64 },
      spill: { diskBytes: 268_435_456, segmentBytes: 8_388_608, fsync: 'never', onDiskFull: 'block' },
      fail: { drainBeforeFail: 'false' },
      unbounded: { guardBytes: 536_870_912 },
    });
  });

  it.each([
    ['reserve', { reserve: 1 }, 'reserve must be below 100%'],
    ['reserve', { reserve: Number.NaN }, 'reserve must be below 100%'],
    ['reserve', { reserve: 1, reserveNormal: 1 }, 'reserve must be below 100%'],
    ['reserve', { reserve: 0.1, reserveNormal: 0.2 }, 'reserveNormal must not be above reserve'],
    ['reserve', { reserve: 0.999, reserveNormal: 0.999 }, undefined],
    ['spill', { segmentBytes: 2048, diskBytes: 1024 }, 'segmentBytes must not be above diskBytes'],
    ['spill', { segmentBytes: 1024, diskBytes: 1024 }, undefined],
  ] as const)('%s %j: %s', (name, params, problem) => {
    const found = policies[name].findProblem?.({ ...defaultsOf(policies[name]), ...params });
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(problem);
  });
});

describe('timeout', () => {
  it('lets a producer wait to its deadline and not a nanosecond longer', async () => {
    const probe = new Probe(configure(policies.timeout, { deadlineMs: 100 }), { capacityItems: 1 });
    probe.offer(makeItem(1));
    probe.offer(makeItem(2));
    probe.clock.advanceNs(100e6 - 1);
    expect(probe.channel.waiters).toBe(1);
    probe.clock.advanceNs(1);
    expect([probe.channel.waiters, probe.channel.blockedMs]).toEqual([0, 100]);
    await settle();
    expect(probe.outcomes.get(2)).toBe('dropped');
  });

  it('evicts for a late large item as often as it needs, and asks nobody to wait again', async () => {
    const policy = configure(policies.timeout, { fallback: 'drop-oldest' });
    const probe = new Probe(policy, { capacityItems: 9, capacityBytes: 40 });
    for (const id of [1, 2, 3, 4]) probe.offer(makeItem(id, { bytes: 10 }));
    expect(probe.offer(makeItem(5, { bytes: 25 }))).toBe('waits');
    probe.advanceMs(100);
    await settle();
    expect(probe.outcomes.get(5)).toBe('queued');
    expect(probe.channel.ledger().dropped).toEqual({ 'overflow.drop-oldest': 3 });
    probe.drain();
    expect(probe.delivered.map(({ id }) => id)).toEqual([4, 5]);
  });

  it('closes for a late item under fail, and settles everybody who waits once', async () => {
    const probe = new Probe(configure(policies.timeout, { fallback: 'fail' }), { capacityItems: 1 });
    for (const id of [1, 2, 3, 4]) probe.offer(makeItem(id));
    probe.advanceMs(100);
    await settle();
    expect([1, 2, 3, 4].map((id) => probe.outcomes.get(id))).toEqual([
      'queued',
      'dropped',
      'failed',
      'failed',
    ]);
    expect(probe.channel.ledger()).toMatchObject({ dropped: { block_timeout: 1 }, failed: { closed: 3 } });
    expect(probe.disconnected).toBe('block_timeout');
  });
});

describe('fail', () => {
  it.each([
    ['false', []],
    ['true', [1, 2, 3]],
  ])(
    'drainBeforeFail=%s: tells its owner to disconnect, and leaves %j to be taken',
    (drainBeforeFail, left) => {
      const probe = new Probe(configure(policies.fail, { drainBeforeFail }));
      for (const id of [1, 2, 3, 4, 5]) probe.offer(makeItem(id));
      expect([probe.channel.closed, probe.disconnected]).toEqual([true, 'overflow.fail']);
      probe.drain();
      expect(probe.delivered.map(({ id }) => id)).toEqual(left);
    },
  );
});

describe('latest', () => {
  it('has one place whatever the capacity says', () => {
    const probe = new Probe(policies.latest, { capacityItems: 50 });
    for (const id of [1, 2, 3]) probe.offer(makeItem(id));
    expect([probe.channel.capacityItems, probe.channel.depthItems, probe.channel.depthMax]).toEqual([
      1, 1, 1,
    ]);
  });
});

describe('P11: coalesce', () => {
  it.each([
    ['keep', 'drop-newest'],
    ['keep', 'drop-oldest'],
    ['tail', 'drop-newest'],
    ['tail', 'drop-oldest'],
  ])('%s, %s: one item for each key, and the last value of every key arrives', async (position, inner) => {
    const policy = configure(policies.coalesce, { position, inner });
    await fc.assert(
      fc.asyncProperty(playOffers, async (offers) => {
        expect(await findCoalesceProblem(policy, offers, position)).toBeUndefined();
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('counts by class what the one item that stays does not stand for', () => {
    const probe = new Probe(policies.coalesce);
    probe.offer(makeItem(1, { key: 'A', class: 0 }));
    probe.offer(makeItem(2, { key: 'A', class: 2 }));
    probe.drain();
    const classes = {};
    probe.channel.addClassesTo(classes);
    // The two became one, and one of class 0: a key keeps the highest class that it has had.
    expect(classes).toEqual({
      0: { offered: 1, delivered: 1, dropped: 0, coalesced: 0, failed: 0 },
      2: { offered: 1, delivered: 0, dropped: 0, coalesced: 1, failed: 0 },
    });
  });
});

describe('merge', () => {
  it('loses no part of what is folded, under any order of offers and takes', async () => {
    await fc.assert(
      fc.asyncProperty(playOffers, fc.constantFrom('key', 'tail'), async (offers, scope) => {
        const probe = new Probe(configure(policies.merge, { scope }), { capacityItems: 3 });
        for (const [index, one] of offers.entries()) {
          if (one.take) probe.take();
          else probe.offer(makeItem(index, { key: one.key }));
        }
        probe.drain();
        const parts = probe.delivered.flatMap(({ label }) => label.split('+')).map(Number);
        expect(parts.toSorted((a, b) => a - b)).toEqual(probe.offered.map(({ id }) => id));
        const { coalesced } = probe.channel.ledger();
        expect(coalesced['merge'] ?? 0).toBe(probe.offered.length - probe.delivered.length);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('leaves both as they were when their sum would not fit', () => {
    const probe = new Probe(policies.merge, { capacityItems: 9, capacityBytes: 50 });
    probe.offer(makeItem(1, { key: 'A', bytes: 30 }));
    expect(probe.offer(makeItem(2, { key: 'A', bytes: 30 }))).toBe('dropped');
    expect(probe.channel.ledger()).toMatchObject({ queued: 1, dropped: { 'overflow.drop-newest': 1 } });
    expect(probe.take()?.label).toBe('1');
  });
});

describe('P13: evict-lowest-priority', () => {
  it('drops no item while a lower one is queued whose place would do', async () => {
    await fc.assert(
      fc.property(playOffers, (offers) => {
        expect(findPriorityProblem(policies['evict-lowest-priority'], offers)).toBeUndefined();
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('P12: reserve', () => {
  it('loses nothing critical while its bursts are within the reserve and its rate within the service', () => {
    fc.assert(
      fc.property(headroomLoads, (load) => {
        expect(findHeadroomProblem(policies.reserve, load)).toBeUndefined();
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it.each([
    [256, 0.2, 205],
    [64, 0.2, 52],
    [4, 0.2, 4],
    [100, 0.29, 71],
    [100, 0.07, 93],
    [1, 0.99, 1],
  ])('of %d places keeps a share of %d free: %d are for class 2', (capacityItems, reserve, expected) => {
    const probe = new Probe(configure(policies.reserve, { reserve }), { capacityItems });
    for (let id = 1; id <= capacityItems; id++) probe.offer(makeItem(id, { class: 2 }));
    expect(probe.channel.depthItems).toBe(expected);
  });

  it('keeps the same share of bytes, so that a few large items do not take it', () => {
    const probe = new Probe(policies.reserve, { capacityItems: 100, capacityBytes: 1000 });
    for (let id = 1; id <= 9; id++) probe.offer(makeItem(id, { class: 2, bytes: 100 }));
    expect(probe.channel.bytes).toBe(800);
    expect(probe.offer(makeItem(10, { class: 0, bytes: 200 }))).toBe('queued');
    expect(probe.offer(makeItem(11, { class: 0, bytes: 1 }))).toBe('failed');
    expect(probe.channel.ledger()).toMatchObject({
      dropped: { 'priority.shed': 1 },
      failed: { 'overflow.reserve': 1 },
    });
  });

  it('sheds what is not critical while a critical offer waits, rather than let it overtake', () => {
    const probe = new Probe(configure(policies.reserve, { critical: 'block' }), {
      capacityItems: 9,
      capacityBytes: 100,
    });
    probe.offer(makeItem(1, { class: 0, bytes: 60 }));
    expect(probe.offer(makeItem(2, { class: 0, bytes: 60 }))).toBe('waits');
    expect(probe.offer(makeItem(3, { class: 1, bytes: 1 }))).toBe('dropped');
  });
});

describe('evict-longest', () => {
  it('takes half of the longest flow from its head at a time, and nothing from the others', () => {
    const probe = new Probe(policies['evict-longest'], { capacityItems: 12 });
    const flows = 'xxxxyxxxxyxx';
    [...flows].forEach((flow, index) => {
      probe.offer(makeItem(index + 1, { flow, bytes: 8 }));
    });
    probe.offer(makeItem(13, { flow: 'y', bytes: 8 }));
    expect(probe.ends.map(([item]: [Item, ...unknown[]]) => item.id)).toEqual([1, 2, 3, 4, 6]);
  });

  it('judges by bytes, not by items, and evicts at least one', () => {
    const probe = new Probe(policies['evict-longest'], { capacityItems: 4 });
    probe.offer(makeItem(1, { flow: 'x', bytes: 100 }));
    for (const id of [2, 3, 4]) probe.offer(makeItem(id, { flow: 'y', bytes: 10 }));
    probe.offer(makeItem(5, { flow: 'y', bytes: 10 }));
    expect(probe.ends.map(([item]) => item.id)).toEqual([1]);
  });

  it('shares nothing between two queues of the same boundary', () => {
    const probes = [1, 2].map(() => new Probe(policies['evict-longest'], { capacityItems: 6 }));
    for (let id = 1; id <= 20; id++) {
      for (const probe of probes) probe.offer(makeItem(id, { flow: id % 3 === 0 ? 'x' : 'y', bytes: 5 }));
    }
    const [first, second] = probes.map(({ ends }) => ends.map(([item]) => item.id));
    expect(first).toEqual(second);
  });
});

describe('specimens', () => {
  it('as-written/ironstar-drop-oldest does not add up, and its owner still gets every budget back', () => {
    const probe = new Probe(policies['as-written/ironstar-drop-oldest']);
    for (const id of [1, 2, 3, 4, 5]) probe.offer(makeItem(id));
    expect(probe.channel.ledger()).toMatchObject({ offered: 5, queued: 3, dropped: {}, unaccounted: 2 });
    expect(probe.ends.length).toBe(2);
  });

  it('as-written/ironstar-unbounded says grow and blocks', () => {
    const probe = new Probe(policies['as-written/ironstar-unbounded']);
    for (const id of [1, 2, 3, 4, 5]) probe.offer(makeItem(id));
    expect([probe.channel.depthItems, probe.channel.waiters]).toEqual([3, 2]);
  });

  it('as-written/shadowcat-pending-error kills a healthy stream at the hundred and first item', () => {
    const probe = new Probe(policies['as-written/shadowcat-pending-error'], { capacityItems: 500 });
    for (let id = 1; id <= 100; id++) probe.offer(makeItem(id));
    expect(probe.channel.closed).toBe(false);
    probe.offer(makeItem(101));
    expect([probe.channel.closed, probe.channel.waiters]).toEqual([true, 0]);
    expect(probe.channel.ledger()).toMatchObject({
      dropped: { 'overflow.fail': 1 },
      failed: { closed: 100 },
    });
  });

  it('as-written/termtap-drop-terminal drops the end of a request whose start was shown', () => {
    const probe = new Probe(policies['as-written/termtap-drop-terminal'], { capacityItems: 5 });
    const events = ['1 started', '2 started', '3 started', '1 finished', '2 finished', '3 finished'];
    const answers = events.map((_event, index) => probe.offer(makeItem(index, { class: 1 })));
    expect(answers).toEqual(['queued', 'queued', 'queued', 'queued', 'dropped', 'dropped']);
    expect(probe.offer(makeItem(9, { class: 0 }))).toBe('queued');
    expect(probe.offer(makeItem(10, { class: 0 }))).toBe('waits');
  });
});
