import { describe, expect, it } from 'vitest';
import { blocksToDetect, blocksToProveSame, minimumDetectable } from '../../src/statistics/power.ts';
import { expectClose, FIXTURES } from './fixtures.ts';

/** Noise of one arm, in log-%; the difference of two has √2 of it. */
const NOISE = [1, 2, 3, 5, 10];

describe('minimum detectable effect', () => {
  // What comes on top of the margin, in log-%. Published: with the nominal level instead of the one that is spent.
  it.each([
    [8, [1.7, 3.3, 5.0, 8.3, 16.7], 1.06],
    [10, [1.4, 2.9, 4.3, 7.2, 14.4], 1.01],
    [15, [1.1, 2.3, 3.4, 5.6, 11.3], 1.01],
    [20, [1.0, 1.9, 2.9, 4.8, 9.6], 1.005],
    [30, [0.8, 1.5, 2.3, 3.8, 7.7], 1.005],
  ])('n = %i: the published table, a little more where the law has large steps', (n, published, factor) => {
    for (const [i, noise] of NOISE.entries()) {
      const actual = minimumDetectable({ n, sd: Math.SQRT2 * noise, margin: 0 }) as number;
      expect(actual).toBeGreaterThan((published[i] as number) - 0.05);
      expect(actual).toBeLessThan((published[i] as number) * factor + 0.05);
    }
  });

  it('agrees with SciPy', () => {
    for (const one of FIXTURES.power) expectClose(minimumDetectable(one), one.minimumDetectable);
  });

  it('falls with every block, although the level that is spent goes up and down', () => {
    for (const level of [0.0025, 0.005, 0.01105, 0.0147, 0.025, 0.05]) {
      const all = Array.from({ length: 56 }, (_, i) =>
        minimumDetectable({ n: i + 5, sd: 1, margin: 0, level }),
      );
      const some = all.filter((value) => value !== null);
      expect(some.length).toBeGreaterThan(45);
      expect(some).toEqual(some.toSorted((a, b) => b - a));
    }
  });

  it('is the margin without noise, and nothing with too few blocks', () => {
    expect(minimumDetectable({ n: 10, sd: 0, margin: 0.05 })).toBe(0.05);
    for (const n of [0, 1, 5]) expect(minimumDetectable({ n, sd: 0.01, margin: 0.05 })).toBeNull();
    expect(minimumDetectable({ n: 6, sd: 0.01, margin: 0.05 })).not.toBeNull();
  });
});

describe('how many blocks', () => {
  it('to prove the same within 5 %: the published counts, but 6 where 5 would do two times in three', () => {
    const blocks = NOISE.slice(1).map((noise) =>
      blocksToProveSame({ sd: (Math.SQRT2 * noise) / 100, margin: Math.log(1.05) }),
    );
    expect(blocks).toEqual([6, 9, 21, 77]);
  });

  it('agrees with a search that goes one by one', () => {
    for (const one of FIXTURES.power) {
      const { sd, margin, effect, sameMargin } = one;
      expect(blocksToDetect({ sd, margin, effect })).toBe(one.blocksToDetect);
      expect(blocksToProveSame({ sd, margin: sameMargin })).toBe(one.blocksToProveSame);
    }
  });

  it('is the first number whose minimum detectable effect is small enough', () => {
    const plan = { sd: 0.07, margin: 0.05 };
    const blocks = blocksToDetect({ ...plan, effect: 0.1 }) as number;
    expect(minimumDetectable({ ...plan, n: blocks }) as number).toBeLessThanOrEqual(0.1);
    expect(minimumDetectable({ ...plan, n: blocks - 1 }) as number).toBeGreaterThan(0.1);
  });

  it('is never fewer than the test needs to speak at all', () => {
    expect(blocksToDetect({ sd: 0, margin: 0.05, effect: 0.1 })).toBe(6);
    expect(blocksToProveSame({ sd: 0, margin: 0.05 })).toBe(5);
    expect(blocksToDetect({ sd: 0, margin: 0.05, effect: 0.1, level: 0.0147 })).toBe(7);
  });

  it('is none where no number would do', () => {
    expect(blocksToDetect({ sd: 0.01, margin: 0.05, effect: 0.05 })).toBeNull();
    expect(blocksToDetect({ sd: 0.01, margin: 0.05, effect: 0.02 })).toBeNull();
    expect(blocksToProveSame({ sd: 0.01, margin: 0.05, effect: -0.06 })).toBeNull();
    expect(blocksToProveSame({ sd: 1e6, margin: 0.05 })).toBeNull();
    expect(blocksToProveSame({ sd: 0.01, margin: 0 })).toBeNull();
  });

  it('takes more to prove the same the closer the truth lies to the margin, on either side', () => {
    const at = (effect: number) => blocksToProveSame({ sd: 0.04, margin: 0.05, effect }) as number;
    expect(at(0.03)).toBeGreaterThan(at(0));
    expect(at(-0.03)).toBe(at(0.03));
  });

  it('refuses what is no spread, margin, level or power', () => {
    expect(() => blocksToDetect({ sd: -1, margin: 0.05, effect: 1 })).toThrow('sd');
    expect(() => blocksToDetect({ sd: Infinity, margin: 0.05, effect: 1 })).toThrow('sd');
    expect(() => blocksToProveSame({ sd: 1, margin: Number.NaN })).toThrow('margin');
    expect(() => minimumDetectable({ n: 2.5, sd: 1, margin: 0 })).toThrow('n must be');
    expect(() => minimumDetectable({ n: 9, sd: 1, margin: 0, power: 1 })).toThrow('power');
  });
});
