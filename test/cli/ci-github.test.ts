import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isOnGitHub, tellGitHub } from '../../src/cli/ci-github.ts';
import { formatAnnotation, listAnnotations } from '../../src/cli/ci-github-annotations.ts';
import type { Report } from '../../src/report/report.ts';
import { createRegression, createVersus, reportOf } from '../report/comparison-fixtures.ts';
import { createRecord } from '../report/fixtures.ts';
import { createHostileRecord, HOSTILE_TEXTS, REPORTS, runReportOf } from '../report/formats/reports.ts';

let folder = '';
let err = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpbench-github-'));
  err = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** As the runner reads them: level, title and message, unescaped. */
function annotationsOf(report: Report): string[] {
  return listAnnotations(report).map(({ level, title, message }) => `${level}: ${title}: ${message}`);
}

function withFailingChecks(count: number): Report {
  const check = {
    expression: 'x < 1',
    actual: 2,
    limit: 1,
    unit: 'count',
    status: 'fail',
    detail: null,
  } as const;
  const checks = Array.from({ length: count }, (_, at) => ({ ...check, name: `check ${at}` }));
  return runReportOf(createRecord({ checks, verdict: { status: 'fail', reasons: [] } }));
}

describe('annotations', () => {
  it('are none for what passed', () => {
    expect(annotationsOf(REPORTS['a run'] as Report)).toEqual([]);
    expect(annotationsOf(reportOf(createVersus()))).toEqual([]);
  });

  it('are the worst five and one line that sums up', () => {
    const all = annotationsOf(withFailingChecks(12));
    expect(all).toHaveLength(6);
    expect(all[0]).toBe('error: burst · drop-oldest: check 0: actual 2, limit 1');
    expect(all[5]).toBe(
      'error: bpbench burst · drop-oldest: fail: 12 errors, 0 warnings; 7 more in the summary of this step',
    );
  });

  it('put errors before warnings', () => {
    const record = createRecord();
    record.checks = record.checks.map((check, at) => ({ ...check, status: at === 2 ? 'fail' : 'unknown' }));
    const levels = listAnnotations(runReportOf(record)).map(({ level }) => level);
    expect(levels).toEqual(['error', 'warning', 'warning', 'error']);
  });

  it.each([
    ['an invalid run', 'error: burst · drop-oldest: invalid: 3 copies are unaccounted for'],
    ['a partial run', 'error: burst · drop-oldest: partial: stopped by SIGINT after 4 s; 11 s were planned'],
    ['a comparison without a run', 'error: burst: invalid: no run counts'],
  ])('tell of %s', (what, expected) => {
    expect(annotationsOf(REPORTS[what] as Report)[0]).toBe(expected);
  });

  it('tell of proved regressions, the farthest from its margin first, and of what cannot be told', () => {
    const record = createRegression();
    const results = record.results.map((result) =>
      result.metric === 'deadlineMiss' ? { ...result, verdict: 'worse' as const, estimate: 0.05 } : result,
    );
    const reasons = [
      { code: 'regression', message: 'all.p99 is worse' },
      { code: 'unpaired', message: 'not paired' },
      { code: 'no_baseline', message: 'no baseline' },
    ];
    expect(annotationsOf(reportOf({ ...record, results, verdict: { status: 'fail', reasons } }))).toEqual([
      'error: burst: deadlineMiss of now is worse: worse than main by +5.00 pp [-0.05, +0.11]',
      'error: burst: all.p99 of now is worse: worse than main by +18.4 % [+12.9, +24.2]',
      'warning: burst: fail: not paired',
      'warning: burst: fail: no baseline',
      'error: bpbench burst: fail: 2 errors, 2 warnings',
    ]);
    const open = createRegression({ results: [], verdict: { status: 'inconclusive', reasons: [] } });
    expect(annotationsOf(reportOf(open))[0]).toBe(
      'warning: burst: inconclusive: the verdict is inconclusive',
    );
  });

  it('are one workflow command each, whatever they say', () => {
    expect(
      formatAnnotation({ level: 'error', title: 'a:b,c%\n', message: '100%\r\n::set-env name=x::y' }),
    ).toBe('::error title=a%3Ab%2Cc%25::100%25%0D%0A::set-env name=x::y');
    for (const text of HOSTILE_TEXTS) {
      for (const annotation of listAnnotations(runReportOf(createHostileRecord(text)))) {
        expect(formatAnnotation(annotation)).toMatch(/^::(error|warning) title=[^:,\r\n]*::[^\r\n]*$/);
      }
    }
  });
});

describe('telling GitHub', () => {
  it('happens where GITHUB_ACTIONS says so, or where it is asked for', () => {
    expect(isOnGitHub('auto', { GITHUB_ACTIONS: 'true' })).toBe(true);
    expect(isOnGitHub('auto', {})).toBe(false);
    expect(isOnGitHub('github', {})).toBe(true);
    expect(isOnGitHub('none', { GITHUB_ACTIONS: 'true' })).toBe(false);
  });

  it('appends to the summary and writes annotations to stderr', async () => {
    const path = join(folder, 'summary.md');
    writeFileSync(path, 'earlier');
    await tellGitHub(withFailingChecks(1), { GITHUB_STEP_SUMMARY: path });
    expect(readFileSync(path, 'utf8')).toMatch(/^earlier\n# burst · drop-oldest · seed 4711\n/);
    expect(err.split('\n')[0]).toBe('::error title=burst · drop-oldest%3A check 0::actual 2, limit 1');
  });

  it('never makes the summary of a step longer than its limit, however often it is called', async () => {
    const path = join(folder, 'summary.md');
    const finding = { code: 'x', level: 'info' as const, text: 'y'.repeat(3000) };
    const report = runReportOf(createRecord({ findings: Array.from({ length: 150 }, () => finding) }));
    for (let i = 0; i < 4; i++) await tellGitHub(report, { GITHUB_STEP_SUMMARY: path });
    expect(readFileSync(path).length).toBeGreaterThan(450_000);
    expect(readFileSync(path).length).toBeLessThanOrEqual(900_000);
  });

  it('says that the summary could not be written, and goes on', async () => {
    await tellGitHub(REPORTS['a run'] as Report, { GITHUB_STEP_SUMMARY: join(folder, 'no/summary.md') });
    expect(err).toContain('the summary of this step could not be written');
  });
});
