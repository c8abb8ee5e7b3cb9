import type { RunReport } from '../../report.ts';
import type { Chart, ChartTable } from '../chart.ts';
import {
  type HistogramCounts,
  mergeCounts,
  quantilesMs,
  slotValueUs,
  totalCount,
} from '../histogram-counts.ts';
import { type LatencyColumn, readLatencies } from '../latencies.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { timeAxis, timeSpans } from '../run-time.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';

const ROWS = 40;
const MAX_COLUMNS = 150;

/** Where the response times of one group lie: brighter is more; with p50 and p99. `kind` as in `latency.hlog`. */
export function latencyHeatMap(report: RunReport, group: string, kind = 'response'): Chart {
  const id = `latency-heat-${Object.keys(report.record.groups).indexOf(group)}-${kind}`;
  const title = `${kind === 'age' ? 'Ages' : 'Response times'} of ${shortName(group)}`;
  const intervals = readLatencies(report, group, kind);
  if (intervals.length === 0) {
    const why =
      report.intervals.length === 0 ? 'This result has no interval histograms.' : 'Nothing was delivered.';
    return emptyChart(id, title, why);
  }
  const columns = mergeColumns(intervals);
  const yEdges = logEdges(columns);
  const counts = columns.map(createBins(yEdges));
  const maxCount = Math.max(1, ...counts.flat());
  const xs = columns.map(({ startMs, endMs }) => (startMs + endMs) / 2);
  const quantiles = columns.map((column) => quantilesMs(column, [0.5, 0.99]));
  const x = timeAxis(report);
  const line = { color: 0, shape: 'line', xs } as const;
  return {
    ...{ kind: 'plot', id, title, x, bands: [], rules: [] },
    caption: captionOf(columns),
    y: {
      ...{ label: `${kind === 'age' ? 'age' : 'response time'}, p50 and p99 as lines (log)`, unit: 'ms' },
      ...{ scale: 'log', min: yEdges[0] ?? 1, max: yEdges.at(-1) ?? 10 },
    },
    series: [
      { ...line, name: 'p50', weight: 'thin', dash: 'solid', ys: quantiles.map(([p50]) => p50 ?? null) },
      { ...line, name: 'p99', weight: 'strong', dash: 'solid', ys: quantiles.map(([, p99]) => p99 ?? null) },
    ],
    spans: timeSpans(report.record, x).filter(
      ({ tone }) => tone === 'phase' || tone === 'stall' || tone === 'fault',
    ),
    heat: { name: 'samples', xEdges: xEdgesOf(columns), yEdges, counts, maxCount },
    table: toTable(columns),
  };
}

/** At most {@link MAX_COLUMNS} columns of the same width; an empty stretch of time keeps its place. */
function mergeColumns(intervals: readonly LatencyColumn[]): LatencyColumn[] {
  const from = intervals[0]?.startMs ?? 0;
  const to = Math.max(...intervals.map(({ endMs }) => endMs));
  const typicalMs = (intervals[0]?.endMs ?? 1) - from;
  const columnMs = Math.max((to - from) / MAX_COLUMNS, Math.min(typicalMs, 1000));
  const parts: LatencyColumn[][] = [];
  for (const interval of intervals) {
    const at = Math.min(MAX_COLUMNS - 1, Math.floor((interval.startMs - from) / columnMs + 0.25));
    const column = parts[at];
    if (column === undefined) parts[at] = [interval];
    else column.push(interval);
  }
  return Array.from(parts, (part, at) => ({
    ...mergeCounts(part ?? []),
    startMs: from + at * columnMs,
    endMs: from + (at + 1) * columnMs,
  }));
}

function xEdgesOf(columns: readonly LatencyColumn[]): number[] {
  return [...columns.map(({ startMs }) => startMs), columns.at(-1)?.endMs ?? 0];
}

/** Edges of {@link ROWS} rows that hold every value, in milliseconds; at least a factor of ten. */
function logEdges(columns: readonly LatencyColumn[]): number[] {
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  for (const { slots } of columns) {
    if (slots.length === 0) continue;
    min = Math.min(min, slotValueUs(slots[0] ?? 0));
    max = Math.max(max, slotValueUs(slots.at(-1) ?? 0));
  }
  const low = Math.log10(Math.max(1, min) / 1000) - 0.02;
  const high = Math.max(Math.log10(Math.max(1, max) / 1000) + 0.02, low + 1);
  return Array.from({ length: ROWS + 1 }, (_, at) => 10 ** (low + ((high - low) * at) / ROWS));
}

/** Rows of all columns; the row of a slot is worked out once. */
function createBins(yEdges: readonly number[]): (column: HistogramCounts) => number[] {
  const [low, high] = [Math.log10(yEdges[0] ?? 1), Math.log10(yEdges.at(-1) ?? 10)];
  const rowOfSlot: number[] = [];
  const rowOf = (slot: number): number => {
    const part = (Math.log10(Math.max(slotValueUs(slot), 1) / 1000) - low) / (high - low);
    return Math.min(ROWS - 1, Math.max(0, Math.floor(part * ROWS)));
  };
  return ({ slots, counts }) => {
    const rows = Array.from({ length: ROWS }, () => 0);
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] as number;
      rowOfSlot[slot] ??= rowOf(slot);
      const row = rowOfSlot[slot] as number;
      rows[row] = (rows[row] as number) + (counts[at] as number);
    }
    return rows;
  };
}

function captionOf(columns: readonly LatencyColumn[]): string {
  const all = mergeCounts(columns);
  const [p50, p99, max] = quantilesMs(all, [0.5, 0.99, 1]);
  const size = formatNumber(totalCount(all), 'count');
  return `Half of ${size} samples took at most ${formatNumber(p50, 'ms')}, 99 % at most ${formatNumber(p99, 'ms')}, the slowest ${formatNumber(max, 'ms')}. Brighter is more, on a logarithmic scale.`;
}

function toTable(columns: readonly LatencyColumn[]): ChartTable {
  const stretch = Math.ceil(columns.length / 40);
  const rows: string[][] = [];
  for (let from = 0; from < columns.length; from += stretch) {
    const part = mergeCounts(columns.slice(from, from + stretch));
    const values = quantilesMs(part, [0.5, 0.9, 0.99, 1]);
    rows.push([
      formatMoment(columns[from]?.startMs ?? 0),
      formatNumber(totalCount(part), 'count'),
      ...values.map((value) => formatNumber(value, 'ms')),
    ]);
  }
  const headers = ['time', 'samples', 'p50', 'p90', 'p99', 'max'];
  return { columns: headers.map((header) => ({ header, isNumber: true })), rows, note: null };
}
