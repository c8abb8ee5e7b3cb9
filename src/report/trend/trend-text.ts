/** A trend as the terminal shows it. */
import { arrowOf, formatMetric } from '../../comparison/metric-words.ts';
import type { MetricValue } from '../../core/comparison.ts';
import { formatCount } from '../../core/units.ts';
import { createPaint, finish, type Look, type Paint, usableWidth } from '../look.ts';
import { renderSparkline } from '../sparkline.ts';
import { type Column, renderTable } from '../table.ts';
import { plainText, wrap } from '../text.ts';
import { findChanges } from './find-changes.ts';
import {
  DEFAULT_METRIC,
  metricOf,
  seriesWith,
  specOf,
  type TrendPoint,
  type TrendReport,
  type TrendSeries,
} from './trend.ts';
import {
  describeChange,
  describeCommit,
  describeHosts,
  describeMissing,
  describeOlder,
  describeStart,
  firstShown,
  NEVER_GATED,
  namesOf,
} from './words.ts';

const INDENT = '  ';
const MAX_SPARKLINE = 60;
const MAX_BAR = 20;

/** A line for each result, oldest first, under the shape of the whole series. Ends with what it does not prove. */
export function renderTrend(report: TrendReport, look: Look): string {
  const width = usableWidth(look);
  const paint = createPaint(look.color);
  const metric = report.metric ?? DEFAULT_METRIC;
  const blocks = seriesWith(report, [metric]).map((series) =>
    renderSeries(series, metric, report.limit, width, paint),
  );
  const notes = [...describeMissing(report, [metric]), NEVER_GATED];
  return finish(
    [...blocks, notes.flatMap((note) => wrap(note, width, '', INDENT))].flatMap((lines, at) =>
      at === 0 ? lines : ['', ...lines],
    ),
    look,
  );
}

function renderSeries(
  series: TrendSeries,
  metric: string,
  limit: number,
  width: number,
  paint: Paint,
): string[] {
  const { points } = series;
  const changes = findChanges(series, metric);
  const hosts = describeHosts(series);
  const spec = specOf(metric);
  const from = firstShown(series, limit);
  const shown = points.slice(from);
  const title = [...namesOf(series), `${metric} ${arrowOf(spec)}`];
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (point: TrendPoint, index: number) => string,
    align: Column['align'] = 'left',
  ): Column => ({ header, align, dropOrder, cells: shown.map((point, row) => cellOf(point, from + row)) });
  const top = topOf(shown, metric);
  const table = renderTable(
    [
      column('started (UTC)', 0, describeStart),
      column('commit', 2, describeCommit),
      column('runs', 3, ({ runs }) => formatCount(runs), 'right'),
      column(metric, 0, (point) => point.leftOut ?? formatMetric(metricOf(point, metric), spec), 'right'),
      column('', 4, (point) => renderBar(metricOf(point, metric), top)),
      column('', 1, (_, at) => (changes.some(({ index }) => index === at) ? '<- changed?' : '')),
    ],
    width,
    { indent: INDENT, paintHeader: paint.dim },
  );
  return [
    ...wrap(plainText(title.join(' · ')), width).map(paint.bold),
    ...renderShape(points, metric, width),
    ...table,
    ...(from > 0 ? wrap(describeOlder(from), width, INDENT) : []),
    ...changes.flatMap((change) =>
      wrap(describeChange(change, series, metric), width, `${INDENT}• `, INDENT.repeat(2)),
    ),
    ...(hosts === null ? [] : wrap(`! ${hosts}`, width, INDENT, INDENT.repeat(2))),
  ];
}

function renderShape(points: readonly TrendPoint[], metric: string, width: number): string[] {
  if (points.length < 3) return [];
  const columns = Math.min(MAX_SPARKLINE, points.length, width - INDENT.length);
  const axis = { fromMs: 0, toMs: points.length - 1 + 1e-6, columns };
  const top = topOf(points, metric);
  const samples = points.flatMap((point, tMs) => {
    const value = metricOf(point, metric);
    return value === null ? [] : [{ tMs, value: heightOf(value, top) }];
  });
  return [`${INDENT}${renderSparkline(samples, axis, top, 'blank')}`];
}

function renderBar(value: MetricValue, top: number): string {
  if (value === 'inf') return `${'█'.repeat(MAX_BAR)} >`;
  return value === null || top <= 0 ? '' : '█'.repeat(Math.round((Math.max(0, value) / top) * MAX_BAR));
}

/** The largest that is finite. */
function topOf(points: readonly TrendPoint[], metric: string): number {
  return Math.max(0, ...points.map((point) => heightOf(metricOf(point, metric), 0)));
}

/** What never came is as high as there is room. */
function heightOf(value: MetricValue, top: number): number {
  if (value === 'inf') return top;
  return value ?? 0;
}
