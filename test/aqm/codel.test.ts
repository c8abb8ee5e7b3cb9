import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import codel from '../../src/system/aqm/codel.ts';
import { AQMS } from '../../src/system/aqm/registry.ts';
import unbounded from '../../src/system/overflow/unbounded.ts';
import fqCodel from '../../src/system/scheduling/fq-codel.ts';
import strictPriority from '../../src/system/scheduling/strict-priority.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { HandClock, type Job, MS, openQueue, SEED } from '../scheduling/queue.ts';
import { RfcCodel, type Waiting } from '../scheduling/references.ts';
import { findLawProblem, lawMs, Watched } from './codel-law.ts';
import { playTransient } from './transient.ts';

describe('codel', () => {
  it('drops at t₀ + Σ interval/√k, goes on near its rate, never below target, never the only item', () => {
    expect(findLawProblem(codel)).toBeUndefined();
  });

  it('by default drops first at 105 ms, then after 100, 70.7, 57.7 and 50 ms', () => {
    const queue = new Watched();
    queue.offer(1000);
    queue.takeUntil(400);
    expect(queue.droppedMs).toEqual([105, 205, 276, 334, 384]);
    expect(lawMs(105, 5)).toEqual(queue.droppedMs);
    expect(queue.channel.ledger().dropped).toEqual({ 'aqm.codel': 5 });
  });

  it('drops several at once when its rate is above that of the takes', () => {
    const queue = new Watched();
    queue.offer(1000);
    queue.takeUntil(105);
    // 205, 276 and 334 are due, and the one after them is not.
    queue.takeUntil(375, 270);
    expect(queue.droppedMs).toEqual([105, 375, 375, 375]);
  });

  it('answers as the pseudo-code of the RFC does, whatever comes and goes', () => {
    const steps = fc.array(
      fc.record({ offers: fc.nat({ max: 4 }), takes: fc.nat({ max: 3 }), ms: fc.nat({ max: 6 }) }),
      { minLength: 20, maxLength: 150, size: 'max' },
    );
    let most = 0;
    fc.assert(
      fc.property(steps, (schedule) => {
        const { taken, dropped, expected } = playBoth(schedule);
        most = Math.max(most, dropped);
        expect(taken).toEqual(expected);
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(most).toBeGreaterThan(15);
  });

  it('forgets the time above target when the queue becomes empty by eviction alone', () => {
    const queue = new Watched();
    queue.offer(10);
    queue.clock.advanceNs(50 * MS);
    queue.takeOne();
    queue.channel.discardQueued('shutdown');
    const { length } = queue.droppedMs;
    queue.offer(10);
    queue.clock.advanceNs(101 * MS);
    queue.takeOne();
    expect(queue.droppedMs.length).toBe(length);
  });

  it('counts the wait from the first item that a replacement stands for', () => {
    const clock = createVirtualClock();
    const sojourns: number[] = [];
    const channel = openQueue({
      aqm: {
        params: codel.params,
        create: () => ({
          shouldDrop: (entry, _queue, nowNs) => sojourns.push(nowNs - entry.sinceNs) < 0,
        }),
      },
      clock,
      channel: {
        overflow: { ...unbounded, absorb: (queue) => queue.oldest },
      },
    });
    channel.offer({ id: 1, class: 1, flow: 0, size: 1 });
    clock.advanceNs(40 * MS);
    channel.offer({ id: 2, class: 1, flow: 0, size: 1 });
    clock.advanceNs(2 * MS);
    expect(channel.tryTake()?.id).toBe(2);
    expect(sojourns).toEqual([42 * MS]);
  });

  it('works behind any scheduler: the item that would leave is judged', () => {
    const clock = createVirtualClock();
    const ended: number[] = [];
    const channel = openQueue({
      scheduling: strictPriority,
      clock,
      channel: {
        onEnd: (job, end) => {
          if (end === 'dropped') ended.push(job.id);
        },
        stages: {
          scheduler: strictPriority.create<Job>({}),
          indices: ['class'],
          aqm: codel.create<Job>({ targetMs: 5, intervalMs: 100 }),
        },
      },
    });
    for (let id = 0; id < 10; id++) channel.offer({ id, class: id < 5 ? 2 : 0, flow: 0, size: 1 });
    clock.advanceNs(5 * MS);
    expect(channel.tryTake()?.id).toBe(5);
    clock.advanceNs(100 * MS);
    expect(channel.tryTake()?.id).toBe(7);
    expect(ended).toEqual([6]);
  });

  // "Checked" of the theory: with 1000/s served, sources do not react to losses.
  it.each([
    [100, 5, 102, 1.89],
    [500, 15, 2485, 9.77],
    [1000, 21, 9966, 19.8],
  ])('at %i/s too many peaks within 2 %% of I²e² after 2I²e', (excess, seconds, items, sec) => {
    const { peakItems, peakSec } = playTransient(codel, excess, seconds);
    expect(Math.abs(peakItems / items - 1)).toBeLessThan(0.02);
    expect(Math.abs(peakSec / sec - 1)).toBeLessThan(0.02);
    expect(Math.abs(peakSec / (2 * 0.1 ** 2 * excess) - 1)).toBeLessThan(0.06);
  });
});

describe('fq-codel', () => {
  it('drops from the flow that stands, and never from one that does not wait', () => {
    const clock = new HandClock();
    const dropped: Job[] = [];
    const channel = openQueue({
      scheduling: fqCodel,
      params: { quantumBytes: 100 },
      clock,
      channel: {
        onEnd: (job, end) => {
          if (end === 'dropped') dropped.push(job);
        },
      },
    });
    for (let id = 0; id < 2000; id++) channel.offer({ id, class: 1, flow: 'greedy', size: 100 });
    for (let ms = 1; ms <= 1000; ms++) {
      clock.ns = ms * MS;
      if (ms % 4 === 0) channel.offer({ id: 10_000 + ms, class: 1, flow: 'light', size: 100 });
      channel.delivered(channel.tryTake() as Job);
    }
    // The law alone: first after 105 ms, 20.6 are due by 1000 ms.
    expect(dropped.length).toBe(lawMs(105, 100).filter((ms) => ms <= 1000).length);
    expect(new Set(dropped.map(({ flow }) => flow))).toEqual(new Set(['greedy']));
    expect(channel.ledger().dropped).toEqual({ 'aqm.codel': dropped.length });
  });

  it('never drops the last item of a flow, however long it waits', () => {
    const clock = new HandClock();
    const channel = openQueue({ scheduling: fqCodel, clock });
    for (let round = 0; round < 30; round++) {
      for (let flow = 0; flow < 5; flow++) channel.offer({ id: round * 5 + flow, class: 1, flow, size: 100 });
      for (let flow = 0; flow < 5; flow++) {
        clock.ns += 40 * MS;
        channel.delivered(channel.tryTake() as Job);
      }
    }
    expect(channel.ledger()).toMatchObject({ delivered: 150, dropped: {} });
  });
});

describe.each([...Object.entries(AQMS), ['fq-codel', fqCodel] as const])('%s', (_name, definition) => {
  it('has a target of 5 ms and an interval of 100 ms, and wants target below interval', () => {
    expect(defaultsOf(definition)).toMatchObject({ targetMs: 5, intervalMs: 100 });
    expect(definition.findProblem?.({ targetMs: 5, intervalMs: 100 })).toBeUndefined();
    expect(definition.findProblem?.({ targetMs: 100, intervalMs: 100 })).toBe(
      'target must be below interval, got 100 ms and 100 ms',
    );
  });
});

interface Turn {
  readonly offers: number;
  readonly takes: number;
  readonly ms: number;
}

/** Codel on a channel, and the RFC's on an array, with target 3 ms and interval 12 ms. */
function playBoth(schedule: readonly Turn[]): { taken: unknown[]; expected: unknown[]; dropped: number } {
  const params = { targetMs: 3, intervalMs: 12 };
  const clock = createVirtualClock();
  const channel = openQueue({ aqm: codel, params, clock });
  const rfc = new RfcCodel(params);
  const queue: Waiting[] = [];
  const [taken, expected]: [unknown[], unknown[]] = [[], []];
  let id = 0;
  for (const { offers, takes, ms } of schedule) {
    clock.advanceNs(ms * MS);
    for (let i = 0; i < offers; i++) {
      const job: Job = { id: id++, class: 1, flow: 0, size: 1 };
      channel.offer(job);
      queue.push({ job, sinceNs: clock.nowNs() });
    }
    for (let i = 0; i < takes; i++) {
      taken.push(channel.tryTake()?.id, channel.ledger().dropped['aqm.codel'] ?? 0);
      let dropped = 0;
      const left = rfc.dequeue(queue, clock.nowNs(), () => dropped++);
      expected.push(left?.job.id, Number(expected.at(-1) ?? 0) + dropped);
    }
  }
  return { taken, expected, dropped: Number(expected.at(-1) ?? 0) };
}
