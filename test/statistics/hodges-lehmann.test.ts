import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hodgesLehmann, hodgesLehmannShift } from '../../src/statistics/hodges-lehmann.ts';
import { mannWhitneyP } from '../../src/statistics/mann-whitney.ts';
import { signedRankP } from '../../src/statistics/signed-rank.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

const NOTHING = { estimate: null, low: null, high: null, trueLevel: null };
const values = (minLength: number, maxLength: number) =>
  fc
    .uniqueArray(fc.integer({ min: -9000, max: 9000 }), { minLength, maxLength })
    .map((whole) => whole.map((value) => value / 1000));
/** Between the values and all their averages, so that nothing is tied with it. */
const deltas = fc.integer({ min: -5000, max: 5000 }).map((value) => value / 1000 + 0.00017);

describe('Hodges-Lehmann: pairs', () => {
  it('agrees with an independent computation, level by level', () => {
    for (const { d, level, ...expected } of FIXTURES.hodgesLehmann) {
      const actual = hodgesLehmann(d, level);
      for (const key of ['estimate', 'low', 'high', 'trueLevel'] as const) {
        expectClose(actual[key], expected[key], 1e-12, `${key} of ${d} at ${level}`);
      }
    }
  });

  it('is the median of the Walsh averages, and for six pairs runs from the smallest to the largest', () => {
    expect(hodgesLehmann([1, 2, 4, 8, 16, 32])).toEqual({
      estimate: 8.5,
      low: 1,
      high: 32,
      trueLevel: 0.96875,
    });
  });

  it('lies above δ exactly where the one-sided test against δ is significant', () => {
    fc.assert(
      fc.property(values(6, 14), deltas, (d, delta) => {
        const { low, high } = hodgesLehmann(d, 0.95);
        const moved = d.map((value) => value - delta);
        expect((low as number) > delta).toBe(signedRankP(moved) <= 0.025);
        expect((high as number) < delta).toBe(signedRankP(moved.map((value) => -value)) <= 0.025);
      }),
      { seed: 71, numRuns: 300 },
    );
  });

  it('moves with a shift, turns with the sign, and the wider level holds the narrower', () => {
    fc.assert(
      fc.property(values(6, 20), deltas, (d, by) => {
        const plain = hodgesLehmann(d);
        const moved = hodgesLehmann(d.map((value) => value + by));
        expect(moved.estimate).toBeCloseTo((plain.estimate as number) + by, 9);
        expect(moved.low).toBeCloseTo((plain.low as number) + by, 9);
        const turned = hodgesLehmann(d.map((value) => -value));
        expect(turned.low).toBeCloseTo(-(plain.high as number), 12);
        const narrow = hodgesLehmann(d, 0.9);
        expect(narrow.low as number).toBeGreaterThanOrEqual(plain.low as number);
        expect(narrow.high as number).toBeLessThanOrEqual(plain.high as number);
      }),
      { seed: 72, numRuns: 200 },
    );
  });

  it('has no bounds where there are too few pairs for the level, and nothing without pairs', () => {
    expect(hodgesLehmann([])).toEqual(NOTHING);
    expect(hodgesLehmann([3])).toEqual({ ...NOTHING, estimate: 3 });
    expect(hodgesLehmann([1, 2, 3, 4, 5], 0.95)).toEqual({ ...NOTHING, estimate: 3 });
    expect(hodgesLehmann([1, 2, 3, 4, 5], 0.9).low).toBe(1);
    expect(hodgesLehmann(new Array(8).fill(0))).toMatchObject({ estimate: 0, low: 0, high: 0 });
  });

  it('says so where a metric is infinite in one arm', () => {
    const some = hodgesLehmann([Infinity, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(some).toMatchObject({ low: 0.2, high: Infinity });
    expect(Number.isFinite(some.estimate)).toBe(true);
    const all = hodgesLehmann(new Array(8).fill(Infinity));
    expect(all).toMatchObject({ estimate: Infinity, low: Infinity, high: Infinity });
    // A ceiling up and a ceiling down cancel out, as their mid-ranks do; never NaN.
    expect(hodgesLehmann([Infinity, -Infinity]).estimate).toBe(0);
    expect(() => hodgesLehmann([Number.NaN])).toThrow(RangeError);
  });
});

describe('Hodges-Lehmann: samples that are not paired', () => {
  it('agrees with an independent computation, level by level', () => {
    for (const { a, b, level, ...expected } of FIXTURES.shift) {
      const actual = hodgesLehmannShift(a, b, level);
      for (const key of ['estimate', 'low', 'high', 'trueLevel'] as const) {
        expectClose(actual[key], expected[key], 1e-12, `${key} of ${a} and ${b} at ${level}`);
      }
    }
  });

  it('is positive where b is larger, and turns when the samples change places', () => {
    expect(hodgesLehmannShift([1, 2, 3, 4], [11, 12, 13, 14])).toMatchObject({
      estimate: 10,
      low: 7,
      high: 13,
    });
    fc.assert(
      fc.property(values(4, 8), values(4, 8), (a, b) => {
        const there = hodgesLehmannShift(a, b);
        const back = hodgesLehmannShift(b, a);
        expect(back.estimate).toBeCloseTo(-(there.estimate as number), 12);
        expect(back.low).toBeCloseTo(-(there.high as number), 12);
      }),
      { seed: 73, numRuns: 100 },
    );
  });

  it('lies above δ exactly where the one-sided test against δ is significant', () => {
    fc.assert(
      fc.property(values(4, 8), values(4, 8), deltas, (a, b, delta) => {
        fc.pre(new Set([...a, ...b]).size === a.length + b.length);
        const { low } = hodgesLehmannShift(a, b, 0.95);
        const moved = b.map((value) => value - delta);
        expect(low !== null && low > delta).toBe(mannWhitneyP(a, moved) <= 0.025);
      }),
      { seed: 74, numRuns: 300 },
    );
  });

  it('takes equal infinities as no difference, and has nothing to say about an empty sample', () => {
    expect(hodgesLehmannShift([Infinity], [Infinity]).estimate).toBe(0);
    expect(hodgesLehmannShift([1, 2], [Infinity, Infinity]).estimate).toBe(Infinity);
    expect(hodgesLehmannShift([], [1, 2])).toEqual(NOTHING);
    expect(() => hodgesLehmannShift([1], [Number.NaN])).toThrow('b[0]');
  });

  it('still answers for samples that are too large for the exact law', () => {
    const a = Array.from({ length: 70 }, (_, i) => i);
    const shifted = hodgesLehmannShift(
      a,
      a.map((value) => value + 20),
    );
    expect(shifted.estimate).toBe(20);
    expect(shifted.low as number).toBeGreaterThan(10);
    expectClose(shifted.trueLevel, 0.95, 2e-3);
  });
});
