import { describe, expect, it } from 'vitest';
import { type PruneCandidate, type PruneRule, planPruning } from '../../src/report/result-pruning.ts';

const NOW_MS = Date.UTC(2026, 10, 21);
const DAY_MS = 86_400_000;
const NOTHING: PruneRule = { keep: null, olderThanMs: null, maxBytes: null, includesHeld: false };

/** Of 100 bytes, `days` old. */
function result(name: string, days: number, part: Partial<PruneCandidate> = {}): PruneCandidate {
  const files = { bytes: 100, names: ['record.json', 'report.md'], changedAtMs: NOW_MS - days * DAY_MS };
  return {
    name,
    path: `results/${name}`,
    startedAtMs: NOW_MS - days * DAY_MS,
    facts: { ...files, folders: [], links: [] },
    isUnfinished: false,
    runFolders: [],
    ...part,
  };
}

function withFacts(one: PruneCandidate, facts: Partial<PruneCandidate['facts']>): PruneCandidate {
  return { ...one, facts: { ...one.facts, ...facts } };
}

function plan(candidates: readonly PruneCandidate[], rule: Partial<PruneRule>) {
  const { goes, stays, bytesLeft } = planPruning(candidates, { ...NOTHING, ...rule }, NOW_MS);
  return {
    goes: goes.map(({ name }) => name),
    stays: Object.fromEntries(stays.map(({ candidate, because }) => [candidate.name, because])),
    bytesLeft,
  };
}

const FOUR = [result('d', 1), result('c', 2), result('b', 3), result('a', 4)];

describe('pruning', () => {
  it('keeps the newest', () => {
    expect(plan(FOUR, { keep: 3 })).toEqual({ goes: ['a'], stays: { d: '', c: '', b: '' }, bytesLeft: 300 });
    expect(plan(FOUR, { keep: 4 }).goes).toEqual([]);
    expect(plan(FOUR, { keep: 0 }).goes).toEqual(['d', 'c', 'b', 'a']);
  });

  it('lets go what is older, and not what is exactly as old', () => {
    expect(plan(FOUR, { olderThanMs: 2 * DAY_MS }).goes).toEqual(['b', 'a']);
  });

  it('lets the oldest go until the rest fits', () => {
    expect(plan(FOUR, { maxBytes: 250 })).toMatchObject({ goes: ['b', 'a'], bytesLeft: 200 });
    expect(plan(FOUR, { maxBytes: 400 }).goes).toEqual([]);
  });

  it('lets go what any of several rules names', () => {
    expect(plan(FOUR, { keep: 3, olderThanMs: 2 * DAY_MS, maxBytes: 1000 }).goes).toEqual(['b', 'a']);
  });

  it.each([
    ['renamed', result('a', 4, { startedAtMs: null }), 'was renamed'],
    ['kept', withFacts(result('a', 4), { names: ['record.json', '.keep'] }), 'holds .keep'],
    [
      'with a file of somebody else',
      withFacts(result('a', 4), { names: ['record.json', 'thesis.docx'] }),
      'holds thesis.docx, which is not of bpbench',
    ],
    ['with a folder', withFacts(result('a', 4), { folders: ['src'] }), 'holds src, which is not of bpbench'],
    ['with a link', withFacts(result('a', 4), { links: ['home'] }), 'holds home, which is not of bpbench'],
    ['empty', withFacts(result('a', 4), { names: [] }), 'is empty: it may be about to begin'],
  ])('never takes a result that is %s', (_, candidate, because) => {
    for (const rule of [{ keep: 0 }, { olderThanMs: 0 }, { maxBytes: 0 }]) {
      const answer = plan([candidate], rule);
      expect(answer.goes).toEqual([]);
      expect(answer.stays['a']).toBe(because);
    }
  });

  it('takes what a .keep holds when asked, and still nothing of somebody else', () => {
    const kept = withFacts(result('b', 3), { names: ['record.json', '.keep'] });
    const foreign = withFacts(result('a', 4), { names: ['record.json', '.keep', 'thesis.docx'] });
    expect(plan([kept, foreign], { keep: 0, includesHeld: true }).goes).toEqual(['b']);
  });

  it('knows every name that bpbench writes', () => {
    const names =
      'record.json report.md report.html timeline.ndjson latency.hlog metrics.om junit.xml badge.svg report.csv record.json.123-4.tmp';
    const own = withFacts(result('a', 4), { names: names.split(' ') });
    expect(plan([own], { keep: 0 }).goes).toEqual(['a']);
    for (const foreign of [
      'report.docx',
      'report-of-mine.md',
      'my record.json',
      '.keepsake',
      'record.json.bak',
    ]) {
      const other = withFacts(own, { names: ['record.json', foreign] });
      expect(plan([other], { keep: 0 }).goes).toEqual([]);
    }
  });

  it('leaves a run that may go on, and takes one that was killed', () => {
    const unfinished = result('a', 4, { isUnfinished: true });
    expect(plan([withFacts(unfinished, { changedAtMs: NOW_MS - 60_000 })], { keep: 0 }).stays['a']).toBe(
      'has no record and changed 60 s ago: it may go on',
    );
    expect(plan([unfinished], { keep: 0 }).goes).toEqual(['a']);
  });

  describe('comparisons', () => {
    const held = (comparison: string, days: number, runs: string[]): PruneCandidate =>
      result(comparison, days, { runFolders: runs.map((run) => `../${run}`) });
    const both = [result('run 2', 1), result('run 1', 1), held('old', 2, ['run 1', 'run 2'])];

    it('never go without their runs, nor runs without them', () => {
      expect(plan(both, { keep: 1 })).toEqual({
        goes: [],
        stays: { 'run 2': 'belongs to old', 'run 1': 'belongs to old', old: '' },
        bytesLeft: 300,
      });
      expect(plan([result('new', 0), ...both], { keep: 1 })).toEqual({
        goes: ['run 2', 'run 1', 'old'],
        stays: { new: '' },
        bytesLeft: 100,
      });
    });

    it('hold a run that another one gives up', () => {
      const two = [held('new', 1, ['run 1']), ...both];
      expect(plan(two, { keep: 1 })).toMatchObject({
        goes: ['run 2', 'old'],
        stays: { new: '', 'run 1': 'belongs to new' },
      });
    });

    it('hold their runs also when it is they that are kept', () => {
      const [second, first, old] = both as [PruneCandidate, PruneCandidate, PruneCandidate];
      const kept = withFacts(old, { names: ['record.json', '.keep'] });
      expect(plan([second, first, kept], { keep: 0 }).goes).toEqual([]);
    });

    it('go without a run that is kept', () => {
      const [second, first, old] = both as [PruneCandidate, PruneCandidate, PruneCandidate];
      const kept = withFacts(first, { names: ['record.json', '.keep'] });
      expect(plan([second, kept, old], { keep: 0 })).toMatchObject({
        goes: ['run 2', 'old'],
        stays: { 'run 1': 'holds .keep' },
      });
    });

    it('hold nothing when asked so', () => {
      expect(plan(both, { keep: 1, includesHeld: true }).goes).toEqual(['run 1', 'old']);
    });

    it('hold no folder outside of the results, whatever their record says', () => {
      const hostile = result('old', 2, { runFolders: ['../../other/run 1', '/run 1', '..', '.', ''] });
      expect(plan([result('run 1', 1), hostile], { keep: 0 }).goes).toEqual(['run 1', 'old']);
    });
  });
});
