import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { midRanks } from '../../src/statistics/ranks.ts';
import { meanRanks } from './brute-force.ts';

describe('mid-ranks', () => {
  it('share the mean where values are equal', () => {
    expect(midRanks([])).toEqual([]);
    expect(midRanks([7, 5, 5, 9])).toEqual([3, 1.5, 1.5, 4]);
    expect(midRanks([-0, 0, Infinity, Infinity, -Infinity])).toEqual([2.5, 2.5, 4.5, 4.5, 1]);
  });

  it('are one more than the number of smaller values and half of the equal ones', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 })), (values) => {
        expect(midRanks(values)).toEqual(meanRanks(values));
      }),
      { seed: 95, numRuns: 100 },
    );
  });
});
