/** Strategies against a reference on a terminal: a matrix of what each does better and worse, and never a winner. */

import { formatChange, formatMetric } from '../comparison/metric-words.ts';
import { medianOf } from '../comparison/samples.ts';
import type { ComparisonRecord, MetricSpec } from '../core/comparison.ts';
import type { Paint } from './look.ts';
import { type Column, fitColumns, renderTable } from './table.ts';
import { bullet, INDENT } from './terminal-parts.ts';
import { describeVerdict, paintVerdict } from './terminal-regression.ts';
import { plainText, wrap } from './text.ts';

/** The matrix, and what it would take to settle what is open. */
export function versusSections(record: ComparisonRecord, width: number, paint: Paint): string[][] {
  const arms = [...new Set(record.results.map(({ arm }) => arm))];
  if (arms.length === 0) return [];
  const resultOf = (arm: string, metric: string) =>
    record.results.find((result) => result.arm === arm && result.metric === metric);
  const columns = shownMetrics(record).map((spec): Column => {
    const results = arms.map((arm) => resultOf(arm, spec.name));
    return {
      header: plainText(spec.name),
      align: 'left',
      dropOrder: 0,
      cells: results.map((result) => {
        if (result === undefined) return '–';
        const change = formatChange(result, spec);
        const word = describeVerdict(result).replace('WORSE', 'worse');
        if (result.verdict === 'better' || result.verdict === 'worse') return `${word} ${change}`;
        return result.reason === 'inf-in-both' ? change : word;
      }),
      paint: (cell, row) => paintVerdict(results[row], cell, paint),
    };
  });
  const open = record.results.filter(
    ({ verdict, blocksToSettle, metric }) =>
      verdict === 'inconclusive' && blocksToSettle !== null && record.family.gated.includes(metric),
  );
  return [
    [
      ...renderMatrix(`versus ${plainText(record.reference)}`, arms, columns, width, paint),
      ...wrap(LEGEND, width, INDENT).map(paint.dim),
    ],
    open.flatMap(({ arm, metric, blocksToSettle }) =>
      bullet(`${arm}, ${metric}: about ${blocksToSettle} blocks would settle it`, width),
    ),
  ];
}

const LEGEND =
  '(change of the value, as the median of the blocks sees it; ?: cannot be told; never: more was not served than the percentile leaves out)';

/** The gated ones first, then the others that some arm has a number or a verdict for. */
function shownMetrics({ metrics, family, results }: ComparisonRecord): MetricSpec[] {
  const isGated = ({ name }: MetricSpec): boolean => family.gated.includes(name);
  const isKnown = ({ name }: MetricSpec): boolean =>
    results.some(
      ({ metric, verdict, estimate }) =>
        metric === name && (estimate !== null || verdict === 'better' || verdict === 'worse'),
    );
  return [...metrics.filter(isGated), ...metrics.filter((spec) => !isGated(spec) && isKnown(spec))];
}

/** Columns that do not fit beside each other stand below, with the names again: nothing is left out. */
function renderMatrix(
  corner: string,
  rows: readonly string[],
  columns: readonly Column[],
  width: number,
  paint: Paint,
): string[] {
  const names: Column = { header: corner, align: 'left', dropOrder: 0, cells: rows.map(plainText) };
  const lines: string[] = [];
  let rest = columns.map((column, at) => ({ ...column, dropOrder: at + 1 }));
  while (rest.length > 0) {
    const fitting = Math.max(1, fitColumns([names, ...rest], width - INDENT.length).length - 1);
    const table = renderTable(
      [names, ...rest.slice(0, fitting).map((one) => ({ ...one, dropOrder: 0 }))],
      width,
      {
        indent: INDENT,
        paintHeader: paint.dim,
      },
    );
    lines.push(...(lines.length === 0 ? [] : ['']), ...table);
    rest = rest.slice(fitting);
  }
  return lines;
}

/** Each arm's own values where nothing is proved about differences: the median of its runs. */
export function renderValues(record: ComparisonRecord, width: number, paint: Paint): string[] {
  const runsOf = (arm: string) => record.runs.filter((run) => run.arm === arm && run.rejected === null);
  const arms = record.arms.map(({ name }) => name);
  const columns = record.metrics
    .filter(({ name }) => record.runs.some(({ values }) => (values[name] ?? null) !== null))
    .map(
      (spec): Column => ({
        header: plainText(spec.name),
        align: 'right',
        dropOrder: 0,
        cells: arms.map((arm) =>
          formatMetric(medianOf(runsOf(arm).flatMap(({ values }) => values[spec.name] ?? [])), spec),
        ),
      }),
    );
  return columns.length === 0 ? [] : renderMatrix('', arms, columns, width, paint);
}
