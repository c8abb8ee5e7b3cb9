/** The results of one series as a table: when, which version, how much, and why one does not count. */
import { countOf } from '../../../comparison/counts.ts';
import { findChanges } from '../../trend/find-changes.ts';
import { metricOf, specOf, type TrendPoint, type TrendSeries } from '../../trend/trend.ts';
import { describeCommit, describeStart, firstShown, listHosts, namesOf } from '../../trend/words.ts';
import { html, label, type Markup } from '../markup.ts';
import { quantityOf } from '../quantity.ts';
import { renderStatus } from '../status.ts';
import { numbers, renderTable, type TableColumn, words } from '../table.ts';

/** The newest `limit` open, older ones folded; 0 for all open. */
export function renderResults(series: TrendSeries, metrics: readonly string[], limit: number): Markup {
  const from = firstShown(series, limit);
  const name = namesOf(series).map(label).join(', ');
  const columns = columnsOf(series, metrics);
  const part = (start: number, end?: number) =>
    columns.map((column) => ({ ...column, cells: column.cells.slice(start, end) }));
  return html`<h3>Results</h3>
${
  from > 0 &&
  html`<details>
<summary>${countOf(from, 'older result')}</summary>
${renderTable(`Older results of ${name}`, part(0, from))}</details>
`
}${renderTable(`Results of ${name}, oldest first`, part(from))}`;
}

function columnsOf(series: TrendSeries, metrics: readonly string[]): TableColumn[] {
  const { points } = series;
  const hosts = listHosts(series);
  const changed = points.map((_, at) =>
    metrics.filter((metric) => findChanges(series, metric).some(({ index }) => index === at)),
  );
  const hasRemark = points.map(({ leftOut }, at) => leftOut !== null || (changed[at]?.length ?? 0) > 0);
  const column = (header: string, cellOf: (point: TrendPoint) => string): TableColumn =>
    words(header, points.map(cellOf));
  return [
    column('started (UTC)', describeStart),
    column('commit', describeCommit),
    numbers(
      'runs',
      'count',
      points.map(({ runs }) => runs),
    ),
    ...metrics.map((metric) => {
      const { unit, direction } = specOf(metric);
      const { quantity } = quantityOf(unit);
      return numbers(
        metric,
        quantity,
        points.map((point) => metricOf(point, metric)),
        direction,
      );
    }),
    ...(hasRemark.includes(true)
      ? [
          words(
            'remark',
            points.map(({ leftOut }, at) => renderRemark(leftOut, changed[at] ?? [])),
          ),
        ]
      : []),
    ...(hosts.length === 1 ? [] : [column('host', ({ host }) => String(hosts.indexOf(host) + 1))]),
  ];
}

function renderRemark(leftOut: string | null, changed: readonly string[]): Markup {
  if (leftOut !== null) return renderStatus('doubt', `left out: ${leftOut}`);
  return html`${changed.length > 0 && `changed? ${changed.join(', ')}`}`;
}
