import { describe, expect, it } from 'vitest';
import type { ComparisonRecord } from '../../../src/core/comparison.ts';
import { LatencyHistogram } from '../../../src/core/histogram.ts';
import type { PhaseResult, RunRecord } from '../../../src/core/record.ts';
import type { Chart, PlotChart } from '../../../src/report/charts/chart.ts';
import { comparisonCharts } from '../../../src/report/charts/comparison-charts.ts';
import { runCharts } from '../../../src/report/charts/run-charts.ts';
import { renderSvg } from '../../../src/report/charts/svg.ts';
import { renderPage } from '../../../src/report/html/page.ts';
import type { LatencyInterval, RunReport } from '../../../src/report/report.ts';
import { createVersus, reportOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import { runReportOf } from '../formats/reports.ts';
import { readSvg } from './svg-reader.ts';

const GROUP = 'sse slow';

function asPlot(chart: Chart | undefined): PlotChart {
  if (chart?.kind !== 'plot') throw new Error(`expected a plot, got ${chart?.caption}`);
  return chart;
}

/** A run of one phase, whose latencies of each second are `scale` times 1, 2, 3 … 100 ms, later seconds slower. */
function createLongRun(
  seconds: number,
  change: Partial<RunRecord> = {},
  scale = 1,
  undelivered = 0,
): RunReport {
  const record = structuredClone(createRecord(change));
  const [phase] = record.phases as [PhaseResult];
  const steady = { ...phase, name: 'steady', startedMs: 0, durationMs: seconds * 1000 };
  const slow = record.groups[GROUP] as RunRecord['groups'][string];
  slow.latency.all.undelivered = undelivered;
  const intervals = Array.from({ length: seconds }, (_, second): LatencyInterval => {
    const histogram = new LatencyHistogram();
    for (let ms = 1; ms <= 100; ms++) histogram.recordUs(ms * 1000 * scale * (1 + (second % 10) / 10));
    const startMs = second * 1000;
    return { startMs, endMs: startMs + 1000, group: GROUP, kind: 'response', encoded: histogram.encode() };
  });
  return runReportOf({ ...record, phases: [steady], groups: { [GROUP]: slow } }, { intervals });
}

/** As many runs of each arm as latencies are given; `lost` is what the last run of the second arm never served. */
function createComparison(scales: readonly number[], lost = 0) {
  const versus = createVersus();
  const arms = versus.arms.slice(0, 2);
  const [template] = versus.runs as [ComparisonRecord['runs'][number]];
  const runs = arms.flatMap(({ name }, arm) =>
    scales.map((scale, at) => {
      const isLast = arm === 1 && at === scales.length - 1;
      const report = createLongRun(25, { id: `${name}-${at}` }, scale * (arm + 1), isLast ? lost : 0);
      return { arm: name, report };
    }),
  );
  const record: ComparisonRecord = {
    ...versus,
    arms,
    runs: runs.map(({ arm, report }, at) => {
      return { ...template, block: at % scales.length, arm, id: report.record.id, rejected: null };
    }),
  };
  return reportOf(
    record,
    runs.map(({ report }) => report),
  );
}

describe('the percentile plot of a run', () => {
  it('has a band around its line, which says that it is of this run alone', () => {
    const plot = asPlot(runCharts(createLongRun(40)).percentiles);
    const [band] = plot.bands;
    const [line] = plot.series;
    expect(plot.caption).toContain(
      'Bands: 95 %, within this run (blocks of 5 s or longer, resampled); they say nothing of how much another run would differ.',
    );
    expect(plot.y.label).toBe('response time (log); bands: 95 % within this run');
    band?.xs.forEach((x, at) => {
      const y = line?.ys[line.xs.indexOf(x)] ?? Number.NaN;
      expect(band.low[at]).toBeLessThanOrEqual(y);
      expect(band.high[at]).toBeGreaterThanOrEqual(y);
    });
    // Of 4,000 samples ten lie beyond 99.75 %: where that begins no band says anything.
    expect(band?.xs.at(-1)).toBeLessThanOrEqual(Math.log10(400));
    expect(band?.xs.at(-1)).toBeGreaterThan(2);
    expect(plot.table?.rows.map(([name]) => name)).toEqual([GROUP, `${GROUP}, band`]);
    expect(plot.table?.rows[1]?.slice(2)).toEqual([
      ...Array(4).fill(expect.stringMatching(/^[\d.]+ ms – [\d.]+ ms$/)),
      '',
      '',
    ]);
  });

  it('ends its band with its line, where work was never served', () => {
    const plot = asPlot(runCharts(createLongRun(40, {}, 1, 1000)).percentiles);
    const end = plot.series[0]?.xs.at(-1);
    expect(plot.bands[0]?.xs.at(-1)).toBe(end);
    expect(plot.bands[0]?.high.every(Number.isFinite)).toBe(true);
    expect(plot.table?.rows[1]?.slice(2, 6)).toEqual([
      expect.stringContaining(' ms – '),
      '∞ – ∞',
      '∞ – ∞',
      '∞ – ∞',
    ]);
  });

  it('says why there is none', () => {
    const plot = asPlot(runCharts(createLongRun(12)).percentiles);
    expect(plot.bands).toEqual([]);
    expect(plot.y.label).toBe('response time (log)');
    expect(plot.caption).toContain(
      'No bands: the phase steady has 12 s, and only one of 20 s or more (4 blocks of 5 s) says how uncertain it is.',
    );
  });

  it('has the same band on every page of the same result', () => {
    expect(renderPage(createLongRun(40))).toBe(renderPage(createLongRun(40)));
    const other = asPlot(runCharts(createLongRun(40, { seed: 2 })).percentiles);
    expect(other.bands).not.toEqual(asPlot(runCharts(createLongRun(40, { seed: 1 })).percentiles).bands);
  });
});

describe('the percentile plot of a comparison', () => {
  it('has bands over runs, wider than those of a run by itself', () => {
    const report = createComparison([1, 1.5, 0.7, 1.2, 0.8]);
    const plot = asPlot(comparisonCharts(report).percentiles[0]);
    expect(plot.caption).toContain('Bands: 95 %, over runs (5 runs each, resampled with their blocks).');
    const within = asPlot(runCharts(report.runs[0] as RunReport).percentiles).bands[0];
    const [over] = plot.bands;
    const ratio = (low = 1, high = 1) => Math.log(high / low);
    expect(ratio(over?.low[40] ?? 1, over?.high[40] ?? 1)).toBeGreaterThan(
      1.5 * ratio(within?.low[40] ?? 1, within?.high[40] ?? 1),
    );
  });

  it('goes on where the line ends, up to what is infinite, in the picture too', async () => {
    const plot = asPlot(comparisonCharts(createComparison([1, 1.5, 0.7, 1.2, 0.8], 5000)).percentiles[0]);
    const [, band] = plot.bands;
    const end = plot.series[1]?.xs.at(-1) ?? 0;
    expect(band?.xs.at(-1)).toBeGreaterThan(end);
    expect(band?.low.every(Number.isFinite)).toBe(true);
    expect(band?.high.at(-1)).toBe(Number.POSITIVE_INFINITY);
    const nodes = readSvg(renderSvg(plot));
    expect(nodes.some(({ text }) => text === '∞')).toBe(true);
    const picture = renderSvg(plot).replaceAll('><', '>\n<');
    await expect(`${picture}\n`).toMatchFileSnapshot('golden/percentile-bands.svg');
  });

  it('says how many runs it takes', () => {
    const plot = asPlot(comparisonCharts(createComparison([1, 2, 3])).percentiles[0]);
    expect(plot.bands).toEqual([]);
    expect(plot.caption).toContain(
      'No bands: it takes 4 runs to say how much another would differ, and there are 3.',
    );
  });
});
