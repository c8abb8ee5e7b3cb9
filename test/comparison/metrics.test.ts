import { describe, expect, it } from 'vitest';
import { METRIC_NAMES, METRICS, resolveMetrics, splitName } from '../../src/comparison/metrics.ts';
import type { MetricSpec } from '../../src/core/comparison.ts';
import { BenchError } from '../../src/core/errors.ts';
import { createRecord } from '../report/fixtures.ts';

const { scenario } = createRecord();
const named = (specs: readonly MetricSpec[], name: string): MetricSpec | undefined =>
  specs.find((spec) => spec.name === name);
const gatesOf = (specs: readonly MetricSpec[]): string[] =>
  specs.filter((spec) => spec.isGated).map((spec) => spec.name);

function refusal(act: () => unknown): BenchError {
  try {
    act();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BenchError);
    return thrown as BenchError;
  }
  throw new Error('it was taken');
}

describe('metrics', () => {
  it('gates five by default, and shows the rest', () => {
    expect(gatesOf(resolveMetrics(scenario))).toEqual([
      'deadlineMiss',
      'all.p99',
      'goodput',
      'rss',
      'queueMax',
    ]);
    expect(resolveMetrics(scenario).map((spec) => spec.name)).toEqual([
      ...METRIC_NAMES,
      ...['p99', 'all.p99'].flatMap((base) =>
        ['sse fast', 'sse slow', 'ws', 'proxy'].map((group) => `${base}(${group})`),
      ),
      ...['sse fast', 'sse slow', 'ws'].map((group) => `ageP99(${group})`),
      ...['sse fast', 'sse slow', 'ws', 'proxy'].map((group) => `loss(${group})`),
    ]);
  });

  it('has the default margins, by kind', () => {
    const margins = Object.fromEntries(
      METRIC_NAMES.map((name) => [name, [METRICS[name].kind, METRICS[name].margin]]),
    );
    expect(margins).toMatchObject({
      p50: ['ratio', 0.05],
      'all.p99': ['ratio', 0.1],
      'p99.9': ['ratio', 0.2],
      goodput: ['ratio', 0.03],
      rss: ['ratio', 0.1],
      queueMax: ['ratio', 0.2],
      deadlineMiss: ['share', 0.005],
      loss: ['share', 0.005],
      leaked: ['exact', 0],
    });
    expect(METRIC_NAMES.filter((name) => METRICS[name].direction === 'higher')).toEqual(['goodput']);
    // A logarithm needs something above 0, and a test something above it to prove.
    for (const name of METRIC_NAMES) {
      const { kind, floor, margin } = METRICS[name];
      if (kind === 'ratio') expect(floor).toBeGreaterThan(0);
      if (kind !== 'exact') expect(margin).toBeGreaterThan(0);
    }
  });

  it('takes gates of the user instead of its own, and takes metrics out of the gate', () => {
    expect(gatesOf(resolveMetrics(scenario, { gates: ['p99.9(sse fast)', 'loss'] }))).toEqual([
      'loss',
      'p99.9(sse fast)',
    ]);
    expect(gatesOf(resolveMetrics(scenario, { notGated: ['all.p99', 'rss'] }))).toEqual([
      'deadlineMiss',
      'goodput',
      'queueMax',
    ]);
    expect(gatesOf(resolveMetrics(scenario, { notGated: ['*'] }))).toEqual([]);
  });

  it('does not gate by default what a service of somebody else cannot tell', () => {
    expect(gatesOf(resolveMetrics(scenario, { isExternal: true }))).toEqual([
      'deadlineMiss',
      'all.p99',
      'goodput',
    ]);
    expect(gatesOf(resolveMetrics(scenario, { isExternal: true, gates: ['rss'] }))).toEqual(['rss']);
  });

  it('sets a margin for a metric and its groups, or for one group alone', () => {
    const specs = resolveMetrics(scenario, { margins: ['p99=15%', 'p99(ws) = 7.5 %', 'loss=2pp'] });
    expect([named(specs, 'p99')?.margin, named(specs, 'p99(proxy)')?.margin]).toEqual([0.15, 0.15]);
    expect(named(specs, 'p99(ws)')?.margin).toBe(0.075);
    expect(named(specs, 'loss(ws)')?.margin).toBe(0.02);
    expect(named(specs, 'all.p99')?.margin).toBe(0.1);
  });

  it('says what is wrong with a name, and what was meant', () => {
    expect(refusal(() => resolveMetrics(scenario, { gates: ['al.p99'] })).hints[0]).toBe(
      'did you mean all.p99 or ageP99?',
    );
    const group = refusal(() => resolveMetrics(scenario, { gates: ['p99(sse fats)'] }));
    expect([group.code, group.message]).toEqual([
      'BPB_ERR_UNKNOWN_NAME',
      "there is no client group 'sse fats'",
    ]);
    expect(group.hints[0]).toBe('did you mean sse fast?');
    expect(refusal(() => resolveMetrics(scenario, { gates: ['rss(ws)'] })).message).toContain('whole system');
    expect(refusal(() => resolveMetrics(scenario, { also: ['constructor'] })).message).toContain('no metric');
  });

  it.each([
    ['p99', 'expected METRIC=PERCENT'],
    ['p99=15', 'expected METRIC=PERCENT'],
    ['p99=-5%', 'expected METRIC=PERCENT'],
    ['p99=0%', 'must be above 0'],
    ['rss=5pp', 'points are for shares'],
    ['deadlineMiss=10%', 'shares take points'],
    [`p99=${'9'.repeat(400)}%`, 'is no number'],
    ['leaked=5%', 'takes no margin'],
  ])('refuses the margin %s', (margin, message) => {
    const error = refusal(() => resolveMetrics(scenario, { margins: [margin] }));
    expect([error.code, error.exitCode]).toEqual(['BPB_ERR_USAGE', 2]);
    expect(error.message).toContain(message);
  });

  it('reads a name with a group', () => {
    expect(splitName('all.p99(sse fast)')).toEqual({ base: 'all.p99', group: 'sse fast' });
    expect(splitName('rss')).toEqual({ base: 'rss', group: null });
  });
});
