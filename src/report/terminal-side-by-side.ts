/** Single runs side by side on a terminal: what one run each shows, and proves of nothing. */
import type { RunRecord } from '../core/record.ts';
import {
  compareRun,
  comparisonColumns,
  describeCohorts,
  describeComparison,
  findMismatches,
} from './comparison.ts';
import type { Paint } from './look.ts';
import { type Column, renderTable } from './table.ts';
import { bullet, HANG, INDENT } from './terminal-parts.ts';
import { plainText, wrap } from './text.ts';
import { verdictMarkOf } from './verdict-words.ts';

/**
 * What differs and should not, the table with a row for each run, why runs did not pass, and what the table says in
 * words. Of several groups each cell shows the worst. Width and texts as in `renderSummary`.
 */
export function sideBySideSections(records: readonly RunRecord[], width: number, paint: Paint): string[][] {
  const [first] = records;
  if (first === undefined) return [];
  const runs = records.map(compareRun);
  const columns = comparisonColumns(runs).map((column): Column => {
    if (column.header !== 'verdict') return column;
    return {
      ...column,
      paint: (cell, row) => paint[verdictMarkOf(records[row] ?? first).hue](cell),
    };
  });
  const cohorts = describeCohorts(first);
  const mismatches = findMismatches(records);
  return [
    mismatches.length === 0
      ? []
      : wrap(`! these runs differ in more than the strategy: ${mismatches.join('; ')}`, width, '', INDENT),
    [
      ...renderTable(columns, width, { indent: INDENT, paintHeader: paint.dim }),
      ...(cohorts === null ? [] : wrap(cohorts, width, INDENT).map(paint.dim)),
    ],
    records.flatMap((record) => listReasons(record, width)),
    describeComparison(runs).flatMap((line) => bullet(line, width)),
  ];
}

function listReasons(record: RunRecord, width: number): string[] {
  if (record.verdict.status === 'pass') return [];
  const { mark } = verdictMarkOf(record);
  return record.verdict.reasons.flatMap(({ message }) =>
    wrap(`${plainText(record.strategyName)}: ${plainText(message)}`, width, `${INDENT}${mark} `, HANG),
  );
}
