import { describe, expect, it } from 'vitest';
import priorityAging from '../../src/system/scheduling/priority+aging.ts';
import strictPriority from '../../src/system/scheduling/strict-priority.ts';
import { drain, HandClock, type Making, MS, openQueue } from './queue.ts';
import { findStarvationProblem } from './starvation.ts';
import { COBHAM_SEC, findPriorityZs } from './waits.ts';

describe('strict-priority', () => {
  it("waits as long as Cobham's formula says, in both classes", () => {
    expect(COBHAM_SEC.map((sec) => sec.toFixed(3))).toEqual(['1.143', '5.714']);
    const zs = findPriorityZs(strictPriority, 200_000);
    expect(zs.filter((z) => !(Math.abs(z) < 4))).toEqual([]);
  });

  it('lets a low class wait for as long as higher ones come', () => {
    expect(findStarvationProblem(strictPriority)).toMatch(/^class 1 since 0 ms still waits/);
  });
});

describe('priority+aging', () => {
  /** An item of `klass` at 0 ms and a critical one at `laterMs`; which leaves first at that moment. */
  const duel = (klass: number, laterMs: number, params?: Record<string, number>): number | undefined => {
    const clock = new HandClock();
    const making: Making = priorityAging;
    const channel = openQueue({ scheduling: making, clock, ...(params && { params }) });
    channel.offer({ id: 1, class: klass, flow: 0, size: 1 });
    clock.ns = laterMs * MS;
    channel.offer({ id: 2, class: 0, flow: 0, size: 1 });
    return drain(channel)[0];
  };

  it('lets nobody wait longer than class + 1 times aging before later ones', () => {
    expect(findStarvationProblem(priorityAging)).toBeUndefined();
  });

  it.each([
    [1, 499, 2],
    [1, 500, 1],
    [3, 1499, 2],
    [3, 1500, 1],
    [7, 3499, 2],
    [7, 3500, 1],
  ])('by default, class %i after %i ms beside a critical item: %i leaves first', (klass, ms, first) => {
    expect(duel(klass, ms)).toBe(first);
  });

  it('goes by the given aging', () => {
    expect([duel(1, 9, { agingMs: 10 }), duel(1, 10, { agingMs: 10 })]).toEqual([2, 1]);
  });

  it('goes on below class 0, so that an old critical item comes before a fresh one of equal class', () => {
    const clock = new HandClock();
    const channel = openQueue({ scheduling: priorityAging, clock });
    channel.offer({ id: 1, class: 2, flow: 0, size: 1 });
    clock.ns = 400 * MS;
    channel.offer({ id: 2, class: 0, flow: 0, size: 1 });
    clock.ns = 1900 * MS;
    // 2 − 3 = −1 against 0 − 3 = −3.
    expect(drain(channel)).toEqual([2, 1]);
  });
});
