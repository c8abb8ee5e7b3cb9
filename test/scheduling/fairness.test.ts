import { describe, expect, it } from 'vitest';
import drr from '../../src/system/scheduling/drr.ts';
import { hashFlow } from '../../src/system/scheduling/flow-hash.ts';
import fqCodel from '../../src/system/scheduling/fq-codel.ts';
import { findFairnessProblem } from './fairness.ts';
import { drain, HandClock, type Job, openQueue } from './queue.ts';

const job = (id: number, flow: string | number, size = 100): Job => ({ id, class: 1, flow, size });

describe.each([
  ['drr', drr],
  ['fq-codel', fqCodel],
])('%s', (_name, making) => {
  it('serves flows within quantum + 2 · largest item of each other, Jain ≥ 0.99', () => {
    expect(findFairnessProblem(making)).toBeUndefined();
  });

  it('does not stand still for items far above the quantum, and gives them their share', () => {
    const channel = openQueue({ scheduling: making, params: { quantumBytes: 1 }, clock: new HandClock() });
    for (let i = 0; i < 20; i++) {
      channel.offer(job(i, 'large', 2 ** 30));
      for (let k = 0; k < 4; k++) channel.offer(job(100 + i * 4 + k, 'small', 2 ** 28));
    }
    const order = drain(channel);
    expect(order).toHaveLength(100);
    const sentBytes = (isLarge: boolean, until: number): number =>
      order.slice(0, until).filter((id) => id < 100 === isLarge).length * (isLarge ? 2 ** 30 : 2 ** 28);
    expect(Math.abs(sentBytes(true, 50) - sentBytes(false, 50))).toBeLessThanOrEqual(2 ** 31);
  });

  it('serves a light flow after one quantum of each other one', () => {
    const channel = openQueue({ scheduling: making, params: { quantumBytes: 300 }, clock: new HandClock() });
    for (let i = 0; i < 100; i++) for (const flow of ['a', 'b', 'c']) channel.offer(job(i, flow));
    for (let i = 0; i < 50; i++) channel.tryTake();
    channel.offer(job(7777, 'light'));
    expect(drain(channel).indexOf(7777)).toBeLessThanOrEqual(9);
  });
});

describe('drr', () => {
  it('has a quantum of 64 KiB by default', () => {
    const channel = openQueue({ scheduling: drr, clock: new HandClock() });
    for (let i = 0; i < 4; i++) channel.offer(job(i, 'a', 32 * 1024));
    channel.offer(job(9, 'b', 1));
    expect(drain(channel)).toEqual([0, 1, 9, 2, 3]);
  });
});

describe('fq-codel', () => {
  const open = (params: Record<string, number> = {}) =>
    openQueue({ scheduling: fqCodel, params, clock: new HandClock() });

  it('has a quantum of 16 KiB by default', () => {
    const channel = open();
    for (let i = 0; i < 4; i++) channel.offer(job(i, 'a', 8 * 1024));
    channel.offer(job(9, 'b', 1));
    expect(drain(channel)).toEqual([0, 1, 9, 2, 3]);
  });

  it('lets a flow that begins go before the old ones', () => {
    const channel = open({ quantumBytes: 100 });
    for (let i = 0; i < 6; i++) channel.offer(job(i, i % 2 === 0 ? 'a' : 'b'));
    expect([channel.tryTake()?.id, channel.tryTake()?.id, channel.tryTake()?.id]).toEqual([0, 1, 2]);
    channel.offer(job(9, 'new'));
    expect(drain(channel)).toEqual([9, 3, 4, 5]);
  });

  it('sends an emptied new flow once through the old ones: it cannot stay new and starve them', () => {
    const channel = open({ quantumBytes: 100 });
    for (let i = 0; i < 10; i++) channel.offer(job(i, 'busy'));
    channel.tryTake();
    const order: number[] = [];
    for (let round = 0; round < 4; round++) {
      // A small item, with quantum to spare, again and again as soon as the last one has left.
      channel.offer(job(100 + round, 'sly', 10));
      for (let i = 0; i < 2; i++) order.push((channel.tryTake() as Job).id);
    }
    expect(order).toEqual([100, 1, 101, 2, 102, 3, 103, 4]);
  });

  it('hashes flows into 1024 buckets: two in one bucket share its turns, in order of arrival', () => {
    const other = Array.from({ length: 10_000 }, (_, i) => `f${i}`).find(
      (flow) => hashFlow(flow, 1024) === hashFlow('a', 1024),
    ) as string;
    const channel = open({ quantumBytes: 100 });
    for (let i = 0; i < 4; i++) channel.offer(job(i, i % 2 === 0 ? 'a' : other));
    for (let i = 4; i < 6; i++) channel.offer(job(i, 'b'));
    expect(drain(channel)).toEqual([0, 4, 1, 5, 2, 3]);
    const apart = open({ quantumBytes: 100, flows: 65_536 });
    expect(hashFlow(other, 65_536)).not.toBe(hashFlow('a', 65_536));
    for (let i = 0; i < 4; i++) apart.offer(job(i, i < 2 ? 'a' : other));
    expect(drain(apart)).toEqual([0, 2, 1, 3]);
  });

  it.each([
    ['texts', (i: number) => `client-${i}`],
    ['numbers', (i: number) => i],
    ['large numbers', (i: number) => i * 4_294_967_296],
    ['fractions', (i: number) => i / 8192],
  ])('spreads %s evenly over the buckets', (_what, keyOf) => {
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 6400; i++) (counts[hashFlow(keyOf(i), 64)] as number)++;
    // Poisson with mean 100: ± 5 standard deviations.
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(150);
  });
});
