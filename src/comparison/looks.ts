/** Looks at the data while it comes in, all of them planned before the first one. */
import type { ComparisonRecord } from '../core/comparison.ts';
import { lookLevels } from '../statistics/pocock.ts';
import type { Levels } from './verdict.ts';

export { LOOKS_MAX } from '../statistics/pocock.ts';

/** The levels at each of so many planned looks, such that all together are wrong no more often than a single one. */
export function levelsOf(looksPlanned: number): Levels {
  return lookLevels(looksPlanned);
}

/** No number of blocks makes up for a baseline that is not there, or for a metric that nobody measures. */
const OPEN_FOR_LACK_OF_RUNS: readonly string[] = [
  'inconclusive',
  'too_few_blocks',
  'expectation_open',
  'need_open',
];

/** Whether more blocks could still tell something: looks are left, and what decides is open for lack of runs alone. */
export function needsAnotherLook(record: ComparisonRecord): boolean {
  if (record.design.looksUsed >= record.design.looksPlanned) return false;
  const { status, reasons } = record.verdict;
  if (status === 'inconclusive') return reasons.some(({ code }) => OPEN_FOR_LACK_OF_RUNS.includes(code));
  return record.mode === 'versus' && status === 'pass' && hasOpenMetric(record);
}

/** Strategies against each other are played on until the metrics of the matrix have a word each. */
function hasOpenMetric({ results, family }: ComparisonRecord): boolean {
  return results.some(
    ({ metric, verdict, reason }) =>
      verdict === 'inconclusive' && reason !== 'inf-in-both' && family.gated.includes(metric),
  );
}
