import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/core/histogram.ts';
import type { Chart, PlotChart } from '../../../src/report/charts/chart.ts';
import { waitGraph } from '../../../src/report/charts/run/wait-graph.ts';
import { type RunCharts, runCharts } from '../../../src/report/charts/run-charts.ts';
import { timeAxis } from '../../../src/report/charts/run-time.ts';
import { renderSvg } from '../../../src/report/charts/svg.ts';
import type { RunReport } from '../../../src/report/report.ts';
import { createEmptyRecord, createRecord, createTimeline, ledgerOf, rowAt } from '../fixtures.ts';
import { createHostileRecord, HOSTILE_TEXTS, REPORTS, runReportOf, STALL } from '../formats/reports.ts';
import { findOverlaps, readSvg, textBoxes } from './svg-reader.ts';

function listCharts(charts: RunCharts): Chart[] {
  return Object.values(charts).flat();
}

function asPlot(chart: Chart): PlotChart {
  if (chart.kind !== 'plot') throw new Error(`${chart.id} is ${chart.kind}: ${chart.caption}`);
  return chart;
}

const RUNS = Object.entries(REPORTS).filter((entry): entry is [string, RunReport] => entry[1].kind === 'run');

describe('the charts of a run', () => {
  it.each(RUNS)('of kind %s can be drawn, each with a sentence', (_, report) => {
    const charts = listCharts(runCharts(report));
    for (const chart of charts) {
      expect(chart.caption, chart.id).toMatch(/\S.*[.]$/s);
      if (chart.kind === 'empty') expect(renderSvg(chart)).toBe('');
      else readSvg(renderSvg(chart));
    }
    expect(new Set(charts.map(({ id }) => id)).size).toBe(charts.length);
  });

  it.each(HOSTILE_TEXTS)('holds names like %j as text', (text) => {
    const record = createHostileRecord(text);
    const report = runReportOf(record);
    const charts = listCharts(runCharts(report));
    for (const chart of charts) {
      for (const width of [320, 720]) {
        const svg = renderSvg(chart, { width });
        if (svg === '') continue;
        const nodes = readSvg(svg);
        expect(nodes.some(({ name }) => name === 'script' || name === 'b')).toBe(false);
        if (chart.kind === 'plot') expect(findOverlaps(textBoxes(nodes))).toEqual([]);
      }
    }
  });

  it('count their time from before the set-up, and say so', () => {
    expect(timeAxis(REPORTS['a run'] as RunReport)).toMatchObject({
      scale: 'time',
      label: 'time since the run began, set-up included',
    });
  });

  it('says why there is nothing to draw', () => {
    const bare = runReportOf(createEmptyRecord(), { timeline: [], intervals: [] });
    const { latency, percentiles, ledger, age } = runCharts(bare);
    expect([latency, percentiles, ledger, age].map(({ kind, caption }) => [kind, caption])).toEqual([
      ['empty', 'This result has no timeline.'],
      ['empty', 'This result has no interval histograms.'],
      ['empty', 'Nothing was offered in this run.'],
      ['empty', 'This result has no interval histograms.'],
    ]);
  });

  it('puts phases, warm-up, stalls and faults on every time chart', () => {
    const record = createRecord({ stalls: [{ ...STALL, startedMs: 2100, durationMs: 900 }] });
    const [first] = record.phases;
    if (first !== undefined) first.measured = false;
    const withFaults = {
      ...record,
      faults: [{ name: 'latency', startedMs: 3000, durationMs: 500 }, 'nonsense'],
    };
    const { queues, rates } = runCharts(runReportOf(withFaults));
    for (const chart of [queues, rates]) {
      const tones = asPlot(chart).spans.map(({ tone, label }) => `${tone} ${label}`);
      expect(tones).toContain('stall stall: cycle, 900 ms');
      expect(tones).toContain('fault fault: latency');
      expect(tones).toContain(`phase ${first?.name}, not measured`);
    }
  });

  it('draws the capacity of a queue that was full, and not one far above', () => {
    const timeline = createTimeline();
    const { queues } = runCharts(runReportOf(createRecord(), { timeline }));
    const plot = asPlot(queues);
    expect(plot.rules.map(({ label, at }) => `${label} ${at}`)).toContain('limit of sse.client 64');
    expect(plot.rules.map(({ label }) => label)).not.toContain('limit of proxy.events');
  });

  it('works out rates from running totals, and keeps a burst of half a second', () => {
    const timeline = [0, 500, 1000, 1500, 2000].map((tMs, at) => ({
      ...rowAt(tMs, {}),
      offered: at * 100,
      delivered: at < 3 ? 0 : 400,
    }));
    const [offered, delivered] = asPlot(runCharts(runReportOf(createRecord(), { timeline })).rates).series;
    expect(offered?.ys).toEqual([null, 200, 200, 200, 200]);
    expect(delivered?.ys).toEqual([null, 0, 0, 800, 0]);
  });
});

describe('the percentile plot', () => {
  const histogram = new LatencyHistogram();
  for (let ms = 1; ms <= 100; ms++) histogram.recordUs(ms * 1000, 10);
  const intervals = [
    { startMs: 0, endMs: 1000, group: 'sse slow', kind: 'response', encoded: histogram.encode() },
  ];

  it('ends where work was never served, with a line that says so', () => {
    const record = createRecord();
    const slow = record.groups['sse slow'];
    if (slow !== undefined) slow.latency.all.undelivered = 1000;
    const plot = asPlot(runCharts(runReportOf(record, { intervals })).percentiles);
    const [line] = plot.series;
    // Half of all was served: the line ends at 50 %, which is log10(2), with the slowest that came.
    expect(line?.xs.at(-1)).toBeCloseTo(Math.log10(2), 9);
    expect(line?.ys.at(-1)).toBeCloseTo(100, 0);
    expect(plot.rules).toMatchObject([{ axis: 'x', label: 'sse slow: 50 % never served' }]);
    expect(plot.caption).toContain('p99 infinite');
    expect(plot.table?.rows[0]?.slice(1, 5)).toEqual(['2,000', '100 ms', '∞', '∞']);
  });

  it('goes on to the last sample where all was served, grey where fewer than ten lie beyond', () => {
    const record = createRecord();
    const slow = record.groups['sse slow'];
    if (slow !== undefined) slow.latency.all.undelivered = 0;
    const plot = asPlot(runCharts(runReportOf(record, { intervals })).percentiles);
    expect(plot.series[0]?.xs.at(-1)).toBeCloseTo(3, 9);
    expect(plot.spans).toMatchObject([{ from: 2, tone: 'unsupported' }]);
    expect(plot.rules).toEqual([]);
  });
});

describe('the heat map', () => {
  it('counts every sample once', () => {
    const report = runReportOf(createRecord());
    const [first] = runCharts(report).heatMaps;
    const heat = asPlot(first as Chart).heat;
    const total = heat?.counts.flat().reduce((sum, count) => sum + count, 0);
    expect(total).toBe(600);
    expect(heat?.yEdges.length).toBe(41);
    expect(heat?.xEdges.length).toBe((heat?.counts.length ?? 0) + 1);
  });
});

describe('the ledger flow', () => {
  it('is true to the numbers: what goes in comes out, in pictures too', () => {
    const record = createRecord();
    record.ledgers.boundaries = {
      'sse.client': ledgerOf({
        offered: 1000,
        delivered: 600,
        dropped: { 'overflow.drop-oldest': 300 },
        queued: 100,
      }),
      'proxy.events': ledgerOf({ offered: 1, delivered: 1 }),
    };
    const { ledger } = runCharts(runReportOf(record));
    if (ledger.kind !== 'flow') throw new Error(ledger.caption);
    expect(ledger.links.map(({ from, to, value }) => `${from} ${to} ${value}`)).toEqual([
      'from sse.client to delivered 600',
      'from proxy.events to delivered 1',
      'from sse.client to still queued 100',
      'from sse.client to dropped: overflow.drop-oldest 300',
    ]);
    const widths = readSvg(renderSvg(ledger))
      .filter(({ attributes }) => attributes.has('stroke-opacity'))
      .map(({ attributes }) => Number(attributes.get('stroke-width')));
    const [delivered = 0, tiny = 0, queued = 0, dropped = 0] = widths;
    expect(delivered / dropped).toBeCloseTo(2, 1);
    expect(dropped / queued).toBeCloseTo(3, 1);
    expect(tiny).toBe(1);
  });
});

describe('the ledger flow of every column', () => {
  it('leaves nothing out: the flows of a boundary add up to what it was offered', () => {
    const record = createRecord();
    const transient = { queued: 5, inFlight: 6, blocked: 7, spilled: 8, unaccounted: 9 };
    const dropped = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`reason ${at}`, 1]));
    const full = ledgerOf({
      delivered: 1,
      dropped,
      coalesced: { key: 3 },
      failed: { http_503: 4 },
      ...transient,
    });
    record.ledgers.boundaries = { 'sse.client': { ...full, offered: 63 } };
    const { ledger } = runCharts(runReportOf(record));
    if (ledger.kind !== 'flow') throw new Error(ledger.caption);
    expect(ledger.links.reduce((sum, { value }) => sum + value, 0)).toBe(63);
    expect(ledger.nodes.filter(({ column }) => column === 1).reduce((sum, { value }) => sum + value, 0)).toBe(
      63,
    );
    // Twelve of the twenty reasons share one band, so that the picture stays readable.
    expect(ledger.links.find(({ to }) => to === 'to dropped: other reasons')?.value).toBe(12);
  });
});

describe('the wait-for graph', () => {
  it('draws a cycle as one, and completes it where its waits were not recorded', () => {
    const graph = waitGraph({ ...STALL, waitsFor: [], cycle: ['a', 'b', 'c'] }, 1);
    if (graph.kind !== 'graph') throw new Error(graph.caption);
    expect(graph.edges.map(({ from, to, isInCycle }) => [from, to, isInCycle])).toEqual([
      ['n0', 'n1', true],
      ['n1', 'n2', true],
      ['n2', 'n0', true],
    ]);
    expect(graph.caption).toContain('a → b → c → a');
  });

  it('keeps those apart that only wait', () => {
    const waitsFor = [...STALL.waitsFor, { who: 'feed', what: 'the ring', freedBy: ['reader'], ageMs: 50 }];
    const graph = waitGraph({ ...STALL, waitsFor }, 2);
    if (graph.kind !== 'graph') throw new Error(graph.caption);
    expect(graph.nodes.map(({ label, cyclePlace }) => [label, cyclePlace])).toEqual([
      ['reader', 0],
      ['writer', 1],
      ['feed', null],
    ]);
    expect(graph.edges.at(1)).toMatchObject({
      isInCycle: false,
      label: 'feed waits for the ring (reader), 50 ms',
    });
  });
});
