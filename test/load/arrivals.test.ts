import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/core/clock.ts';
import type { Arrivals } from '../../src/core/plan.ts';
import { createRandom } from '../../src/core/random.ts';
import { createDueTimes } from '../../src/load/arrivals.ts';

function listMs(arrivals: Arrivals, durationMs: number, seed = 1): number[] {
  const due = createDueTimes(arrivals, durationMs, createRandom(seed, 'test'));
  const all: number[] = [];
  for (let ns = due.nextNs(); ns !== Number.POSITIVE_INFINITY; ns = due.nextNs()) all.push(ns / NS_PER_MS);
  expect(due.nextNs()).toBe(Number.POSITIVE_INFINITY);
  return all;
}

const rate = (model: 'constant' | 'poisson', fromPerSec: number, toPerSec = fromPerSec): Arrivals => ({
  model,
  fromPerSec,
  toPerSec,
});

describe('arrivals', () => {
  it.each<[string, Arrivals, number, number[]]>([
    ['a constant rate starts at once and is even', rate('constant', 10), 450, [0, 100, 200, 300, 400]],
    ['an arrival at the very end belongs to the next phase', rate('constant', 10), 300, [0, 100, 200]],
    ['a rate of 0 has none', rate('constant', 0), 1000, []],
    ['a phase of 0 has none', rate('constant', 10), 0, []],
    ['a burst comes at once', { model: 'burst', count: 3, everyMs: null }, 1000, [0, 0, 0]],
    ['bursts come again', { model: 'burst', count: 2, everyMs: 400 }, 1000, [0, 0, 400, 400, 800, 800]],
    ['a burst of 0 has none', { model: 'burst', count: 0, everyMs: 10 }, 1000, []],
  ])('%s', (_, arrivals, durationMs, expected) => {
    expect(listMs(arrivals, durationMs)).toEqual(expected);
  });

  it('a ramp up follows the cumulative rate: number n is due at √(2nD/b)', () => {
    const due = listMs(rate('constant', 0, 100), 1000);
    expect(due).toHaveLength(50);
    due.forEach((ms, n) => {
      expect(ms).toBeCloseTo(Math.sqrt((2 * n) / 100) * 1000, 4);
    });
  });

  it('a ramp down is the ramp up read from its end', () => {
    const down = listMs(rate('constant', 100, 0), 1000);
    const lambda = (ms: number) => 100 * (ms / 1000) - (100 * (ms / 1000) ** 2) / 2;
    expect(down).toHaveLength(50);
    down.forEach((ms, n) => {
      expect(lambda(ms)).toBeCloseTo(n, 4);
    });
  });

  it('a constant rate of 300/s for an hour does not drift', () => {
    const due = createDueTimes(rate('constant', 300), 3_600_000, createRandom(1, 'test'));
    let last = 0;
    let count = 0;
    for (let ns = due.nextNs(); ns !== Number.POSITIVE_INFINITY; ns = due.nextNs()) {
      last = ns;
      count++;
    }
    expect(count).toBe(1_080_000);
    expect(last).toBe(Math.round((1_079_999 / 300) * 1e9));
  });

  it('poisson: the same seed gives the same list and another seed another', () => {
    expect(listMs(rate('poisson', 50), 1000, 7)).toEqual(listMs(rate('poisson', 50), 1000, 7));
    expect(listMs(rate('poisson', 50), 1000, 7)).not.toEqual(listMs(rate('poisson', 50), 1000, 8));
  });

  it('poisson: count, mean gap and variation are those of a Poisson process', () => {
    const due = listMs(rate('poisson', 1000), 100_000);
    // 100,000 expected, standard deviation 316.
    expect(Math.abs(due.length - 100_000)).toBeLessThan(4 * 316);
    const gaps = due.slice(1).map((ms, i) => ms - (due[i] as number));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(variance / mean ** 2).toBeGreaterThan(0.97);
    expect(variance / mean ** 2).toBeLessThan(1.03);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });

  it('poisson: a ramp from 0 has three quarters of its arrivals in the second half', () => {
    const due = listMs(rate('poisson', 0, 2000), 20_000);
    expect(Math.abs(due.length - 20_000)).toBeLessThan(4 * 142);
    expect(due.filter((ms) => ms >= 10_000).length / due.length).toBeCloseTo(0.75, 1);
    expect(due.every((ms, i) => i === 0 || ms >= (due[i - 1] as number))).toBe(true);
  });
});
