/** Who pays with what: the Pareto front with those it leaves behind, and who satisfies the needs that were stated. */
import { formatMetric } from '../comparison/metric-words.ts';
import { DOMINANCE_UNKNOWN, OBJECTIVE_NAMES, OBJECTIVES, readDominance } from '../comparison/pareto.ts';
import type { ComparisonRecord } from '../core/comparison.ts';
import { formatCount } from '../core/units.ts';
import { NO_VALUE } from './format.ts';
import type { Paint } from './look.ts';
import { type Column, renderTable } from './table.ts';
import { bullet, INDENT, renderStatus } from './terminal-parts.ts';
import { plainText, wrap } from './text.ts';

/** What each arm pays with, and who is no worse at anything than somebody else. Empty for fewer than two arms with values. */
export function paretoSection(record: ComparisonRecord, width: number, paint: Paint): string[] {
  // An arm of which nothing is known is not dominated, and not on the front either.
  const pareto = record.pareto.filter(({ values }) => Object.values(values).some((value) => value !== null));
  if (pareto.length < 2) return [];
  const dominance = readDominance(record);
  const all: Column[] = [
    {
      header: 'price (lower is better)',
      align: 'left',
      dropOrder: 0,
      cells: pareto.map(({ arm }) => `${dominance?.front.includes(arm) ? '● ' : '  '}${plainText(arm)}`),
    },
    ...OBJECTIVE_NAMES.map(
      (objective, at): Column => ({
        header: OBJECTIVES[objective].header,
        align: 'right',
        dropOrder: at,
        cells: pareto.map(({ values }) => formatMetric(values[objective], OBJECTIVES[objective])),
      }),
    ),
  ];
  const columns = all.filter(({ cells }, at) => at === 0 || cells.some((cell) => cell !== NO_VALUE));
  const lines =
    dominance === null
      ? [`${DOMINANCE_UNKNOWN}.`]
      : [
          `● front: ${dominance.front.join(', ')}; each is best for somebody.`,
          ...dominance.dominated.map(
            ({ arm, dominatedBy }) => `${arm} is dominated by ${dominatedBy.join(' and ')}.`,
          ),
        ];
  return [
    ...renderTable(columns, width, { indent: INDENT, paintHeader: paint.dim }),
    ...lines.flatMap((line) => wrap(plainText(line), width, INDENT, INDENT.repeat(2))),
  ];
}

/** For each need: who satisfies it, why the others do not, and the smallest capacity that does. */
export function renderNeeds({ needs }: ComparisonRecord, width: number, paint: Paint): string[] {
  return needs.flatMap(({ expression, arms, smallestCapacity }) => {
    const satisfied = arms.filter(({ status }) => status === 'yes').length;
    return [
      ...wrap(
        `need ${plainText(expression)}: ${formatCount(satisfied)} of ${formatCount(arms.length)} satisfy it`,
        width,
        INDENT,
        INDENT.repeat(2),
      ),
      ...arms.flatMap(({ arm, status, because, isUnreplicated }) => {
        const why = because.length === 0 ? '' : `: ${because.join('; ')}`;
        const mark = isUnreplicated ? ' (unreplicated)' : '';
        return renderStatus(status, plainText(`${arm}${mark}${why}`), width, paint);
      }),
      ...(smallestCapacity === null
        ? []
        : bullet(
            `smallest capacity that satisfies it: ${formatCount(smallestCapacity.capacityItems)} items at ${smallestCapacity.boundary} (${smallestCapacity.arm})`,
            width,
          )),
    ];
  });
}
