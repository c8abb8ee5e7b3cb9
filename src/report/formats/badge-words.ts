/** What a badge says, in both of its forms. */

import { NOTHING_JUDGED } from '../../comparison/gate.ts';
import type { ComparisonStatus } from '../../core/comparison.ts';
import type { Report } from '../report.ts';
import { plainText, truncate } from '../text.ts';
import { isUnjudged } from '../verdict-words.ts';

export interface BadgeWords {
  readonly label: string;
  readonly message: string;
  /** A word beside the colour: `passing` is green and `failing` is red, but neither says so by colour alone. */
  readonly color: 'green' | 'red' | 'yellow' | 'lightgrey';
}

const MAX_COLUMNS = 40;

const MESSAGES: Record<ComparisonStatus, Pick<BadgeWords, 'message' | 'color'>> = {
  pass: { message: 'passing', color: 'green' },
  fail: { message: 'failing', color: 'red' },
  stalled: { message: 'stalled', color: 'red' },
  inconclusive: { message: 'inconclusive', color: 'yellow' },
  invalid: { message: 'invalid', color: 'lightgrey' },
};

/** As JUnit, where a file without a test case is an error. */
const NO_CHECKS = { message: 'no checks', color: 'lightgrey' } as const;

/** A partial result is never green, and neither is one of which nothing was asked. */
export function badgeWordsOf({ record }: Report): BadgeWords {
  const scenario = record.kind === 'run' ? record.scenario.name : record.plan.scenario.name;
  const label = truncate(plainText(`bpbench ${scenario}`).trim(), MAX_COLUMNS);
  const { status } = record.verdict;
  if (record.partial && status !== 'invalid') return { label, message: 'partial', color: 'yellow' };
  const isOpen =
    record.kind === 'run'
      ? isUnjudged(record)
      : record.verdict.reasons.some(({ code }) => code === NOTHING_JUDGED.code);
  return { label, ...(isOpen ? NO_CHECKS : MESSAGES[status]) };
}
