/** A run of 1000 connections for ten minutes, as large as its files are: 6,000 moments, 2,400 intervals of each group. */
import { LatencyHistogram } from '../../../src/core/histogram.ts';
import type { LatencyInterval, RunReport } from '../../../src/report/report.ts';
import type { TimelineRow } from '../../../src/report/timeline-row.ts';
import { createRecord, createTimeline } from '../fixtures.ts';
import { runReportOf } from '../formats/reports.ts';

const MINUTES = 10;
const ROWS = MINUTES * 60 * 10;
const INTERVALS = MINUTES * 60 * 4;
/** Encoding 2,400 histograms for each group costs more than all that is tested: a few stand for all. */
const SHAPES = 24;

export function createLargeRun(): RunReport {
  const record = createRecord();
  const [sample] = createTimeline() as [TimelineRow];
  const groups = Object.keys(record.groups);
  const wave = (at: number, period: number): number => 1 + Math.sin((at / period) * 2 * Math.PI);
  const timeline = Array.from({ length: ROWS }, (_, at): TimelineRow => {
    const reading = (scale: number, phase: number) => {
      const items = Math.round(scale * wave(at + phase, 700) * (1 + ((at * 7919) % 13) / 13));
      return { items: items * 10, maxItems: items, bytes: items * 900, waiters: 0, blockedMs: at };
    };
    return {
      ...sample,
      tMs: at * 100,
      offered: at * 900,
      delivered: at * 850,
      dropped: { 'sse.client': at * 40, 'proxy.events': at * 3 },
      queue: {
        'sse.client': reading(32, 0),
        'ws.outbound': reading(20, 90),
        'proxy.requests': reading(9, 30),
        'proxy.events': reading(100, 10),
      },
      connections: 1000,
      tasks: 2000 + (at % 17),
      rssBytes: 150e6 + (at % 997) * 40_000,
      accountedBytes: 3e6 + (at % 611) * 9000,
      latencyMs: Object.fromEntries(
        groups.map((group, place) => [
          group,
          { count: 900, p50: 2 + place + wave(at, 300), p99: 20 + 9 * place + wave(at, 90) * 40, max: 400 },
        ]),
      ),
    };
  });
  const shapes = Array.from({ length: SHAPES }, (_, shape) => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 900; i++) histogram.recordUs(500 + ((i * i) % 90_000) * (1 + (shape % 7)));
    return histogram.encode();
  });
  const intervals = Array.from({ length: INTERVALS }, (_, at): LatencyInterval[] =>
    groups.flatMap((group, place) =>
      ['response', 'age'].map((kind) => ({
        ...{ startMs: at * 250, endMs: (at + 1) * 250, group, kind },
        encoded: shapes[(at + 5 * place) % SHAPES] as string,
      })),
    ),
  ).flat();
  const long = {
    ...{ durationMs: MINUTES * 60_000, plannedDurationMs: MINUTES * 60_000 },
    phases: record.phases.map((phase, at) => ({ ...phase, startedMs: at * 200_000, durationMs: 200_000 })),
  };
  return runReportOf({ ...record, ...long }, { timeline, intervals });
}
