import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { estimateRatio, zScore } from '../../src/simulation/estimate.ts';

const SEED = 4711;

describe('a ratio of sums over batches', () => {
  it('with equal batches is the plain mean with its standard error', () => {
    const { mean, standardError, batches } = estimateRatio([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]);
    expect(mean).toBe(3);
    expect(standardError).toBeCloseTo(Math.sqrt(2.5 / 5), 12);
    expect(batches).toBe(5);
  });

  it('weighs long batches as what they are', () => {
    expect(estimateRatio([2, 8, 2, 2, 2], [1, 4, 1, 1, 1])).toMatchObject({ mean: 2, standardError: 0 });
  });

  it('takes out what a control explains, and moves the mean by it', () => {
    const random = createRandom(SEED, 'estimate');
    const luck = Array.from({ length: 50 }, () => random.next() - 0.5);
    const noise = Array.from({ length: 50 }, () => (random.next() - 0.5) / 100);
    const ones = luck.map(() => 1);
    const values = luck.map((value, i) => 7 + 3 * value + (noise[i] as number));
    const plain = estimateRatio(values, ones);
    const controlled = estimateRatio(values, ones, [luck]);
    expect(controlled.standardError).toBeLessThan(plain.standardError / 50);
    expect(Math.abs(controlled.mean - 7)).toBeLessThan(4 * controlled.standardError);
    expect(Math.abs(controlled.mean - 7)).toBeLessThan(Math.abs(plain.mean - 7));
  });

  it('is not moved by a control that never varies, or by the same one twice', () => {
    const values = [1, 4, 2, 5, 3, 9];
    const ones = values.map(() => 1);
    const control = [1, -1, 2, -2, 1, -1];
    expect(estimateRatio(values, ones, [ones.map(() => 0)])).toEqual(estimateRatio(values, ones));
    expect(estimateRatio(values, ones, [control, control])).toEqual(estimateRatio(values, ones, [control]));
  });

  it('refuses too few batches, and unequal numbers of them', () => {
    expect(() => estimateRatio([1, 2, 3, 4], [1, 1, 1, 1])).toThrow(RangeError);
    expect(() => estimateRatio([1, 2, 3, 4, 5], [1, 1])).toThrow(RangeError);
  });
});

describe('a z-score', () => {
  it('is the distance in standard errors when there are many batches', () => {
    expect(zScore({ mean: 3, standardError: 0.5, batches: 1_000_000 }, 1)).toBeCloseTo(4, 3);
    expect(zScore({ mean: 1, standardError: 0.5, batches: 1_000_000 }, 3)).toBeCloseTo(-4, 3);
  });

  // Two-sided 0.1 % with 30 degrees of freedom, and 5 % with 19: from tables of Student's t and of the normal law.
  it.each([
    [3.646, 31, 3.2905],
    [2.093, 20, 1.96],
  ])('t = %d from %d batches is %d', (t, batches, z) => {
    expect(zScore({ mean: t, standardError: 1, batches }, 0)).toBeCloseTo(z, 1.9);
  });

  it('without any spread is 0 for equal numbers and beyond all limits for others', () => {
    expect(zScore({ mean: 2, standardError: 0, batches: 30 }, 2)).toBe(0);
    expect(zScore({ mean: 2, standardError: 0, batches: 30 }, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(zScore({ mean: Number.NaN, standardError: 1, batches: 30 }, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  // Without the correction for few batches it would be 6 %.
  it('of 20 sound batches exceeds 2 in 4.6 % of all runs, and 4 never in two thousand', () => {
    const random = createRandom(SEED, 'z');
    let above2 = 0;
    let above4 = 0;
    for (let round = 0; round < 2000; round++) {
      const values = Array.from({ length: 20 }, () => {
        let sum = 0;
        for (let i = 0; i < 12; i++) sum += random.next();
        return sum;
      });
      const z = Math.abs(
        zScore(
          estimateRatio(
            values,
            values.map(() => 1),
          ),
          6,
        ),
      );
      if (z > 2) above2++;
      if (z > 4) above4++;
    }
    expect(above2 / 2000).toBeGreaterThan(0.035);
    expect(above2 / 2000).toBeLessThan(0.055);
    expect(above4).toBe(0);
  });
});
