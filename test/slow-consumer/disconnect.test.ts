import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import tokenBucket from '../../src/system/admission/token-bucket.ts';
import disconnectBytes from '../../src/system/slow-consumer/disconnect-bytes.ts';
import disconnectDeadline from '../../src/system/slow-consumer/disconnect-deadline.ts';
import disconnectLag from '../../src/system/slow-consumer/disconnect-lag.ts';
import disconnectSoft from '../../src/system/slow-consumer/disconnect-soft.ts';
import disconnectStalled from '../../src/system/slow-consumer/disconnect-stalled.ts';
import shedFattest from '../../src/system/slow-consumer/shed-fattest.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { Lane, makeRules } from './lane.ts';

const NS = 1e-6;

describe('disconnect-bytes', () => {
  it('disconnects above the limit and not at it, for what is queued and in flight', () => {
    const lane = new Lane(makeRules(disconnectBytes, { limitBytes: 100 }));
    lane.offer(40);
    lane.take();
    lane.offer(60);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.offer(1);
    expect(lane.disconnectedAtMs).toBe(0);
    expect(lane.channel.ledger()).toMatchObject({
      dropped: { 'disconnect.slow': 2 },
      inFlight: 1,
      unaccounted: 0,
    });
  });

  it('spares a consumer that recovers in time', () => {
    const lane = new Lane(makeRules(disconnectBytes, { limitBytes: 100 }));
    for (let i = 0; i < 50; i++) {
      lane.offer(50, 2);
      lane.deliver(2);
    }
    expect(lane.disconnects).toBe(0);
  });

  it('allows 1 MiB', () => {
    expect(defaultsOf(disconnectBytes)).toEqual({ limitBytes: 1_048_576 });
  });
});

describe('disconnect-soft', () => {
  const open = () => new Lane(makeRules(disconnectSoft, { softBytes: 100, forMs: 1000 }));

  it('disconnects exactly when it has been above for the whole time, without any traffic', () => {
    const lane = open();
    lane.advanceMs(5);
    lane.offer(101);
    lane.advanceMs(1000 - NS);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.advanceMs(NS);
    expect(lane.disconnectedAtMs).toBe(1005);
  });

  it('starts anew after one moment at the limit', () => {
    const lane = open();
    lane.offer(50, 3);
    lane.advanceMs(999);
    lane.deliver();
    lane.offer(50);
    lane.advanceMs(999);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.advanceMs(1);
    expect(lane.disconnectedAtMs).toBe(1999);
  });

  it('never disconnects at the limit', () => {
    const lane = open();
    lane.offer(100);
    lane.advanceMs(100_000);
    expect(lane.disconnects).toBe(0);
  });

  it('allows more than 8 MiB for 60 s', () => {
    expect(defaultsOf(disconnectSoft)).toEqual({ softBytes: 8_388_608, forMs: 60_000 });
  });
});

describe('disconnect-deadline', () => {
  const open = () => new Lane(makeRules(disconnectDeadline, { deadlineMs: 1000 }));

  it('disconnects exactly when the oldest write under way has lasted for the deadline', () => {
    const lane = open();
    lane.offer(1, 5);
    lane.advanceMs(5000); // nothing is being written
    lane.take();
    lane.advanceMs(500);
    lane.take();
    lane.advanceMs(500 - NS);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.advanceMs(NS);
    expect(lane.disconnectedAtMs).toBe(6000);
  });

  it('spares a consumer that finishes each write in time, however long the queue', () => {
    const lane = open();
    lane.offer(1, 100);
    for (let i = 0; i < 50; i++) {
      lane.take();
      lane.advanceMs(999);
      lane.deliver();
    }
    expect(lane.disconnects).toBe(0);
  });

  it('is not put off by other writes that finish meanwhile', () => {
    const lane = open();
    lane.offer(1, 100);
    lane.take();
    const stuck = lane.flying.shift();
    for (let i = 0; i < 50 && lane.disconnects === 0; i++) {
      lane.take();
      lane.advanceMs(100);
      lane.deliver();
    }
    expect(lane.disconnectedAtMs).toBe(1000);
    lane.channel.failed(stuck as { size: number }, 'disconnect.slow');
    expect(lane.channel.ledger().unaccounted).toBe(0);
  });

  it('allows 10 s', () => {
    expect(defaultsOf(disconnectDeadline)).toEqual({ deadlineMs: 10_000 });
  });
});

describe('disconnect-stalled', () => {
  const open = () => new Lane(makeRules(disconnectStalled, { afterMs: 1000 }));

  it('disconnects exactly when nothing has been finished for the time, in flight or not', () => {
    const lane = open();
    lane.advanceMs(10_000);
    lane.offer();
    lane.advanceMs(600);
    lane.offer();
    lane.take();
    lane.advanceMs(400 - NS);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.advanceMs(NS);
    expect(lane.disconnectedAtMs).toBe(11_000);
  });

  it('spares a reader that trickles, and one that is idle', () => {
    const lane = open();
    lane.offer(1, 50);
    for (let i = 0; i < 50; i++) {
      lane.advanceMs(999);
      lane.deliver();
    }
    lane.advanceMs(100_000);
    lane.offer();
    lane.advanceMs(999);
    expect(lane.disconnects).toBe(0);
  });

  it('is not fooled by a queue of one whose item is replaced all the time', async () => {
    const { default: dropOldest } = await import('../../src/system/overflow/drop-oldest.ts');
    const lane = new Lane(makeRules(disconnectStalled, { afterMs: 1000 }), {
      overflow: dropOldest,
      capacityItems: 1,
    });
    for (let i = 0; i < 30; i++) {
      lane.offer();
      lane.advanceMs(100);
    }
    expect(lane.disconnectedAtMs).toBe(1000);
  });

  it('does not count the time for which a shaper holds an item', async () => {
    const { default: debounce } = await import('../../src/system/shaping/debounce.ts');
    const shaper = debounce.create?.<{ size: number }>({
      ...defaultsOf(debounce),
      quietMs: 3000,
      maxWaitMs: 10_000,
    });
    const lane = new Lane([], {
      stages: {
        ...(shaper === undefined ? {} : { shapers: [shaper] }),
        slowConsumer: makeRules(disconnectStalled, { afterMs: 1000 }),
      },
    });
    lane.offer();
    lane.advanceMs(3000);
    expect([lane.channel.depthItems, lane.disconnects]).toEqual([1, 0]);
    lane.advanceMs(1000);
    expect(lane.disconnectedAtMs).toBe(4000);
  });

  it('waits for 5 s', () => {
    expect(defaultsOf(disconnectStalled)).toEqual({ afterMs: 5000 });
  });
});

describe('disconnect-lag', () => {
  const open = (params = {}) =>
    new Lane(makeRules(disconnectLag, { maxLagItems: 10, maxAgeMs: 1000, ...params }));

  it('disconnects above the number of offers since its newest finished item', () => {
    const lane = open();
    lane.offer(1, 10);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.deliver();
    lane.offer();
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.offer();
    expect(lane.disconnectedAtMs).toBe(0);
  });

  it('disconnects when its oldest item is older than the age, and not as old', () => {
    const lane = open();
    lane.offer();
    lane.advanceMs(300);
    lane.offer();
    lane.advanceMs(700);
    expect(lane.disconnectedAtMs).toBeUndefined();
    lane.advanceMs(NS);
    expect(lane.disconnectedAtMs).toBeCloseTo(1000, 5);
  });

  it('goes on with the age of the next item', () => {
    const lane = open();
    lane.offer();
    lane.advanceMs(900);
    lane.offer();
    lane.deliver();
    lane.advanceMs(1000);
    expect(lane.disconnects).toBe(0);
    lane.advanceMs(NS);
    expect(lane.disconnects).toBe(1);
  });

  it('does not count what was refused while the consumer had nothing to do', () => {
    const bucket = tokenBucket.create({ ratePerSec: 1, burstItems: 1 }, Math.abs as never);
    const lane = new Lane([], {
      stages: { admission: [bucket], slowConsumer: makeRules(disconnectLag, { maxLagItems: 10 }) },
    });
    lane.offer();
    lane.deliver();
    lane.offer(1, 100); // refused, all of them
    lane.advanceMs(1000);
    lane.offer();
    expect([lane.channel.depthItems, lane.disconnects]).toEqual([1, 0]);
  });

  it('sees the old item that a newest-first consumer leaves behind', async () => {
    const { default: lifo } = await import('../../src/system/scheduling/lifo.ts');
    const lane = new Lane([], {
      stages: {
        scheduler: lifo.create<{ size: number }>({}),
        slowConsumer: makeRules(disconnectLag, { maxLagItems: 1000, maxAgeMs: 1000 }),
      },
    });
    lane.offer(1, 2);
    for (let i = 0; i < 30 && lane.disconnects === 0; i++) {
      lane.offer();
      lane.take();
      lane.advanceMs(100);
      lane.deliver();
    }
    expect(lane.disconnectedAtMs).toBeCloseTo(1000, 5);
  });

  it('allows 10 000 items and 30 s', () => {
    expect(defaultsOf(disconnectLag)).toEqual({ maxLagItems: 10_000, maxAgeMs: 30_000 });
  });
});

describe('shed-fattest', () => {
  function openMany(count: number, budgetBytes = 100): Lane[] {
    const clock = createVirtualClock();
    return makeRules(shedFattest, { budgetBytes }, count).map((rule) => new Lane(rule, { clock }));
  }

  const gone = (lanes: readonly Lane[]): number[] =>
    lanes.flatMap((lane, i) => (lane.disconnects > 0 ? [i] : []));

  it('disconnects the one with the most bytes when the sum is above the budget, and not at it', () => {
    const [a, b, c] = openMany(3) as [Lane, Lane, Lane];
    a.offer(30);
    b.offer(50);
    c.offer(20);
    c.clock.advanceNs(0);
    expect(gone([a, b, c])).toEqual([]);
    a.offer(1);
    a.clock.advanceNs(0);
    expect(gone([a, b, c])).toEqual([1]);
    expect(b.channel.ledger()).toMatchObject({ dropped: { 'disconnect.slow': 1 }, unaccounted: 0 });
  });

  it('disconnects its own caller at once where that is the fattest', () => {
    const lanes = openMany(2) as [Lane, Lane];
    lanes[0].offer(40);
    lanes[1].offer(61);
    expect(gone(lanes)).toEqual([1]);
  });

  it('gives up the one that came first of equals', () => {
    const lanes = openMany(3);
    for (const index of [2, 0, 1]) lanes[index]?.offer(40);
    lanes[0]?.clock.advanceNs(0);
    expect(gone(lanes)).toEqual([2]);
  });

  it('gives up one after the other until the rest fits, and never more', () => {
    const lanes = openMany(4);
    for (const lane of lanes) lane.offer(25);
    lanes[3]?.offer(1); // 101
    lanes[0]?.clock.advanceNs(0);
    expect(gone(lanes)).toEqual([3]);
    lanes[0]?.offer(90); // 165: itself first, then the rest is 50
    expect(gone(lanes)).toEqual([0, 3]);
  });

  it('does not choose a second one while the first is on its way out', () => {
    const lanes = openMany(3) as [Lane, Lane, Lane];
    lanes[0].offer(60);
    lanes[1].offer(30);
    lanes[2].offer(20);
    lanes[2].offer(20);
    lanes[2].clock.advanceNs(0);
    expect(gone(lanes)).toEqual([0]);
  });

  it('forgets a consumer that has left by itself', () => {
    const lanes = openMany(3) as [Lane, Lane, Lane];
    lanes[0].offer(90);
    lanes[0].channel.close();
    lanes[0].channel.discardQueued('disconnect.peer');
    lanes[1].offer(60);
    lanes[2].offer(40);
    lanes[2].clock.advanceNs(0);
    expect(gone(lanes)).toEqual([]);
  });

  it('has 64 MiB', () => {
    expect(defaultsOf(shedFattest)).toEqual({ budgetBytes: 67_108_864 });
  });
});
