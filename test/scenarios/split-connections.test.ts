import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitConnections } from '../../src/scenarios/split-connections.ts';

const BURST_SHARES = [0.5, 0.05, 0.3, 0.15];

describe('splitConnections', () => {
  it.each([
    [1000, BURST_SHARES, [500, 50, 300, 150]],
    [10, BURST_SHARES, [5, 1, 3, 1]], // 5, 0.5, 3, 1.5: equal remainders go to the earlier group
    [4, BURST_SHARES, [1, 1, 1, 1]],
    [3, BURST_SHARES, [2, 0, 1, 0]], // too few for all
    [0, BURST_SHARES, [0, 0, 0, 0]],
    [5, [0.9, 0.05, 0.05], [3, 1, 1]], // each gets one from the largest
    [100, [0.5, 0.1], [50, 10]], // shares below 100 % leave the rest unopened
    [10, [1, 0], [10, 0]],
    [7, [300, 100], [5, 2]], // weights instead of shares
    [10, [0, 0], [0, 0]],
    [2, [0.7, 0.2, 0.1], [1, 1, 0]], // 1.4 and 0.4 tie only without the dust of floating point
    [8, [0.7, 0.2, 0.1], [5, 2, 1]],
  ])('%d by %j is %j', (total, weights, expected) => {
    expect(splitConnections(total, weights)).toEqual(expected);
  });

  it('adds up, is never off by more than one where shares are large enough, and forgets nobody', () => {
    const run = { seed: 20261121, numRuns: 300 };
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 8 }),
        (total, parts) => {
          const sum = parts.reduce((all, part) => all + part, 0);
          fc.pre(sum > 0);
          const shares = parts.map((part) => part / sum);
          const counts = splitConnections(total, shares);
          const active = shares.filter((share) => share > 0).length;
          expect(counts.reduce((all, count) => all + count, 0)).toBe(total);
          for (const [index, share] of shares.entries()) {
            const count = counts[index] as number;
            if (share === 0) expect(count).toBe(0);
            else if (total >= active) expect(count).toBeGreaterThanOrEqual(1);
            if (shares.every((other) => other === 0 || other * total >= 1)) {
              expect(Math.abs(count - share * total)).toBeLessThan(1);
            }
          }
        },
      ),
      run,
    );
  });
});
