import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg, blocksNeeded, holm } from '../../src/statistics/multiplicity.ts';
import { signedRankP } from '../../src/statistics/signed-rank.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

const ps = fc.array(
  fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000),
  { minLength: 1, maxLength: 9 },
);

describe('Holm', () => {
  it('agrees with the definition written out', () => {
    for (const { ps: given, adjusted } of FIXTURES.holm) {
      holm(given).forEach((p, i) => {
        expectClose(p, adjusted[i] as number, 1e-12);
      });
    }
  });

  it('multiplies by the number of tests left, and never falls below a smaller p', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.25, 0.1875, 0.125])).toEqual([0.375, 0.375, 0.375]);
    expect(holm([])).toEqual([]);
    expect(holm([0.7, 0.9])).toEqual([1, 1]);
  });

  it('rejects what stepping down through the sorted values rejects', () => {
    fc.assert(
      fc.property(ps, fc.constantFrom(0.0147, 0.025, 0.05, 0.2), (given, alpha) => {
        const sorted = given.toSorted((a, b) => a - b);
        const first = sorted.findIndex((p, i) => p * (sorted.length - i) > alpha);
        const rejected = first === -1 ? sorted : sorted.slice(0, first);
        expect(holm(given).filter((p) => p <= alpha)).toHaveLength(rejected.length);
      }),
      { seed: 91, numRuns: 300 },
    );
  });
});

describe('Benjamini-Hochberg', () => {
  it('agrees with SciPy', () => {
    for (const { ps: given, adjusted } of FIXTURES.benjaminiHochberg) {
      benjaminiHochberg(given).forEach((p, i) => {
        expectClose(p, adjusted[i] as number, 1e-9);
      });
    }
  });

  it('keeps the order of the p-values, lies between them and Holm, and has none for none', () => {
    expect(benjaminiHochberg([])).toEqual([]);
    fc.assert(
      fc.property(ps, (given) => {
        const strict = holm(given);
        benjaminiHochberg(given).forEach((q, i) => {
          expect(q).toBeGreaterThanOrEqual(given[i] as number);
          expect(q).toBeLessThanOrEqual((strict[i] as number) + 1e-12);
        });
      }),
      { seed: 92, numRuns: 200 },
    );
  });
});

describe('what both refuse', () => {
  it.each([Number.NaN, -0.1, 1.1])('%d is no probability', (p) => {
    expect(() => holm([0.5, p])).toThrow('ps[1]');
    expect(() => benjaminiHochberg([0.5, p])).toThrow('ps[1]');
  });
});

describe('blocks that a family needs', () => {
  it.each([
    [1, 0.025, 6],
    [5, 0.025, 8],
    [10, 0.025, 9],
    [40, 0.025, 11],
    [5, 0.0147, 9],
    [1, 0.05, 5],
    [1, 1 / 32, 5],
    [2, 1 / 32, 6],
  ])('%i tests at %d: %i', (tests, alpha, blocks) => {
    expect(blocksNeeded(tests, alpha)).toBe(blocks);
  });

  it('is the first number with which the clearest result of all passes Holm', () => {
    for (const tests of [1, 3, 5, 17]) {
      const n = blocksNeeded(tests);
      const best = (blocks: number) => {
        const clear = signedRankP(Array.from({ length: blocks }, (_, i) => i + 1));
        return holm([clear, ...new Array<number>(tests - 1).fill(1)])[0] as number;
      };
      expect(best(n)).toBeLessThanOrEqual(0.025);
      expect(best(n - 1)).toBeGreaterThan(0.025);
    }
  });

  it('refuses no tests at all, and an impossible level', () => {
    expect(() => blocksNeeded(0)).toThrow(RangeError);
    expect(() => blocksNeeded(1, 0)).toThrow(RangeError);
  });
});
