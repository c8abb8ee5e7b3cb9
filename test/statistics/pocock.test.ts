import { describe, expect, it } from 'vitest';
import { normalPdf, normalQuantile } from '../../src/statistics/normal.ts';
import { lookLevels } from '../../src/statistics/pocock.ts';

describe('levels by planned looks', () => {
  it.each([
    [1, 0.05],
    [2, 0.0294],
    [3, 0.0221],
  ])('%i looks: Pocock’s %d, two-sided', (looks, level) => {
    expect(lookLevels(looks).same).toBeCloseTo(level, 4);
    expect(lookLevels(looks).change * 2).toBe(lookLevels(looks).same);
  });

  it.each([1, 2, 3])('%i looks: all together are wrong in 5 % of cases, two-sided', (looks) => {
    expect(chanceOfAny(-normalQuantile(lookLevels(looks).change), looks, true)).toBeCloseTo(0.05, 5);
  });

  it.each([
    [1, 0.025, 0.05],
    [2, 0.02501, 0.04847],
    [3, 0.025, 0.04776],
  ])('%i looks: one-sided %d for a change, %d for each side of `same`', (looks, change, same) => {
    const levels = lookLevels(looks);
    expect(chanceOfAny(-normalQuantile(levels.change), looks, false)).toBeCloseTo(change, 4);
    expect(chanceOfAny(-normalQuantile(levels.same), looks, false)).toBeCloseTo(same, 4);
  });

  it('would be wrong in 8.3 and 10.7 % of cases at the level of a single look', () => {
    expect(chanceOfAny(1.959964, 2, true)).toBeCloseTo(0.083, 3);
    expect(chanceOfAny(1.959964, 3, true)).toBeCloseTo(0.107, 3);
  });

  it.each([0, 4, 1.5, Number.NaN])('refuses %d looks', (looks) => {
    expect(() => lookLevels(looks)).toThrow('looks must be 1, 2 or 3');
  });
});

/**
 * P(Z_k > bound for any k ≤ looks), or |Z_k|, Z_k = S_k/√k, S_k a sum of k standard normal values: the density of S_k
 * among those that have not crossed yet, carried on by Simpson's rule.
 */
function chanceOfAny(bound: number, looks: number, isTwoSided: boolean): number {
  let density = (s: number) => normalPdf(s);
  let inside = 0;
  for (let k = 1; k <= looks; k++) {
    const high = bound * Math.sqrt(k);
    const low = isTwoSided ? -high : -9 * Math.sqrt(k);
    const points = 201;
    const step = (high - low) / (points - 1);
    const nodes = Array.from({ length: points }, (_, i) => {
      const s = low + i * step;
      const weight = ((i === 0 || i === points - 1 ? 1 : i % 2 === 1 ? 4 : 2) * step) / 3;
      return { s, mass: density(s) * weight };
    });
    inside = nodes.reduce((sum, { mass }) => sum + mass, 0);
    density = (s) => nodes.reduce((sum, node) => sum + node.mass * normalPdf(s - node.s), 0);
  }
  return 1 - inside;
}
