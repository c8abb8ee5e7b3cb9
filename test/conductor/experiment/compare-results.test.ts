/** Results on disk as arms and pairs. */
import { describe, expect, it } from 'vitest';
import { findWarmUps } from '../../../src/comparison/warm-up.ts';
import {
  compareResults,
  type NamedReport,
  runsOf,
} from '../../../src/conductor/experiment/compare-results.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import type { RunReport } from '../../../src/report/report.ts';
import { phaseOf, planOf, playSteady } from '../../comparison/steady-plan.ts';
import { editRecord, type RecordedChange } from '../../helpers/recorded-runs.ts';
import { createRecord } from '../../report/fixtures.ts';

const REAL: RunRecord = createRecord();

function report(part: RecordedChange): RunReport {
  const record = editRecord(REAL, part);
  return { kind: 'run', record, timeline: [], intervals: [], folder: null, problems: [] };
}

function named(label: string | null, ...parts: RecordedChange[]): NamedReport[] {
  return parts.map((part) => ({ label, report: report(part) }));
}

const compare = (results: NamedReport[], mayBeAlone = false) =>
  compareResults(results, {}, 'bpbench compare …', mayBeAlone).record;

const of = (strategyName: string, seeds: number[], part: Partial<RecordedChange> = {}) =>
  seeds.map((seed) => ({ seed, strategyName, ...part }));

it('says of recorded runs what the experiment said of their warm-up', () => {
  const plan = planOf([phaseOf('steady', 60)]);
  const { runs, seconds } = playSteady(plan, 5, (second) => (second < 10 ? 0.7 : 0));
  const results = runs.map(({ record, arm }): NamedReport => {
    return {
      label: arm,
      report: { kind: 'run', record, timeline: [], intervals: [], folder: null, problems: [] },
    };
  });
  expect(runsOf(results).map(({ record }) => record)).toEqual(runs.map(({ record }) => record));
  const { record } = compareResults(results, {}, 'bpbench compare …', false, seconds);
  const told = record.findings.filter(({ code }) => code === 'warmup_insufficient');
  expect(told).toEqual(findWarmUps(runs, seconds, record.metrics));
  expect(told).toHaveLength(2);
});

describe('arms', () => {
  it('are strategies, the first one named is the reference', () => {
    const record = compare([
      ...named(null, ...of('drop-oldest', [1, 2])),
      ...named(null, ...of('block', [1, 2])),
    ]);
    expect(record.arms.map(({ name, source }) => `${name} ${source}`)).toEqual([
      'drop-oldest results',
      'block results',
    ]);
    expect(record.reference).toBe('drop-oldest');
  });

  it('are versions where the strategy is one', () => {
    const [old, now] = ['a'.repeat(40), 'b'.repeat(40)] as const;
    const record = compare([
      ...named(null, ...of('block', [1, 2], { gitCommit: old })),
      ...named(null, ...of('block', [1, 2], { gitCommit: now })),
    ]);
    expect(record.arms.map(({ name }) => name)).toEqual(['block@aaaaaaa', 'block@bbbbbbb']);
  });

  it('have the names that the user gives them, with the strategy where one name has several', () => {
    const record = compare([
      ...named('before', ...of('block', [1])),
      ...named('after', ...of('block', [1])),
      ...named('else', ...of('block', [1]), ...of('latest', [1])),
    ]);
    expect(record.arms.map(({ name }) => name)).toEqual(['before', 'after', 'else block', 'else latest']);
  });

  it('that are one and the same are refused, unless they may stand alone', () => {
    const twice = named(null, ...of('block', [1, 2]));
    expect(() => compare(twice)).toThrow('all 2 results are of one strategy and one version, block');
    expect(compare(twice, true).arms).toHaveLength(1);
    expect(() => compare([])).toThrow('there is no run to compare');
  });
});

describe('pairs', () => {
  it('are runs of equal seed, whatever the order in which they were named', () => {
    const record = compare([...named(null, ...of('a', [3, 1, 2])), ...named(null, ...of('b', [2, 3, 1]))]);
    expect(record.design).toMatchObject({ type: 'blocks', blocks: 3 });
    for (const [block, ofBlock] of Map.groupBy(record.runs, (run) => run.block)) {
      expect(block).not.toBeNull();
      expect(ofBlock.map(({ arm }) => arm).toSorted()).toEqual(['a', 'b']);
      expect(new Set(ofBlock.map(({ seed }) => seed)).size).toBe(1);
    }
  });

  it('of a seed that was played twice are the first ones and the second ones', () => {
    const again = { change: { startedAt: '2026-02-01T00:00:00.000Z' } };
    const record = compare(
      ['a', 'b'].flatMap((name) => named(null, ...of(name, [1]), ...of(name, [1], again))),
    );
    expect(record.design.blocks).toBe(2);
  });

  it('of a run that was named twice are one, as by its folder and by latest', () => {
    const once = [...named(null, ...of('a', [1, 2])), ...named(null, ...of('b', [1, 2]))];
    expect(compare([...once, ...once]).runs).toHaveLength(4);
    expect(compare([...once, ...once]).design.blocks).toBe(2);
  });

  it('are none where a run that counts has no partner', () => {
    const record = compare([...named(null, ...of('a', [1, 2, 3])), ...named(null, ...of('b', [1, 2, 4]))]);
    expect(record.design.type).toBe('unpaired');
    expect(record.runs.map(({ block }) => block)).toEqual(record.runs.map(() => null));
  });

  it('stay where only a run that broke off has no partner', () => {
    const broken = { change: { partial: true, interruptedBy: 'SIGINT' } };
    const record = compare([
      ...named(null, ...of('a', [1, 2])),
      ...named(null, ...of('a', [3], broken)),
      ...named(null, ...of('b', [1, 2])),
    ]);
    expect(record.design).toMatchObject({ type: 'blocks', blocks: 2 });
    expect(record.runs.filter(({ rejected }) => rejected !== null)).toHaveLength(1);
  });
});

it('a comparison brings its arms and its rejections with it', () => {
  const first = compare([...named(null, ...of('block', [1, 2])), ...named(null, ...of('latest', [1, 2]))]);
  const runs = first.runs.map((run) => report({ seed: run.seed, strategyName: run.arm }));
  for (const [at, run] of runs.entries()) run.record.id = first.runs[at]?.id as string;
  for (const run of first.runs) {
    if (run.seed === 2) run.rejected = 'broke off';
    run.arm = `my ${run.arm}`;
  }
  const again = compare([
    { label: null, report: { kind: 'comparison', record: first, runs, folder: null, problems: [] } },
  ]);
  expect(again.arms.map(({ name }) => name)).toEqual(['my block', 'my latest']);
  expect(again.runs.filter(({ rejected }) => rejected !== null)).toHaveLength(2);
  expect(again.design.blocks).toBe(1);

  const beside = runs.map((run) => ({ label: null, report: run }));
  const all = compare([
    ...beside,
    { label: null, report: { kind: 'comparison', record: first, runs, folder: null, problems: [] } },
  ]);
  expect(all.arms.map(({ name }) => name)).toEqual(['my block', 'my latest']);
  expect(all.runs).toHaveLength(4);
  expect(all.runs.filter(({ rejected }) => rejected !== null)).toHaveLength(2);
});

it('a comparison keeps its reference, whichever arm was played first', () => {
  const runs = [...named(null, ...of('now', [1, 2])), ...named(null, ...of('before', [1, 2]))].map(
    (one) => one.report as RunReport,
  );
  const played = compare([...named(null, ...of('before', [1, 2])), ...named(null, ...of('now', [1, 2]))]);
  expect(played.reference).toBe('before');
  const ids = new Map(played.runs.map(({ id, arm, seed }) => [`${arm} ${seed}`, id]));
  const known = runs.map((run) => ({
    ...run,
    record: { ...run.record, id: ids.get(`${run.record.strategyName} ${run.record.seed}`) ?? run.record.id },
  }));
  const again = compare([
    { label: null, report: { kind: 'comparison', record: played, runs: known, folder: null, problems: [] } },
  ]);
  expect(again.reference).toBe('before');
});

it('an experiment that was held against a baseline stays what it was, without the runs of that', () => {
  const played = named(null, ...of('block', [1, 2]), ...of('latest', [1, 2]));
  const first = compare(played);
  const runs = played.map(({ report }) => report as RunReport);
  const design = { ...first.design, blocksPlanned: 10, replayedBlocksMax: 3 };
  const [arm] = first.arms;
  const [run] = first.runs;
  if (arm === undefined || run === undefined) throw new Error('no run');
  const old = {
    ...first,
    design,
    arms: [{ ...arm, name: 'baseline', source: 'baseline' as const }, ...first.arms],
    runs: [{ ...run, id: 'old00', arm: 'baseline' }, ...first.runs],
  };
  const again = compare([
    { label: null, report: { kind: 'comparison', record: old, runs, folder: null, problems: [] } },
  ]);
  expect(again.design).toMatchObject({ blocksPlanned: 10, blocks: 2 });
  expect(again.verdict.status).toBe('invalid');
});

it('an experiment that was interrupted proves nothing, but it was not this command that was', () => {
  const played = named(null, ...of('block', [1, 2]), ...of('latest', [1, 2]));
  const record = { ...compare(played), partial: true, interruptedBy: 'SIGINT' };
  const runs = played.map(({ report }) => report as RunReport);
  const again = compare([
    { label: null, report: { kind: 'comparison', record, runs, folder: null, problems: [] } },
  ]);
  expect(again).toMatchObject({ partial: true, interruptedBy: 'SIGINT', exitCode: 4 });
  expect(again.verdict.status).toBe('invalid');
});

it('services of somebody else are gated by what they can tell', () => {
  const external = { change: { target: { kind: 'external' as const, urls: {} } } };
  const versions = ['a'.repeat(40), 'b'.repeat(40)].flatMap((gitCommit) =>
    named(null, ...of('block', [1, 2], { ...external, gitCommit })),
  );
  expect(compare(versions).family.gated).toEqual(['deadlineMiss', 'all.p99', 'goodput']);
});
