import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mannWhitneyCritical,
  mannWhitneyLaw,
  mannWhitneyP,
  mannWhitneyTrueLevel,
} from '../../src/statistics/mann-whitney.ts';
import { mannWhitneyPByChoices } from './brute-force.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

const sample = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 5 });

describe('Mann-Whitney: the law of U', () => {
  it.each([
    [5, 3],
    [6, 6],
    [8, 14],
    [10, 24],
    [12, 38],
  ])('n1 = n2 = %i, 95 per cent: k = %i', (n, k) => {
    expect(mannWhitneyCritical(n, n, 0.95)).toBe(k);
  });

  it('has the critical values and levels of whole-number arithmetic, for all sizes up to 15', () => {
    for (const [n1, n2, level, k, trueLevel] of FIXTURES.mannWhitneyCritical) {
      expect(mannWhitneyCritical(n1, n2, level), `${n1}, ${n2}, ${level}`).toBe(k);
      expectClose(mannWhitneyTrueLevel(n1, n2, k), trueLevel, 1e-12);
    }
  });

  it('sums to one, is symmetric, and does not mind which sample is the larger', () => {
    for (const [n1, n2] of [
      [0, 4],
      [1, 1],
      [3, 9],
      [20, 31],
    ] as const) {
      const law = mannWhitneyLaw(n1, n2);
      expect(law).toHaveLength(n1 * n2 + 1);
      expectClose(
        law.reduce((sum, p) => sum + p, 0),
        1,
        1e-12,
      );
      law.forEach((p, u) => {
        expectClose(p, law[n1 * n2 - u] as number, 1e-10);
      });
      expect(mannWhitneyLaw(n2, n1)).toEqual(law);
    }
  });

  it('goes over to the normal approximation without a step', () => {
    // 50 by 50 is exact, 50 by 51 is not.
    const exact = mannWhitneyCritical(50, 50, 0.95);
    const next = mannWhitneyCritical(50, 51, 0.95);
    const before = mannWhitneyCritical(50, 49, 0.95);
    expect(Math.abs(next - exact - (exact - before))).toBeLessThanOrEqual(2);
  });

  it('refuses sizes that are none', () => {
    expect(() => mannWhitneyCritical(-1, 5, 0.95)).toThrow(RangeError);
    expect(() => mannWhitneyCritical(100, 100, 1)).toThrow(RangeError);
  });
});

describe('Mann-Whitney: P(U ≥ u)', () => {
  it('agrees with SciPy without ties', () => {
    for (const { a, b, p } of FIXTURES.mannWhitneyExact) expectClose(mannWhitneyP(a, b), p, 1e-9);
  });

  it('agrees with SciPy over all permutations with ties', () => {
    for (const { a, b, p } of FIXTURES.mannWhitneyTies) expectClose(mannWhitneyP(a, b), p, 1e-9);
  });

  it('agrees with SciPy where only the normal approximation is left', () => {
    for (const { a, b, p } of FIXTURES.mannWhitneyLarge) expectClose(mannWhitneyP(a, b), p, 1e-9);
  });

  it('is the share of all ways to deal the values out', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expectClose(mannWhitneyP(a, b), mannWhitneyPByChoices(a, b), 1e-12);
      }),
      { seed: 81, numRuns: 80 },
    );
  });

  it('is small where b is above a', () => {
    expectClose(mannWhitneyP([1, 2, 3, 4], [5, 6, 7, 8]), 1 / 70);
    expectClose(mannWhitneyP([5, 6, 7, 8], [1, 2, 3, 4]), 1);
    expectClose(mannWhitneyP([1, 2, 3], [Infinity, Infinity, Infinity]), 1 / 20);
  });

  it('says nothing without evidence', () => {
    expect(mannWhitneyP([], [1, 2])).toBe(1);
    expect(mannWhitneyP([1, 2], [])).toBe(1);
    expect(mannWhitneyP([3, 3, 3], [3, 3, 3, 3])).toBeCloseTo(1, 12);
    expect(mannWhitneyP(new Array(60).fill(1), new Array(60).fill(1))).toBe(1);
    expect(() => mannWhitneyP([Number.NaN], [1])).toThrow('a[0]');
  });
});
