import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import codelService from '../../src/system/aqm/codel-service.ts';
import adaptiveLifo from '../../src/system/scheduling/adaptive-lifo.ts';
import { SEED } from '../scheduling/queue.ts';
import { meanOf, simulate } from '../scheduling/simulate.ts';
import { Watched } from './codel-law.ts';
import { playTransient } from './transient.ts';

describe('codel-service', () => {
  it('keeps everything until an interval without a wait of at most target is over', () => {
    const queue = new Watched(codelService);
    queue.offer(5000);
    // From 1 ms on; the waits of the first interval begin at 1 ms, those of the second at 102 ms.
    queue.takeUntil(202);
    expect(queue.droppedMs).toEqual([]);
    queue.takeUntil(203);
    // The first of the third interval is kept, whatever its wait; then everything is too old.
    expect(queue.droppedMs).toEqual([]);
    queue.takeOne();
    expect(queue.droppedMs.length).toBe(5000 - 204 + 1);
  });

  it('keeps items that waited up to twice the target, and drops older ones', () => {
    const queue = new Watched(codelService);
    queue.offer(300);
    queue.takeUntil(203);
    queue.channel.discardQueued('shutdown');
    const before = queue.droppedMs.length;
    queue.offer(1);
    queue.clock.advanceNs(10 * 1e6);
    expect(queue.takeOne()).toBeDefined();
    queue.offer(1);
    queue.clock.advanceNs(10 * 1e6 + 1);
    expect(queue.takeOne()).toBeUndefined();
    expect(queue.droppedMs.length).toBe(before + 1);
  });

  it('is not overloaded while the shortest wait is exactly the target', () => {
    const play = (shortestNs: number): number => {
      const queue = new Watched(codelService);
      for (let i = 0; i < 10; i++) {
        queue.offer(1);
        queue.clock.advanceNs(shortestNs);
        queue.takeOne();
        queue.clock.advanceNs(20 * 1e6);
      }
      // One or two intervals later: a first item, then ten that are all too old.
      queue.offer(11);
      queue.clock.advanceNs(11 * 1e6);
      for (let i = 0; i < 11; i++) queue.takeOne();
      return queue.droppedMs.length;
    };
    expect(play(5 * 1e6)).toBe(0);
    expect(play(5 * 1e6 + 1)).toBeGreaterThanOrEqual(10);
  });

  it('never drops the first of an interval: one item per interval gets through whatever it waited', () => {
    const queue = new Watched(codelService);
    for (let i = 0; i < 20; i++) {
      queue.offer(1);
      queue.clock.advanceNs(101 * 1e6);
      expect(queue.takeOne()).toBeDefined();
    }
    expect(queue.droppedMs).toEqual([]);
  });

  it('is calm again after one interval with a short wait', () => {
    const queue = new Watched(codelService);
    queue.offer(300);
    queue.takeUntil(203);
    queue.channel.discardQueued('shutdown');
    const before = queue.droppedMs.length;
    queue.offer(1);
    queue.clock.advanceNs(4 * 1e6);
    queue.takeOne();
    // Two intervals later, the first began with the short wait.
    queue.clock.advanceNs(101 * 1e6);
    queue.offer(1);
    queue.takeOne();
    queue.offer(3);
    queue.clock.advanceNs(50 * 1e6);
    expect([queue.takeOne(), queue.takeOne(), queue.takeOne()]).not.toContain(undefined);
    expect(queue.droppedMs.length).toBe(before);
  });

  // "Checked" of the theory: with 1000/s served.
  it.each([
    [100, 21],
    [500, 102],
    [1000, 202],
  ])('at %i/s too many peaks at 2I·e after 2I, and then drops the excess', (excess, items) => {
    const { peakItems, peakSec, lastSecondDrops } = playTransient(codelService, excess, 5);
    expect(Math.abs(peakItems - items)).toBeLessThanOrEqual(1);
    expect(Math.abs(peakSec / 0.2 - 1)).toBeLessThan(0.02);
    expect(Math.abs(lastSecondDrops / excess - 1)).toBeLessThan(0.02);
  });

  it('bounds the wait in overload, and with adaptive-lifo halves it again', () => {
    const play = (scheduling?: typeof adaptiveLifo): number[] => {
      const random = createRandom(SEED, 'overload');
      const waitsMs: number[] = [];
      simulate(
        { aqm: codelService, ...(scheduling && { scheduling }) },
        {
          gapNs: () => random.exponential(1e9 / 2000),
          arrive: (id) => ({ id, class: 1, flow: 0, size: 1 }),
          serviceNs: () => 1e6,
          untilNs: 20e9,
        },
        { onTake: (_job, waitNs) => waitsMs.push(waitNs / 1e6) },
      );
      return waitsMs.slice(1000);
    };
    const inOrder = meanOf(play());
    expect(inOrder).toBeGreaterThan(5);
    expect(inOrder).toBeLessThan(11);
    expect(meanOf(play(adaptiveLifo))).toBeLessThan(inOrder / 2);
  });
});
