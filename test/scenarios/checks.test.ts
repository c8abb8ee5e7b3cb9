import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { METRIC_NAMES } from '../../src/scenarios/check-metrics.ts';
import { createCheckSpec, evaluateChecks, validateChecks } from '../../src/scenarios/checks.ts';
import { makeLedger, makeRecord, makeViews } from './make-record.ts';

function evaluate(expression: string, record: RunRecord = makeRecord(), failIf = false) {
  const [result] = evaluateChecks([createCheckSpec(expression, { failIf })], record, []);
  return result;
}

describe('evaluateChecks: values', () => {
  it.each([
    ['p99 < 1s', 40], // the worst path
    ['p99(sse) < 1s', 40],
    ['p99(sse fast) < 1s', 9],
    ['p99(proxy) < 1s', 14],
    ['allP99(sse slow) < 1s', 61],
    ['ageP99 < 1s', 70], // requests have no age and are not asked
    ['ageP99(sse fast) < 1s', 12],
    ['slipP99 < 1s', 0.5],
    ['deadlineMiss <= 1', 0.01],
    ['loss(sse slow) < 1', 0.25], // dropped, coalesced and failed
    ['loss(sse.client) < 1', 0.0625],
    ['loss < 1', 51 / 900], // sse and proxy; what publishers sent is no copy
    ['offered > 0', 900],
    ['delivered(sse fast) > 0', 600],
    ['dropped > 0', 30],
    ['coalesced > 0', 10],
    ['failed > 0', 11],
    ['unaccounted == 0', 0],
    ['connections.attempted > 0', 12],
    ['connections.rejected < 3', 2],
    ['connections.rejected(sse) < 3', 0],
    ['connections.admitted > 1', 10],
    ['connections.failed == 0', 0],
    ['connections.maxOpen > 1', 10],
    ['memory.accountedPerConnection < 1MB', 20_000],
    ['memory.accountedMax < 100MB', 3_000_000],
    ['memory.rssMax < 100MB', 90_000_000],
    ['memory.heapMax < 100MB', 40_000_000],
    ['tasks.max < 100', 40],
    ['tasks.maxPerConnection < 5', 2.5],
    ['tasks.leaked == 0', 0],
    ['queue.depthMax < 1000', 256],
    ['queue.depthMax(sse.client) <= 64', 64],
    ['queue.bytesMax < 1MiB', 65_536],
    ['blocked < 2s', 1500],
    ['blocked(sse.client) == 0', 0],
    ['backpressureEvents > 0', 7],
    ['outOfMemory == 0', 0],
    ['duration < 11s', 10_500],
  ])('%s reads %d and passes', (expression, actual) => {
    expect(evaluate(expression)).toMatchObject({
      name: expression,
      expression,
      actual: expect.closeTo(actual, 9),
      status: 'pass',
      detail: null,
    });
  });

  it('every metric answers on a run without any data, and none passes', () => {
    const empty = { offered: 0, delivered: 0 };
    const record = makeRecord({
      ledgers: { boundaries: { 'sse.client': makeLedger(empty) }, endToEnd: { sse: makeLedger(empty) } },
      latency: { sse: makeViews(null) },
      groups: {},
      queues: {},
      connections: { attempted: 0, admitted: 0, rejected: 0, failed: 0, maxOpen: 0, byPath: {} },
      tasks: { max: null, final: null, leaked: null, maxPerConnection: null, byKind: {} },
      memory: {
        rssMaxBytes: null,
        heapMaxBytes: null,
        accountedMaxBytes: null,
        accountedPerConnectionBytes: null,
        socketMaxBytes: null,
        kernelMaxBytes: null,
        slopeBytesPerMinute: null,
      },
      backpressureEvents: null,
      phases: [],
    });
    const checks = METRIC_NAMES.filter((name) => name !== 'duration').map((name) =>
      createCheckSpec(name === 'recoveryTime' ? 'recoveryTime(sse fast) >= 0' : `${name} >= 0`),
    );
    const results = evaluateChecks(checks, record, []);
    expect(results.filter((result) => result.status !== 'unknown')).toEqual([]);
    expect(results.every((result) => result.actual === null && (result.detail ?? '').length > 5)).toBe(true);
  });

  it('finds the memory death in the findings', () => {
    const record = makeRecord({ findings: [{ code: 'out-of-memory', level: 'warn', text: 'killed' }] });
    expect(evaluate('outOfMemory == 0', record)).toMatchObject({ actual: 1, status: 'fail' });
  });

  it('adds up what is unaccounted without letting signs cancel', () => {
    const record = makeRecord();
    record.ledgers.boundaries['sse.client'] = makeLedger({ offered: 10, delivered: 8 });
    record.ledgers.endToEnd.sse = makeLedger({ offered: 10, delivered: 12 });
    expect(evaluate('unaccounted == 0', record)).toMatchObject({ actual: 4, status: 'fail' });
    expect(evaluate('unaccounted(sse.client) == 0', record)).toMatchObject({ actual: 2, status: 'fail' });
  });
});

describe('evaluateChecks: verdicts', () => {
  it('fails a check that does not hold, and keeps limit and unit', () => {
    expect(evaluate('p99(sse slow) < 50ms')).toEqual({
      name: 'p99(sse slow) < 50ms',
      expression: 'p99(sse slow) < 50ms',
      actual: 61,
      limit: 50,
      unit: 'ms',
      status: 'fail',
      detail: null,
    });
  });

  it('--fail-if passes when it is false and fails when it is true', () => {
    expect(evaluate('p99 > 50ms', makeRecord(), true)).toMatchObject({
      name: 'not p99 > 50ms',
      status: 'pass',
    });
    expect(evaluate('p99 > 30ms', makeRecord(), true)).toMatchObject({ status: 'fail' });
  });

  it('a partial run is unknown whatever it measured', () => {
    const record = makeRecord({ partial: true, interruptedBy: 'SIGINT' });
    expect(evaluate('p99 < 1s', record)).toMatchObject({
      actual: 40,
      status: 'unknown',
      detail: 'the run was cut short by SIGINT',
    });
    expect(evaluate('p99 < 1ms', record)).toMatchObject({ status: 'unknown' });
  });

  it('a path without samples keeps "all paths" from passing, but not from failing', () => {
    const record = makeRecord();
    record.latency.proxy = makeViews(null);
    expect(evaluate('p99 < 50ms', record)).toMatchObject({
      actual: 40,
      status: 'unknown',
      detail: 'no samples of proxy',
    });
    expect(evaluate('p99 < 30ms', record)).toMatchObject({ actual: 40, status: 'fail' });
    expect(evaluate('p99 > 30ms', record, true)).toMatchObject({ status: 'fail' });
    expect(evaluate('p99 > 50ms', record, true)).toMatchObject({ status: 'unknown' });
    expect(evaluate('p99 > 30ms', record)).toMatchObject({ status: 'unknown' });
    expect(evaluate('p99 > 50ms', record)).toMatchObject({ status: 'unknown' });
  });

  it('a path that was offered nothing is not asked', () => {
    const record = makeRecord();
    record.latency.proxy = makeViews(null);
    record.ledgers.endToEnd.proxy = makeLedger({});
    expect(evaluate('p99 < 50ms', record)).toMatchObject({ actual: 40, status: 'pass' });
  });

  it('undelivered work makes allP99 infinite', () => {
    const record = makeRecord();
    const views = makeViews(5);
    record.latency.sse = { ...views, all: { ...views.all, undelivered: 90, p99: 'inf' } };
    expect(evaluate('allP99(sse) < 1h', record)).toMatchObject({
      actual: Number.POSITIVE_INFINITY,
      status: 'fail',
    });
  });

  it('a group named as a path is that group', () => {
    const record = makeRecord();
    record.latency.proxy = makeViews(999);
    expect(evaluate('p99(proxy) < 1s', record)).toMatchObject({ actual: 14 });
  });

  it('a record that cannot be read is unknown, not an exception', () => {
    const record = makeRecord({ tasks: null as never });
    expect(evaluate('tasks.max < 5', record)).toMatchObject({
      status: 'unknown',
      detail: expect.stringContaining('could not be read'),
    });
  });
});

describe('validateChecks', () => {
  const scope = { groups: [{ name: 'sse fast', path: 'sse' as const }] };
  const specs = ['p99 < 5ms', 'p99 < 5', 'loss(sse fst) == 0'].map((text) => createCheckSpec(text));

  it('reports each faulty check with its place', () => {
    expect(validateChecks(specs, scope).map((problem) => problem.index)).toEqual([1, 2]);
  });

  it('leaves arguments out when the groups are unknown', () => {
    expect(validateChecks(specs, null).map((problem) => problem.index)).toEqual([1]);
  });
});
