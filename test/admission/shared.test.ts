import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import connLimit from '../../src/system/admission/conn-limit.ts';
import memReserve from '../../src/system/admission/mem-reserve.ts';
import serviceLevel from '../../src/system/admission/service-level.ts';
import block from '../../src/system/overflow/block.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import {
  findDwellProblem,
  findFlapProblem,
  findGaugeProblem,
  findMemoryProblem,
  findMonotoneProblem,
  playLoads,
} from './checks.ts';
import { Lane, make } from './lane.ts';

describe('mem-reserve', () => {
  it('admits as many items as fit in all, and per queue', () => {
    const stage = make(memReserve, { totalBytes: 1000, queueBytes: 600 });
    const [first, second] = [new Lane(stage), new Lane(stage)];
    expect(first.offer(8, { size: 100 })).toBe('AAAAAArr');
    expect(second.offer(8, { size: 100 })).toBe('AAAArrrr');
    expect(stage.level).toBe(1000);
    first.end('delivered');
    expect(second.offer(2, { size: 100 })).toBe('Ar');
    second.end('failed', 2);
    expect(first.offer(2, { size: 100 })).toBe('Ar'); // its own share is full again
    expect(first.channel.ledger().dropped).toEqual({ 'admission.memory': 3 });
  });

  it('never passes its budget (P14), nor loses any of it (P1)', () => {
    const create = () => make(memReserve, { totalBytes: 5000, queueBytes: 2000 });
    expect(findMemoryProblem(create, 5000)).toBeUndefined();
    expect(findGaugeProblem(create)).toBeUndefined();
  });

  it('gets everything back from a queue that ends', () => {
    const stage = make(memReserve, { totalBytes: 1000, queueBytes: 1000 });
    const [gone, next] = [new Lane(stage), new Lane(stage)];
    gone.offer(10, { size: 100 });
    gone.take(3);
    gone.channel.discardQueued('disconnect.peer');
    gone.channel.close();
    expect(stage.level).toBe(300); // writes under way still hold theirs
    gone.end('failed', 3);
    expect(stage.level).toBe(0);
    expect(next.offer(11, { size: 100 })).toBe('AAAAAAAAAAr');
  });

  it('counts offers that wait for room towards the share of their queue', async () => {
    const lane = new Lane(make(memReserve, { totalBytes: 1000, queueBytes: 300 }), {
      overflow: block,
      capacityItems: 1,
    });
    const offers = [1, 2, 3, 4].map(() => lane.channel.offer({ size: 100, class: 1 }));
    expect(offers.filter((outcome) => outcome === 'dropped')).toHaveLength(1);
    lane.channel.close();
    expect(await Promise.all(offers)).toEqual(['queued', 'failed', 'failed', 'dropped']);
  });

  it('counts what merging adds and takes away', () => {
    const stage = make(memReserve, { totalBytes: 1000, queueBytes: 1000 });
    const merging = {
      ...block,
      absorb: (queue: { newest: unknown }) => queue.newest,
      absorbAs: 'merge',
    } as never;
    const lane = new Lane(stage, {
      overflow: merging,
      merge: (a, b) => ({ size: a.size + b.size + 7, class: 1 }),
    });
    lane.offer(1, { size: 100 });
    lane.offer(1, { size: 200 });
    expect([stage.level, lane.channel.bytes]).toEqual([307, 307]);
    lane.end('delivered');
    expect(stage.level).toBe(0);
  });

  it('has 64 MiB, 1 MiB per queue', () => {
    expect(defaultsOf(memReserve)).toEqual({ totalBytes: 67_108_864, queueBytes: 1_048_576 });
  });
});

describe('service-level', () => {
  const create = () => make(serviceLevel, { limitItems: 1000 });

  it('enters a level at once and leaves it after a dwell of calm', () => {
    const times = (load: number, count: number): number[] => Array(count).fill(load);
    expect(playLoads(create, [699, 700, 849, 850, 949, 950])).toEqual([0, 1, 1, 2, 2, 3]);
    expect(playLoads(create, [1000, 0])).toEqual([3, 3]);
    // Calm from the second reading on: left with the first reading 2 s later.
    expect(playLoads(create, [700, ...times(550, 21)])).toEqual([1, ...times(1, 20), 0]);
    expect(playLoads(create, [700, ...times(551, 30)])).toEqual(times(1, 31));
    expect(playLoads(create, [950, ...times(800, 21), ...times(700, 21), ...times(550, 21)])).toEqual([
      3,
      ...times(3, 20),
      ...times(2, 21),
      ...times(1, 21),
      0,
    ]);
  });

  it('starts its dwell anew when the calm is broken', () => {
    const calm = Array(15).fill(500);
    expect(playLoads(create, [700, ...calm, 600, ...calm]).at(-1)).toBe(1);
  });

  it('does not flap, keeps its dwell and is monotone in pressure (P29)', () => {
    expect(findFlapProblem(create)).toBeUndefined();
    expect(findDwellProblem(create)).toBeUndefined();
    expect(findMonotoneProblem(create)).toBeUndefined();
  });

  it('refuses class 2 and above, then 1 and above', () => {
    const stage = make(serviceLevel, { limitItems: 100 });
    const lane = new Lane(stage);
    const ask = (): string => [0, 1, 2, 7].map((klass) => lane.offer(1, { class: klass })).join('');
    const until = (items: number): void => void lane.offer(items - lane.pending, { class: 0 });
    expect(ask()).toBe('AAAA');
    until(70);
    expect(ask()).toBe('AArr');
    until(85);
    expect(ask()).toBe('Arrr');
    until(95);
    expect([ask(), stage.level]).toEqual(['Arrr', 3]);
    expect(lane.channel.ledger().dropped).toEqual({ 'admission.level': 8 });
  });

  it('refuses critical items too at the highest level, where that is asked for', () => {
    const lane = new Lane(make(serviceLevel, { limitItems: 100, protectiveAdmits: 'none' }));
    lane.offer(94, { class: 0 });
    expect(lane.offer(2, { class: 0 })).toBe('Ar');
    lane.drain();
    lane.advanceMs(2000);
    expect(lane.offer(1, { class: 0 })).toBe('A');
  });

  it('goes by items or bytes, whichever is the larger share, over all queues', () => {
    const stage = make(serviceLevel, { limitItems: 10, limitBytes: 1000 });
    const [first, second] = [new Lane(stage), new Lane(stage)];
    first.offer(1, { size: 400 });
    second.offer(1, { size: 299 });
    expect(stage.level).toBe(0);
    second.offer(1, { size: 1 });
    expect(stage.level).toBe(1);
    first.drain();
    first.advanceMs(2000);
    expect(second.offer(1, { class: 2 })).toBe('r'); // the second clock still stands at 0
    second.advanceMs(2000);
    expect(second.offer(1, { class: 2 })).toBe('A');
    expect(second.offer(5, { class: 2 })).toBe('AAAAr');
  });

  it('judges by 10 000 items, 64 MiB and 2 s', () => {
    expect(defaultsOf(serviceLevel)).toEqual({
      limitItems: 10_000,
      limitBytes: 67_108_864,
      dwellMs: 2000,
      protectiveAdmits: 'critical',
    });
  });
});

describe('conn-limit', () => {
  it('refuses a queue above the limit as a whole and has its consumer sent away', () => {
    const stage = make(connLimit, { limitQueues: 2 });
    const lanes = [1, 2, 3].map(() => new Lane(stage));
    expect(lanes.map((lane) => lane.offer(2))).toEqual(['AA', 'AA', 'rr']);
    expect(lanes.map((lane) => lane.disconnectedFor)).toEqual([
      undefined,
      undefined,
      'admission.concurrency',
    ]);
    expect(lanes[2]?.channel.ledger()).toMatchObject({ offered: 2, dropped: { 'admission.concurrency': 2 } });
  });

  it('sends a refused consumer away also when nothing is ever offered to it', () => {
    const stage = make(connLimit, { limitQueues: 1 });
    const clock = createVirtualClock();
    const [, refused] = [new Lane(stage, { clock }), new Lane(stage, { clock })] as [Lane, Lane];
    expect(refused.disconnectedFor).toBeUndefined();
    clock.advanceNs(0);
    expect(refused.disconnectedFor).toBe('admission.concurrency');
  });

  it('has a place free once a queue is closed and settled, and not before', () => {
    const stage = make(connLimit, { limitQueues: 1 });
    const lane = new Lane(stage);
    lane.offer(2);
    lane.take();
    const refused = new Lane(stage);
    refused.channel.close();
    expect(stage.level).toBe(1);
    lane.channel.close();
    expect(new Lane(stage).offer()).toBe('r');
    lane.channel.discardQueued('disconnect.peer');
    expect(new Lane(stage).offer()).toBe('r');
    lane.end('failed');
    expect(stage.level).toBe(0);
    expect(new Lane(stage).offer()).toBe('A');
  });

  it('serves a thousand by default', () => {
    const stage = make(connLimit);
    const lanes = Array.from({ length: 1001 }, () => new Lane(stage));
    expect(lanes.map((lane) => lane.offer()).join('')).toBe(`${'A'.repeat(1000)}r`);
  });
});
