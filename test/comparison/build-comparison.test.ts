import { describe, expect, it } from 'vitest';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import type { ComparedRun } from '../../src/comparison/inputs.ts';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { BenchError } from '../../src/core/errors.ts';
import { createRandom } from '../../src/core/random.ts';
import { comparisonSchema } from '../../src/report/comparison-schema.ts';
import { inputOf, makeRun, playBlocks, playVersions, type RunChoice, wobble } from './runs.ts';

/** Builds, and sees that the record is one that can be written and read. */
function build(...args: Parameters<typeof inputOf>): ComparisonRecord {
  const record = buildComparison(inputOf(...args));
  expect(comparisonSchema.safeParse(record).error?.issues ?? []).toEqual([]);
  expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  return record;
}

const ends = (record: ComparisonRecord): [string, number] => [record.verdict.status, record.exitCode];
const codes = (record: ComparisonRecord): string[] => record.verdict.reasons.map(({ code }) => code);
const verdictOf = (record: ComparisonRecord, metric: string, arm = 'now') =>
  record.results.find((result) => result.metric === metric && result.arm === arm)?.verdict;

/** Blocks of strategies that differ as told, with 1 % of noise. */
function playStrategies(
  arms: Readonly<Record<string, RunChoice>>,
  blocks = 10,
  part: RunChoice = {},
): ComparedRun[] {
  const random = createRandom(7, 'strategies');
  return playBlocks(Object.keys(arms), blocks, (arm, block) => {
    const { p99Ms = 10, rssBytes = 1.5e8, ...choice } = { ...arms[arm], ...part };
    return makeRun({
      strategy: arm.replace(/\d+$/, ''),
      ...choice,
      seed: block,
      p99Ms: p99Ms === 'inf' ? 'inf' : p99Ms * wobble(random, 0.01),
      rssBytes: rssBytes === null ? null : rssBytes * wobble(random, 0.01),
    });
  });
}

describe('comparison of two versions', () => {
  it('passes where nothing changed', () => {
    const record = build(playVersions(1, 10, 0.01));
    expect([record.mode, record.design.type, record.design.blocks, record.reference]).toEqual([
      'regression',
      'blocks',
      10,
      'main',
    ]);
    expect(ends(record)).toEqual(['pass', 0]);
    expect(record.results.filter(({ verdict }) => verdict === 'worse' || verdict === 'better')).toEqual([]);
    expect(record.family).toEqual({
      gated: ['deadlineMiss', 'all.p99', 'goodput', 'rss', 'queueMax'],
      oneSidedLevel: 0.025,
      sameLevel: 0.05,
      blocksNeeded: 8,
    });
  });

  it('fails where a gated metric is worse by more than its margin, and says by how much', () => {
    const record = build(playVersions(1, 10, 0.02, { p99Ms: 1.3 }));
    expect(ends(record)).toEqual(['fail', 3]);
    expect(codes(record)).toEqual(['regression']);
    expect(record.findings.find(({ code }) => code === 'changed')?.text).toMatch(
      /^now against main: all\.p99 worse by 3\d\.\d %\.$/,
    );
    expect(ends(build(playVersions(1, 10, 0.02, { p99Ms: 0.7 })))).toEqual(['pass', 0]);
  });

  it('takes a smaller change for none', () => {
    expect(verdictOf(build(playVersions(3, 20, 0.01, { p99Ms: 1.04 })), 'all.p99')).toBe('same');
  });

  it('is inconclusive under too much noise, with what would settle it', () => {
    const record = build(playVersions(1, 8, 0.3));
    expect(ends(record)).toEqual(['inconclusive', 0]);
    const open = record.results.find(({ metric }) => metric === 'all.p99');
    expect(open).toMatchObject({ verdict: 'inconclusive', reason: 'underpowered' });
    expect(open?.blocksToSettle).toBeGreaterThan(8);
    expect(record.findings.map(({ code }) => code)).toContain('noisy');
    expect(build(playVersions(1, 8, 0.3), { gate: { isStrict: true } }).exitCode).toBe(4);
  });

  it('is inconclusive with too few blocks, and with one run each', () => {
    const few = build(playVersions(1, 7, 0.001));
    expect([...ends(few), new Set(codes(few))]).toEqual(['inconclusive', 0, new Set(['too_few_blocks'])]);
    const single = build(playVersions(1, 1, 0.001, { p99Ms: 3 }));
    expect([single.design.type, ...ends(single)]).toEqual(['single', 'inconclusive', 0]);
    expect(single.results[1]).toMatchObject({ n: 1, verdict: 'inconclusive', reason: 'unreplicated' });
    expect(single.findings[0]).toMatchObject({ code: 'single', level: 'doubt' });
  });

  it('is not green with a gated metric that has no data', () => {
    const runs = playVersions(1, 10, 0.01);
    const blind = runs.map((run) => ({
      ...run,
      record: { ...run.record, memory: { ...run.record.memory, rssMaxBytes: null } },
    }));
    const record = build(blind);
    expect([...ends(record), codes(record)]).toEqual(['inconclusive', 0, ['no_data']]);
    expect(verdictOf(record, 'rss')).toBe('invalid');
    expect(ends(build(blind, { metrics: { notGated: ['rss'] } }))).toEqual(['pass', 0]);
  });

  it('can find less the more it gates on, and says so', () => {
    const detectable = (gates: string[]) =>
      build(playVersions(1, 10, 0.02), { metrics: { gates } }).results.find(({ metric }) => metric === 'rss')
        ?.minimumDetectable as number;
    const [alone, among] = [detectable(['rss']), detectable([])];
    expect(among - Math.log1p(0.1)).toBeGreaterThan(1.2 * (alone - Math.log1p(0.1)));
    // With as few blocks as one metric needs, five can never speak.
    const few = build(playVersions(1, 6, 0.02)).results.find(({ metric }) => metric === 'rss');
    expect(few?.minimumDetectable).toBeNull();
  });

  it('has no gate where the user takes all metrics out', () => {
    const record = build(playVersions(1, 10, 0.01), { metrics: { notGated: ['*'] } });
    expect([...ends(record), codes(record)]).toEqual(['inconclusive', 0, ['no_gate']]);
  });

  it('breaks on a leak in one run', () => {
    const runs = playVersions(1, 10, 0.01);
    const leaking = runs.map((run, index) =>
      index === 19 ? { ...run, record: { ...run.record, tasks: { ...run.record.tasks, leaked: 1 } } } : run,
    );
    const record = build(leaking);
    expect([...ends(record), codes(record)]).toEqual(['fail', 99, ['invariant_broken']]);
  });

  it('compares runs that are not paired, but lets them decide only if allowed', () => {
    const apart = playVersions(2, 10, 0.01, { p99Ms: 2 }).map((run) => ({ ...run, block: null }));
    const record = build(apart);
    expect([record.design.type, verdictOf(record, 'all.p99'), ...ends(record)]).toEqual([
      'unpaired',
      'worse',
      'inconclusive',
      0,
    ]);
    expect(ends(build(apart, { gate: { allowUnpaired: true } }))).toEqual(['fail', 3]);
  });
});

describe('runs that do not count', () => {
  const spoil = (runs: ComparedRun[], index: number, change: Partial<ComparedRun>) =>
    runs.map((run, at) => (at === index ? { ...run, ...change } : run));

  it('leave with their block', () => {
    const record = build(spoil(playVersions(1, 10, 0.01), 4, { rejected: 'the processor was slower' }));
    expect(record.design.blocks).toBe(9);
    expect(record.runs.filter((run) => run.rejected !== null).map((run) => [run.block, run.arm])).toEqual([
      [2, 'main'],
      [2, 'now'],
    ]);
    expect(record.results[0]?.n).toBe(9);
    expect(record.findings.find(({ code }) => code === 'rejected')?.text).toContain(
      '2 of 20 runs do not count',
    );
    // Two blocks could have been played again.
    expect(ends(record)).toEqual(['pass', 0]);
  });

  it('make the whole invalid once the budget of replays is used up', () => {
    const runs = spoil(playVersions(1, 10, 0.01), 4, {
      record: makeRun({ status: 'invalid', gitCommit: 'main' }),
    });
    const { design } = inputOf(runs);
    const record = build(runs, { design: { ...design, replayedBlocks: 3 } });
    expect([...ends(record), codes(record)]).toEqual(['invalid', 4, ['too_many_rejected']]);
    expect(build(runs, { design: { ...design, replayedBlocks: 2 } }).exitCode).toBe(0);
  });

  it('leave nothing: all rejected, none at all, or none of one arm', () => {
    const rejected = playVersions(1, 10, 0.01).map((run) => ({ ...run, rejected: 'noise' }));
    expect(ends(build(rejected))).toEqual(['invalid', 4]);
    expect(codes(build(rejected))).toEqual(['no_data', 'no_data']);
    expect(build(rejected).findings).toEqual([
      { code: 'rejected', level: 'doubt', text: '20 of 20 runs do not count: 20 × noise.' },
    ]);
    expect(build(rejected).results.every(({ verdict, n }) => verdict === 'invalid' && n === 0)).toBe(true);
    const { arms } = inputOf(rejected);
    const none = build([], { arms, reference: 'main' });
    expect([...ends(none), none.design.blocks]).toEqual(['invalid', 4, 0]);
    expect(ends(build([]))).toEqual(['invalid', 4]);
    const lonely = build(
      rejected.filter(({ arm }) => arm === 'now').map((run) => ({ ...run, rejected: null })),
      { arms, reference: 'main' },
    );
    expect([...ends(lonely), codes(lonely)]).toEqual(['invalid', 4, ['no_data']]);
  });

  it('are the broken-off block of an interrupt: the rest is compared, and the whole is partial', () => {
    const runs = playVersions(1, 10, 0.01).slice(0, 19);
    const record = build(runs, { interruptedBy: 'SIGINT', isPartial: true });
    expect([...ends(record), record.partial]).toEqual(['invalid', 130, true]);
    expect(codes(record)).toEqual(['partial']);
    expect(record.results[0]?.n).toBe(9);
    expect(build(runs, { interruptedBy: 'SIGTERM' }).exitCode).toBe(143);
    expect(build(runs, { isPartial: true }).exitCode).toBe(5);
  });
});

describe('strategies against each other', () => {
  it('never name a winner, never fail for being different, and name the dominated', () => {
    const record = build(
      playStrategies({
        block: { slowLoss: 0, blockedMs: 60_000, p99Ms: 100 },
        drop: { slowLoss: 0.5 },
        waste: { slowLoss: 0.6, bytes: 9e7, rssBytes: 3e8 },
      }),
    );
    expect([record.mode, ...ends(record)]).toEqual(['versus', 'pass', 0]);
    expect(verdictOf(record, 'all.p99', 'drop')).toBe('better');
    expect(verdictOf(record, 'rss', 'waste')).toBe('worse');
    expect(record.pareto.map(({ arm, dominatedBy }) => [arm, dominatedBy])).toEqual([
      ['block', []],
      ['drop', []],
      ['waste', ['drop']],
    ]);
    const texts = record.findings.map(({ text }) => text);
    expect(texts).toContain(
      'waste is dominated by drop: as good or better in loss, age p99, p99 of all, bytes, blocked and cpu.',
    );
    expect(texts).toContain(
      'block, drop: none is best at everything. Choose by what your users can bear, or state a --need.',
    );
  });

  it('answer to a need and to expectations', () => {
    const runs = playStrategies({
      drop16: { capacity: 16, slowLoss: 0.5 },
      drop64: { capacity: 64, slowLoss: 0.02 },
      drop256: { capacity: 256, slowLoss: 0.001 },
    });
    const record = build(runs, {
      needs: ['loss<1%, rss<300MB'],
      expectations: ['drop64: loss better than drop16 by >= 50 %'],
    });
    expect(record.needs[0]?.arms.map(({ status }) => status)).toEqual(['no', 'yes', 'yes']);
    expect(record.needs[0]?.smallestCapacity).toEqual({
      arm: 'drop64',
      boundary: 'sse.client',
      capacityItems: 64,
    });
    expect(record.expectations).toMatchObject([{ status: 'pass' }]);
    expect(ends(record)).toEqual(['pass', 0]);
    expect(record.findings.at(-1)?.text).toBe(
      'loss<1%, rss<300MB: drop64, drop256. The smallest capacity that does is 64 items, drop64.',
    );
    const failed = build(runs, { expectations: ['drop16: loss better than drop64'] });
    expect([...ends(failed), codes(failed)]).toEqual(['fail', 99, ['expectation_failed']]);
    expect(ends(build(runs, { needs: ['rss<1MB'] }))).toEqual(['fail', 99]);
  });

  it('reads a need of one run each, and marks it', () => {
    const record = build(playStrategies({ drop: { slowLoss: 0.5 }, block: { slowLoss: 0 } }, 1), {
      needs: ['loss<1%'],
    });
    expect(record.needs[0]?.arms).toMatchObject([
      { status: 'no', isUnreplicated: true },
      { status: 'yes', isUnreplicated: true },
    ]);
    expect(record.findings.at(-1)?.text).toBe('loss<1%: block (unreplicated).');
  });

  it('fail and stall as their runs do, and are invalid with one that is', () => {
    const arms = { drop: {}, block: {} };
    expect(ends(build(playStrategies(arms, 10, { status: 'fail' })))).toEqual(['fail', 99]);
    expect(ends(build(playStrategies(arms, 10, { status: 'stalled' })))).toEqual(['stalled', 6]);
    expect(ends(build(playStrategies({ drop: {}, block: { status: 'invalid' } }, 1)))).toEqual([
      'invalid',
      4,
    ]);
  });

  it('are never green where a baseline was asked for and is not there', () => {
    const runs = playStrategies({ drop: {}, block: {} });
    expect(ends(build(runs))).toEqual(['pass', 0]);
    const missing = build(runs, { isBaselineMissing: true });
    expect([...ends(missing), codes(missing)]).toEqual(['inconclusive', 0, ['no_baseline']]);
    expect(build(runs, { isBaselineMissing: true, gate: { isStrict: true } }).exitCode).toBe(4);
  });

  it('gate on no metric, and say so where one was asked for', () => {
    const record = build(playStrategies({ drop: {}, block: {} }), { metrics: { gates: ['rss'] } });
    expect([...ends(record), codes(record)]).toEqual(['inconclusive', 0, ['no_gate']]);
    expect(ends(build(playStrategies({ drop: {} }), { metrics: { gates: ['rss'] } }))).toEqual(['pass', 0]);
  });

  it('play one arm alone, to be kept as a baseline', () => {
    const record = build(playStrategies({ drop: {} }));
    expect([record.mode, ...ends(record), record.results]).toEqual(['versus', 'pass', 0, []]);
    const wanted = build(playStrategies({ drop: {} }), { mode: 'regression' });
    expect([...ends(wanted), codes(wanted)]).toEqual(['inconclusive', 0, ['no_baseline', 'no_gate']]);
  });
});

describe('what does not go together', () => {
  function refusal(...args: Parameters<typeof inputOf>): BenchError {
    try {
      buildComparison(inputOf(...args));
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(BenchError);
      return thrown as BenchError;
    }
    throw new Error('it was taken');
  }

  it('is two scenarios', () => {
    const runs = playVersions(1, 2, 0.01);
    const other = makeRun();
    const [first] = other.scenario.phases;
    if (first === undefined) throw new Error('no phase');
    other.scenario = {
      ...other.scenario,
      phases: [{ ...first, durationMs: 9 }, ...other.scenario.phases.slice(1)],
    };
    const error = refusal([...runs, { arm: 'now', block: 3, record: other, folder: null, rejected: null }]);
    expect([error.code, error.exitCode]).toEqual(['BPB_ERR_USAGE', 2]);
    expect(error.message).toContain('did not play what the others played');
    expect(error.hints).toEqual(['phases[0].durationMs: 2000 → 9']);
  });

  it('is an arm of no name, of two, or of another', () => {
    const runs = playVersions(1, 2, 0.01);
    const { arms } = inputOf(runs);
    expect(refusal(runs, { reference: 'mian' }).hints[0]).toBe('did you mean main?');
    expect(refusal(runs, { arms: arms.slice(0, 1) }).message).toBe("there is no arm 'now'");
    expect(refusal(runs, { arms: [...arms, ...arms] }).message).toBe("two arms have the name 'main'");
  });

  it('is a question about nothing', () => {
    const runs = playVersions(1, 2, 0.01);
    expect(refusal(runs, { needs: ['p99(nobody)<1s'] }).message).toBe("there is no client group 'nobody'");
    expect(refusal(runs, { expectations: ['now: rss better than old'] }).message).toContain("no arm 'old'");
    expect(refusal(runs, { metrics: { gates: ['latency'] } }).code).toBe('BPB_ERR_UNKNOWN_NAME');
  });

  it('is not two hosts: they are compared, and the doubt is told', () => {
    const runs = playVersions(1, 10, 0.01).map((run, index) =>
      index < 19
        ? run
        : { ...run, record: { ...run.record, environment: { ...run.record.environment, cores: 2 } } },
    );
    expect(build(runs).findings[0]).toEqual({
      code: 'other_environment',
      level: 'doubt',
      text: 'The runs are of different hosts: cores: 8 → 2.',
    });
  });
});

describe('what cannot be told of strategies', () => {
  it('names nobody as dominated after one run each', () => {
    const record = build(
      playStrategies({ block: { slowLoss: 0 }, drop: { slowLoss: 0.6, bytes: 9e7 } }).filter(
        ({ block }) => block === 0,
      ),
    );
    expect(record.design.type).toBe('single');
    expect(record.pareto.map(({ dominatedBy }) => dominatedBy)).toEqual([[], []]);
    expect(record.findings.map(({ code }) => code)).toEqual(['single']);
  });

  it('asks for no verdict without checks, expectations and needs', () => {
    const runs = playStrategies({ block: {}, drop: {} });
    const unchecked = runs.map((run) => ({ ...run, record: { ...run.record, checks: [] } }));
    expect([codes(build(unchecked)), ...ends(build(unchecked))]).toEqual([
      ['nothing_judged'],
      'inconclusive',
      0,
    ]);
    expect(ends(build(runs))).toEqual(['pass', 0]);
  });

  it('is open where a single run lacks an exact metric that is gated', () => {
    const runs = playVersions(1, 8, 0.01).map((run, index) =>
      index === 3 ? { ...run, record: { ...run.record, tasks: { ...run.record.tasks, leaked: null } } } : run,
    );
    const gates = { metrics: { gates: ['leaked'] } };
    const record = build(runs, gates);
    expect([codes(record), ...ends(record)]).toEqual([['no_data'], 'inconclusive', 0]);
    expect(build(runs, { ...gates, gate: { isStrict: true } }).exitCode).toBe(4);
    expect(ends(build(playVersions(1, 8, 0.01), { ...gates, gate: { isStrict: true } }))).toEqual([
      'pass',
      0,
    ]);
  });
});
