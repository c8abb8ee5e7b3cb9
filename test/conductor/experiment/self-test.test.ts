/** The self-test of the comparison: what it puts in can be played, and a comparison that is wrong fails it. */
import { describe, expect, it } from 'vitest';
import { planHash } from '../../../src/comparison/plan-hash.ts';
import { createSelfTestArms, REGRESSIONS } from '../../../src/conductor/experiment/self-test/regressions.ts';
import { simulateFalseAlarms, simulateFound } from '../../../src/conductor/experiment/self-test/simulated.ts';
import { createRecord } from '../../report/fixtures.ts';

describe('regressions that are put in', () => {
  it('are settings of the plan or strategies, legal ones, and nothing else differs', () => {
    const { plan, arms } = createSelfTestArms(1);
    expect(arms.map(({ name }) => name)).toEqual([
      'sound',
      'sound again',
      ...REGRESSIONS.map(({ name }) => name),
    ]);
    const [sound, again, ...others] = arms;
    for (const arm of [sound, again]) expect(planHash(arm?.plan ?? plan)).toBe(planHash(plan));
    for (const arm of others) {
      const differs = planHash(arm.plan ?? plan) !== planHash(plan);
      const strategies = JSON.stringify(arm.choice.byBoundary) !== JSON.stringify(sound?.choice.byBoundary);
      expect(differs || strategies, arm.name).toBe(true);
    }
  });
});

describe('simulated experiments', () => {
  const template = createRecord();

  it('raise false alarms at the rate that the level says', () => {
    const { rate, low, high, expected } = simulateFalseAlarms(template, 8, 60, 3);
    expect(expected).toBeCloseTo(0.0390625, 10);
    expect(rate).toBeGreaterThanOrEqual(low);
    expect(rate).toBeLessThanOrEqual(high);
  });

  it('find 15 % at a margin of 5 %, and seldom what lies at the margin', () => {
    const found = simulateFound(template, { blocks: 10, change: 0.15, experiments: 50, seed: 3 });
    expect(found.rate).toBeGreaterThanOrEqual(found.low);
    const margin = simulateFound(template, { blocks: 10, change: 0.05, experiments: 50, seed: 3 });
    expect(margin.rate).toBeLessThan(0.15);
  });
});
