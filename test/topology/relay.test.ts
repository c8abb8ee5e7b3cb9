import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import { Credits } from '../../src/system/channel/credits.ts';
import type { EntryView } from '../../src/system/channel/entry.ts';
import { createRelay, type RelayOptions } from '../../src/system/channel/relay.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { TOPOLOGIES } from '../../src/system/topology/registry.ts';
import { drain, openConsumers } from './open-consumers.ts';
import { findCreditFault, openWithCredits } from './relay-checks.ts';

const SEED = 4711;
const { block } = OVERFLOW_POLICIES;
const dropNewest = OVERFLOW_POLICIES['drop-newest'];
const dropOldest = OVERFLOW_POLICIES['drop-oldest'];

function open(options: Partial<RelayOptions<number>> = {}) {
  const clock = createVirtualClock();
  const relay = createRelay<number>({
    clock,
    upstream: { overflow: dropNewest, capacityItems: 3 },
    downstream: { overflow: block, capacityItems: 2 },
    ...options,
  });
  return { clock, relay };
}

describe('a relay', () => {
  it('has two bounds in series, and the upstream one overflows', () => {
    const { relay } = open();
    for (let item = 1; item <= 8; item++) relay.offer(item);
    expect(relay.downstreamLedger()).toMatchObject({ offered: 3, queued: 2, blocked: 1, dropped: {} });
    expect(relay.upstreamLedger()).toMatchObject({ offered: 8, delivered: 3, queued: 3 });
    expect(relay.upstreamLedger().dropped).toEqual({ 'overflow.drop-newest': 2 });
    expect([relay.depthItems, relay.capacityItems]).toEqual([6, 6]);
  });

  it('adds both ledgers up to one in which what is between counts once', () => {
    const { relay } = open();
    for (let item = 1; item <= 8; item++) relay.offer(item);
    relay.tryTake();
    expect(relay.ledger()).toMatchObject({
      offered: 8,
      queued: 5,
      inFlight: 1,
      blocked: 0,
      dropped: { 'overflow.drop-newest': 2 },
      unaccounted: 0,
    });
  });

  it('keeps the order', () => {
    const { relay } = open();
    for (let item = 1; item <= 6; item++) relay.offer(item);
    expect(drain(relay)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('evicts at the upstream queue alone: what is forwarded is safe', () => {
    const { relay } = open({ upstream: { overflow: dropOldest, capacityItems: 3 } });
    for (let item = 1; item <= 9; item++) relay.offer(item);
    expect(drain(relay)).toEqual([1, 2, 3, 7, 8, 9]);
  });

  it('upstream block: the producer waits once both queues are full', async () => {
    const { relay } = open({ upstream: { overflow: block, capacityItems: 1 } });
    const outcomes = [1, 2, 3, 4, 5].map((item) => relay.offer(item));
    expect(relay.waiters).toBe(1);
    expect(relay.ledger()).toMatchObject({ queued: 4, blocked: 1, unaccounted: 0 });
    expect(drain(relay)).toEqual([1, 2, 3, 4, 5]);
    expect(await outcomes[4]).toBe('queued');
  });

  it('hands an item to a taker that waits, through both queues, at the moment of the offer', async () => {
    const { relay } = open();
    const taken = relay.take();
    relay.offer(1);
    expect(await taken).toBe(1);
    expect(relay.ledger()).toMatchObject({ inFlight: 1, queued: 0 });
  });

  it('close: everything queued can still be taken, then takers get undefined', async () => {
    const { relay } = open();
    for (let item = 1; item <= 6; item++) relay.offer(item);
    relay.close();
    expect(relay.offer(7)).toBe('failed');
    expect(drain(relay)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(relay.take()).toBeUndefined();
    expect(relay.ledger()).toMatchObject({ delivered: 6, failed: { closed: 1 }, unaccounted: 0 });
    const empty = open().relay;
    const waiting = empty.take();
    empty.close();
    expect(await waiting).toBeUndefined();
  });

  it('discardQueued empties both queues and the hand between them, each item once', () => {
    const ends: string[] = [];
    const { relay } = open({ onEnd: (item, end, reason) => void ends.push(`${item} ${end} ${reason}`) });
    for (let item = 1; item <= 6; item++) relay.offer(item);
    expect(relay.discardQueued('shutdown')).toBe(6);
    expect(relay.ledger()).toMatchObject({ queued: 0, dropped: { shutdown: 6 }, unaccounted: 0 });
    expect(ends.toSorted()).toEqual([1, 2, 3, 4, 5, 6].map((item) => `${item} dropped shutdown`));
  });

  it('tells the end of an item once, and forwarding is none', () => {
    const ends: string[] = [];
    const { relay } = open({ onEnd: (item, end) => void ends.push(`${item} ${end}`) });
    for (let item = 1; item <= 7; item++) relay.offer(item);
    drain(relay);
    expect(ends).toEqual(['7 dropped', ...[1, 2, 3, 4, 5, 6].map((item) => `${item} delivered`)]);
  });

  it('under lasting overload fills after (U + B + 1)/(λ − μ) and then loses 1 − μ/λ, as without it', () => {
    const { clock, relay } = open({
      upstream: { overflow: dropNewest, capacityItems: 100 },
      downstream: { overflow: block, capacityItems: 99 },
    });
    let firstDropSec = 0;
    for (let tick = 1; tick <= 12_000; tick++) {
      clock.advanceNs(1e9 / 6);
      if (tick % 2 === 0 && relay.offer(tick) === 'dropped') firstDropSec ||= clock.nowNs() / 1e9;
      if (tick % 6 === 0) relay.delivered(relay.tryTake() as number);
    }
    // λ = 3, μ = 1, 200 places.
    expect(firstDropSec).toBeGreaterThan(99);
    expect(firstDropSec).toBeLessThan(101);
    const { offered, delivered, dropped } = relay.ledger();
    // The last take has just made room.
    expect([offered, delivered, relay.depthItems]).toEqual([6000, 2000, 199]);
    expect(dropped).toEqual({ 'overflow.drop-newest': 3801 });
  });

  it('counts by class end to end', () => {
    const { relay } = open({
      upstream: { overflow: dropNewest, capacityItems: 3, classOf: (item) => item % 2 },
      downstream: { overflow: block, capacityItems: 2, classOf: (item) => item % 2 },
    });
    for (let item = 1; item <= 8; item++) relay.offer(item);
    drain(relay);
    const classes = {};
    relay.addClassesTo(classes);
    expect(classes).toEqual({
      0: { offered: 4, delivered: 3, dropped: 1, coalesced: 0, failed: 0 },
      1: { offered: 4, delivered: 3, dropped: 1, coalesced: 0, failed: 0 },
    });
  });
});

describe('the stage relay', () => {
  const openStage = (stages: ChannelStages<number>) =>
    openConsumers(TOPOLOGIES.relay, { capacityItems: 3 }, { capacityItems: 2, stages });

  it('lets an admission rule decide once, where items arrive', () => {
    const asked: number[] = [];
    const admission = [
      { admit: ({ item }: EntryView) => (asked.push(item as number) > 2 ? 'admission.rate' : undefined) },
    ];
    const channel = openStage({ admission }).open();
    for (let item = 1; item <= 4; item++) void channel.offer(item);
    expect(asked).toEqual([1, 2, 3, 4]);
    expect(channel.ledger()).toMatchObject({ queued: 2, dropped: { 'admission.rate': 2 }, unaccounted: 0 });
  });

  it('lets items expire in both queues: what has expired in the first is not forwarded', () => {
    const { clock, open: openChannel } = openStage({ ttlMs: 10 });
    const channel = openChannel();
    for (let item = 1; item <= 6; item++) void channel.offer(item);
    clock.advanceNs(11e6);
    expect(drain(channel)).toEqual([]);
    expect(channel.ledger()).toMatchObject({ queued: 0, dropped: { ttl: 6 }, unaccounted: 0 });
    void channel.offer(7);
    expect(drain(channel)).toEqual([7]);
  });

  it('holds at most its window of items after the forwarder', () => {
    const channel = openConsumers(TOPOLOGIES.relay, {
      capacityItems: 9,
      windowItems: 2,
      batchItems: 2,
    }).open();
    for (let item = 1; item <= 9; item++) void channel.offer(item);
    const taken = [channel.tryTake(), channel.tryTake(), channel.tryTake()];
    expect(taken).toEqual([1, 2, undefined]);
    for (const item of [1, 2]) channel.delivered(item);
    expect([channel.tryTake(), channel.tryTake(), channel.tryTake()]).toEqual([3, 4, undefined]);
  });

  it('refuses a batch above the window, where there is one', () => {
    const problem = (windowItems: number, batchItems: number) =>
      TOPOLOGIES.relay.findProblem?.({ capacityItems: 1, windowItems, batchItems });
    expect([problem(0, 5), problem(5, 5), problem(4, 5)]).toEqual([
      undefined,
      undefined,
      'batch must be at most the window: 5 items are never done with while only 4 may be sent',
    ]);
  });
});

describe('credits', () => {
  it.each([
    [1, 1],
    [4, 1],
    [4, 4],
    [7, 3],
  ])(
    'window %i, batch %i: never more on their way than granted, and nothing stands still (P34)',
    (window, batch) => {
      expect(findCreditFault(new Credits({ window, batch }))).toBeUndefined();
    },
  );

  it('grants again in batches, after so many are done with', () => {
    const relay = openWithCredits(new Credits({ window: 4, batch: 2 }));
    for (let item = 1; item <= 10; item++) relay.offer(item);
    expect([relay.credits, relay.downstreamLedger().queued]).toEqual([0, 4]);
    relay.delivered(relay.tryTake() as number);
    expect(relay.downstreamLedger().offered).toBe(4);
    relay.delivered(relay.tryTake() as number);
    expect(relay.downstreamLedger().offered).toBe(6);
  });

  it('asks again at half the window by default', () => {
    expect(new Credits({ window: 1000 }).batch).toBe(500);
    expect(new Credits({ window: 1 }).batch).toBe(1);
  });

  it.each([
    [{ window: 2, batch: 3 }, /batch must be at most the window/],
    [{ window: 0 }, /window must be/],
    [{ window: 1.5 }, /window must be/],
    [{ window: 4, batch: 0 }, /batch must be/],
  ])('refuses %j', (credits, message) => {
    expect(() => open({ credits })).toThrow(
      expect.objectContaining({ code: 'BPB_ERR_STRATEGY', message: expect.stringMatching(message) }),
    );
  });
});

describe('a relay under any schedule', () => {
  const step = fc.tuple(
    fc.constantFrom(
      'offer',
      'offer',
      'offer',
      'take',
      'take',
      'land',
      'land',
      'fail',
      'cancel',
      'discard',
      'close',
    ),
    fc.nat(9),
  );

  it.each(['drop-newest', 'drop-oldest', 'block'] as const)(
    '%s: its ledger adds up after every step, order is kept, and no item rests beside a free place',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 4 }),
          fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
          fc.array(step, { maxLength: 80 }),
          async (before, after, window, steps) => {
            let ended = 0;
            const { relay } = open({
              upstream: { overflow: OVERFLOW_POLICIES[name], capacityItems: before },
              downstream: { overflow: block, capacityItems: after },
              onEnd: () => void ended++,
              ...(window === undefined ? {} : { credits: { window } }),
            });
            const flying: number[] = [];
            const aborts: AbortController[] = [];
            let [item, newest] = [0, 0];
            for (const [what, nth] of steps) {
              if (what === 'offer') {
                const abort = new AbortController();
                aborts.push(abort);
                relay.offer(++item, abort.signal);
              } else if (what === 'take') {
                const taken = relay.tryTake();
                if (taken === undefined) continue;
                expect(taken).toBeGreaterThan(newest);
                newest = taken;
                flying.push(taken);
              } else if (what === 'cancel') aborts[nth % Math.max(1, aborts.length)]?.abort();
              else if (what === 'discard' && nth === 0) relay.discardQueued('shutdown');
              else if (what === 'close' && nth === 0) relay.close();
              else if (what === 'land' || what === 'fail') {
                const [landed] = flying.splice(nth % Math.max(1, flying.length), 1);
                if (landed === undefined) continue;
                if (what === 'land') relay.delivered(landed);
                else relay.failed(landed, 'write');
              }
              await null;
              const ledger = relay.ledger();
              expect(ledger.unaccounted).toBe(0);
              expect([ledger.offered, ledger.inFlight, ledger.queued]).toEqual([
                item,
                flying.length,
                relay.depthItems,
              ]);
              expect(ended).toBe(item - ledger.inFlight - ledger.queued - ledger.blocked);
              expect(relay.depthItems).toBeLessThanOrEqual(relay.capacityItems);
              const { queued, blocked, offered } = relay.downstreamLedger();
              expect(offered).toBe(relay.upstreamLedger().delivered);
              if (relay.upstreamLedger().queued > 0 && relay.credits > 0)
                expect([queued, blocked]).toEqual([after, 1]);
            }
            relay.close();
            drain(relay);
            for (const landed of flying) relay.delivered(landed);
            drain(relay);
            expect(await relay.take()).toBeUndefined();
            expect(relay.ledger()).toMatchObject({ queued: 0, inFlight: 0, blocked: 0, unaccounted: 0 });
            expect(ended).toBe(item);
          },
        ),
        { seed: SEED, numRuns: 120 },
      );
    },
  );
});
