import { describe, expect, it } from 'vitest';
import { cliffsDelta } from '../../src/statistics/cliffs-delta.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

describe('Cliff’s delta', () => {
  it('agrees with SciPy’s U', () => {
    for (const { a, b, delta } of FIXTURES.cliffsDelta) {
      if (delta === 0) expect(Math.abs(cliffsDelta(a, b) as number)).toBeLessThan(1e-15);
      else expectClose(cliffsDelta(a, b), delta);
    }
  });

  it('is 1 where all of b is above a, −1 where all is below, 0 where neither', () => {
    expect(cliffsDelta([1, 2], [3, Infinity])).toBe(1);
    expect(cliffsDelta([3, 4], [1, 2, 2])).toBe(-1);
    expect(cliffsDelta([Infinity, 1], [Infinity, 1])).toBe(0);
    expect(cliffsDelta([1, 2, 3, 4], [2.5])).toBe(0);
  });

  it('is nothing without values, and refuses NaN', () => {
    expect(cliffsDelta([], [1])).toBeNull();
    expect(cliffsDelta([1], [])).toBeNull();
    expect(() => cliffsDelta([1], [Number.NaN])).toThrow('b[0]');
  });
});
