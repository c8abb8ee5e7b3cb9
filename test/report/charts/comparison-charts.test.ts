import { describe, expect, it } from 'vitest';
import type { MetricSpec, MetricValue } from '../../../src/core/comparison.ts';
import type { Chart } from '../../../src/report/charts/chart.ts';
import { forestRow } from '../../../src/report/charts/comparison/forest.ts';
import { renderIntervalPicture } from '../../../src/report/charts/comparison/interval-bar.ts';
import { type TrendValue, trendChart } from '../../../src/report/charts/comparison/trend.ts';
import { comparisonCharts } from '../../../src/report/charts/comparison-charts.ts';
import { renderSvg } from '../../../src/report/charts/svg.ts';
import type { ComparisonReport } from '../../../src/report/report.ts';
import { createRegression, createVersus, METRICS, reportOf, resultOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import { createHostileComparison, HOSTILE_TEXTS, REPORTS, runReportOf } from '../formats/reports.ts';
import { findOverlaps, readSvg, textBoxes } from './svg-reader.ts';

function listCharts(report: ComparisonReport): Chart[] {
  const { forest, pareto, paired, percentiles, multiples } = comparisonCharts(report);
  return [
    forest,
    pareto,
    ...paired,
    ...percentiles,
    ...multiples.flatMap(({ charts }) => charts.map(({ chart }) => chart)),
  ];
}

const COMPARISONS = Object.entries(REPORTS).filter(
  (entry): entry is [string, ComparisonReport] => entry[1].kind === 'comparison',
);
const P99 = METRICS.find(({ name }) => name === 'all.p99') as MetricSpec;

describe('the charts of a comparison', () => {
  it.each(COMPARISONS)('of kind %s can be drawn, each with a sentence', (_, report) => {
    const charts = listCharts(report);
    for (const chart of charts) {
      expect(chart.caption, chart.id).not.toBe('');
      if (chart.kind !== 'empty') readSvg(renderSvg(chart));
    }
    expect(new Set(charts.map(({ id }) => id)).size).toBe(charts.length);
  });

  it.each(HOSTILE_TEXTS)('holds names like %j as text', (text) => {
    const report = createHostileComparison(text);
    if (report.kind !== 'comparison') throw new Error('expected a comparison');
    for (const chart of listCharts(report)) {
      const svg = renderSvg(chart, { width: 320 });
      if (svg !== '') expect(readSvg(svg).some(({ name }) => name === 'script')).toBe(false);
    }
  });

  it('measures every metric in its own margins', () => {
    const row = (spec: MetricSpec, bounds: [number, number, number]) =>
      forestRow(resultOf(spec.name, [1, 1], 'worse', bounds), spec, 0);
    const { low, estimate, high } = row(P99, [Math.log(1.1), 0, 2 * Math.log(1.1)]);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(2, 12);
    expect(estimate).toBeCloseTo(1, 12);
    const share = METRICS[0] as MetricSpec;
    expect(row(share, [0.0025, -0.005, 0.01])).toMatchObject({ low: -1, estimate: 0.5, high: 2 });
    const exact: MetricSpec = { ...share, kind: 'exact', margin: 0 };
    expect(row(exact, [3, 0, 5])).toMatchObject({ low: 0, estimate: Number.POSITIVE_INFINITY });
  });

  it('shows with an arrow where an arm no longer serves what the percentile asks for', () => {
    const row = forestRow(resultOf('all.p99', [20, 'inf'], 'worse', null), P99, 0);
    expect(row).toMatchObject({ estimate: Number.POSITIVE_INFINITY, low: null, value: 'becomes inf' });
    expect(renderIntervalPicture(row)).toContain(' d="M90');
  });

  it('has no tiny bar where nothing is known', () => {
    expect(renderIntervalPicture(forestRow(resultOf('all.p99', [1, 1], 'invalid', null), P99, 0))).toBe('');
  });

  it('sorts the forest by distance and keeps all arms apart', () => {
    const { forest } = comparisonCharts(reportOf(createRegression()));
    if (forest.kind !== 'forest') throw new Error(forest.caption);
    const sizes = forest.rows.map(({ estimate }) => Math.abs(estimate ?? 0));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  it('draws a line for each block, and counts those that are worse', () => {
    const { paired } = comparisonCharts(reportOf(createRegression()));
    const chart = paired.find(({ title }) => title.startsWith('all.p99'));
    expect(chart?.caption).toMatch(/^all\.p99: worse in \d+ of \d+ blocks\.$/);
  });

  it('names what dominates, and never a winner', () => {
    const { pareto } = comparisonCharts(reportOf(createVersus()));
    expect(pareto.caption).toMatch(/^Nothing beats .+ at everything\./);
    expect(pareto.caption).not.toMatch(/best strategy|winner/);
  });

  it('puts the runs of all arms on the same axes, with the ids of a page of their own', () => {
    const record = createVersus();
    const ids = record.arms.flatMap(
      ({ name }) => record.runs.find(({ arm, rejected }) => arm === name && rejected === null)?.id ?? [],
    );
    const runs = ids.map((id, at) => {
      const run = createRecord({ id });
      const timeline = runReportOf(run).timeline.map((row) => ({ ...row, rssBytes: (at + 1) * 1e8 }));
      return runReportOf(run, { timeline });
    });
    const { multiples } = comparisonCharts(reportOf(record, runs));
    const memory = multiples.find(({ title }) => title === 'Memory');
    const axes = memory?.charts.map(({ chart }) => (chart.kind === 'plot' ? chart.y.max : null));
    expect(ids.length).toBeGreaterThan(1);
    expect(axes?.length).toBe(ids.length);
    expect(new Set(axes).size).toBe(1);
    expect(axes?.[0]).toBeGreaterThanOrEqual(ids.length * 1e8);
  });
});

describe('the trend', () => {
  const resultAt = (at: number, value: MetricValue, leftOut: string | null = null): TrendValue => ({
    ...{ startedAt: new Date(Date.UTC(2026, 10, 1 + at)).toISOString(), label: `c${at}`, value, leftOut },
  });
  const results = [
    ...[resultAt(0, 10), resultAt(1, 11), resultAt(2, null, 'invalid'), resultAt(3, null, 'partial')],
    ...[resultAt(4, null), resultAt(5, 'inf'), resultAt(6, 20)],
  ];

  it('marks a change between the results, and says how far it went', () => {
    const chart = trendChart('t', P99, results, [{ at: 5, label: '+81 %' }]);
    if (chart.kind !== 'plot') throw new Error(chart.caption);
    expect(chart.rules).toMatchObject([{ axis: 'x', at: 4.5, label: '+81 %' }]);
    expect(chart.series[0]?.ys).toEqual([10, 11, null, null, null, Number.POSITIVE_INFINITY, 20]);
    expect(chart.spans).toMatchObject([{ from: 1.5, to: 3.5, tone: 'unmeasured' }]);
    expect(chart.caption).toBe(
      'all.p99 goes from 10 ms to 20 ms over 4 results; 1 change found; 2 left out; 1 without a value.',
    );
    readSvg(renderSvg(chart));
  });

  it('is a sentence where nothing is known, or nothing moves', () => {
    expect(trendChart('t', P99, [], []).kind).toBe('empty');
    const level = [0, 1, 2].map((at) => resultAt(at, 12));
    expect(trendChart('t', P99, level, null)).toMatchObject({
      kind: 'empty',
      caption: 'all.p99 is 12 ms in all 3 results.',
    });
    expect(trendChart('t', P99, [resultAt(0, 'inf')], null).caption).toBe('all.p99 is never in one result.');
  });

  it('says so where nobody looked for changes', () => {
    expect(trendChart('t', P99, [resultAt(0, 1), resultAt(1, 2)], null).caption).toContain(
      'too few to look for changes',
    );
  });

  it.each([
    ['the time of one day', ['2026-11-21T10:15:30Z', '2026-11-21T11:15:30Z'], ['10:15', '11:15']],
    ['seconds within a minute', ['2026-11-21T10:15:30Z', '2026-11-21T10:15:50Z'], ['10:15:30', '10:15:50']],
    ['the day of one year', ['2026-10-21T10:15:30Z', '2026-11-21T10:15:30Z'], ['10-21', '11-21']],
    ['the year of several', ['2025-11-21T10:15:30Z', '2026-11-21T10:15:30Z'], ['2025-11-21', '2026-11-21']],
  ])('tells results apart by %s', (_what, starts, names) => {
    const points = starts.map((startedAt, at) => ({ ...resultAt(at, at), startedAt, label: 'same' }));
    const chart = trendChart('t', P99, points, null);
    expect(chart.kind === 'plot' && chart.x.categories).toEqual(names);
  });

  it.each([3, 30, 200, 1000])('of %i results can be read: no label stands on another', (count) => {
    const many = Array.from({ length: count }, (_, at) =>
      at % 9 === 5
        ? resultAt(at, null, 'invalid')
        : { ...resultAt(at, at === 1 ? 'inf' : 10 + (at % 7)), label: `4f2c1e9${at}` },
    );
    const marks = [2, 4, 6, 20, 21, 22, 150].map((at) => ({ at, label: '+123.4 %' }));
    for (const width of [330, 900]) {
      const svg = renderSvg(trendChart('t', P99, many, marks), { width, height: 270 });
      expect(findOverlaps(textBoxes(readSvg(svg)))).toEqual([]);
      expect(svg).toContain('∞');
      expect(svg.length).toBeLessThan(40_000);
    }
  });

  it('shows a result without neighbours also where dots would run into each other', () => {
    const many = Array.from({ length: 200 }, (_, at) =>
      at === 100 || at === 102 ? resultAt(at, null, 'invalid') : resultAt(at, 10 + (at % 7)),
    );
    const chart = trendChart('t', P99, many, []);
    if (chart.kind !== 'plot') throw new Error(chart.caption);
    const dots = chart.series.find(({ shape }) => shape === 'dots');
    expect(dots?.ys.flatMap((y, at) => (y === null ? [] : [at]))).toEqual([101]);
  });
});
