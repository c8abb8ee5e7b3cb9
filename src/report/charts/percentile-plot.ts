/** HDR percentile plot of all that was offered, with what is uncertain: what was never served is infinitely late. */
import { createRandom } from '../../core/random.ts';
import type { RunReport } from '../report.ts';
import type { Band, Chart, ChartTable, ColorIndex, Rule, Series, Span } from './chart.ts';
import { type HistogramCounts, mergeCounts, quantilesMs, totalCount } from './histogram-counts.ts';
import { formatNumber } from './number-text.ts';
import { percentileBand } from './percentile-band.ts';
import { type BandBasis, bandLabel, bandSentence } from './percentile-band-words.ts';
import { type SampledRun, sampleRun } from './sampled-run.ts';
import { logDomain, percentilePosition } from './scale.ts';
import { shortName } from './text-width.ts';
import { emptyChart } from './time-plot.ts';

/** One line: one group of one run, or of all runs of an arm merged. */
export interface PercentileCurve {
  readonly name: string;
  readonly color: ColorIndex;
  readonly runs: readonly SampledRun[];
}

export interface PercentilePlot {
  readonly id: string;
  readonly title: string;
  readonly curves: readonly PercentileCurve[];
  readonly basis: BandBasis;
  /** Of the run or the comparison: the same result has the same bands. */
  readonly seed: number;
}

const POINTS = 100;
/** Of a band where its line has ended: some runs served more than all of them together. */
const POINTS_BEYOND = 25;
/** A percentile needs so many samples beyond it. */
const SAMPLES_BEYOND = 10;
const TABLE_SHARES = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999];

export function percentilePlot({ id, title, curves, basis, seed }: PercentilePlot): Chart {
  const totals = curves.map(addUp);
  const drawn = totals
    .filter(({ samples }) => samples.slots.length > 0)
    .map((total) => toLine(total, createRandom(seed, `${id}/${total.curve.name}`).next));
  if (drawn.length === 0) return emptyChart(id, title, 'No response came, so there are no percentiles.');
  const last = Math.max(...drawn.map(({ lastX }) => lastX));
  const series = drawn.map(({ series }) => series);
  const rules = drawn.flatMap(({ rule }) => (rule === null ? [] : [rule]));
  const unsupported = Math.max(...drawn.map(({ supportedX }) => supportedX));
  const spans: Span[] =
    unsupported < last
      ? [{ from: unsupported, to: last, label: 'too few samples', tone: 'unsupported' }]
      : [];
  const bands = drawn.flatMap(({ band }) => (band === null ? [] : [band]));
  const label = ['response time (log)', ...(bands.length > 0 ? [bandLabel(basis)] : [])].join('; ');
  const sentences = drawn.map(({ sentence }) => sentence);
  const shown = [...series.map(({ ys }) => ys), ...bands.flatMap(({ low, high }) => [low, high])];
  return {
    ...{ kind: 'plot', id, title, series, rules, spans, bands, heat: null },
    caption: [...sentences, bandSentence(basis, drawn)].join(' '),
    x: { label: 'percentile of all that was offered', unit: 'none', scale: 'percentile', min: 0, max: last },
    y: { ...{ label, unit: 'ms', scale: 'log' }, ...logDomain(shown.flat()) },
    table: toTable(totals, drawn),
  };
}

/** What is known of a curve without any drawing. */
interface Total {
  readonly curve: PercentileCurve;
  /** Short enough to be written. */
  readonly name: string;
  readonly samples: HistogramCounts;
  readonly undelivered: number;
  readonly offered: number;
  /** At {@link TABLE_SHARES}. */
  readonly values: readonly (number | null)[];
}

type Bounds = readonly (readonly [lowMs: number, highMs: number])[];

interface Line {
  readonly name: string;
  readonly runs: readonly SampledRun[];
  readonly series: Series;
  readonly band: Band | null;
  readonly rule: Rule | null;
  readonly lastX: number;
  readonly supportedX: number;
  readonly sentence: string;
  /** Of the band at {@link TABLE_SHARES}. */
  readonly bounds: Bounds | null;
}

function addUp(curve: PercentileCurve): Total {
  const { name, runs } = curve;
  const samples = mergeCounts(runs.flatMap(({ stretches }) => stretches.flatMap(({ columns }) => columns)));
  const undelivered = runs.reduce((sum, run) => sum + run.undelivered, 0);
  const offered = totalCount(samples) + undelivered;
  const values = ofAll(samples, undelivered, TABLE_SHARES);
  return { curve, name: shortName(name), samples, undelivered, offered, values };
}

function toLine(
  { curve: { color, runs }, name, samples, undelivered, offered, values }: Total,
  random: () => number,
): Line {
  const served = totalCount(samples) / offered;
  // The last sample of n stands at 1 - 1/n; where work was lost, the line ends where that begins.
  const lastX = Math.max(0.1, percentilePosition(1 - 1 / offered));
  const endX = Math.min(lastX, percentilePosition(served));
  const supportedX = Math.max(0, Math.log10(offered / SAMPLES_BEYOND));
  const xs = spread(0, endX, POINTS);
  const shares = xs.map((x) => Math.min(1, (1 - 10 ** -x) / served));
  const lost = formatNumber(1 - served, 'share');
  const beyond = spread(endX, lastX, POINTS_BEYOND).slice(1);
  const bandXs = [...xs, ...(endX < lastX ? beyond : [])].filter(
    (x) => x <= supportedX && (1 - 10 ** -x) * offered >= SAMPLES_BEYOND,
  );
  const asked = [...bandXs.map((x) => 1 - 10 ** -x), ...TABLE_SHARES];
  const bounds = bandAt(runs, asked, random);
  return {
    ...{ name, runs, lastX, supportedX },
    series: {
      ...{ name, color, shape: 'line', weight: 'strong', xs },
      ys: quantilesMs(samples, shares),
    },
    band: bounds === null ? null : toBand(name, color, bandXs, bounds),
    rule:
      undelivered > 0
        ? { axis: 'x', at: endX, label: `${name}: ${lost} never served`, tone: 'mark', color }
        : null,
    sentence: `${name}: p50 ${inWords(values[0])}, p99 ${inWords(values[3])}${undelivered > 0 ? `, ${lost} never served` : ''}.`,
    bounds: bounds?.slice(bandXs.length) ?? null,
  };
}

function spread(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + ((to - from) * at) / (count - 1));
}

/** Low and high of each share, in any order. */
function bandAt(runs: readonly SampledRun[], shares: readonly number[], random: () => number): Bounds | null {
  const order = shares.map((_, at) => at).sort((a, b) => (shares[a] ?? 0) - (shares[b] ?? 0));
  const rising = order.map((at) => shares[at] ?? 0);
  const band = percentileBand(runs, rising, random);
  if (band === null) return null;
  const bounds: (readonly [number, number])[] = new Array(shares.length);
  order.forEach((at, place) => {
    bounds[at] = [band.low[place] ?? Number.POSITIVE_INFINITY, band.high[place] ?? Number.POSITIVE_INFINITY];
  });
  return bounds;
}

/** Up to where even its lower edge was never served. */
function toBand(name: string, color: ColorIndex, xs: readonly number[], bounds: Bounds): Band {
  const end = xs.findIndex((_, at) => bounds[at]?.[0] === Number.POSITIVE_INFINITY);
  const kept = end < 0 ? xs : xs.slice(0, end);
  const edge = (side: 0 | 1): number[] => kept.map((_, at) => bounds[at]?.[side] ?? 0);
  return { name, color, hasEdges: true, xs: kept, low: edge(0), high: edge(1) };
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

function toTable(totals: readonly Total[], lines: readonly Line[]): ChartTable {
  const headers = ['', 'offered', ...TABLE_SHARES.map((share) => `p${Number((share * 100).toFixed(2))}`)];
  const rows = totals.flatMap(({ name, offered, values }) => {
    const bounds = lines.find((line) => line.name === name)?.bounds ?? null;
    const isSupported = (at: number): boolean =>
      offered * (1 - (TABLE_SHARES[at] ?? 0)) >= SAMPLES_BEYOND - 1e-6;
    const cells = values.map((value, at) =>
      isSupported(at) ? formatNumber(value, 'ms') : `(${formatNumber(value, 'ms')})`,
    );
    const row = [name, formatNumber(offered, 'count'), ...cells];
    if (bounds === null) return [row];
    const between = bounds.map(([low, high], at) =>
      isSupported(at) ? `${formatNumber(low, 'ms')} – ${formatNumber(high, 'ms')}` : '',
    );
    return [row, [`${name}, band`, '', ...between]];
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
  return { name, color, runs: runs.map((run) => sampleRun(run, group)) };
}
