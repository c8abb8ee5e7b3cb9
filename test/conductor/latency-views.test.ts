import { describe, expect, it } from 'vitest';
import { buildLatencyOfAll, buildLatencyViews } from '../../src/conductor/latency-views.ts';
import { fitAccountedPerConnection } from '../../src/conductor/phases.ts';
import { judge } from '../../src/conductor/verdict.ts';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import type { CheckResult, PhaseResult, ValidityCheck } from '../../src/core/record.ts';

function histogramOf(...ms: number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of ms) histogram.recordUs(value * 1000);
  return histogram;
}

describe('latency of all that was offered', () => {
  it('is the latency of the delivered when nothing was lost', () => {
    expect(buildLatencyOfAll(histogramOf(1, 1, 1, 2), 0)).toMatchObject({
      count: 4,
      undelivered: 0,
      p50: 1,
      max: 2,
    });
  });

  it('is infinite above the share that was delivered', () => {
    const all = buildLatencyOfAll(histogramOf(1, 1, 1, 2, 2, 2), 4);
    expect(all).toMatchObject({ count: 10, undelivered: 4, p50: 2, p90: 'inf', p99: 'inf', max: 'inf' });
  });

  it('has no numbers when nothing was offered, and only infinite ones when nothing was delivered', () => {
    expect(buildLatencyOfAll(histogramOf(), 0)).toMatchObject({ count: 0, p50: null, max: null });
    expect(buildLatencyOfAll(histogramOf(), 3)).toMatchObject({ count: 3, p50: 'inf' });
  });

  it('misses the deadline for whatever did not come in time, lost or late', () => {
    const empty = histogramOf();
    const views = buildLatencyViews({
      response: histogramOf(1, 500),
      service: empty,
      slip: empty,
      age: null,
      offered: 4,
      unmeasured: 0,
      inTime: 1,
      deadlineMs: 100,
    });
    expect(views.deadlineMiss).toEqual({ deadlineMs: 100, share: 0.75 });
    expect(views.all.undelivered).toBe(2);
    expect(views.age).toBeNull();
  });
});

describe('memory per added connection', () => {
  const phase = (connectionsOpen: number, accountedBytes: number | null) =>
    ({ connectionsOpen, accountedBytes }) as PhaseResult;
  it('is the slope over connections, without the base cost', () => {
    expect(
      fitAccountedPerConnection([phase(10, 5_001_000), phase(50, 5_005_000), phase(100, 5_010_000)]),
    ).toBe(100);
  });
  it('is unknown when the connections never change', () => {
    expect(fitAccountedPerConnection([phase(10, 1), phase(10, 2)])).toBeNull();
    expect(fitAccountedPerConnection([phase(10, null), phase(20, 2)])).toBeNull();
  });
});

describe('verdict', () => {
  const check = (status: CheckResult['status']): CheckResult => ({
    name: 'p99',
    expression: 'p99 < 5ms',
    actual: 9,
    limit: 5,
    unit: 'ms',
    status,
    detail: status === 'unknown' ? 'no samples' : null,
  });
  const broken: ValidityCheck = {
    name: 'ledger',
    actual: 1,
    limit: 0,
    unit: 'copies',
    status: 'invalid',
    detail: 'one copy is gone',
  };
  const record = (checks: CheckResult[], validityChecks: ValidityCheck[] = []) => ({
    checks,
    validity: { status: 'valid' as const, checks: validityChecks },
    stalls: [],
    partial: false,
    interruptedBy: null,
  });

  it('passes only when every check passed', () => {
    expect(judge(record([check('pass')])).status).toBe('pass');
    expect(judge(record([check('pass'), check('fail')])).status).toBe('fail');
  });
  it('never lets an invalid run pass or fail', () => {
    expect(judge(record([check('pass')], [broken]))).toEqual({
      status: 'invalid',
      reasons: [{ code: 'invalid', message: 'one copy is gone' }],
    });
    expect(judge(record([check('fail')], [broken])).status).toBe('invalid');
  });
  it('is invalid without data for a check, and never a pass when the run was broken off', () => {
    expect(judge(record([check('unknown')])).status).toBe('invalid');
    const broken = judge({ ...record([check('unknown')]), partial: true, interruptedBy: 'SIGINT' });
    expect(broken).toEqual({
      status: 'invalid',
      reasons: [
        { code: 'partial', message: 'stopped by SIGINT: the run is not whole, so its checks stay open' },
      ],
    });
  });
});
