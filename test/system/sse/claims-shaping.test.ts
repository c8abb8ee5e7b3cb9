/** What is claimed of the noted system's debouncer, batcher and rate limiter, with its numbers, in virtual time. */
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../src/core/random.ts';
import { ClientQueue, gapsIn, quantile } from './client-queue.ts';

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / values.length;

describe('I-6a debounce-saves', () => {
  const KEYS = 5;
  const BURST = 10;

  /** Each key is edited in bursts of ten, 50 ms apart, and rests for some seconds; keys go their own ways. */
  function playEdits(strategy: string): { queue: ClientQueue; lastIds: number[] } {
    const queue = new ClientQueue(strategy);
    const random = createRandom(1, 'edits');
    const edits: { atMs: number; key: string; isLast: boolean }[] = [];
    for (let key = 0; key < KEYS; key++) {
      for (let burst = 0, atMs = random.exponential(3000); burst < 20; burst++) {
        for (let i = 1; i <= BURST; i++, atMs += 50) {
          edits.push({ atMs: Math.round(atMs), key: `key ${key}`, isLast: i === BURST });
        }
        atMs += 1000 + random.exponential(3000);
      }
    }
    const lastIds: number[] = [];
    for (const { atMs, key, isLast } of edits.sort((a, b) => a.atMs - b.atMs)) {
      const id = queue.offerAt(atMs, { key });
      if (isLast) lastIds.push(id);
    }
    queue.runTo(queue.nowMs + 10_000);
    return { queue, lastIds };
  }

  it.each([
    ['as-written/ironstar-debounce', 300, 450],
    ['debounce', 300, 300],
  ])('%s: one of ten goes on, it is the last of its burst, and %i to %i ms old', (shaper, minMs, maxMs) => {
    const { queue, lastIds } = playEdits(`${shaper} + drop-oldest,capacity=64`);
    const { offered, coalesced } = queue.ledger();
    expect(queue.delivered.length / offered).toBe(1 / BURST);
    expect(queue.delivered.map(({ id }) => id).sort((a, b) => a - b)).toEqual(lastIds.sort((a, b) => a - b));
    expect(coalesced).toEqual({ debounce: offered - lastIds.length });
    expect(Math.min(...queue.agesMs)).toBeGreaterThanOrEqual(minMs);
    expect(Math.max(...queue.agesMs)).toBeLessThanOrEqual(maxMs);
    // As found it is looked at each 150 ms, so lone events wait for half of that on average.
    expect(Math.abs(meanOf(queue.agesMs) - (minMs + maxMs) / 2)).toBeLessThan(20);
  });

  it('the checks can fail: leading keeps the first of each burst', () => {
    const { queue, lastIds } = playEdits('debounce,mode=leading + drop-oldest,capacity=64');
    expect(queue.delivered).toHaveLength(lastIds.length);
    expect(queue.delivered.filter(({ id }) => lastIds.includes(id))).toEqual([]);
  });
});

describe('I-6b debounce-starves', () => {
  const updates = (strategy: string): ClientQueue => {
    const queue = new ClientQueue(strategy);
    for (let i = 0; i < 600; i++) queue.offerAt(i * 100, { key: 'canvas' });
    return queue;
  };

  it('as found: 10 updates/s of one key for 60 s show nothing until they pause', () => {
    const queue = updates('as-written/ironstar-debounce + drop-oldest,capacity=64');
    expect(queue.nowMs).toBe(59_900);
    expect(queue.delivered).toEqual([]);
    queue.runTo(70_000);
    expect(queue.delivered.map(({ id }) => id)).toEqual([600]);
    expect(queue.delivered[0]?.atMs).toBeGreaterThanOrEqual(60_200);
    expect(queue.delivered[0]?.atMs).toBeLessThanOrEqual(60_350);
  });

  it('a longest wait of 2 s shows the key every 2 s', () => {
    const queue = updates('debounce + drop-oldest,capacity=64');
    const shownAtMs = queue.delivered.map(({ atMs }) => atMs);
    expect(shownAtMs.length).toBeGreaterThanOrEqual(28);
    expect(Math.max(...shownAtMs.map((atMs, i) => atMs - (shownAtMs[i - 1] ?? 0)))).toBeLessThanOrEqual(2100);
  });
});

describe('I-7a batch-lossless', () => {
  const second = (strategy: string): ClientQueue => {
    const queue = new ClientQueue(strategy);
    for (let atMs = 0; atMs < 10_000; atMs++) queue.offerAt(atMs);
    queue.runTo(11_000);
    return queue;
  };

  it('1000 events/s in 10 messages/s: none lost, at most 100 ms late, 50 ms on average, 100 in a batch', () => {
    const queue = second('batch,window=100ms,maxItems=256 + drop-oldest,capacity=256');
    expect(queue.delivered).toHaveLength(10_000);
    expect(gapsIn(queue.delivered)).toEqual([]);
    expect(queue.batches.length / 10).toBeLessThanOrEqual(10);
    expect(Math.max(...queue.agesMs)).toBeLessThanOrEqual(100);
    expect(Math.abs(meanOf(queue.agesMs) - 50)).toBeLessThan(2);
    expect(quantile(queue.batches, 0.5)).toBe(100);
  });

  it('is not lossless before a queue with less room than a batch', () => {
    const queue = second('batch,window=100ms,maxItems=256 + drop-oldest,capacity=64');
    expect(queue.ledger().dropped).toEqual({ 'overflow.drop-oldest': 3600 });
  });
});

describe('I-7b batch-lost-wakeup', () => {
  /** The ring of 256 is the queue behind it: what sleeps in the batch passes through that at once. */
  const AS_FOUND = 'as-written/ironstar-batch + drop-oldest,capacity=256';
  const CORRECT = 'batch,window=100ms + drop-oldest,capacity=256';
  const CYCLE_MS = 15_000;

  const play = (strategy: string, perSec: number, ms: number): ClientQueue => {
    const queue = new ClientQueue(strategy);
    for (let i = 0; i < (ms * perSec) / 1000; i++) queue.offerAt((i * 1000) / perSec);
    queue.runTo(ms + CYCLE_MS);
    return queue;
  };

  it('as found: the delay of an event is uniform over the 15 s of the keep-alive', () => {
    const queue = play(AS_FOUND, 15, 4 * CYCLE_MS);
    expect(queue.delivered).toHaveLength(900);
    for (const share of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      expect(Math.abs(quantile(queue.agesMs, share) - share * CYCLE_MS)).toBeLessThan(150);
    }
    expect(queue.batches).toEqual([225, 225, 225, 225]);
  });

  it.each([
    [17, 0],
    [18, 14],
    [20, 44],
  ])('as found: at %i events/s %i are lost per 15 s, the oldest ones', (perSec, lost) => {
    const queue = play(AS_FOUND, perSec, CYCLE_MS);
    expect(queue.ledger()).toMatchObject({
      offered: perSec * 15,
      delivered: perSec * 15 - lost,
      dropped: lost === 0 ? {} : { 'overflow.drop-oldest': lost },
    });
    expect(queue.delivered[0]?.id).toBe(lost + 1);
  });

  it('correct: at most 100 ms, about 50 ms at a high rate, and nothing lost', () => {
    for (const perSec of [15, 20, 500]) {
      const queue = play(CORRECT, perSec, CYCLE_MS);
      expect(queue.delivered).toHaveLength(perSec * 15);
      expect(Math.max(...queue.agesMs)).toBeLessThanOrEqual(100);
    }
    expect(Math.abs(meanOf(play(CORRECT, 500, CYCLE_MS).agesMs) - 50)).toBeLessThan(3);
  });
});

describe('I-7c batch-useless-low-rate', () => {
  const play = (perSec: number) => {
    const queue = new ClientQueue('batch,window=100ms + drop-oldest,capacity=64');
    const random: Random = createRandom(1, `batch ${perSec}`);
    for (let i = 0, atMs = 0; i < 4000; i++, atMs += random.exponential(1000 / perSec)) queue.offerAt(atMs);
    queue.runTo(queue.nowMs + 1000);
    return {
      p50: quantile(queue.batches, 0.5),
      delayMs: meanOf(queue.agesMs),
      batches: queue.batches.length,
    };
  };

  it('at 2 events/s half the batches are single events: little is saved, and the delay is all of the window', () => {
    const { p50, delayMs, batches } = play(2);
    expect(p50).toBe(1);
    expect(delayMs).toBeGreaterThan(90);
    expect(batches / 4000).toBeGreaterThan(0.8);
  });

  it('a p50 of 2 begins at ln 2/W = 7 events/s where the first event opens the window', () => {
    expect([play(6).p50, play(8).p50, play(19).p50]).toEqual([1, 2, 3]);
    expect(play(100).p50).toBeGreaterThanOrEqual(10);
  });
});

describe('I-8 drop-oldest-vs-newest', () => {
  const CLIENT_PER_SEC = 100;

  /** Twice as much as the client can take for 5 s, then nothing. */
  const overload = (strategy: string): ClientQueue => {
    const queue = new ClientQueue(strategy, CLIENT_PER_SEC);
    for (let i = 0; i < 1000; i++) queue.offerAt(i * 5);
    queue.runTo(10_000);
    return queue;
  };
  const burst = (strategy: string): ClientQueue => {
    const queue = new ClientQueue(strategy, CLIENT_PER_SEC);
    for (let i = 0; i < 200; i++) queue.offerAt(0);
    queue.runTo(10_000);
    return queue;
  };
  const idsOf = ({ delivered }: ClientQueue): number[] => delivered.map(({ id }) => id);

  it('drop-oldest shows recent state: never older than 64/μ, and the last event arrives', () => {
    const queue = overload('drop-oldest,capacity=64');
    expect(Math.max(...queue.agesMs)).toBeLessThanOrEqual(640);
    // Under lasting overload the age is that of the queue at the rate of its producer: 64/λ.
    expect(Math.abs(quantile(queue.agesMs.slice(200, 400), 0.5) - 320)).toBeLessThan(15);
    expect(idsOf(queue).at(-1)).toBe(1000);
    expect(idsOf(burst('drop-oldest,capacity=64')).at(-1)).toBe(200);
  });

  it('drop-newest is without gaps until it is full for the first time, then 64 behind, and loses the end', () => {
    const queue = overload('drop-newest,capacity=64');
    const [firstGap] = gapsIn(queue.delivered);
    expect(firstGap).toBeGreaterThan(125);
    expect(firstGap).toBeLessThan(135);
    expect(gapsIn(queue.delivered).length).toBeGreaterThan(400);
    expect(Math.abs(quantile(queue.agesMs.slice(200, 400), 0.5) - 640)).toBeLessThan(15);
    // Of a burst it keeps the beginning: the client never learns how it ended.
    expect(idsOf(burst('drop-newest,capacity=64'))).toEqual(Array.from({ length: 65 }, (_, i) => i + 1));
  });

  it.each([['overload', overload] as const, ['burst', burst] as const])(
    'as written both do the same, which is drop-newest: %s',
    (_, play) => {
      const real = play('drop-newest,capacity=64');
      const oldest = play('as-written/ironstar-drop-oldest,capacity=64');
      const newest = play('as-written/ironstar-drop-newest');
      expect(idsOf(oldest)).toEqual(idsOf(real));
      expect(idsOf(newest)).toEqual(idsOf(real));
      expect(idsOf(play('drop-oldest,capacity=64'))).not.toEqual(idsOf(real));
      const lost = real.ledger().offered - idsOf(real).length;
      expect(lost).toBeGreaterThan(100);
      expect([newest.ledger().unaccounted, oldest.ledger().unaccounted]).toEqual([0, lost]);
    },
  );
});

describe('I-11 forwarder-dies-on-lag', () => {
  /** So many events at once for a client that takes them all afterwards, then ten one by one. */
  const feed = (strategy: string, burst: number): ClientQueue => {
    const queue = new ClientQueue(strategy, 10_000);
    for (let i = 0; i < burst; i++) queue.offerAt(0);
    for (let i = 0; i < 10; i++) queue.offerAt(1000 + i * 10);
    queue.runTo(5000);
    return queue;
  };

  it('as written: 64 + 256 events and the two in hand are survived, one more ends the feed without a word', () => {
    const alive = feed('as-written/ironstar-block', 322);
    expect(alive.delivered).toHaveLength(332);
    const dead = feed('as-written/ironstar-block', 323);
    expect(dead.delivered).toHaveLength(66);
    expect(dead.disconnects).toBe(0);
    expect(dead.ledger()).toMatchObject({ offered: 333, dropped: { lag: 1 }, failed: {}, unaccounted: 266 });
  });

  it('a ring that handles the lag counts it and goes on', () => {
    const queue = feed('ring-lag,capacity=256', 323);
    expect(queue.delivered.at(-1)?.id).toBe(333);
    expect(queue.ledger()).toMatchObject({ delivered: 267, dropped: { lag: 66 }, unaccounted: 0 });
  });
});
