/** What a badge says, in both of its forms. */
import type { ComparisonStatus } from '../../core/comparison.ts';
import type { Report } from '../report.ts';
import { plainText, truncate } from '../text.ts';

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

/** A partial result is never green. */
export function badgeWordsOf({ record }: Report): BadgeWords {
  const scenario = record.kind === 'run' ? record.scenario.name : record.plan.scenario.name;
  const label = truncate(plainText(`bpbench ${scenario}`).trim(), MAX_COLUMNS);
  const { status } = record.verdict;
  if (record.partial && status !== 'invalid') return { label, message: 'partial', color: 'yellow' };
  return { label, ...MESSAGES[status] };
}
