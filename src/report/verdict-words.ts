/** The verdict in marks and words. */
import type { RunRecord, VerdictStatus } from '../core/record.ts';
import { formatDurationMs } from '../core/units.ts';
import { plainText } from './text.ts';
import { describeValidity } from './validity-words.ts';

interface VerdictMark {
  readonly mark: string;
  readonly word: string;
  readonly hue: 'green' | 'red' | 'yellow';
}

const VERDICT_MARKS: Record<VerdictStatus, VerdictMark> = {
  pass: { mark: '✓', word: 'PASS', hue: 'green' },
  fail: { mark: '✗', word: 'FAIL', hue: 'red' },
  invalid: { mark: '✗', word: 'INVALID', hue: 'red' },
  stalled: { mark: '✗', word: 'STALLED', hue: 'red' },
};

/** Passed without a check that could have failed: its command ends with 0, and nobody shall take it for proof. */
const NO_CHECKS: VerdictMark = { mark: '?', word: 'NO CHECKS', hue: 'yellow' };

const PARTIAL: VerdictMark = { mark: '!', word: 'PARTIAL', hue: 'yellow' };

/** A run that did not come to its end is called that, unless what there is of it is false. */
export function verdictMarkOf({
  verdict,
  partial,
  validity,
  checks,
}: Pick<RunRecord, 'verdict' | 'partial' | 'validity' | 'checks'>): VerdictMark {
  if (partial && validity.status !== 'invalid') return PARTIAL;
  return isUnjudged({ verdict, checks }) ? NO_CHECKS : VERDICT_MARKS[verdict.status];
}

/** `nothing was judged: no checks; valid: every event accounted for`. */
export function describeJudgement(record: RunRecord): string {
  const validity = describeValidity(record);
  return isUnjudged(record) ? `${NO_CHECKS_MESSAGE}; ${validity}` : validity;
}

export const NO_CHECKS_MESSAGE = 'nothing was judged: no checks';

/** Whether a run passed only because nothing was asked of it. */
export function isUnjudged({ verdict, checks }: Pick<RunRecord, 'verdict' | 'checks'>): boolean {
  return verdict.status === 'pass' && checks.length === 0;
}

/** Why a run is partial and how far it came; `null` for a whole one. */
export function describeInterruption(record: RunRecord): string | null {
  if (!record.partial) return null;
  const why = record.interruptedBy === null ? 'broke off' : `stopped by ${plainText(record.interruptedBy)}`;
  return `${why} after ${formatDurationMs(record.durationMs)}; ${formatDurationMs(record.plannedDurationMs)} were planned`;
}
