import { describe, expect, it } from 'vitest';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import { describeFindings } from '../../src/comparison/findings.ts';
import type { ComparisonRecord, MetricResult } from '../../src/core/comparison.ts';
import { inputOf, playVersions } from './runs.ts';

const FACTS = { opened: null, environments: [], maxMinimumDetectable: 4 };
const record = buildComparison(inputOf(playVersions(1, 10, 0.01)));

/** The record with one result of all.p99 changed. */
function withResult(change: Partial<MetricResult>): ComparisonRecord {
  const results = record.results.map((result) =>
    result.metric === 'all.p99' ? { ...result, ...change } : result,
  );
  return { ...record, results };
}

const textsOf = (of: ComparisonRecord): string[] => describeFindings(of, FACTS).map(({ text }) => text);

describe('findings', () => {
  it('are none where nothing changed and nothing is in doubt', () => {
    expect(textsOf(record)).toEqual([]);
  });

  it('say where the t interval and the ranks disagree', () => {
    const interval95 = { low: 0.2, high: 0.3 };
    const display = { t95: { low: 0.05, high: 0.4 }, cliffsDelta: 1, worseBlocks: 1 };
    expect(textsOf(withResult({ interval95, display }))).toEqual([
      'all.p99 of now: the t interval and the signed ranks disagree; the ranks decide.',
    ]);
    expect(
      textsOf(withResult({ interval95, display: { ...display, t95: { low: 0.1, high: 0.4 } } })),
    ).toEqual([]);
  });

  it('say which margin the host can hold where it is too noisy for the one that was asked for', () => {
    const noisy = withResult({ verdict: 'inconclusive', reason: 'underpowered', minimumDetectable: 0.8 });
    expect(textsOf(noisy)).toEqual([
      'all.p99 of now varies too much here for its margin: this host and so many blocks can hold 22.1 %.',
    ]);
    expect(
      textsOf(withResult({ verdict: 'inconclusive', reason: 'borderline', minimumDetectable: 0.38 })),
    ).toEqual([]);
  });

  it('say what was not compared', () => {
    expect(
      textsOf(withResult({ verdict: 'inconclusive', reason: 'inf-in-both', minimumDetectable: null })),
    ).toEqual([
      'all.p99 of now is infinite on both sides and was not compared; deadlineMiss tells them apart.',
    ]);
    expect(textsOf(withResult({ verdict: 'invalid', reason: 'insufficient' }))).toEqual([
      'all.p99 of now cannot be told: too little was offered for this percentile.',
    ]);
  });

  it('say how much changed, and warn only of what is worse', () => {
    const findings = (verdict: 'worse' | 'better', estimate: number | null, value: number | 'inf') =>
      describeFindings(withResult({ verdict, estimate, value, referenceValue: 10 }), FACTS)[0];
    expect(findings('worse', 0.25, 13)).toMatchObject({
      level: 'warn',
      text: 'now against main: all.p99 worse by 28.4 %.',
    });
    expect(findings('better', -0.25, 8)).toMatchObject({
      level: 'info',
      text: 'now against main: all.p99 better by 22.1 %.',
    });
    expect(findings('worse', null, 'inf')?.text).toBe(
      'now against main: all.p99 worse: never against 10 ms.',
    );
  });
});
