/** HDR percentile plot of all that was offered: what was never served is infinitely late. */
import type { RunReport } from '../report.ts';
import type { Chart, ChartTable, ColorIndex, Rule, Series, Span } from './chart.ts';
import { type HistogramCounts, mergeCounts, quantilesMs, totalCount } from './histogram-counts.ts';
import { readLatencies } from './latencies.ts';
import { formatNumber } from './number-text.ts';
import { logDomain, percentilePosition } from './scale.ts';
import { shortName } from './text-width.ts';
import { emptyChart } from './time-plot.ts';

/** One line: the merged samples of one group, of one run or of all runs of an arm. */
export interface PercentileCurve {
  readonly name: string;
  readonly color: ColorIndex;
  readonly samples: HistogramCounts;
  /** Work that was offered and never served, beside the samples. */
  readonly undelivered: number;
}

const POINTS = 100;
/** A percentile needs so many samples beyond it. */
const SAMPLES_BEYOND = 10;

export function percentilePlot(id: string, title: string, curves: readonly PercentileCurve[]): Chart {
  const drawn = curves.map(toLine).filter((line) => line !== null);
  if (drawn.length === 0) return emptyChart(id, title, 'No response came, so there are no percentiles.');
  const last = Math.max(...drawn.map(({ lastX }) => lastX));
  const series = drawn.map(({ series }) => series);
  const rules = drawn.flatMap(({ rule }) => (rule === null ? [] : [rule]));
  const unsupported = Math.max(...drawn.map(({ supportedX }) => supportedX));
  const spans: Span[] =
    unsupported < last
      ? [{ from: unsupported, to: last, label: 'too few samples', tone: 'unsupported' }]
      : [];
  return {
    ...{ kind: 'plot', id, title, series, rules, spans, bands: [], heat: null },
    caption: drawn.map(({ sentence }) => sentence).join(' '),
    x: { label: 'percentile of all that was offered', unit: 'none', scale: 'percentile', min: 0, max: last },
    y: {
      ...{ label: 'response time (log)', unit: 'ms', scale: 'log' },
      ...logDomain(series.flatMap(({ ys }) => [...ys])),
    },
    table: toTable(curves),
  };
}

interface Line {
  readonly series: Series;
  readonly rule: Rule | null;
  readonly lastX: number;
  readonly supportedX: number;
  readonly sentence: string;
}

function toLine({ name, color, samples, undelivered }: PercentileCurve): Line | null {
  const delivered = totalCount(samples);
  const offered = delivered + Math.max(0, undelivered);
  if (delivered === 0) return null;
  const served = delivered / offered;
  // The last sample of n stands at 1 - 1/n; where work was lost, the line ends where that begins.
  const lastX = Math.max(0.1, percentilePosition(1 - 1 / offered));
  const endX = Math.min(lastX, percentilePosition(served));
  const xs = Array.from({ length: POINTS }, (_, at) => (endX * at) / (POINTS - 1));
  const shares = xs.map((x) => Math.min(1, (1 - 10 ** -x) / served));
  const text = shortName(name);
  const [p50, p99] = ofAll(samples, undelivered, [0.5, 0.99]);
  const lost = formatNumber(1 - served, 'share');
  return {
    series: {
      ...{ name: text, color, shape: 'line', weight: 'strong', xs },
      ys: quantilesMs(samples, shares),
    },
    rule:
      undelivered > 0
        ? { axis: 'x', at: endX, label: `${text}: ${lost} never served`, tone: 'mark', color }
        : null,
    lastX,
    supportedX: Math.max(0, Math.log10(offered / SAMPLES_BEYOND)),
    sentence: `${text}: p50 ${inWords(p50)}, p99 ${inWords(p99)}${undelivered > 0 ? `, ${lost} never served` : ''}.`,
  };
}

function inWords(valueMs: number | null | undefined): string {
  return valueMs === Number.POSITIVE_INFINITY ? 'infinite' : formatNumber(valueMs, 'ms');
}

/** Percentiles over all that was offered; `Infinity` for those that were never served. */
function ofAll(samples: HistogramCounts, undelivered: number, shares: readonly number[]): (number | null)[] {
  const delivered = totalCount(samples);
  const offered = delivered + Math.max(0, undelivered);
  if (offered === 0) return shares.map(() => null);
  const scaled = shares.map((share) => (share * offered) / Math.max(1, delivered));
  const values = quantilesMs(
    samples,
    scaled.map((share) => Math.min(1, share)),
  );
  return scaled.map((share, at) => (share > 1 + 1e-9 ? Number.POSITIVE_INFINITY : (values[at] ?? null)));
}

function toTable(curves: readonly PercentileCurve[]): ChartTable {
  const shares = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999];
  const headers = ['', 'offered', ...shares.map((share) => `p${Number((share * 100).toFixed(2))}`)];
  const rows = curves.map(({ name, samples, undelivered }) => {
    const offered = totalCount(samples) + Math.max(0, undelivered);
    const values = ofAll(samples, undelivered, shares);
    const cells = values.map((value, at) => {
      const isSupported = offered * (1 - (shares[at] ?? 0)) >= SAMPLES_BEYOND - 1e-6;
      return isSupported ? formatNumber(value, 'ms') : `(${formatNumber(value, 'ms')})`;
    });
    return [shortName(name), formatNumber(offered, 'count'), ...cells];
  });
  return {
    columns: headers.map((header, at) => ({ header, isNumber: at > 0 })),
    rows,
    note: 'In brackets: fewer than ten samples lie beyond it, so it says little. ∞: never served.',
  };
}

/** The curve of one group over several runs of the same kind. */
export function curveOf(
  runs: readonly RunReport[],
  group: string,
  name: string,
  color: ColorIndex,
): PercentileCurve {
  const samples = mergeCounts(
    runs.flatMap((run) => {
      const columns = readLatencies(run, group, 'response');
      return columns.length === 0 ? [] : [mergeCounts(columns)];
    }),
  );
  const undelivered = runs.reduce(
    (sum, { record }) => sum + (record.groups[group]?.latency.all.undelivered ?? 0),
    0,
  );
  return { name, color, samples, undelivered };
}
