/** A trend as people read it, and as Apache Otava does. */
import type { MetricValue } from '../core/comparison.ts';
import { formatCount } from '../core/units.ts';
import { createPaint, finish, type Look, type Paint, usableWidth } from '../report/look.ts';
import { arrowOf, formatDifference, formatMetric } from '../report/metric-words.ts';
import { renderSparkline } from '../report/sparkline.ts';
import { type Column, renderTable } from '../report/table.ts';
import { plainText, wrap } from '../report/text.ts';
import type { ChangePoint } from '../statistics/change-points.ts';
import { specOf, type Trend, type TrendPoint, type TrendSeries } from './trend-series.ts';

const INDENT = '  ';
const MAX_SPARKLINE = 60;

/** A series, and where its level seems to change: by the index of its points. */
export interface MarkedSeries extends TrendSeries {
  readonly changes: readonly ChangePoint[];
}

export interface TrendView {
  readonly series: readonly MarkedSeries[];
  readonly unreadable: number;
  readonly metric: string;
  /** Newest points of a series that have a line; 0 for all. */
  readonly limit: number;
}

/** A line for each result, oldest first, under the shape of the whole series. Ends with what it does not prove. */
export function renderTrend(view: TrendView, look: Look): string {
  const width = usableWidth(look);
  const paint = createPaint(look.color);
  const { series, unreadable, metric } = view;
  const blocks = series.map((one) => renderSeries(one, view, width, paint));
  const notes = [
    ...(series.length === 0 ? [`no result has a value of ${metric}`] : []),
    ...(unreadable > 0
      ? [
          `${formatCount(unreadable)} result${unreadable === 1 ? '' : 's'} could not be read: bpbench list results says why`,
        ]
      : []),
    'Shown, never gated: results of one history share no block and often no host. bpbench compare tells a difference from noise.',
  ];
  return finish(
    [...blocks, notes.flatMap((note) => wrap(plainText(note), width, '', INDENT))].flatMap((lines, at) =>
      at === 0 ? lines : ['', ...lines],
    ),
    look,
  );
}

function renderSeries(series: MarkedSeries, view: TrendView, width: number, paint: Paint): string[] {
  const { metric, limit } = view;
  const { points, changes } = series;
  const spec = specOf(metric);
  const from = limit === 0 ? 0 : Math.max(0, points.length - limit);
  const shown = points.slice(from);
  const title = [
    series.scenario,
    series.strategy,
    series.plan === '' ? '' : `plan ${series.plan}`,
    `${metric} ${arrowOf(spec)}`,
  ];
  const hosts = new Set(points.map(({ host }) => host)).size;
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (point: TrendPoint) => string,
    align: Column['align'] = 'left',
  ): Column => ({
    header,
    align,
    dropOrder,
    cells: shown.map(cellOf),
  });
  const top = Math.max(0, ...shown.map((point) => finite(point.values[metric])));
  const table = renderTable(
    [
      column('started (UTC)', 0, ({ startedAt }) => plainText(startedAt.slice(0, 16).replace('T', ' '))),
      column('commit', 2, ({ commit }) => plainText((commit ?? '').slice(0, 7))),
      column('runs', 3, ({ runs }) => formatCount(runs), 'right'),
      column(
        metric,
        0,
        (point) => point.leftOut ?? formatMetric(point.values[metric] ?? null, spec),
        'right',
      ),
      column('', 4, (point) => renderBar(point.values[metric] ?? null, top)),
      column('', 1, (_point) => ''),
    ].map((one, at) =>
      at === 5 ? { ...one, cells: shown.map((_, row) => markOf(changes, from + row)) } : one,
    ),
    width,
    { indent: INDENT, paintHeader: paint.dim },
  );
  return [
    ...wrap(plainText(title.filter((part) => part !== '').join(' · ')), width).map(paint.bold),
    ...renderShape(points, metric, width),
    ...table,
    ...(from > 0
      ? wrap(`${formatCount(from)} older ones not shown: --limit 0 shows all`, width, INDENT)
      : []),
    ...changes.flatMap((change) =>
      wrap(describeChange(change, series, metric), width, `${INDENT}• `, INDENT.repeat(2)),
    ),
    ...(hosts > 1
      ? wrap(`! of ${hosts} different hosts: a step may be the machine`, width, INDENT, INDENT.repeat(2))
      : []),
  ];
}

function markOf(changes: readonly ChangePoint[], index: number): string {
  return changes.some((change) => change.index === index) ? '<- changed?' : '';
}

/** `seems to have changed at 2026-11-21 10:15 (4f2c1e9): +18.4 %, from about 15.6 ms to 18.5 ms (p 0.005)` */
function describeChange(
  { index, p, before, after }: ChangePoint,
  { points }: TrendSeries,
  metric: string,
): string {
  const spec = specOf(metric);
  const point = points[index];
  const commit = point?.commit == null ? '' : ` (${plainText(point.commit.slice(0, 7))})`;
  const moved = spec.kind === 'ratio' ? Math.log(after / before) : after - before;
  return `seems to have changed at ${plainText(point?.startedAt.slice(0, 16).replace('T', ' ') ?? '')}${commit}: ${formatDifference(moved, spec.kind)}, from about ${formatMetric(before, spec)} to ${formatMetric(after, spec)} (p ${p})`;
}

function renderShape(points: readonly TrendPoint[], metric: string, width: number): string[] {
  const values = points.map((point) => finite(point.values[metric]));
  if (values.length < 3) return [];
  const columns = Math.min(MAX_SPARKLINE, values.length, width - INDENT.length);
  const axis = { fromMs: 0, toMs: values.length - 1 + 1e-6, columns };
  return [
    `${INDENT}${renderSparkline(
      values.map((value, at) => ({ tMs: at, value })),
      axis,
      Math.max(...values),
    )}`,
  ];
}

const BAR = 20;

function renderBar(value: MetricValue, top: number): string {
  if (value === 'inf') return `${'█'.repeat(BAR)} >`;
  return value === null || top <= 0 ? '' : '█'.repeat(Math.round((Math.max(0, value) / top) * BAR));
}

function finite(value: MetricValue | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/**
 * One row for each result of one series: `time,commit` and a column for each metric, in ISO 8601 and plain numbers.
 * What is absent, infinite or of a run that does not count is empty.
 */
export function renderOtavaCsv({ points }: TrendSeries, metrics: readonly string[]): string {
  const rows = points.map(({ startedAt, commit, values }) => [
    startedAt,
    commit ?? '',
    ...metrics.map((metric) => (typeof values[metric] === 'number' ? String(values[metric]) : '')),
  ]);
  return [['time', 'commit', ...metrics], ...rows].map((cells) => `${cells.map(quote).join(',')}\n`).join('');
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${plainText(cell).replaceAll('"', '""')}"` : cell;
}

export function toTrendJson({ series, unreadable, metric }: TrendView & Trend): string {
  return `${JSON.stringify({ metric, gates: false, unreadable, series }, null, 2)}\n`;
}
