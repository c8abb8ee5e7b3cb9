/** The self-test of the comparison: what it puts in can be played, and a comparison that is wrong fails it. */
import { describe, expect, it } from 'vitest';
import { planHash } from '../../../src/comparison/plan-hash.ts';
import type { ExperimentOutcome } from '../../../src/conductor/experiment/experiment.ts';
import { createSelfTestArms, REGRESSIONS } from '../../../src/conductor/experiment/self-test/regressions.ts';
import { judgePlayed } from '../../../src/conductor/experiment/self-test/self-test.ts';
import { simulateFalseAlarms, simulateFound } from '../../../src/conductor/experiment/self-test/simulated.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { editRecord } from '../../helpers/recorded-runs.ts';
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

describe('what real runs say', () => {
  const BLOCKS = 8;
  const { plan, arms } = createSelfTestArms(1);
  const [, , slow, lossy, leaking] = arms.map(({ name }) => name);

  interface Played {
    latency?: number;
    missed?: number;
    deepest?: number;
  }
  /** As real runs of the self-test come out. */
  const EXPECTED: Record<string, Played> = {
    [slow as string]: { latency: 1.7 },
    [lossy as string]: { missed: 0.06 },
    [leaking as string]: { deepest: 2400 },
  };

  function runOf(arm: string, block: number, { latency = 1, missed = 0, deepest = 0 }: Played): RunRecord {
    // Values that differ by half a percent from run to run, as no arm's do from another's.
    const noise = 1 + (((block * 7 + arm.length * 3) % 11) - 5) / 1000;
    const seed = block + 1;
    const record = editRecord({ ...createRecord(), scenario: plan }, { seed, latency: latency * noise });
    const template = Object.values(record.groups)[0];
    if (template === undefined) throw new Error('no group');
    template.latency.deadlineMiss.share = missed;
    record.groups = Object.fromEntries(plan.clients.map(({ name }) => [name, structuredClone(template)]));
    for (const queue of Object.values(record.queues)) queue.depth.max = deepest;
    return record;
  }

  function judge(changes: Record<string, Played> = {}, count = BLOCKS): Record<string, boolean> {
    const names = arms.map(({ name }) => name);
    const played = { ...EXPECTED, ...changes };
    const order = Array.from({ length: count }, () => names);
    const outcome: ExperimentOutcome = {
      runs: order.flatMap((block, at) =>
        block.map((arm) => ({
          ...{ arm, block: at, folder: null, rejected: null },
          record: runOf(arm, at, played[arm] ?? {}),
        })),
      ),
      ...{
        order,
        blocksPlanned: BLOCKS,
        blocks: count,
        replayedBlocks: 0,
        replayedBlocksMax: 3,
        looksUsed: 1,
      },
      ...{ unevenBlocks: 0, unevenBy: 0, interruptedBy: null, failures: [] },
    };
    const { checks } = judgePlayed(outcome, plan, arms, BLOCKS);
    return Object.fromEntries(checks.map(({ name, ok }) => [name, ok]));
  }

  const all = (ok: boolean) =>
    Object.fromEntries(['the same twice', ...REGRESSIONS.map(({ what }) => what)].map((name) => [name, ok]));

  it('passes where nothing is found in what is the same, and each regression is', () => {
    expect(judge()).toEqual(all(true));
  });

  it('fails where the same arm differs from itself', () => {
    expect(judge({ 'sound again': { latency: 2 } })).toEqual({ ...all(true), 'the same twice': false });
  });

  it.each(REGRESSIONS)('fails where $name is not found', ({ name, what }) => {
    expect(judge({ [name]: {} })).toEqual({ ...all(true), [what]: false });
  });

  it('fails where a regression comes out better', () => {
    expect(judge({ [slow as string]: { latency: 0.5 } })).toEqual({
      ...all(true),
      'twice the service time': false,
    });
  });

  it('fails where too few blocks are left to tell', () => {
    expect(judge({}, 3)).toEqual(all(false));
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
