/** A trend as Markdown: a table for each series, newest results last, and the hints under it. */
import { arrowOf, formatMetric } from '../../comparison/metric-words.ts';
import { formatCount } from '../../core/units.ts';
import { escapeMarkdown, fence, joinBlocks, toList, toTable } from '../markdown-text.ts';
import { findChanges } from './find-changes.ts';
import {
  isKnown,
  MAIN_METRICS,
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

/** A level that seems to have changed, in front of the first value of the new one. */
const CHANGED = '→ ';

/** The main metrics that any result of a series has, or the one that was asked for. */
export function renderTrendMarkdown(report: TrendReport): string {
  const metrics = report.metric === null ? MAIN_METRICS : [report.metric];
  return joinBlocks([
    '# Trend',
    ...seriesWith(report, metrics).flatMap((series) => renderSeries(series, metrics, report.limit)),
    ...[...describeMissing(report, metrics), NEVER_GATED].map(escapeMarkdown),
    fence(report.command),
  ]);
}

function renderSeries(series: TrendSeries, wanted: readonly string[], limit: number): string[] {
  const metrics = wanted.filter((metric) => isKnown(series, metric));
  const changes = new Map(metrics.map((metric) => [metric, findChanges(series, metric)]));
  const from = firstShown(series, limit);
  const shown = series.points.slice(from);
  const hosts = describeHosts(series);
  const words = (header: string, cellOf: (point: TrendPoint) => string) => ({
    ...{ header, align: 'left' as const, dropOrder: 0 },
    cells: shown.map(cellOf),
  });
  const values = (metric: string) => ({
    ...{ header: `${metric} ${arrowOf(specOf(metric))}`, align: 'right' as const, dropOrder: 0 },
    cells: shown.map((point, row) => {
      const isChanged = changes.get(metric)?.some(({ index }) => index === from + row) === true;
      const value = point.leftOut === null ? formatMetric(metricOf(point, metric), specOf(metric)) : '';
      return `${isChanged ? CHANGED : ''}${value}`;
    }),
  });
  return [
    `## ${namesOf(series).map(escapeMarkdown).join(' · ')}`,
    toTable([
      words('started (UTC)', describeStart),
      words('commit', describeCommit),
      { ...words('runs', ({ runs }) => formatCount(runs)), align: 'right' },
      ...metrics.map(values),
      ...(shown.some(({ leftOut }) => leftOut !== null)
        ? [words('left out', ({ leftOut }) => leftOut ?? '')]
        : []),
    ]),
    from > 0 ? describeOlder(from) : '',
    toList([
      ...metrics.flatMap((metric) =>
        (changes.get(metric) ?? []).map((change) => `${metric} ${describeChange(change, series, metric)}`),
      ),
      ...(hosts === null ? [] : [hosts]),
    ]),
  ];
}
