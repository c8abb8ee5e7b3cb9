import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBroadcastRing } from '../../src/system/channel/broadcast-ring.ts';
import { Lagged, MAX_RING_ITEMS, type ResumeAt } from '../../src/system/channel/ring-core.ts';
import { countListeners } from './count-listeners.ts';
import { findUntoldGap, findWrongLag, takeAll } from './ring-checks.ts';
import { simulateLag } from './simulate-lag.ts';

const SEED = 4711;

describe('a broadcast ring', () => {
  it('gives every receiver everything from its subscription on, in order', () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4 });
    const first = ring.subscribe();
    ring.publish(1);
    const second = ring.subscribe();
    ring.publish(2);
    expect([takeAll(first), takeAll(second), ring.published, ring.receivers]).toEqual([[1, 2], [2], 2, 2]);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [64, 64],
    [100, 128],
    [256, 256],
  ])('rounds a capacity of %i up to %i', (capacityItems, slots) => {
    const ring = createBroadcastRing<number>({ capacityItems });
    const receiver = ring.subscribe();
    expect(ring.capacityItems).toBe(slots);
    for (let seq = 1; seq <= slots; seq++) ring.publish(seq);
    expect(receiver.missed).toBe(0);
    ring.publish(slots + 1);
    expect(receiver.missed).toBe(1);
  });

  it('tells a lapped receiver how many it missed and goes on at the oldest item still there', () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4, resume: 'oldest' });
    const receiver = ring.subscribe();
    for (let seq = 1; seq <= 11; seq++) ring.publish(seq);
    expect(receiver.tryTake()).toEqual(new Lagged(7));
    expect(takeAll(receiver)).toEqual([8, 9, 10, 11]);
  });

  it('resume latest: goes on at the newest item, which is never lost', () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4, resume: 'latest' });
    const receiver = ring.subscribe();
    for (let seq = 1; seq <= 11; seq++) ring.publish(seq);
    expect([receiver.missed, receiver.unread]).toEqual([10, 1]);
    expect(takeAll(receiver)).toEqual([-10, 11]);
  });

  it.each([2 ** 31, 2 ** 32, 2 ** 52])('goes on past sequence number %d', (seq) => {
    const ring = Object.assign(createBroadcastRing<number>({ capacityItems: 4 }), { tail: seq - 3 });
    const receiver = ring.subscribe();
    for (let item = 1; item <= 6; item++) ring.publish(item);
    expect(takeAll(receiver)).toEqual([-2, 3, 4, 5, 6]);
  });

  it('tells gaps as they are (P21) and counts lag exactly (P22)', () => {
    expect(findUntoldGap((options) => createBroadcastRing(options))).toBeUndefined();
    expect(findWrongLag((options) => createBroadcastRing(options))).toBeUndefined();
  });

  it('hands an item to all who wait at the moment it is published, and nothing to a cancelled one', async () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4 });
    const [first, second] = [ring.subscribe(), ring.subscribe()];
    const abort = new AbortController();
    const waits = [first.take(), first.take(), second.take(abort.signal), second.take()];
    abort.abort();
    ring.publish(1);
    expect(await Promise.all([waits[0], waits[2], waits[3]])).toEqual([1, undefined, 1]);
    ring.publish(2);
    expect(await waits[1]).toBe(2);
    expect(first.take(AbortSignal.abort())).toBeUndefined();
  });

  it('close: what is unread can still be taken, and every waiting take is answered', async () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4 });
    const [reader, idle] = [ring.subscribe(), ring.subscribe()];
    ring.publish(1);
    idle.tryTake();
    const waiting = [idle.take(), idle.take()];
    ring.close();
    ring.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    expect([ring.publish(2), reader.take(), reader.take()]).toEqual(['closed', 1, undefined]);
  });

  it('unsubscribe: drops what is unread, wakes its waiting takes, and leaves the others alone', async () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4 });
    const [gone, stays] = [ring.subscribe(), ring.subscribe()];
    const waiting = gone.take();
    gone.unsubscribe();
    expect(await waiting).toBeUndefined();
    const late = ring.subscribe();
    for (let seq = 1; seq <= 6; seq++) ring.publish(seq);
    late.unsubscribe();
    late.unsubscribe();
    ring.publish(7);
    expect(ring.receivers).toBe(1);
    expect(late.take()).toBeUndefined();
    expect(late.ledger()).toMatchObject({ offered: 6, dropped: { lag: 2, cancelled: 4 }, unaccounted: 0 });
    expect(takeAll(stays)).toEqual([-3, 4, 5, 6, 7]);
  });

  it('leaves no abort listener behind', async () => {
    const ring = createBroadcastRing<number>({ capacityItems: 4 });
    const { signal, live } = countListeners();
    const receiver = ring.subscribe();
    const waits = [receiver.take(signal), receiver.take(signal), receiver.take(signal)];
    expect(live()).toBe(3);
    ring.publish(1);
    expect(live()).toBe(2);
    receiver.unsubscribe();
    expect(live()).toBe(0);
    await Promise.all(waits);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, MAX_RING_ITEMS + 1])(
    'refuses a capacity of %d',
    (capacityItems) => {
      expect(() => createBroadcastRing({ capacityItems })).toThrow(
        expect.objectContaining({ code: 'BPB_ERR_STRATEGY' }),
      );
    },
  );

  it('refuses an unknown resume and an undefined item', () => {
    expect(() => createBroadcastRing({ capacityItems: 1, resume: 'newest' as ResumeAt })).toThrow(
      expect.objectContaining({ code: 'BPB_ERR_STRATEGY' }),
    );
    const ring = createBroadcastRing<number>({ capacityItems: 1 });
    expect(() => ring.publish(undefined as unknown as number)).toThrow(
      expect.objectContaining({ code: 'BPB_ERR_INTERNAL' }),
    );
    expect(ring.published).toBe(0);
  });
});

describe('a broadcast ring under any schedule', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('publish' as const) },
    { weight: 5, arbitrary: fc.constant('take' as const) },
    { weight: 1, arbitrary: fc.constant('subscribe' as const) },
    { weight: 1, arbitrary: fc.constant('unsubscribe' as const) },
  );

  it.each(['oldest', 'latest'] as const)('resume %s: equals plain arrays after every step', (resume) => {
    const steps = fc.array(fc.tuple(step, fc.nat(7)), { maxLength: 120 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (capacityItems, schedule) => {
        const ring = createBroadcastRing<number>({ capacityItems, resume });
        const readers: {
          real: ReturnType<typeof ring.subscribe>;
          queue: number[];
          missed: number;
          got: number;
          since: number;
        }[] = [];
        for (const [what, nth] of schedule) {
          const reader = readers[nth % Math.max(1, readers.length)];
          if (what === 'publish') {
            ring.publish(ring.published + 1);
            for (const { queue } of readers) queue.push(ring.published);
          } else if (what === 'subscribe') {
            readers.push({ real: ring.subscribe(), queue: [], missed: 0, got: 0, since: ring.published });
          } else if (reader !== undefined && what === 'unsubscribe') {
            reader.real.unsubscribe();
            readers.splice(readers.indexOf(reader), 1);
          } else if (reader !== undefined) {
            const keep = resume === 'oldest' ? ring.capacityItems : 1;
            const lost =
              reader.queue.length > ring.capacityItems
                ? reader.queue.splice(0, reader.queue.length - keep)
                : [];
            reader.missed += lost.length;
            const expected = lost.length > 0 ? new Lagged(lost.length) : reader.queue.shift();
            if (typeof expected === 'number') reader.got++;
            expect(reader.real.tryTake()).toEqual(expected);
          }
          expect(ring.receivers).toBe(readers.length);
          for (const { real, since, got } of readers) {
            const ledger = real.ledger();
            expect(ledger.unaccounted).toBe(0);
            expect([ledger.offered, ledger.delivered]).toEqual([ring.published - since, got]);
            expect(ledger.queued).toBeLessThanOrEqual(ring.capacityItems);
          }
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('a receiver slower than the writer, with fixed times (R = 64, λ = 1.5, μ = 1)', () => {
  it.each([
    { resume: 'oldest', lagsPerSec: 0.5, ageSec: 64 / 1.5 },
    { resume: 'latest', lagsPerSec: 0.5 / 64, ageSec: 64 / 3 },
  ] as const)(
    'resume $resume: lags, loss, age and first lag as predicted',
    ({ resume, lagsPerSec, ageSec }) => {
      const seen = simulateLag({ slots: 64, perSec: 1.5, takenPerSec: 1, seconds: 20_000, resume });
      expect(seen.lossShare).toBeCloseTo(1 / 3, 2);
      expect(seen.firstLagSec).toBeGreaterThan(126);
      expect(seen.firstLagSec).toBeLessThan(132);
      expect(seen.lagsPerSec / lagsPerSec).toBeCloseTo(1, 1);
      expect(seen.ageSec / ageSec).toBeCloseTo(1, 1);
    },
  );

  it.each([
    [1.2, 0.2],
    [1.5, 0.5],
    [3, 1],
  ])('resume oldest at λ = %d lags %d times per second, the bound min(μ, λ − μ)', (perSec, lagsPerSec) => {
    const seen = simulateLag({ slots: 64, perSec, takenPerSec: 1, seconds: 20_000, resume: 'oldest' });
    expect(seen.lagsPerSec).toBeCloseTo(lagsPerSec, 3);
  });
});
