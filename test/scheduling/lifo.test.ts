import { describe, expect, it } from 'vitest';
import adaptiveLifo from '../../src/system/scheduling/adaptive-lifo.ts';
import fifo from '../../src/system/scheduling/fifo.ts';
import lifo from '../../src/system/scheduling/lifo.ts';
import { drain, HandClock, type Job, MS, openQueue } from './queue.ts';
import { findZ, meanOf } from './simulate.ts';
import { measureOverloadWaits } from './waits.ts';

const job = (id: number): Job => ({ id, class: 1, flow: 0, size: 1 });

describe('lifo', () => {
  it('delivers in exact reverse', () => {
    const channel = openQueue({ scheduling: lifo, clock: new HandClock() });
    for (let id = 1; id <= 50; id++) channel.offer(job(id));
    expect(drain(channel)).toEqual(Array.from({ length: 50 }, (_, i) => 50 - i));
  });

  it('with drop-oldest waits 1/(λ − μ) in overload, where fifo waits B/λ', () => {
    const waits = measureOverloadWaits(lifo, 20_000);
    expect(Math.abs(findZ(waits, 1 / (3 - 1)))).toBeLessThan(4);
    expect(meanOf(measureOverloadWaits(fifo, 5000))).toBeCloseTo(6.5, 0);
  });
});

describe('adaptive-lifo', () => {
  /** 1 at 0 ms, 2 at `ms`; which of the two leaves at `ms`. */
  const first = (ms: number, params?: Record<string, number>): number | undefined => {
    const clock = new HandClock();
    const channel = openQueue({ scheduling: adaptiveLifo, clock, ...(params && { params }) });
    clock.ns = 5000 * MS;
    channel.offer(job(1));
    clock.ns += ms * MS;
    channel.offer(job(2));
    return drain(channel)[0];
  };

  it('is in order until the queue has not been empty for 100 ms, then in reverse', () => {
    expect([first(0), first(100), first(101)]).toEqual([1, 1, 2]);
  });

  it('goes by the given time', () => {
    const params = { withinMs: 7 };
    expect([first(7, params), first(8, params)]).toEqual([1, 2]);
  });

  it('is in order again as soon as the queue was empty, also by eviction', () => {
    const clock = new HandClock();
    const channel = openQueue({ scheduling: adaptiveLifo, clock });
    for (const empty of [() => drain(channel), () => channel.discardQueued('shutdown')]) {
      channel.offer(job(1));
      channel.offer(job(2));
      clock.ns += 200 * MS;
      expect(channel.tryTake()?.id).toBe(2);
      empty();
      clock.ns += MS;
      channel.offer(job(3));
      channel.offer(job(4));
      expect(drain(channel)).toEqual([3, 4]);
    }
  });

  it('in overload waits less than fifo by far', () => {
    expect(meanOf(measureOverloadWaits(adaptiveLifo, 5000))).toBeLessThan(0.7);
  });
});
