import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { type IntervalPoint, measureRecovery } from '../../src/scenarios/recovery-time.ts';
import { resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../src/scenarios/source.ts';
import { makeRecord, SCENARIO } from './make-record.ts';

/** One interval of 500 ms; the record's burst lasts from 2100 to 5100, the run until 10100. */
function point(startMs: number, p99Ms: number, changes: Partial<IntervalPoint> = {}): IntervalPoint {
  return { startMs, endMs: startMs + 500, group: 'sse fast', p99Ms, count: 10, delivered: 10, ...changes };
}

const BASELINE = [point(100, 80), point(600, 4), point(1100, 4), point(1600, 5)]; // median 4.5, band to 29.5
const BURST = [2100, 2600, 3100, 3600, 4100, 4600].map((startMs) => point(startMs, 200));

function recover(after: IntervalPoint[], changes: { record?: RunRecord; baseline?: IntervalPoint[] } = {}) {
  const series = [...(changes.baseline ?? BASELINE), ...BURST, ...after];
  return measureRecovery(changes.record ?? makeRecord(), 'sse fast', series);
}

function recordWith(phases: object[]): RunRecord {
  return makeRecord({ scenario: resolvePlan(createScenarioSource({ ...SCENARIO, phases }), { seed: 1 }) });
}

describe('measureRecovery', () => {
  it('is the time from the end of the burst to the first of the intervals that stay in the band', () => {
    expect(recover([point(5100, 90), point(5600, 40), point(6100, 29.5), point(6600, 3)])).toEqual({
      value: 1000,
    });
  });

  it('is 0 for a group that is back at once', () => {
    expect(recover([point(5100, 5), point(5600, 5)])).toEqual({ value: 0 });
  });

  it('starts again when the group leaves the band within a second', () => {
    const after = [point(5100, 5), point(5600, 29.6), point(6100, 5), point(6600, 5)];
    expect(recover(after)).toEqual({ value: 1000 });
  });

  it('does not ask what comes after the second in the band', () => {
    expect(recover([point(5100, 5), point(5600, 5), point(6100, 500)])).toEqual({ value: 0 });
  });

  it('uses twice the baseline when that is more than 25 ms above it', () => {
    const baseline = [point(600, 40), point(1100, 40)];
    expect(recover([point(5100, 81), point(5600, 80), point(6100, 80)], { baseline })).toEqual({
      value: 500,
    });
  });

  it('is infinite when the band is reached too late or never', () => {
    const never = {
      value: Number.POSITIVE_INFINITY,
      note: 'p99 of sse fast did not stay below 29.5 ms for 1 s',
    };
    expect(recover([point(5100, 90), point(9600, 5)])).toEqual(never);
    expect(recover([point(5100, 90), point(9600, 90)])).toEqual(never);
  });

  it('is infinite when events were due and nothing came at all', () => {
    expect(recover([])).toMatchObject({ value: Number.POSITIVE_INFINITY });
  });

  it('takes a silence of more than a second for trouble, a shorter one for chance', () => {
    expect(recover([point(5100, 5), point(6600, 5), point(7100, 5)])).toEqual({ value: 0 });
    expect(recover([point(5100, 5), point(6601, 5), point(7101, 5)])).toEqual({ value: 1501 });
  });

  it('counts an interval that straddles the end of the burst as after it', () => {
    expect(recover([point(4900, 200), point(5400, 5), point(5900, 5)])).toEqual({ value: 300 });
    expect(recover([point(4900, 5), point(5400, 5), point(5900, 5)])).toEqual({ value: 0 });
  });

  it('is not misled by a second series of the same interval', () => {
    const after = [point(5100, 200), point(5100, 5), point(5600, 5), point(6100, 5)];
    expect(recover(after)).toEqual({ value: 500 });
    expect(recover([after[1] as IntervalPoint, after[0] as IntervalPoint, ...after.slice(2)])).toEqual({
      value: 500,
    });
  });

  it('leaves other groups and empty intervals out', () => {
    const after = [
      point(5100, 5),
      point(5600, 5, { count: 0, p99Ms: 900 }),
      point(5600, 900, { group: 'ws' }),
      point(6100, 5),
    ];
    expect(recover(after)).toEqual({ value: 0 });
  });

  it('prefers a measured baseline to a warm-up', () => {
    const record = makeRecord();
    const [first, ...rest] = record.phases;
    record.phases = [
      { ...(first as RunRecord['phases'][number]), name: 'warmup', durationMs: 1000, measured: false },
      { ...(first as RunRecord['phases'][number]), startedMs: 1100, durationMs: 1000 },
      ...rest,
    ];
    // All four would give a median of 42.5 and a band to 85.
    const baseline = [point(100, 80), point(600, 80), point(1100, 4), point(1600, 5)];
    expect(recover([point(5100, 50), point(5600, 5), point(6100, 5)], { record, baseline })).toEqual({
      value: 500,
    });
  });

  it('is unknown without a baseline', () => {
    expect(recover([point(5100, 5)], { baseline: [] })).toEqual({
      unknown: 'no samples of sse fast before phase burst',
    });
  });

  it('is unknown when the burst was not played', () => {
    const record = makeRecord({ phases: makeRecord().phases.slice(0, 1) });
    expect(recover([], { record })).toEqual({ unknown: 'the burst was not played' });
  });

  it('is unknown when less than a second is planned after the burst', () => {
    const [baseline, burst] = SCENARIO.phases;
    const record = recordWith([baseline as object, burst as object, { name: 'end', duration: '999ms' }]);
    expect(recover([point(5100, 5)], { record })).toEqual({
      unknown: 'less than 1 s is planned after phase burst',
    });
  });

  it('needs no more than one second after the burst', () => {
    const [baseline, burst] = SCENARIO.phases;
    const record = recordWith([baseline as object, burst as object, { name: 'end', duration: '1s' }]);
    expect(recover([point(5100, 5), point(5600, 5)], { record })).toEqual({ value: 0 });
  });

  it('is unknown when nothing is due after the burst', () => {
    const [baseline, burst, recovery] = SCENARIO.phases;
    const record = recordWith([baseline as object, burst as object, { ...recovery, publish: 'none' }]);
    expect(recover([], { record })).toEqual({ unknown: 'nothing was due to sse fast after phase burst' });
  });

  it('takes the phase that publishes most for the burst when none is named so', () => {
    const [baseline, burst, recovery] = SCENARIO.phases;
    const record = recordWith([baseline as object, { ...burst, name: 'rush' }, recovery as object]);
    const [first, second, third] = record.phases as [never, never, never];
    record.phases = [first, { ...(second as object), name: 'rush' } as never, third];
    expect(recover([point(5100, 40), point(5600, 5), point(6100, 5)], { record })).toEqual({ value: 500 });
  });
});
