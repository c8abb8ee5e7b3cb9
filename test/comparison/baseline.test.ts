import { describe, expect, it } from 'vitest';
import { createBaseline, isIntact, seal } from '../../src/comparison/baseline.ts';
import type { Baseline } from '../../src/comparison/baseline-file.ts';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import type { ComparedRun, ComparisonInput } from '../../src/comparison/inputs.ts';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { BenchError } from '../../src/core/errors.ts';
import { createRandom } from '../../src/core/random.ts';
import { parseBaseline } from '../../src/report/record-document.ts';
import { inputOf, makeRun, playBlocks, wobble } from './runs.ts';

const ACCEPTANCE = {
  createdAt: '2026-11-21T12:00:00.000Z',
  acceptedBy: 'Ann',
  reason: 'release 1.4',
  calibration: null,
};

/** `drop-oldest` and the arm that calibrates, on a host that is `slow` times slower than the first one. */
function play(seed: number, slow: number, worse: number, arms = ['drop-oldest', 'block']): ComparedRun[] {
  const random = createRandom(seed, 'hosts');
  return playBlocks(arms, 10, (arm, block) => {
    const drift = wobble(random, 0.02);
    return makeRun({
      strategy: arm,
      seed: block,
      p99Ms: 10 * slow * drift * wobble(random, 0.01) * (arm === 'drop-oldest' ? worse : 1),
      rssBytes: 1.5e8 * wobble(random, 0.01),
    });
  });
}

const recordOf = (runs: readonly ComparedRun[], change: Partial<ComparisonInput> = {}): ComparisonRecord =>
  buildComparison(inputOf(runs, change));
const alone = (seed: number, slow: number, worse: number) => play(seed, slow, worse, ['drop-oldest']);
const RAW = createBaseline(recordOf(alone(1, 1, 1)), ACCEPTANCE);
const CALIBRATED = createBaseline(recordOf(play(1, 1, 1)), { ...ACCEPTANCE, calibration: 'block' });

function refusal(act: () => unknown): BenchError {
  try {
    act();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BenchError);
    return thrown as BenchError;
  }
  throw new Error('it was taken');
}

describe('a baseline', () => {
  it('keeps every run, who accepted it and why, and can be written and read', () => {
    expect(RAW).toMatchObject({
      kind: 'baseline',
      acceptedBy: 'Ann',
      reason: 'release 1.4',
      source: { command: 'bpbench compare', gitCommit: '4f2c1e9' },
      design: { type: 'blocks', blocks: 10, seed: 4711 },
      calibration: null,
    });
    expect(RAW.runs).toHaveLength(10);
    expect(RAW.noise['rss']?.n).toBe(10);
    expect(RAW.noise['rss']?.sd).toBeGreaterThan(0.003);
    expect(RAW.noise['rss']?.sd).toBeLessThan(0.03);
    expect(RAW.noise['leaked']).toBeUndefined();
    expect(parseBaseline(JSON.stringify(RAW, null, 2))).toEqual(RAW);
  });

  it('is made of nothing that is not sound', () => {
    const of = (change: Partial<ComparisonInput>) =>
      refusal(() => createBaseline(recordOf(alone(1, 1, 1), change), ACCEPTANCE)).message;
    expect(of({ isPartial: true })).toContain('partial cannot be a baseline');
    const rejected = alone(1, 1, 1).map((run) => ({ ...run, rejected: 'noise' }));
    expect(refusal(() => createBaseline(recordOf(rejected), ACCEPTANCE)).message).toContain(
      'invalid cannot be a baseline',
    );
    const record = recordOf(alone(1, 1, 1));
    expect(refusal(() => createBaseline(record, { ...ACCEPTANCE, acceptedBy: ' ' })).message).toContain(
      'somebody who accepts it',
    );
    expect(refusal(() => createBaseline(record, { ...ACCEPTANCE, reason: '' })).message).toContain(
      'a reason',
    );
    expect(refusal(() => createBaseline(record, { ...ACCEPTANCE, calibration: 'block' })).message).toContain(
      "no arm 'block'",
    );
    expect(
      refusal(() => createBaseline(record, { ...ACCEPTANCE, calibration: 'drop-oldest' })).message,
    ).toContain('beside another one');
  });

  it('does not take the runs of an older baseline for its own', () => {
    const again = createBaseline(
      recordOf(alone(2, 1, 1), { baseline: RAW, gate: { allowUnpaired: true } }),
      ACCEPTANCE,
    );
    expect(again.runs).toHaveLength(10);
    expect(again.arms.map(({ name, source }) => [name, source])).toEqual([['drop-oldest', 'played']]);
  });
});

describe('a baseline file', () => {
  const json = JSON.stringify(RAW);
  const refused = (text: string) => refusal(() => parseBaseline(text, 'main.bpbaseline.json'));

  it.each([
    ['empty', '', 'is empty'],
    ['cut off', json.slice(0, 500), 'is cut off after 500 characters'],
    ['no JSON', 'hello', 'is no JSON'],
    ['foreign', '{"name":"something else"}', 'is no bpbench record'],
    ['a run', JSON.stringify(makeRun()), 'is a record of kind "run", expected "baseline"'],
    [
      'of a later version',
      json.replace('"schemaVersion":1', '"schemaVersion":7'),
      'has schemaVersion 7, this bpbench reads up to 1',
    ],
    ['without runs', JSON.stringify({ ...RAW, runs: [] }), 'is a damaged record, 1 field is wrong'],
    ['changed by hand', JSON.stringify({ ...RAW, reason: 'because' }), 'was changed after it was accepted'],
    ['full of more', JSON.stringify({ ...RAW, extra: 1 }), 'was changed after it was accepted'],
  ])('is refused when it is %s', (_what, text, message) => {
    const error = refused(text);
    expect([error.code, error.exitCode]).toEqual(['BPB_ERR_USAGE', 2]);
    expect(error.message).toContain(`main.bpbaseline.json ${message}`);
  });

  it('shows a single value that was changed', () => {
    const [first, ...rest] = RAW.runs;
    if (first === undefined) throw new Error('no runs');
    const forged: Baseline = { ...RAW, runs: [{ ...first, values: { ...first.values, rss: 1 } }, ...rest] };
    expect(isIntact(RAW)).toBe(true);
    expect(isIntact(forged)).toBe(false);
    expect(refused(json.replace('"durationMs":2000', '"durationMs":1e999')).message).toContain('damaged');
    expect(isIntact({ ...RAW, durationMs: Number.POSITIVE_INFINITY } as Baseline)).toBe(false);
  });
});

describe('an older baseline', () => {
  it('that was written before a setting and a boundary existed has their defaults, and is still what was accepted', () => {
    const { integrity: _integrity, ...document } = RAW;
    const { deflate: _deflate, ...ws } = document.plan.scenario.system.ws;
    const { recorder: _recorder, ...tables } = document.plan.scenario.system;
    const [arm] = document.arms;
    if (arm === undefined) throw new Error('no arm');
    const { 'ws.mailbox': _mailbox, ...strategy } = arm.strategy;
    const older = seal({
      ...document,
      plan: { ...document.plan, scenario: { ...document.plan.scenario, system: { ...tables, ws } } },
      arms: [{ ...arm, strategy }],
    } as unknown as Baseline);
    const read = parseBaseline(JSON.stringify(older));
    expect(read.plan.scenario).toEqual(RAW.plan.scenario);
    expect(read.arms[0]?.strategy['ws.mailbox']).toEqual({ text: 'unbounded', stages: [] });
    const record = recordOf(alone(2, 1, 1), { baseline: read, gate: { allowUnpaired: true } });
    expect(record.verdict.status).toBe('pass');
  });
});

describe('against a baseline', () => {
  const against = (baseline: Baseline, runs: readonly ComparedRun[], change: Partial<ComparisonInput> = {}) =>
    recordOf(runs, { baseline, ...change });
  const ends = ({ verdict, exitCode }: ComparisonRecord): [string, number, string[]] => [
    verdict.status,
    exitCode,
    [...new Set(verdict.reasons.map(({ code }) => code))],
  ];
  const environment = { ...makeRun().environment, cores: 2 };

  it('raw runs are shown, and decide only if the user says so', () => {
    const record = against(RAW, alone(2, 1, 1.5));
    expect([record.mode, record.reference]).toEqual(['regression', 'baseline']);
    expect(record.arms.map(({ name, source }) => [name, source])).toEqual([
      ['baseline', 'baseline'],
      ['drop-oldest', 'played'],
    ]);
    expect(record.results.find(({ metric }) => metric === 'all.p99')).toMatchObject({
      verdict: 'worse',
      arm: 'drop-oldest',
      reference: 'baseline',
      n: 10,
    });
    expect(ends(record)).toEqual(['inconclusive', 0, ['unpaired']]);
    expect(ends(against(RAW, alone(2, 1, 1.5), { gate: { allowUnpaired: true } }))).toEqual([
      'fail',
      3,
      ['regression'],
    ]);
    expect(ends(against(RAW, alone(2, 1, 1), { gate: { allowUnpaired: true } }))).toEqual(['pass', 0, []]);
  });

  it('of another host raw runs prove nothing', () => {
    const record = against(RAW, alone(2, 1, 1), { environment, gate: { allowUnpaired: true } });
    expect(ends(record)).toEqual(['invalid', 4, ['other_environment']]);
    expect(record.findings.find(({ code }) => code === 'other_environment')?.text).toContain(
      'nothing calibrates it: cores: 8 → 2',
    );
  });

  it('of a slower host the arm that calibrates tells the host from the code', () => {
    const same = against(CALIBRATED, play(2, 3, 1), { environment });
    expect(ends(same)).toEqual(['pass', 0, []]);
    expect(same.results.find(({ metric }) => metric === 'all.p99')).toMatchObject({
      verdict: 'same',
      reference: 'baseline',
    });
    expect(same.findings.find(({ code }) => code === 'other_environment')?.level).toBe('info');
    expect(ends(against(CALIBRATED, play(3, 3, 1.3), { environment }))).toEqual(['fail', 3, ['regression']]);
    // The same runs without the arm that calibrates: three times slower, whoever was to blame.
    const uncalibrated = against(RAW, alone(2, 3, 1), { gate: { allowUnpaired: true } });
    expect(ends(uncalibrated)).toEqual(['fail', 3, ['regression']]);
  });

  it('the calibrating arm is no candidate: neither its checks nor its needs count', () => {
    const failing = play(2, 1, 1).map((run) =>
      run.arm === 'block'
        ? { ...run, record: { ...run.record, verdict: { status: 'fail' as const, reasons: [] } } }
        : run,
    );
    const record = against(CALIBRATED, failing, { needs: ['rss<1GB'] });
    expect(ends(record)).toEqual(['pass', 0, []]);
    expect(record.needs[0]?.arms.map(({ arm }) => arm)).toEqual(['drop-oldest']);
  });

  it('has names of its own, whatever the arms of now are called', () => {
    const now = alone(2, 1, 1).map((run) => ({ ...run, arm: 'baseline' }));
    const record = against(RAW, now, { gate: { allowUnpaired: true } });
    expect(record.arms.map(({ name, source }) => [name, source])).toEqual([
      ['stored baseline', 'baseline'],
      ['baseline', 'played'],
    ]);
    expect(record.reference).toBe('stored baseline');
    // Blocks of then are numbered on: they make no pairs with those of now, and people read the numbers.
    expect(record.runs.map(({ block }) => block).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 20 }, (_, block) => block),
    );
    expect(record.runs.filter(({ arm }) => arm === 'baseline')).toHaveLength(10);
  });

  it('a strategy that it does not have is told, and never green', () => {
    const record = against(RAW, play(2, 1, 1), { gate: { allowUnpaired: true } });
    expect(ends(record)).toEqual(['inconclusive', 0, ['no_baseline']]);
    expect(ends(against(RAW, play(2, 1, 1, ['block'])))).toEqual([
      'inconclusive',
      0,
      ['no_baseline', 'no_gate'],
    ]);
  });

  it('another plan is refused, with the difference', () => {
    const runs = alone(2, 1, 1).map((run) => ({
      ...run,
      record: { ...run.record, scenario: { ...run.record.scenario, graceMs: 9 } },
    }));
    const error = refusal(() => against(RAW, runs));
    expect([error.code, error.message]).toEqual([
      'BPB_ERR_USAGE',
      'the baseline of 2026-11-21T12:00:00.000Z played another plan',
    ]);
    expect(error.hints[0]).toBe('graceMs: 5000 → 9');
  });

  it('the seed, the checks and the words of the plan may change', () => {
    const runs = alone(2, 1, 1).map((run) => ({
      ...run,
      record: {
        ...run.record,
        scenario: { ...run.record.scenario, seed: 99, checks: [], description: 'new words' },
      },
    }));
    expect(against(RAW, runs, { gate: { allowUnpaired: true } }).verdict.status).toBe('pass');
  });
});
