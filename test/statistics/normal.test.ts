import { describe, expect, it } from 'vitest';
import { normalCdf, normalPdf, normalQuantile } from '../../src/statistics/normal.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

describe('normal distribution', () => {
  it('agrees with 40-digit arithmetic from −37 to 8, in relative terms', () => {
    for (const [x, p] of FIXTURES.normalCdf) expectClose(normalCdf(x), p, 2e-13, `x ${x}`);
    for (const [p, x] of FIXTURES.normalQuantile) {
      if (p === 0.5) expect(Math.abs(normalQuantile(p))).toBeLessThan(1e-16);
      else expectClose(normalQuantile(p), x, 1e-12, `p ${p}`);
    }
  });

  it('turns a probability into its quantile and back, far out too', () => {
    for (const p of [1e-300, 1e-100, 1e-20, 0.3, 0.5, 0.5000001, 0.7]) {
      expectClose(normalCdf(normalQuantile(p)), p, 1e-11, `p ${p}`);
    }
  });

  it('ends at 0 and 1, and has its height in the middle', () => {
    expect([normalCdf(-Infinity), normalCdf(0), normalCdf(Infinity)]).toEqual([0, 0.5, 1]);
    expect(normalPdf(0)).toBeCloseTo(0.398942280401, 12);
  });

  it.each([0, 1, -0.1, Number.NaN])('has no quantile at %d', (p) => {
    expect(() => normalQuantile(p)).toThrow(RangeError);
    expect(() => normalCdf(Number.NaN)).toThrow(RangeError);
  });
});
