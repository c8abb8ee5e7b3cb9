/**
 * How often the whole pipeline is right, from run records to exit codes, by seeded simulation. Noise is log-normal; that
 * it is so for real runs is what `compare --self-test` is for.
 */
import { describe, expect, it } from 'vitest';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import { METRICS } from '../../src/comparison/metrics.ts';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { createRandom } from '../../src/core/random.ts';
import { minimumDetectable } from '../../src/statistics/power.ts';
import { heavyWobble, inputOf, makeRun, playBlocks, playVersions, wobble } from './runs.ts';

/** Metrics whose noise is independent of one another, so that one experiment is a sample of each. */
const INDEPENDENT = ['all.p99', 'rss', 'queueMax', 'p50', 'p99.9', 'ageP99', 'bytes', 'blocked', 'cpu'];
const MARGINS = { margins: INDEPENDENT.map((name) => `${name}=5%`), gates: INDEPENDENT };

type Noise = typeof wobble;

/** Two versions that differ in all of them by the factor `worse`. */
function playShift(seed: number, blocks: number, noise: Noise, sd: number, worse: number) {
  const random = createRandom(seed, `rates ${blocks} ${sd} ${worse}`);
  return playBlocks(['main', 'now'], blocks, (arm, block) => {
    const draw = (value: number): number => value * noise(random, sd) * (arm === 'now' ? worse : 1);
    return makeRun({
      seed: block,
      p50Ms: draw(2),
      p99Ms: draw(10),
      p999Ms: draw(20),
      rssBytes: draw(1e9),
      depth: draw(1000),
      bytes: draw(1e8),
      blockedMs: draw(60_000),
      cpuMs: draw(1e5),
      ageP99Ms: draw(600),
    });
  });
}

const EXPERIMENTS = 45;

/** In per cent, by the rules for one metric alone: how often worse, same, passed. */
function ratesOf(blocks: number, noise: Noise, sd: number, worse: number): Record<string, number> {
  const counts = { worse: 0, same: 0, pass: 0 };
  for (let seed = 0; seed < EXPERIMENTS; seed++) {
    const runs = playShift(seed, blocks, noise, sd, worse);
    const { results, family } = buildComparison(inputOf(runs, { metrics: MARGINS }));
    for (const name of INDEPENDENT) {
      const result = results.find(({ metric }) => metric === name);
      if (result?.interval90 == null) throw new Error(`${name} was not tested`);
      if ((result.pWorse ?? 1) <= family.oneSidedLevel) counts.worse++;
      if ((result.pSame ?? 1) <= family.sameLevel) counts.same++;
      if (result.interval90.high < Math.log(1.05)) counts.pass++;
    }
  }
  const all = EXPERIMENTS * INDEPENDENT.length;
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, (100 * count) / all]));
}

describe('verdict rates at a margin of 5 %', { timeout: 60_000 }, () => {
  /**
   * In per cent, from an independent simulation of the same rules with 600 repetitions; under heavy-tailed noise if
   * nothing else is said. Normal noise of the same standard deviation has a wider middle, and hides more.
   */
  it.each<[string, number, number, number, Record<string, number>]>([
    ['heavy', 0.02, 10, 1, { same: 99, pass: 99, worse: 0 }],
    ['heavy', 0.02, 10, 1.1, { worse: 96, pass: 0 }],
    ['heavy', 0.05, 10, 1, { same: 49, pass: 72, worse: 0 }],
    ['heavy', 0.05, 10, 1.05, { worse: 3, pass: 4 }],
    ['heavy', 0.05, 10, 1.1, { worse: 58 }],
    ['heavy', 0.05, 10, 1.15, { worse: 93 }],
    ['heavy', 0.05, 20, 1, { same: 92, pass: 96, worse: 0 }],
    ['heavy', 0.05, 20, 1.1, { worse: 90 }],
    ['heavy', 0.1, 20, 1, { same: 21, pass: 59, worse: 0 }],
    ['heavy', 0.1, 20, 1.15, { worse: 87 }],
    ['normal', 0.05, 10, 1, { same: 26, pass: 60, worse: 0 }],
    ['normal', 0.05, 10, 1.1, { worse: 44 }],
  ])('%s: noise %d, %i blocks, factor %d: %o', (name, sd, blocks, worse, expected) => {
    const rates = ratesOf(blocks, name === 'heavy' ? heavyWobble : wobble, sd, worse);
    for (const [rate, value] of Object.entries(expected)) {
      // Three standard errors of the difference: 9 points in the middle, 2 at the ends.
      const p = Math.min(Math.max(value, 0.5), 99.5);
      const error = 3 * Math.sqrt(p * (100 - p) * (1 / 600 + 1 / (EXPERIMENTS * INDEPENDENT.length)));
      expect(Math.abs((rates[rate] ?? -100) - value), `${rate} ${rates[rate]}`).toBeLessThan(error + 0.5);
    }
  });
});

describe('gate', { timeout: 60_000 }, () => {
  const repeat = (count: number, build: (seed: number) => ComparisonRecord): Map<number | string, number> => {
    const ends = new Map<number | string, number>();
    const add = (key: number | string): void => void ends.set(key, (ends.get(key) ?? 0) + 1);
    for (let seed = 0; seed < count; seed++) {
      const record = build(seed);
      add(record.exitCode);
      add(record.verdict.status);
    }
    return ends;
  };

  it('is red in at most 4 % of 500 experiments without any difference, although margins are next to nothing', () => {
    // The worst case: with the usual margins a change of nothing is hardly ever taken for one.
    const ratios = ['all.p99', 'goodput', 'rss', 'queueMax'].map((name) => `${name}=0.001%`);
    const margins = [...ratios, 'deadlineMiss=0.001pp'];
    const ends = repeat(500, (seed) =>
      buildComparison(inputOf(playVersions(seed, 10, 0.03), { metrics: { margins } })),
    );
    // 2.5 % for the family of five; five tests without Holm would make it more than 10 %.
    expect(ends.get(3)).toBeLessThanOrEqual(20);
    expect(ends.get(3)).toBeGreaterThanOrEqual(3);
  });

  it('is green without any difference, noise of 3 % and the usual margins', () => {
    const ends = repeat(100, (seed) => buildComparison(inputOf(playVersions(seed, 10, 0.03))));
    expect(ends.get('pass')).toBeGreaterThanOrEqual(95);
  });

  it('finds a regression of 15 % at a margin of 5 % and noise of 5 % in at least 90 %', () => {
    const one = { margins: ['all.p99=5%'], gates: ['all.p99'] };
    const ends = repeat(200, (seed) =>
      buildComparison(inputOf(playVersions(seed, 10, 0.05, { p99Ms: 1.15 }), { metrics: one })),
    );
    expect(ends.get(3)).toBeGreaterThanOrEqual(180);
  });

  it('finds what it says that it can find, four times in five', () => {
    const margin = Math.log1p(METRICS.rss.margin);
    const detectable = minimumDetectable({ n: 10, sd: Math.SQRT2 * 0.03, margin }) ?? 0;
    expect(Math.exp(detectable) - 1).toBeCloseTo(0.1488, 3);
    const change = { rssBytes: Math.exp(detectable) };
    const ends = repeat(150, (seed) =>
      buildComparison(inputOf(playVersions(seed, 10, 0.03, change), { metrics: { gates: ['rss'] } })),
    );
    expect(Math.abs((ends.get(3) ?? 0) / 150 - 0.8)).toBeLessThan(0.1);
  });
});
