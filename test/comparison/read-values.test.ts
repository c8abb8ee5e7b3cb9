import { describe, expect, it } from 'vitest';
import { resolveMetrics } from '../../src/comparison/metrics.ts';
import { countRun, readValues, rejectionOf, supportOf } from '../../src/comparison/read-values.ts';
import { createEmptyRecord, createRecord, summaryOf, viewsOf } from '../report/fixtures.ts';
import { makeRun } from './runs.ts';

const all = (record: ReturnType<typeof createRecord>) => readValues(record, resolveMetrics(record.scenario));

describe('values of a run', () => {
  it('are read where the catalogue says', () => {
    const values = all(createRecord());
    expect(values).toMatchObject({
      // The slow readers alone were late: 63.8 % of 8,100 among 140,300.
      deadlineMiss: expect.closeTo((0.638 * 8100) / 140_300, 12),
      // Over 11 s.
      goodput: expect.closeTo((140_300 - 0.638 * 8100) / 11, 6),
      rss: 149_946_368,
      queueMax: 64,
      p50: 7.2,
      p99: 14.3,
      ageP99: 640,
      loss: 5170 / 140_300,
      bytes: 32_505_856,
      blocked: 0,
      cpu: 4210,
      unaccounted: 0,
      reordered: 0,
      leaked: 0,
      'loss(sse slow)': 5170 / 8100,
      'p99(sse slow)': 610,
      'ageP99(ws)': 11,
    });
  });

  it('take the worst of the groups that read at full speed, since a slow cohort would hide them', () => {
    const values = all(createRecord());
    expect(values['all.p99']).toBe(14.3);
    expect(values['all.p99(sse slow)']).toBe('inf');
    const onlySlow = makeRun();
    onlySlow.scenario = {
      ...onlySlow.scenario,
      clients: onlySlow.scenario.clients.filter(({ name }) => name === 'sse slow'),
    };
    expect(all(onlySlow)['all.p99']).toBe('inf');
  });

  it('are null where nothing was measured, never 0', () => {
    expect(new Set(Object.values(all(createEmptyRecord())))).toEqual(new Set([null]));
  });

  it('leave out a percentile without ten samples above it', () => {
    const at = (samples: number) => all(makeRun({ samples }));
    expect([at(999)['p99'], at(1000)['p99']]).toEqual([null, 10]);
    expect([at(9999)['p99.9'], at(10_000)['p99.9']]).toEqual([null, 20]);
    expect([at(19)['p50'], at(20)['p50']]).toEqual([null, 2.5]);
    expect([at(999)['all.p99'], at(1000)['all.p99']]).toEqual([null, 10]);
  });

  it('stand on the same groups in every run of a comparison', () => {
    const [rich, poor] = [createRecord(), createRecord()];
    const proxy = poor.groups['proxy'];
    if (proxy === undefined) throw new Error('no proxy');
    proxy.latency = viewsOf(summaryOf(900, 7, 14, 30, 41));
    const metrics = resolveMetrics(rich.scenario);
    expect(readValues(rich, metrics)['all.p99']).toBe(14.3);
    const support = supportOf([rich, poor]);
    expect(readValues(rich, metrics, support)['all.p99']).toBe(9.44);
    expect(readValues(poor, metrics, support)['all.p99']).toBe(9.44);
  });

  it('count the deepest of the queues under test, whatever others did', () => {
    const record = makeRun({ depth: 12 });
    const queue = record.queues['sse.client'];
    if (queue === undefined) throw new Error('no queue');
    record.queues['sse.bus'] = { ...queue, depth: { mean: 1, max: 900, final: 0 } };
    expect(all(record)['queueMax']).toBe(12);
    record.scenario = { ...record.scenario, boundary: ['intercept.pending'] };
    expect(all(record)['queueMax']).toBe(900);
  });

  it('count goodput over the time in which its deliveries were counted, the warm-up included', () => {
    const record = createRecord();
    const goodput = all(record)['goodput'];
    const phases = record.scenario.phases.map((phase) => ({ ...phase, measured: phase.name !== 'recovery' }));
    record.scenario = { ...record.scenario, phases };
    expect(all(record)['goodput']).toBe(goodput);
    record.scenario = { ...record.scenario, phases: [] };
    expect(all(record)['goodput']).toBeNull();
  });

  it('are no numbers that JSON could not say', () => {
    const values = all(makeRun({ rssBytes: Number.NaN, cpuMs: Number.POSITIVE_INFINITY }));
    expect([values['rss'], values['cpu']]).toEqual([null, null]);
  });
});

describe('what becomes of a run', () => {
  it('counts, unless it is invalid or not whole; a failed check and a stall are results', () => {
    expect(
      ['pass', 'fail', 'stalled'].map((status) => rejectionOf(makeRun({ status: status as 'pass' }))),
    ).toEqual([null, null, null]);
    expect(rejectionOf(makeRun({ status: 'invalid' }))).toBe('invalid: it was invalid');
    expect(rejectionOf(makeRun({ partial: true }))).toBe('ended before its time');
    expect(rejectionOf({ ...makeRun({ partial: true }), interruptedBy: 'SIGINT' })).toBe('stopped by SIGINT');
  });

  it('is counted over the groups of the scenario', () => {
    expect(countRun(createRecord())).toEqual({ offered: 140_300, delivered: 135_130, dropped: 5170 });
  });
});
