/** Needs and prices of a comparison as Markdown: who satisfies what, and who is dominated by whom; never a winner. */
import { formatMetric } from '../comparison/metric-words.ts';
import { DOMINANCE_UNKNOWN, OBJECTIVE_NAMES, OBJECTIVES, readDominance } from '../comparison/pareto.ts';
import type { ComparisonRecord } from '../core/comparison.ts';
import { NO_VALUE } from './format.ts';
import { toList, toTable } from './markdown-text.ts';
import type { Column } from './table.ts';

/** What each arm pays with, each lower is better; nothing for fewer than two arms, or without a run that counts. */
export function paretoBlocks(record: ComparisonRecord): string[] {
  const { pareto } = record;
  if (pareto.length < 2) return [];
  const names: Column = {
    header: 'price (lower is better)',
    align: 'left',
    dropOrder: 0,
    cells: pareto.map(({ arm }) => arm),
  };
  const objectives = OBJECTIVE_NAMES.map(
    (name): Column => ({
      header: OBJECTIVES[name].header,
      align: 'right',
      dropOrder: 0,
      cells: pareto.map(({ values }) => formatMetric(values[name], OBJECTIVES[name])),
    }),
  );
  const known = objectives.filter(({ cells }) => cells.some((cell) => cell !== NO_VALUE));
  if (known.length === 0) return [];
  const dominance = readDominance(record);
  const lines =
    dominance === null
      ? [DOMINANCE_UNKNOWN]
      : [
          `not dominated: ${dominance.front.join(', ')}`,
          ...dominance.dominated.map(
            ({ arm, dominatedBy }) => `${arm} is dominated by ${dominatedBy.join(' and ')}`,
          ),
        ];
  return [toTable([names, ...known]), toList(lines)];
}

/** One section for all needs. */
export function needSections({ needs }: ComparisonRecord): [title: string, ...blocks: string[]][] {
  const items = needs.flatMap(({ expression, arms, smallestCapacity }) => [
    ...arms.map(({ arm, status, because, isUnreplicated }) => {
      const why = because.length === 0 ? '' : `: ${because.join('; ')}`;
      return `${expression}: ${status}, ${arm}${isUnreplicated ? ' (unreplicated)' : ''}${why}`;
    }),
    ...(smallestCapacity === null
      ? []
      : [
          `${expression}: smallest capacity ${smallestCapacity.capacityItems} items at ${smallestCapacity.boundary} (${smallestCapacity.arm})`,
        ]),
  ]);
  return [['Needs', toList(items)]];
}
