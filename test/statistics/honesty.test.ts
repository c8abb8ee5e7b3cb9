/**
 * Whether the procedure keeps its promises on the kind of noise that a host makes (t with 3 degrees of freedom, drift
 * as a random walk), and whether procedures that are in use and do not keep them would be noticed here.
 */
import { describe, expect, it } from 'vitest';
import { hodgesLehmann, hodgesLehmannShift } from '../../src/statistics/hodges-lehmann.ts';
import { holm } from '../../src/statistics/multiplicity.ts';
import { lookLevels } from '../../src/statistics/pocock.ts';
import { blocksToProveSame, minimumDetectable } from '../../src/statistics/power.ts';
import { signedRankCritical, signedRankP, signedRankTrueLevel } from '../../src/statistics/signed-rank.ts';
import { bandOf, createNoise, shareOf } from './noise.ts';
import {
  bootstrapMedianInterval,
  differencesOf,
  excludesZero,
  mannWhitneySaysDifferent,
  playExperiment,
  requestsSayDifferent,
  signedRankSaysDifferent,
} from './procedures.ts';

const SEED = 20_260_607;
const ROUNDS = 4000;

/** Above it a procedure that promises 5 % is not honest. */
const limitOf = (rounds: number) => 0.05 + bandOf(0.05, rounds);

describe('A against A', () => {
  it.each([8, 10, 20])('n = %i: the signed-rank interval is wrong as often as its law says', (n) => {
    const noise = createNoise(SEED, `a/a ${n}`);
    const wrong = shareOf(ROUNDS, () => signedRankSaysDifferent(playExperiment(noise, n)));
    const promised = 1 - signedRankTrueLevel(n, signedRankCritical(n, 0.95));
    expect(Math.abs(wrong - promised)).toBeLessThan(bandOf(promised, ROUNDS));
    expect(wrong).toBeLessThan(limitOf(ROUNDS));
  });

  it('all of A, then all of B, Mann-Whitney: wrong in about a third of cases', () => {
    const noise = createNoise(SEED, 'apart');
    const wrong = shareOf(1000, () =>
      mannWhitneySaysDifferent(playExperiment(noise, 10, { order: 'apart' })),
    );
    expect(wrong).toBeGreaterThan(0.25);
    expect(wrong).toBeGreaterThan(limitOf(500));
  });

  it('requests as replicates: wrong in about half of cases', () => {
    const noise = createNoise(SEED, 'requests');
    const wrong = shareOf(120, () => requestsSayDifferent(noise, 4000));
    expect(wrong).toBeGreaterThan(0.35);
  });

  it('pairs without a coin, on a host that warms up by 1 % a run: wrong too often, with the coin not', () => {
    const noise = createNoise(SEED, 'warming');
    const wrong = (order: 'coin' | 'same') =>
      shareOf(1500, () => signedRankSaysDifferent(playExperiment(noise, 20, { order, warming: 0.01 })));
    expect(wrong('same')).toBeGreaterThan(limitOf(1500));
    expect(wrong('coin')).toBeLessThan(limitOf(1500));
  });

  it('three looks at Pocock’s levels keep the promise, at the level of one look they do not', () => {
    const noise = createNoise(SEED, 'looks');
    const wrong = (level: number) =>
      shareOf(1000, () => {
        const all = differencesOf(playExperiment(noise, 30));
        return [10, 20, 30].some((n) => excludesZero(hodgesLehmann(all.slice(0, n), level)));
      });
    expect(wrong(1 - 2 * lookLevels(3).change)).toBeLessThan(limitOf(1000));
    expect(wrong(0.95)).toBeGreaterThan(limitOf(1000));
  });

  it('five metrics: with Holm at most 2.5 % call any of them worse, without it more', () => {
    const noise = createNoise(SEED, 'family');
    const rounds = 2000;
    let alone = 0;
    const family = shareOf(rounds, () => {
      const ps = Array.from({ length: 5 }, () => signedRankP(differencesOf(playExperiment(noise, 10))));
      if (ps.some((p) => p <= 0.025)) alone++;
      return holm(ps).some((p) => p <= 0.025);
    });
    expect(family).toBeLessThan(0.025 + bandOf(0.025, rounds));
    expect(alone / rounds).toBeGreaterThan(0.025 + bandOf(0.025, rounds));
  });
});

describe('A against B', () => {
  it.each([6, 8, 10, 20])('n = %i: the intervals cover the true effect as often as they say', (n) => {
    const noise = createNoise(SEED, `coverage ${n}`);
    const effect = 0.08;
    const covered = shareOf(ROUNDS, () => {
      const { low, high } = hodgesLehmann(differencesOf(playExperiment(noise, n, { effect })));
      return low !== null && high !== null && low <= effect && effect <= high;
    });
    const promised = signedRankTrueLevel(n, signedRankCritical(n, 0.95));
    expect(Math.abs(covered - promised)).toBeLessThan(bandOf(promised, ROUNDS));
  });

  it('the bootstrap of the median does not: below 94 % of cases at n = 8', () => {
    const noise = createNoise(SEED, 'bootstrap');
    const rounds = 1000;
    const covered = shareOf(rounds, () => {
      const { low, high } = bootstrapMedianInterval(noise, differencesOf(playExperiment(noise, 8)), 400);
      return low <= 0 && 0 <= high;
    });
    expect(covered).toBeLessThan(0.95 - bandOf(0.95, rounds));
  });

  it('samples that are not paired are covered too, if the host does not drift', () => {
    const noise = createNoise(SEED, 'unpaired');
    const rounds = 600;
    const draw = (shift: number) => Array.from({ length: 10 }, () => shift + noise.heavy());
    const covered = shareOf(rounds, () => {
      const { low, high } = hodgesLehmannShift(draw(0), draw(2));
      return (low as number) <= 2 && 2 <= (high as number);
    });
    expect(covered).toBeGreaterThan(0.95 - bandOf(0.95, rounds));
  });

  it('at the margin exactly, `same` and `worse` are claimed no more often than promised', () => {
    const noise = createNoise(SEED, 'margin');
    const margin = 0.05;
    const rounds = 2000;
    let worse = 0;
    const same = shareOf(rounds, () => {
      const d = differencesOf(playExperiment(noise, 10, { effect: margin }));
      if (signedRankP(d.map((value) => value - margin)) <= 0.025) worse++;
      const low = signedRankP(d.map((value) => value + margin));
      const high = signedRankP(d.map((value) => margin - value));
      return Math.max(low, high) <= 0.05;
    });
    expect(same).toBeLessThan(0.05 + bandOf(0.05, rounds));
    expect(worse / rounds).toBeLessThan(0.025 + bandOf(0.025, rounds));
    // Not merely silent: the interval's law is met, not undercut.
    expect(worse / rounds).toBeGreaterThan(0.01);
  });

  it.each([6, 7, 8, 10, 20])('n = %i: the minimum detectable effect is found four times in five', (n) => {
    const noise = createNoise(SEED, `power ${n}`);
    const rounds = 2000;
    const margin = 0.05;
    const sd = 0.03 * Math.SQRT2;
    const effect = minimumDetectable({ n, sd, margin }) as number;
    const found = shareOf(rounds, () => {
      const d = Array.from({ length: n }, () => effect - margin + sd * noise.normal());
      return signedRankP(d) <= 0.025;
    });
    expect(Math.abs(found - 0.8)).toBeLessThan(0.02 + bandOf(0.8, rounds));
  });

  it.each([
    [7, 0.0125],
    [8, 0.005],
    [9, 0.0025],
    [10, 0.0025],
    [10, 0.00625],
    [12, 0.0025],
  ])(
    'n = %i at a level of %d, shared by several metrics: three to four times in five and no less',
    (n, level) => {
      const noise = createNoise(SEED, `power ${n} ${level}`);
      const rounds = 2000;
      const effect = minimumDetectable({ n, sd: 1, margin: 0, level }) as number;
      const found = shareOf(
        rounds,
        () => signedRankP(Array.from({ length: n }, () => effect + noise.normal())) <= level,
      );
      expect(found).toBeGreaterThan(0.76 - bandOf(0.76, rounds));
      expect(found).toBeLessThan(0.82 + bandOf(0.82, rounds));
    },
  );

  it.each([
    [0.02, 6],
    [0.03, 9],
    [0.05, 21],
  ])('noise of %d: the blocks to prove the same do so at least four times in five', (noiseOfArm, blocks) => {
    const noise = createNoise(SEED, `same ${blocks}`);
    const rounds = 1000;
    const margin = Math.log(1.05);
    const sd = Math.SQRT2 * noiseOfArm;
    expect(blocksToProveSame({ sd, margin })).toBe(blocks);
    const proved = shareOf(rounds, () => {
      const d = Array.from({ length: blocks }, () => sd * noise.normal());
      const above = signedRankP(d.map((value) => value + margin));
      return Math.max(above, signedRankP(d.map((value) => margin - value))) <= 0.05;
    });
    expect(proved).toBeGreaterThan(0.8 - bandOf(0.8, rounds));
  });
});
