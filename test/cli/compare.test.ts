/** What the flags of a comparison mean, and what is said before the first run. */
import { describe, expect, it } from 'vitest';
import { judgingWords } from '../../src/cli/command-line.ts';
import {
  asksForComparison,
  checkCalibration,
  checkSaving,
  refuseForOne,
  toJudging,
} from '../../src/cli/compare-judging.ts';
import type { JudgingOptions } from '../../src/cli/compare-options.ts';
import { renderExperimentPlan, renderPilot } from '../../src/cli/compare-plan.ts';
import { planComparison } from '../../src/conductor/experiment/play-comparison.ts';
import { chooseStrategies } from '../../src/conductor/strategies.ts';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { quoteForShell } from '../../src/core/shell.ts';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';
import { resolvePlan } from '../../src/scenarios/resolve.ts';
import { runCli } from '../helpers/cli.ts';

const NONE: JudgingOptions = { need: [], expect: [], margin: [], gate: [] };

describe('flags', () => {
  it('become what a comparison is judged by', () => {
    const judging = toJudging(
      { ...NONE, gate: ['p50'], margin: ['p50=7%'], strict: true, maxMde: '2.5', reference: 'block' },
      'missing',
    );
    expect(judging).toMatchObject({
      reference: 'block',
      metrics: { gates: ['p50'], margins: ['p50=7%'], notGated: [] },
      gate: { isStrict: true, allowUnpaired: false, maxMinimumDetectable: 2.5 },
      ...{ baseline: null, isBaselineMissing: true },
    });
    expect(toJudging({ ...NONE, gate: false }, null).metrics).toMatchObject({ gates: [], notGated: ['*'] });
  });

  it.each(['0', '-1', 'much', ''])('refuse --max-mde %j', (maxMde) => {
    expect(() => toJudging({ ...NONE, maxMde }, null)).toThrow(
      '--max-mde expects a number of margins above 0',
    );
  });

  it('write a baseline for somebody with a reason alone', () => {
    expect(() => checkSaving({ ...NONE, saveBaseline: 'b.json', reason: 'x' })).toThrow(
      'somebody who accepts it',
    );
    expect(() => checkSaving({ ...NONE, saveBaseline: 'b.json', acceptedBy: ' ', reason: 'x' })).toThrow();
    expect(() => checkSaving({ ...NONE, reason: 'x' })).toThrow('go with --save-baseline');
    expect(() =>
      checkSaving({ ...NONE, saveBaseline: 'b.json', acceptedBy: 'Ann', reason: 'x' }),
    ).not.toThrow();
  });

  it('name an arm to calibrate by that is played beside another one, and only for a baseline', () => {
    const saving = { ...NONE, saveBaseline: 'b.json', acceptedBy: 'Ann', reason: 'x', calibration: 'block' };
    expect(() => checkSaving({ ...NONE, calibration: 'block' })).toThrow('go with --save-baseline');
    expect(() => checkCalibration(saving, ['latest', 'block'])).not.toThrow();
    expect(() => checkCalibration(NONE, ['latest'])).not.toThrow();
    expect(() => checkCalibration(saving, ['block'])).toThrow("no arm 'block' beside another one");
    expect(() => checkCalibration(saving, ['latest', 'drop-oldest'])).toThrow("there is no arm 'block'");
  });

  it('write a baseline into a folder that is there alone', () => {
    const saving = { ...NONE, acceptedBy: 'Ann', reason: 'x' };
    expect(() => checkSaving({ ...saving, saveBaseline: 'nowhere/b.json' })).toThrow(
      'there is no such folder',
    );
  });

  it('are refused where they would do nothing, as one run is compared with nothing', () => {
    expect(() => refuseForOne(NONE)).not.toThrow();
    for (const [flag, given] of Object.entries<Partial<JudgingOptions>>({
      '--margin': { margin: ['p50=7%'] },
      '--gate': { gate: ['p50'] },
      '--no-gate': { gate: false },
      '--strict': { strict: true },
      '--max-mde': { maxMde: '3' },
      '--allow-unpaired': { allowUnpaired: true },
      '--reference': { reference: 'block' },
    })) {
      expect(() => refuseForOne({ ...NONE, ...given })).toThrow(`${flag}: nothing is compared`);
    }
  });

  it('say whether one run alone would do', () => {
    expect(asksForComparison({ ...NONE, margin: ['p50=7%'], strict: true })).toBe(false);
    for (const one of [
      { need: ['loss<1%'] },
      { expect: ['…'] },
      { baseline: 'auto' },
      { saveBaseline: 'b' },
    ]) {
      expect(asksForComparison({ ...NONE, ...one })).toBe(true);
    }
  });

  it('come back in the command that repeats it, but not who accepted it', () => {
    const options: JudgingOptions = {
      ...{ need: ['loss<1%, rss<1MB'], expect: [], margin: ['p50=7%'], gate: ['p99(sse fast)'] },
      ...{ strict: true, baseline: 'auto', saveBaseline: 'b.json', acceptedBy: 'Ann', reason: 'x' },
    };
    expect(judgingWords(options).map(quoteForShell).join(' ')).toBe(
      "--baseline auto --need 'loss<1%, rss<1MB' --margin p50=7% --gate 'p99(sse fast)' --strict",
    );
    expect(judgingWords({ ...NONE, gate: false })).toEqual(['--no-gate']);
  });
});

describe('the plan of an experiment', () => {
  const scenario = resolvePlan(loadScenario('smoke'), { seed: 7 });
  const { choices } = chooseStrategies(['block', 'latest'], [], scenario.boundary, scenario.system.ws);

  function plan(blocks: number, mode: ComparisonRecord['mode'], looks = 1): ComparisonRecord {
    return planComparison({
      plan: scenario,
      arms: choices.map((choice) => ({ name: choice.name, choice, target: null })),
      design: { blocks, looks, order: 'random' },
      judging: { mode },
      ...{ resultsBase: null, command: 'bpbench run smoke' },
    });
  }

  it('says how much it will be, and that the noise is not known yet', () => {
    const text = renderExperimentPlan(plan(10, 'versus', 3), null, 400);
    expect(text).toBe(
      `plan: 10 blocks of block, latest: 20 runs, about 100 s, and up to 3 times that while the result is open; seed 7
the smallest change it can find is not known yet: it is told after 4 blocks (or measure this host once: bpbench compare --self-test smoke)
`,
    );
    for (const line of renderExperimentPlan(plan(10, 'versus', 3), null, 60).split('\n'))
      expect(line.length).toBeLessThanOrEqual(60);
  });

  it('says what it can find where the noise of this host is known', () => {
    const noise = {
      source: 'the self-test of 2026-11-21',
      metrics: { 'all.p99': { sd: 0.05 * Math.SQRT2, n: 8 } },
    };
    const text = renderExperimentPlan(plan(10, 'versus'), noise, 400);
    // The margin of 10 % and 1.34 standard deviations more, among five metrics: e^(0.0953 + 1.34 · 0.0707) - 1.
    expect(text).toMatch(/: all\.p99 2[01](\.\d)? % worse\n$/);
  });

  it('is refused where so few blocks could never prove anything', () => {
    expect(() => plan(7, 'regression')).toThrow(
      '5 gated metrics cannot be proved worse by fewer than 8 blocks, got 7',
    );
    expect(() => plan(8, 'regression')).not.toThrow();
    // With two looks the levels are stricter, and so is the number.
    expect(() => plan(8, 'regression', 2)).toThrow('fewer than 9 blocks');
    expect(() => plan(2, 'versus')).not.toThrow();
  });

  it('is told again after the pilot, and at no other time', () => {
    const planned = plan(10, 'versus');
    const tellAfter = (blocks: number) =>
      renderPilot({ ...planned, design: { ...planned.design, blocks } }, 80);
    expect([tellAfter(3), tellAfter(5)]).toEqual(['', '']);
  });
});

it.each([
  ['--margin', 'loss=3%', 'shares take points'],
  ['--need', 'latency<3ms', "there is no metric 'latency'"],
  ['--reference', 'nobody', "there is no arm 'nobody'"],
])('--dry-run refuses what the experiment would refuse: %s %s', async (flag, value, message) => {
  const { code, stderr } = await runCli(['run', 'smoke', '--repeat', '2', '--dry-run', flag, value]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

it('two versions of a service and a stored baseline are two questions', async () => {
  const at = 'http://127.0.0.1:9/';
  const targets = ['--target', at, '--baseline-target', at, '--baseline', 'auto'];
  const { code, stderr } = await runCli(['run', 'smoke', '--repeat', '8', '--dry-run', ...targets]);
  expect(stderr).toContain('--baseline and --baseline-target are two things to compare with');
  expect(code).toBe(2);
});
