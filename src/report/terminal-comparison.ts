/** Several strategies side by side on a terminal. */
import type { RunRecord } from '../core/record.ts';
import {
  compareRun,
  comparisonColumns,
  describeCohorts,
  describeComparison,
  findMismatches,
} from './comparison.ts';
import { createPaint, finish, type Look, usableWidth } from './look.ts';
import { type Column, renderTable } from './table.ts';
import { plainText, wrap, wrapCommand } from './text.ts';
import { verdictMarkOf } from './verdict-words.ts';

const INDENT = '  ';

/**
 * One row for each run, then what the rows say in words. Of several groups each cell shows the worst.
 * Pure; ends with a line break. Width and texts as in `renderSummary`.
 */
export function renderComparison(records: readonly RunRecord[], options: Look): string {
  const width = usableWidth(options);
  const paint = createPaint(options.color);
  const [first] = records;
  if (first === undefined) return finish(['nothing to compare: no run'], options);
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
  const title = `${plainText(first.scenario.name)} · ${runs.length} run${runs.length === 1 ? '' : 's'} · seed ${first.seed}`;
  const sections = [
    [
      ...wrap(title, width).map(paint.bold),
      ...(mismatches.length === 0
        ? []
        : wrap(`! these runs differ in more than the strategy: ${mismatches.join('; ')}`, width, '', INDENT)),
    ],
    [
      ...renderTable(columns, width, { indent: INDENT, paintHeader: paint.dim }),
      ...(cohorts === null ? [] : wrap(cohorts, width, INDENT).map(paint.dim)),
    ],
    records.flatMap((record) =>
      record.verdict.status === 'pass'
        ? []
        : record.verdict.reasons.flatMap(({ message }) =>
            wrap(
              `${plainText(record.strategyName)}: ${plainText(message)}`,
              width,
              `${INDENT}${verdictMarkOf(record).mark} `,
              INDENT.repeat(2),
            ),
          ),
    ),
    describeComparison(runs).flatMap((line) => wrap(line, width, `${INDENT}• `, INDENT.repeat(2))),
    wrapCommand(plainText(first.command), width, `${INDENT}again: `, INDENT.repeat(3)),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return finish(
    filled.flatMap((lines, at) => (at === 0 ? lines : ['', ...lines])),
    options,
  );
}
