import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  signedRankCritical,
  signedRankLaw,
  signedRankP,
  signedRankTrueLevel,
} from '../../src/statistics/signed-rank.ts';
import { signedRankPByFlips } from './brute-force.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

const coarse = fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 10 });
const fine = fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 });

describe('signed rank: the law of W⁺', () => {
  // n, Walsh averages, k and true level (%) for 95 % and for 90 %, smallest one-sided p.
  it.each([
    [6, 21, 1, 96.88, 3, 90.63, 0.0156],
    [7, 28, 3, 95.31, 4, 92.19, 0.0078],
    [8, 36, 4, 96.09, 6, 92.19, 0.0039],
    [9, 45, 6, 96.09, 9, 90.23, 0.002],
    [10, 55, 9, 95.12, 11, 91.6, 0.00098],
    [12, 78, 14, 95.75, 18, 90.77, 0.00024],
    [15, 120, 26, 95.21, 31, 90.54, 3.1e-5],
    [20, 210, 53, 95.16, 61, 90.27, 9.5e-7],
    [30, 465, 138, 95.03, 152, 90.39, 9.3e-10],
  ])('n = %i: the published constants', (n, averages, k95, level95, k90, level90, smallestP) => {
    expect(signedRankLaw(n)).toHaveLength(averages + 1);
    expect(signedRankCritical(n, 0.95)).toBe(k95);
    expect(signedRankCritical(n, 0.9)).toBe(k90);
    expect(100 * signedRankTrueLevel(n, k95)).toBeCloseTo(level95, 1);
    expect(100 * signedRankTrueLevel(n, k90)).toBeCloseTo(level90, 1);
    expectClose(signedRankP(Array.from({ length: n }, (_, i) => i + 1)), smallestP, 0.03);
  });

  it('has the critical values and levels of whole-number arithmetic, up to n = 200', () => {
    for (const [n, level, k, trueLevel] of FIXTURES.signedRankCritical) {
      expect(signedRankCritical(n, level), `n ${n}, level ${level}`).toBe(k);
      expectClose(signedRankTrueLevel(n, k), trueLevel, 1e-12);
    }
  });

  it('sums to one and is symmetric, also where 2^n is no number any more', () => {
    for (const n of [0, 1, 2, 17, 64, 1030]) {
      const law = signedRankLaw(n);
      expectClose(
        law.reduce((sum, p) => sum + p, 0),
        1,
        1e-12,
      );
      expect(law.every((p, s) => p === law[law.length - 1 - s])).toBe(true);
    }
  });

  it('counts a probability that equals the bound: 1/16 on each side is an interval of 87.5 %', () => {
    expect(signedRankCritical(4, 0.875)).toBe(1);
    expect(signedRankCritical(4, 0.876)).toBe(0);
  });

  it('has no interval where even the extremes are likelier than the level allows', () => {
    for (const n of [0, 1, 2, 3, 4, 5]) expect(signedRankCritical(n, 0.95)).toBe(0);
    expect(signedRankTrueLevel(5, 0)).toBe(1);
  });

  it.each([
    [-1, 0.95],
    [2.5, 0.95],
    [8, 0],
    [8, 1],
    [8, Number.NaN],
  ])('refuses n = %d at level %d', (n, level) => {
    expect(() => signedRankCritical(n, level)).toThrow(RangeError);
  });
});

describe('signed rank: P(W⁺ ≥ w⁺)', () => {
  it('agrees with SciPy without ties, up to n = 40', () => {
    for (const { d, p } of FIXTURES.signedRankExact) expectClose(signedRankP(d), p, 1e-9, `${d}`);
  });

  it('agrees with SciPy over all permutations with ties and zeros (Pratt)', () => {
    for (const { d, p } of FIXTURES.signedRankTies) expectClose(signedRankP(d), p, 1e-9, `${d}`);
  });

  it('is the share of all sign flips, whatever is tied or zero', () => {
    fc.assert(
      fc.property(coarse, (d) => expectClose(signedRankP(d), signedRankPByFlips(d), 1e-12)),
      { seed: 61, numRuns: 150 },
    );
  });

  it('says nothing without evidence: 1 for no differences and for nothing but zeros, ½ for one', () => {
    expect(signedRankP([])).toBe(1);
    expect(signedRankP([0, 0, -0, 0])).toBe(1);
    expect(signedRankP([3])).toBe(0.5);
    expect(signedRankP([-3])).toBe(1);
    expect(signedRankP(new Array(10).fill(0.7))).toBe(2 ** -10);
  });

  it('ranks infinities highest, and ties those of one size', () => {
    const p = signedRankP([Number.POSITIVE_INFINITY, 1, 2, -3, 4, 5, 6]);
    expect(p).toBe(signedRankP([100, 1, 2, -3, 4, 5, 6]));
    expect(signedRankP([Infinity, -Infinity, Infinity, 1])).toBe(signedRankP([9, -9, 9, 1]));
  });

  it('refuses NaN and names the place', () => {
    expect(() => signedRankP([1, Number.NaN])).toThrow('differences[1] must be a number, got NaN');
  });

  it('depends on order and scale not at all, and never rises when all differences do', () => {
    fc.assert(
      fc.property(coarse, fc.integer({ min: 0, max: 8 }), (d, step) => {
        const p = signedRankP(d);
        expectClose(signedRankP([...d].reverse().map((value) => value * 4)), p, 1e-12);
        expect(signedRankP(d.map((value) => value + step / 2))).toBeLessThanOrEqual(p * (1 + 1e-12));
      }),
      { seed: 62, numRuns: 300 },
    );
  });

  it('adds up with the other side to 1 plus the chance of exactly this W⁺', () => {
    fc.assert(
      fc.property(fine, (d) => {
        const both = signedRankP(d) + signedRankP(d.map((value) => -value));
        expect(both).toBeGreaterThan(1 - 1e-12);
      }),
      { seed: 63, numRuns: 200 },
    );
  });
});
