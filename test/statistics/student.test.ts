import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../src/statistics/normal.ts';
import { studentCdf, studentQuantile, tInterval } from '../../src/statistics/student.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

describe('Student’s t', () => {
  it('agrees with 40-digit arithmetic to 1e-12, for 1 to 5,000 degrees of freedom and for broken ones', () => {
    for (const [t, degrees, p] of FIXTURES.studentCdf) {
      expectClose(studentCdf(t, degrees), p, 1e-12, `t ${t}, ${degrees} degrees`);
    }
    for (const [p, degrees, t] of FIXTURES.studentQuantile) {
      expectClose(studentQuantile(p, degrees), t, 1e-12, `p ${p}, ${degrees} degrees`);
    }
  });

  it.each([
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.95, 19, 1.729],
    [0.8, 9, 0.883],
  ])('has the quantile of the printed tables: p %d, %i degrees', (p, degrees, t) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(t, 3);
  });

  it('is the Cauchy law with one degree of freedom and nearly normal with a million', () => {
    for (const t of [-50, -1, -0.2]) expectClose(studentCdf(t, 1), 0.5 + Math.atan(t) / Math.PI, 1e-12);
    expectClose(studentQuantile(0.025, 1e6), normalQuantile(0.025), 1e-5);
    expect([studentCdf(-Infinity, 3), studentCdf(0, 3), studentCdf(Infinity, 3)]).toEqual([0, 0.5, 1]);
  });

  it('refuses what is no probability and no number of degrees', () => {
    expect(() => studentQuantile(0, 5)).toThrow(RangeError);
    expect(() => studentQuantile(0.5, 0)).toThrow('degrees must be a number above 0, got 0');
    expect(() => studentCdf(Number.NaN, 5)).toThrow(RangeError);
  });
});

describe('t interval', () => {
  it('agrees with SciPy', () => {
    for (const { values, level, low, high } of FIXTURES.tInterval) {
      const actual = tInterval(values, level);
      expectClose(actual?.low ?? null, low);
      expectClose(actual?.high ?? null, high);
    }
  });

  it('is nothing below two values and where a value is infinite, and a point where all are equal', () => {
    expect(tInterval([])).toBeNull();
    expect(tInterval([1])).toBeNull();
    expect(tInterval([1, Infinity, 2])).toBeNull();
    expect(tInterval([0, 0, 0])).toEqual({ estimate: 0, low: 0, high: 0 });
    expect(() => tInterval([1, Number.NaN])).toThrow(RangeError);
  });
});
