import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DistributionCounter, quantileOf } from '../../src/core/distribution.ts';
import { APPEND_BOUNDS_MS, SIZE_BOUNDS } from '../../src/core/samples.ts';

function countOf(bounds: readonly number[], values: readonly number[]) {
  const counter = new DistributionCounter(bounds);
  for (const value of values) counter.record(value);
  return counter.read();
}

/** The smallest value that a share `q` of all values is not above. */
function exactQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
}

describe('a distribution by buckets', () => {
  it('counts a value that is a bound below it', () => {
    expect(countOf([1, 5], [0, 1, 1.01, 5, 5.01])).toEqual({
      bounds: [1, 5],
      counts: [2, 2, 1],
      sum: 12.02,
      count: 5,
    });
  });

  it('has its quantiles in the bucket of the exact one, and on the same side of every bound', () => {
    const value = fc.oneof(
      fc.double({ min: 0, max: 1500, noNaN: true }),
      fc.constantFrom(...APPEND_BOUNDS_MS),
    );
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (values, q) => {
          const exact = exactQuantile(values, q);
          const read = quantileOf(countOf(APPEND_BOUNDS_MS, values), q);
          for (const bound of APPEND_BOUNDS_MS)
            expect([bound, Number(read) > bound]).toEqual([bound, exact > bound]);
        },
      ),
      { seed: 4711, numRuns: 500 },
    );
  });

  it('of whole numbers knows sizes of 1 and 2 exactly', () => {
    const median = (sizes: number[]) => quantileOf(countOf(SIZE_BOUNDS, sizes), 0.5, 1);
    expect(median([1, 1, 1])).toBe(1);
    expect(median([1, 2, 2])).toBe(2);
    expect(median([2, 2, 2, 500])).toBe(2);
    expect(median([3, 3, 3])).toBeGreaterThanOrEqual(3);
  });

  it('is infinite above its last bound, and nothing without values', () => {
    expect(quantileOf(countOf([1, 5], [6]), 0.5)).toBe(Number.POSITIVE_INFINITY);
    expect(quantileOf(countOf([1, 5], []), 0.5)).toBeNull();
  });
});
