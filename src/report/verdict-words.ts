/** The verdict in marks and words. */
import type { RunRecord, VerdictStatus } from '../core/record.ts';
import { formatDurationMs } from '../core/units.ts';
import { plainText } from './text.ts';

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

const PARTIAL: VerdictMark = { mark: '!', word: 'PARTIAL', hue: 'yellow' };

/** A run that did not come to its end is called that, unless what there is of it is false. */
export function verdictMarkOf({
  verdict,
  partial,
  validity,
}: Pick<RunRecord, 'verdict' | 'partial' | 'validity'>): VerdictMark {
  return partial && validity.status !== 'invalid' ? PARTIAL : VERDICT_MARKS[verdict.status];
}

/** Why a run is partial and how far it came; `null` for a whole one. */
export function describeInterruption(record: RunRecord): string | null {
  if (!record.partial) return null;
  const why = record.interruptedBy === null ? 'broke off' : `stopped by ${plainText(record.interruptedBy)}`;
  return `${why} after ${formatDurationMs(record.durationMs)}; ${formatDurationMs(record.plannedDurationMs)} were planned`;
}
