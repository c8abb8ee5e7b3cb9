import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { MetricVerdict } from '../../../src/core/comparison.ts';
import junit from '../../../src/report/formats/junit.ts';
import type { Report } from '../../../src/report/report.ts';
import { describeWith } from '../../clients/requirement.ts';
import { createRegression, createVersus, reportOf, resultOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import {
  createHostileComparison,
  createHostileReport,
  HOSTILE_TEXTS,
  REPORTS,
  runReportOf,
} from './reports.ts';

const SCHEMA = fileURLToPath(new URL('junit-10-subset.xsd', import.meta.url));

/** Names of the test cases with what is wrong with them. */
function casesOf(report: Report): Record<string, string> {
  const cases = junit
    .render(report)
    .matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return Object.fromEntries(
    [...cases].map(([, name, body = '']) => {
      const problem = /<(failure|error|skipped)(?: type="([^"]*)")?/.exec(body);
      return [name, problem === null ? 'passed' : [problem[1], problem[2]].filter(Boolean).join(' ')];
    }),
  );
}

function withVerdict(verdict: MetricVerdict, exitCode = 0): Report {
  const results = [resultOf('all.p99', [10, 20], verdict, [0.7, 0.6, 0.8], { reason: 'borderline' })];
  const status = verdict === 'inconclusive' ? 'inconclusive' : verdict === 'worse' ? 'fail' : 'pass';
  return reportOf(createRegression({ results, exitCode, verdict: { status, reasons: [] } }));
}

describe('JUnit of a run', () => {
  it('has a case for each check, and one for validity', () => {
    expect(casesOf(runReportOf(createRecord()))).toEqual({
      'the result is valid': 'passed',
      'connections.rejected &lt; 100': 'passed',
      'recoveryTime(sse fast) &lt; 2s': 'passed',
      'loss(sse fast) == 0': 'passed',
    });
  });

  it('tells failed, unknown and passed apart, with actual and limit', () => {
    const [first, second, third] = createRecord().checks;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three checks');
    const checks = [
      { ...first, status: 'fail' as const, actual: 120 },
      { ...second, status: 'unknown' as const, actual: null, detail: 'no samples' },
      third,
    ];
    const report = runReportOf(createRecord({ checks }));
    expect(Object.values(casesOf(report))).toEqual(['passed', 'failure check', 'error no-data', 'passed']);
    expect(junit.render(report)).toContain('message="connections.rejected &lt; 100: actual 120, limit 100"');
    expect(junit.render(report)).toContain('tests="4" failures="1" errors="1"');
  });

  it.each([
    ['an invalid run', 'the result is valid', 'error invalid'],
    ['a partial run', 'the result is valid', 'error partial'],
    ['a stalled run', 'nothing stands still', 'failure stall'],
    ['a run without checks', 'something is tested', 'error no-test-cases'],
  ])('is never green for %s', (what, name, problem) => {
    expect(casesOf(REPORTS[what] as Report)[name]).toBe(problem);
  });
});

describe('JUnit of a comparison', () => {
  it.each([
    ['better', 'passed'],
    ['same', 'passed'],
    ['worse', 'failure regression'],
    ['inconclusive', 'skipped'],
    ['invalid', 'error invalid'],
  ] as const)('shows a gated metric that is %s as %s', (verdict, problem) => {
    expect(casesOf(withVerdict(verdict))['all.p99']).toBe(problem);
  });

  it('fails what is inconclusive where --strict ended the command with an error', () => {
    expect(casesOf(withVerdict('inconclusive', 4))['all.p99']).toBe('failure inconclusive');
  });

  it('has a suite for each arm that is judged, and leaves advisory metrics out', () => {
    const text = junit.render(reportOf(createRegression()));
    expect([...text.matchAll(/<testsuite name="([^"]+)"/g)].map(([, name]) => name)).toEqual([
      'burst',
      'burst.now',
    ]);
    expect(Object.keys(casesOf(reportOf(createRegression())))).toEqual([
      'the result is valid',
      'deadlineMiss',
      'all.p99',
      'goodput',
      'rss',
      'queueMax',
    ]);
  });

  it('says how far, how sure, and what would settle it', () => {
    const text = junit.render(reportOf(createRegression()));
    expect(text).toContain('worse: worse by +18.4 % [+12.9, +24.2], margin 10 %');
    expect(text).toContain('about 16 blocks would settle it');
  });

  it('shows expectations, and fails the one that does not hold', () => {
    const expression = 'a: loss better than b by >= 20%';
    const expectations = [{ expression, status: 'fail' as const, detail: 'better by 3 % to 9 %' }];
    const cases = casesOf(reportOf(createVersus({ expectations })));
    expect(cases[expression.replace('>', '&gt;')]).toBe('failure expectation');
  });

  it.each([
    [0, 'skipped'],
    [4, 'failure inconclusive'],
  ])('shows an expectation that cannot be told as the command ends (exit %i)', (exitCode, problem) => {
    const expression = 'a: loss better than b';
    const expectations = [
      { expression, status: 'unknown' as const, detail: 'the interval has the figure in it' },
    ];
    const verdict = { status: 'inconclusive' as const, reasons: [] };
    expect(casesOf(reportOf(createVersus({ expectations, verdict, exitCode })))[expression]).toBe(problem);
  });

  it('merges the checks of the runs that count: the worst of them, and in how many', () => {
    const failing = createRecord({ id: 'now0' });
    failing.checks = failing.checks.map((check) => ({ ...check, status: 'fail', actual: 500 }));
    const rejected = { ...failing, id: 'now1' };
    const record = createRegression();
    const runs = record.runs.map((run) => (run.id === 'now1' ? { ...run, rejected: 'slip' } : run));
    const report = reportOf(
      { ...record, runs },
      [failing, rejected].map((one) => runReportOf(one)),
    );
    expect(casesOf(report)['loss(sse fast) == 0']).toBe('failure check');
    expect(junit.render(report)).toContain('1 of 1 run: actual');
  });

  it.each([
    [['no', 'yes'], 0, 'passed'],
    [['no', 'no'], 99, 'failure need'],
    [['no', 'unknown'], 0, 'skipped'],
    [['no', 'unknown'], 4, 'failure inconclusive'],
    [[], 0, 'skipped'],
  ] as const)('shows a need of which the arms say %j (exit %i)', (statuses, exitCode, problem) => {
    const arms = statuses.map((status) => ({ arm: 'a', status, because: [], isUnreplicated: false }));
    const needs = [{ expression: 'rss==1', arms, smallestCapacity: null }];
    const status = exitCode === 99 ? 'fail' : statuses.includes('yes' as never) ? 'pass' : 'inconclusive';
    const cases = casesOf(
      reportOf(createVersus({ expectations: [], needs, verdict: { status, reasons: [] }, exitCode })),
    );
    expect(cases).toEqual({ 'the result is valid': 'passed', 'need rss==1': problem });
  });

  it('has no gated metrics where strategies trade one thing for another', () => {
    const cases = casesOf(reportOf(createVersus({ expectations: [], needs: [] })));
    expect(cases).toEqual({ 'the result is valid': 'passed', 'something is tested': 'error no-test-cases' });
  });

  it.each(['nothing_judged', 'no_gate'])('does not take %s for a test case', (code) => {
    const verdict = { status: 'inconclusive' as const, reasons: [{ code, message: 'nothing' }] };
    expect(casesOf(reportOf(createVersus({ expectations: [], needs: [], verdict })))).toEqual({
      'the result is valid': 'passed',
      'something is tested': 'error no-test-cases',
    });
  });

  it('skips what is worse but could not be decided, as between runs that are not paired', () => {
    const worse = createRegression({ verdict: { status: 'inconclusive', reasons: [] }, exitCode: 0 });
    expect(casesOf(reportOf(worse))['all.p99']).toBe('skipped');
  });

  it.each([
    ['fail', 99, 'failure fail'],
    ['stalled', 6, 'failure stalled'],
    ['inconclusive', 4, 'failure inconclusive'],
    ['inconclusive', 0, 'skipped'],
  ] as const)('is as red as a verdict %s that no case shows (exit %i)', (status, exitCode, problem) => {
    const reasons = [{ code: 'need_failed', message: 'no arm satisfies loss<1%' }];
    const report = reportOf(createVersus({ verdict: { status, reasons }, exitCode }));
    expect(casesOf(report)['the verdict']).toBe(problem);
    expect(junit.render(report)).toContain('message="no arm satisfies loss&lt;1%"');
  });

  it('does not judge the checks of the old version', () => {
    const failing = createRecord({ id: 'main0' });
    failing.checks = failing.checks.map((check) => ({ ...check, status: 'fail' }));
    const cases = casesOf(
      reportOf(createRegression({ verdict: { status: 'pass', reasons: [] } }), [runReportOf(failing)]),
    );
    expect(cases['loss(sse fast) == 0']).toBeUndefined();
  });

  it('does not judge the checks of the arm that calibrates', () => {
    const failing = createRecord({ id: 'block0' });
    failing.checks = failing.checks.map((check) => ({ ...check, status: 'fail' }));
    const plain = createRegression({ verdict: { status: 'pass', reasons: [] } });
    const [arm] = plain.arms;
    const [run] = plain.runs;
    if (arm === undefined || run === undefined) throw new Error('no arm');
    const record = {
      ...plain,
      arms: [...plain.arms, { ...arm, name: 'block' }],
      runs: [...plain.runs, { ...run, arm: 'block', id: failing.id }],
    };
    const cases = casesOf(reportOf(record, [runReportOf(failing)]));
    expect(cases['loss(sse fast) == 0']).toBeUndefined();
  });

  it('is never green without a run', () => {
    const cases = casesOf(REPORTS['a comparison without a run'] as Report);
    expect(cases).toEqual({
      'the result is valid': 'error invalid',
      'something is tested': 'error no-test-cases',
    });
  });
});

describeWith({ xmllint: 'libxml2-utils' }, 'JUnit by its schema', () => {
  const validate = (text: string) =>
    spawnSync('xmllint', ['--noout', '--nonet', '--schema', SCHEMA, '-'], { input: text, encoding: 'utf8' });

  it('is valid for every kind of report', () => {
    for (const [what, report] of Object.entries(REPORTS)) {
      expect(validate(junit.render(report)).stderr, what).toBe('- validates\n');
    }
  });

  it('is valid for hostile texts', () => {
    for (const text of HOSTILE_TEXTS) {
      const all = [createHostileReport(text), createHostileComparison(text)];
      for (const report of all) {
        const { status, stderr } = validate(junit.render(report));
        expect({ text: text.slice(0, 30), status, stderr: stderr.slice(0, 300) }).toMatchObject({
          status: 0,
        });
      }
    }
  });

  it('can fail: a file without test cases is refused', () => {
    expect(
      validate('<testsuites><testsuite name="x" tests="0" failures="0" errors="0"/></testsuites>').status,
    ).not.toBe(0);
  });
});
