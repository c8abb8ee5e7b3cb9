import { describe, expect, it } from 'vitest';
import { theilSen } from '../../src/statistics/theil-sen.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

describe('Theil-Sen', () => {
  it('agrees with SciPy, also where points share an x', () => {
    for (const { x, y, slope } of FIXTURES.theilSen) {
      expectClose(theilSen(x.map((at, i) => ({ x: at, y: y[i] as number }))), slope);
    }
  });

  it('does not mind a quarter of wild points', () => {
    const points = Array.from({ length: 12 }, (_, x) => ({ x, y: x % 4 === 1 ? 1e9 : 3 * x + 1 }));
    expect(theilSen(points)).toBe(3);
  });

  it('is nothing where no two points differ in x', () => {
    expect(theilSen([])).toBeNull();
    expect(theilSen([{ x: 1, y: 1 }])).toBeNull();
    expect(
      theilSen([
        { x: 1, y: 1 },
        { x: 1, y: 5 },
      ]),
    ).toBeNull();
    expect(() => theilSen([{ x: 1, y: Infinity }])).toThrow('y[0]');
  });
});
