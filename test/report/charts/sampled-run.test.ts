import { describe, expect, it } from 'vitest';
import type { PhaseResult } from '../../../src/core/record.ts';
import { countSamples, sampleRun } from '../../../src/report/charts/sampled-run.ts';
import type { RunReport } from '../../../src/report/report.ts';
import { createRecord } from '../fixtures.ts';
import { createIntervals, runReportOf } from '../formats/reports.ts';

const GROUP = 'sse fast';

function phaseOf(name: string, startedMs: number, endMs: number, measured = true): PhaseResult {
  const [first] = createRecord().phases as [PhaseResult];
  return { ...first, name, startedMs, durationMs: endMs - startedMs, measured };
}

/** 200 samples a second for 30 s, but `few` of them from `fewFromMs` on. */
function reportOf(phases: PhaseResult[], fewFromMs = Number.POSITIVE_INFINITY): RunReport {
  const intervals = [...createIntervals([GROUP], 30), ...createIntervals([GROUP], 30, 1)];
  return runReportOf(createRecord({ phases }), {
    intervals: intervals.filter(({ startMs }, at) => startMs < fewFromMs === at < intervals.length / 2),
  });
}

function listStretches(report: RunReport): string[] {
  return sampleRun(report, GROUP).stretches.map((stretch) => {
    const { name, fromMs, toMs } = stretch;
    return `${name} ${fromMs}–${toMs}: ${countSamples(stretch)}`;
  });
}

describe('the samples of a run', () => {
  it('are apart by phase, and the last phase has what comes after it', () => {
    const phases = [phaseOf('calm', 100, 10_100), phaseOf('burst', 10_100, 25_100)];
    expect(listStretches(reportOf(phases))).toEqual(['calm 0–10100: 2000', 'burst 10100–30000: 4000']);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'are those of a group %s that the record lacks',
    (group) => {
      const report = runReportOf(createRecord(), { intervals: createIntervals([group], 2) });
      expect(sampleRun(report, group).undelivered).toBe(0);
      expect(sampleRun(report, group).stretches).not.toEqual([]);
    },
  );

  it('leave out phases that are not measured', () => {
    const phases = [phaseOf('warm-up', 0, 10_000, false), phaseOf('steady', 10_000, 30_000)];
    expect(listStretches(reportOf(phases))).toEqual(['steady 10000–30000: 4000']);
  });

  it('join the late rest of a phase with it, and a tiny beginning with what follows', () => {
    const end = [phaseOf('steady', 0, 25_000), phaseOf('drain', 25_000, 30_000)];
    expect(listStretches(reportOf(end, 25_000))).toEqual(['steady 0–30000: 5005']);
    const report = reportOf([phaseOf('baseline', 0, 100), phaseOf('steady', 100, 30_000)]);
    const [first, ...others] = report.intervals;
    const early = { ...createIntervals([GROUP], 1, 1)[0], startMs: 0, endMs: 50 };
    const intervals = [
      { ...first, ...early } as (typeof others)[number],
      ...others.filter(({ startMs }) => startMs > 0),
    ];
    expect(listStretches({ ...report, intervals })).toEqual(['steady 0–30000: 5801']);
  });

  it('last as long as their phase, though nothing came at its end', () => {
    const phases = [phaseOf('steady', 0, 60_000)];
    expect(listStretches(reportOf(phases))).toEqual(['steady 0–60000: 6000']);
  });

  it('are one stretch where a record knows no phases, and none where nothing came', () => {
    expect(listStretches(reportOf([]))).toEqual(['the run 0–30000: 6000']);
    expect(sampleRun(reportOf([]), 'nobody')).toEqual({ stretches: [], undelivered: 0 });
    const odd = [phaseOf('odd', Number.NaN, Number.NaN), phaseOf('steady', 0, Number.NaN)];
    expect(listStretches(reportOf(odd))).toEqual(['steady 0–30000: 6000']);
  });

  it('have the loss of the record', () => {
    const report = reportOf([phaseOf('steady', 0, 30_000)]);
    const group = report.record.groups[GROUP];
    if (group !== undefined) group.latency.all.undelivered = 7;
    expect(sampleRun(report, GROUP).undelivered).toBe(7);
  });
});
