import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../src/core/clock.ts';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import type { FromLoad } from '../../src/load/control.ts';
import { IntervalReporter } from '../../src/load/interval-reporter.ts';
import { Recorder } from '../../src/load/recorder.ts';
import { Timetable } from '../../src/load/timetable.ts';
import { phase } from './plans.ts';

const SERIES = [
  { group: 'a', path: 'sse' },
  { group: 'b', path: 'ws' },
] as const;
const TIMETABLE = new Timetable([phase({ durationMs: 100, measured: false }), phase({ durationMs: 100 })], 0);

function create() {
  const clock = createVirtualClock(5 * NS_PER_MS);
  const recorder = new Recorder(SERIES, TIMETABLE);
  const sent: FromLoad[] = [];
  const reporter = new IntervalReporter(recorder, clock, (message) => sent.push(message));
  return { clock, recorder, reporter, sent };
}

describe('recorder', () => {
  it('keeps groups, kinds and phases apart; what counts is when the work was due', () => {
    const { clock, recorder, reporter, sent } = create();
    recorder.recordDelivery(0, 99_999, 50_000, 1000);
    recorder.recordDelivery(0, 100_000, 2000, 1500);
    recorder.recordDelivery(1, 100_000, 3000, 2500);
    recorder.recordSlip(1, 150_000, 70);
    recorder.recordAge(0, 160_000, 9000);
    clock.advanceNs(200 * NS_PER_MS);
    reporter.close();
    expect(sent).toHaveLength(1);
    const [interval] = sent as [Extract<FromLoad, { type: 'interval' }>];
    expect([interval.startMs, interval.endMs]).toEqual([5, 205]);
    const rows = interval.histograms.map(
      (one) => `${one.group} ${one.path} ${one.kind} ${one.measured} ${one.p50Ms}`,
    );
    expect(rows.sort()).toEqual([
      'a sse age true 9.007',
      'a sse response false 50.015',
      'a sse response true 2',
      'a sse service false 1',
      'a sse service true 1.5',
      'b ws response true 3.001',
      'b ws service true 2.501',
      'b ws slip true 0.07',
    ]);
    const decoded = LatencyHistogram.decode(
      interval.histograms.find(({ kind }) => kind === 'age')?.encoded ?? '',
    );
    expect(decoded.count).toBe(1);
  });

  it('an interval holds what came since the one before, and nothing twice', () => {
    const { recorder, reporter, sent } = create();
    for (const count of [3, 0, 5, 2]) {
      for (let i = 0; i < count; i++) recorder.recordSlip(0, 150_000, 10);
      reporter.close();
    }
    const counts = sent.map((message) =>
      message.type === 'interval' ? message.histograms.map((one) => one.count) : [],
    );
    expect(counts).toEqual([[3], [], [5], [2]]);
  });

  it('two histograms take turns, however many intervals there are', () => {
    const { recorder } = create();
    const used = new Set<LatencyHistogram>();
    for (let interval = 0; interval < 10; interval++) {
      recorder.recordSlip(0, 150_000, 10);
      const filled = recorder.takeFilled();
      recorder.recordSlip(0, 150_000, 20);
      for (const one of filled) {
        used.add(one.histogram);
        recorder.encode(one);
      }
    }
    expect(used.size).toBe(2);
  });

  it("records nothing of what arrives after the thaw, but the sender's slip", () => {
    const { recorder } = create();
    recorder.isFrozen = true;
    recorder.recordDelivery(0, 150_000, 10, 10);
    recorder.recordAge(0, 150_000, 10);
    recorder.recordSlip(0, 150_000, 10);
    expect(recorder.takeFilled().map((one) => recorder.encode(one).kind)).toEqual(['slip']);
  });
});
