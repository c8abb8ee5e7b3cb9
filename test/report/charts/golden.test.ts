/** Pictures to the letter. They were looked at when they were made: who changes one has to look again. */
import { describe, expect, it } from 'vitest';
import type { Chart } from '../../../src/report/charts/chart.ts';
import { comparisonCharts } from '../../../src/report/charts/comparison-charts.ts';
import { waitGraph } from '../../../src/report/charts/run/wait-graph.ts';
import { runCharts } from '../../../src/report/charts/run-charts.ts';
import { renderSvg } from '../../../src/report/charts/svg.ts';
import { createRegression, createVersus, reportOf } from '../comparison-fixtures.ts';
import { createRecord, rowAt } from '../fixtures.ts';
import { runReportOf, STALL } from '../formats/reports.ts';

/** Eleven seconds: a queue fills, stays full, and empties. */
const timeline = Array.from({ length: 110 }, (_, at) => ({
  ...rowAt(at * 100, {
    'sse.client': Math.max(0, Math.min(64, at * 4 - 80, 320 - at * 4)),
    'ws.outbound': at % 7,
  }),
  latencyMs: {
    'sse fast': { count: 10, p50: 1 + (at % 3), p99: 8 + (at % 5), max: 40 },
    'sse slow': { count: 10, p50: 20 * 1.2 ** (at % 20), p99: 60 * 1.2 ** (at % 20), max: 5000 },
  },
}));
const record = createRecord({ stalls: [{ ...STALL, durationMs: 900 }] });
const run = runCharts(runReportOf(record, { timeline }));
const waits = [
  ...STALL.waitsFor,
  { who: 'writer', what: 'the socket to drain', freedBy: ['client'], ageMs: 3900 },
  { who: 'client', what: 'its message to be read', freedBy: ['reader'], ageMs: 3800 },
  { who: 'feed', what: 'the ring', freedBy: ['reader'], ageMs: 800 },
];
const regression = comparisonCharts(reportOf(createRegression()));

const PICTURES: Record<string, Chart> = {
  latency: run.latency,
  queues: run.queues,
  heat: run.heatMaps[0] as Chart,
  percentiles: run.percentiles,
  ledger: run.ledger,
  waits: waitGraph({ ...STALL, cycle: ['reader', 'writer', 'client'], waitsFor: waits }, 1),
  forest: regression.forest,
  paired: regression.paired[1] as Chart,
  pareto: comparisonCharts(reportOf(createVersus())).pareto,
};

describe('pictures', () => {
  it.each(Object.entries(PICTURES))('%s', async (name, chart) => {
    // A line for each element, so that a change can be read.
    const svg = renderSvg(chart).replaceAll('><', '>\n<');
    await expect(`${svg}\n`).toMatchFileSnapshot(`golden/${name}.svg`);
  });

  it('latency in a narrow column', async () => {
    const svg = renderSvg(run.latency, { width: 320 }).replaceAll('><', '>\n<');
    await expect(`${svg}\n`).toMatchFileSnapshot('golden/latency-narrow.svg');
  });
});
