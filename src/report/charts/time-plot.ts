/** Makes a time chart of columns of numbers: keeps the spikes, shares the axis, tabulates. */
import type { RunReport } from '../report.ts';
import type {
  Band,
  Chart,
  ChartTable,
  ColorIndex,
  EmptyChart,
  PlotChart,
  Rule,
  Series,
  Unit,
} from './chart.ts';
import { keepExtremes, pick } from './downsample.ts';
import { formatMoment, formatNumber } from './number-text.ts';
import { timeAxis, timeSpans } from './run-time.ts';
import { linearDomain, logDomain } from './scale.ts';

export interface TimeColumn {
  readonly name: string;
  readonly color: ColorIndex;
  readonly values: readonly (number | null)[];
  readonly shape?: Series['shape'];
  /** Lower edge of a band up to `values`, drawn thin. */
  readonly low?: { readonly name: string; readonly values: readonly (number | null)[] };
}

export interface TimePlot {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly yLabel: string;
  readonly unit: Unit;
  readonly isLog?: boolean;
  /** Of all columns, rising. */
  readonly timesMs: readonly number[];
  readonly columns: readonly TimeColumn[];
  readonly rules?: readonly Rule[];
}

export function makeTimePlot(report: RunReport, plot: TimePlot): Chart {
  const { id, title, caption, unit, isLog = false, columns, rules = [] } = plot;
  const all = columns.flatMap(({ values, low }) => (low === undefined ? [values] : [values, low.values]));
  const rows = keepExtremes(all);
  const xs = pick(plot.timesMs, rows);
  const series: Series[] = [];
  const bands: Band[] = [];
  for (const { name, color, values, shape = 'line', low } of columns) {
    const ys = pick(values, rows);
    if (low !== undefined) {
      const lows = pick(low.values, rows);
      bands.push({ name, color, xs, low: lows, high: ys });
      series.push({
        ...{ name: low.name, color, dash: 'solid', shape, weight: 'thin', xs, ys: lows },
        isLabelled: false,
      });
    }
    series.push({ name, color, shape, weight: 'strong', xs, ys });
  }
  const shown = [...all.flat(), ...rules.filter(({ axis }) => axis === 'y').map(({ at }) => at)];
  const x = timeAxis(report);
  const y = { label: plot.yLabel, unit, ...(isLog ? logDomain(shown) : linearDomain(shown)) };
  const chart: PlotChart = {
    ...{ kind: 'plot', id, title, caption, x, heat: null, series, bands, rules },
    y: { ...y, scale: isLog ? 'log' : 'linear' },
    spans: timeSpans(report.record, x),
    table: toTable(plot),
  };
  return chart;
}

/** A table is read line by line: not many of them. */
const TABLE_ROWS = 40;

/** The largest value of each stretch of time, or every value where there are few. */
function toTable({ timesMs, columns, unit }: TimePlot): ChartTable {
  const stretch = Math.max(1, Math.ceil(timesMs.length / TABLE_ROWS));
  const rows: string[][] = [];
  for (let from = 0; from < timesMs.length; from += stretch) {
    const cells = [formatMoment(timesMs[from] ?? 0)];
    for (const { values, low } of columns) {
      if (low !== undefined) cells.push(formatNumber(largest(low.values, from, from + stretch), unit));
      cells.push(formatNumber(largest(values, from, from + stretch), unit));
    }
    rows.push(cells);
  }
  const headers = columns.flatMap(({ name, low }) => (low === undefined ? [name] : [low.name, name]));
  return {
    columns: [{ header: 'time', isNumber: true }, ...headers.map((header) => ({ header, isNumber: true }))],
    rows,
    note:
      stretch === 1 ? null : `Each row is the largest value of ${stretch} samples, from the time named on.`,
  };
}

function largest(values: readonly (number | null)[], from: number, to: number): number | null {
  let most: number | null = null;
  for (let at = from; at < Math.min(to, values.length); at++) {
    const value = values[at];
    if (value !== null && value !== undefined && (most === null || value > most)) most = value;
  }
  return most;
}

/** A chart that has nothing to show, and why. */
export function emptyChart(id: string, title: string, caption: string): EmptyChart {
  return { kind: 'empty', id, title, caption, table: null };
}

/** The largest value of a column and when it was; `null` where there is none. */
export function peakOf(
  timesMs: readonly number[],
  values: readonly (number | null)[],
): { tMs: number; value: number } | null {
  let peak: { tMs: number; value: number } | null = null;
  values.forEach((value, at) => {
    if (value !== null && Number.isFinite(value) && (peak === null || value > peak.value))
      peak = { tMs: timesMs[at] ?? 0, value };
  });
  return peak;
}

/** Whether there is any number, and any but 0. */
export function hasValues(values: readonly (number | null)[]): boolean {
  return values.some((value) => value !== null && !Number.isNaN(value));
}

export function isAllZero(values: readonly (number | null)[]): boolean {
  return values.every((value) => value === null || value === 0);
}
