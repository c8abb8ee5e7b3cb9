import { describe, expect, it } from 'vitest';
import { type Evidence, weigh } from '../../src/comparison/evidence.ts';
import { judgeMetric, type Question } from '../../src/comparison/verdict.ts';
import { createRandom } from '../../src/core/random.ts';
import { normal } from './runs.ts';

const LEVELS = { change: 0.025, same: 0.05 };
const NOTHING: Evidence = {
  n: 10,
  estimate: 0.03,
  interval95: { low: -0.04, high: 0.1 },
  interval90: { low: -0.02, high: 0.07 },
  pWorse: 0.5,
  pBetter: 1,
  pNotWorse: 0.2,
  pNotBetter: 0.01,
  sd: 0.07,
  pSmallest: 2 ** -10,
  t95: null,
  cliffsDelta: null,
  worseBlocks: 0.6,
};

function ask(evidence: Partial<Evidence>, change: Partial<Question> = {}) {
  const whole = { ...NOTHING, ...evidence };
  return judgeMetric({
    evidence: whole,
    margin: 0.05,
    levels: LEVELS,
    adjustedWorse: whole.pWorse,
    adjustedBetter: whole.pBetter,
    familySize: 1,
    ...change,
  });
}

describe('verdict of a metric', () => {
  it('is worse, better or same where it is proved, at the level and not beyond it', () => {
    expect(ask({ pWorse: 0.025 }).verdict).toBe('worse');
    expect(ask({ pWorse: 0.0251 }).verdict).toBe('inconclusive');
    expect(ask({ pBetter: 0.025 }).verdict).toBe('better');
    expect(ask({ pBetter: 0.0251 }).verdict).toBe('inconclusive');
    expect(ask({ pNotWorse: 0.05, pNotBetter: 0.05 }).verdict).toBe('same');
    expect(ask({ pNotWorse: 0.051, pNotBetter: 0.05 }).verdict).toBe('inconclusive');
    expect(ask({ pNotWorse: 0.05, pNotBetter: 0.051 }).verdict).toBe('inconclusive');
  });

  it('goes by what is adjusted for the whole family', () => {
    expect(ask({ pWorse: 0.001 }, { adjustedWorse: 0.03 }).verdict).toBe('inconclusive');
    expect(ask({ pBetter: 0.001 }, { adjustedBetter: 0.03 }).verdict).toBe('inconclusive');
  });

  it.each([
    ['unreplicated', { n: 1, interval90: null, interval95: null }],
    ['underpowered', { interval90: null, interval95: null }],
    ['infinite', { interval90: null, interval95: null, sd: null }],
    // Wider than the margin to each side, whichever way it leans.
    ['underpowered', { interval90: { low: 0.01, high: 0.12 }, interval95: { low: 0.001, high: 0.13 } }],
    ['leaning-worse', { interval90: { low: 0.02, high: 0.1 }, interval95: { low: 0.01, high: 0.12 } }],
    ['leaning-better', { interval90: { low: -0.1, high: -0.02 }, interval95: { low: -0.12, high: -0.01 } }],
    ['borderline', { interval90: { low: -0.02, high: 0.07 }, interval95: { low: 0, high: 0.09 } }],
    ['borderline', { interval90: { low: -0.02, high: 0.08 }, interval95: { low: -0.03, high: 0.09 } }],
  ])('says why it is inconclusive: %s', (reason, evidence) => {
    expect(ask(evidence)).toMatchObject({ verdict: 'inconclusive', reason });
  });

  it('says how many blocks would settle it, more than there were, and nothing where none would', () => {
    const change = ask({ estimate: 0.15 });
    const nothing = ask({ estimate: 0.01 });
    // ((2.11 + 0.86) · 0.07 / 0.10)² / 0.955 and ((1.70 + 1.31) · 0.07 / 0.04)² / 0.955, t at the answer.
    expect([change.blocksToSettle, nothing.blocksToSettle]).toEqual([11, 30]);
    expect(ask({ estimate: 0.05 }).blocksToSettle).toBeNull();
    expect(ask({ estimate: null }).blocksToSettle).toBeNull();
    expect(ask({ sd: null }).blocksToSettle).toBeNull();
    expect(ask({ estimate: 0.15, n: 40 }).blocksToSettle).toBe(41);
    const ofMany = ask({ estimate: 0.15 }, { familySize: 20 }).blocksToSettle ?? 0;
    expect(ofMany).toBeGreaterThan(11);
    expect(ask({ pWorse: 0.001 }).blocksToSettle).toBeNull();
  });

  it('never proves two things at once, and agrees with the intervals where nothing is tied', () => {
    const random = createRandom(3, 'intervals');
    const seen = new Set<string>();
    for (let i = 0; i < 400; i++) {
      const n = 6 + random.int(15);
      const centre = 0.2 * (random.next() - 0.5);
      const differences = Array.from({ length: n }, () => centre + 0.05 * normal(random));
      const evidence = weigh({ type: 'paired', differences }, 0.05);
      const { interval95, interval90 } = evidence;
      if (interval95 === null || interval90 === null) throw new Error('no interval');
      expect(evidence.pSmallest).toBe(2 ** -n);
      expect(evidence.pWorse <= 0.025).toBe(interval95.low > 0.05);
      expect(evidence.pBetter <= 0.025).toBe(interval95.high < -0.05);
      expect(evidence.pNotWorse <= 0.05).toBe(interval90.high < 0.05);
      expect(evidence.pNotBetter <= 0.05).toBe(interval90.low > -0.05);
      const proved = [
        evidence.pWorse <= 0.025,
        evidence.pBetter <= 0.025,
        Math.max(evidence.pNotWorse, evidence.pNotBetter) <= 0.05,
      ];
      expect(proved.filter(Boolean).length).toBeLessThanOrEqual(1);
      seen.add(String(proved.indexOf(true)));
    }
    expect(seen).toEqual(new Set(['0', '1', '2', '-1']));
  });

  it('agrees with the intervals of two lists as well', () => {
    const random = createRandom(5, 'lists');
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const list = (centre: number) =>
        Array.from({ length: 6 + random.int(6) }, () => centre + 0.04 * normal(random));
      const evidence = weigh({ type: 'unpaired', a: list(0), b: list(0.3 * (random.next() - 0.5)) }, 0.05);
      const { interval95, interval90 } = evidence;
      if (interval95 === null || interval90 === null) throw new Error('no interval');
      const proved = [
        interval95.low > 0.05,
        interval95.high < -0.05,
        interval90.high < 0.05,
        interval90.low > -0.05,
      ];
      expect([
        evidence.pWorse <= 0.025,
        evidence.pBetter <= 0.025,
        evidence.pNotWorse <= 0.05,
        evidence.pNotBetter <= 0.05,
      ]).toEqual(proved);
      for (const [index, isProved] of proved.entries()) if (isProved) seen.add(index);
    }
    expect(seen.size).toBe(4);
  });

  it('reads two lists as it reads pairs', () => {
    const a = [1, 2, 3, 4, 5, 6, 7, 8];
    const b = a.map((value) => value + 10);
    const evidence = weigh({ type: 'unpaired', a, b }, 1);
    expect(evidence).toMatchObject({ n: 8, estimate: 10, cliffsDelta: 1, worseBlocks: null, t95: null });
    expect(evidence.pWorse).toBeCloseTo(1 / 12_870, 12);
    expect(evidence.pSmallest).toBeCloseTo(1 / 12_870, 12);
    expect(evidence.pBetter).toBeCloseTo(1, 12);
    expect(evidence.pNotWorse).toBeCloseTo(1, 12);
    expect(evidence.pNotBetter).toBeCloseTo(1 / 12_870, 12);
    const turned = weigh({ type: 'unpaired', a: b, b: a }, 1);
    expect(turned.pBetter).toBeCloseTo(evidence.pWorse, 12);
    expect(turned.pNotWorse).toBeCloseTo(evidence.pNotBetter, 12);
  });
});
