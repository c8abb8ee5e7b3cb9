/** The verdict in marks and words. */
import type { RunRecord, VerdictStatus } from '../core/record.ts';
import { formatDurationMs } from '../core/units.ts';
import { plainText } from './text.ts';

export const VERDICT_MARKS: Record<
  VerdictStatus,
  { mark: string; word: string; hue: 'green' | 'red' | 'yellow' }
> = {
  pass: { mark: '✓', word: 'PASS', hue: 'green' },
  fail: { mark: '✗', word: 'FAIL', hue: 'red' },
  invalid: { mark: '✗', word: 'INVALID', hue: 'red' },
  stalled: { mark: '✗', word: 'STALLED', hue: 'red' },
};

/** Why a run is partial and how far it came; `null` for a whole one. */
export function describeInterruption(record: RunRecord): string | null {
  if (!record.partial) return null;
  const why = record.interruptedBy === null ? 'broke off' : `stopped by ${plainText(record.interruptedBy)}`;
  return `PARTIAL: ${why} after ${formatDurationMs(record.durationMs)}; ${formatDurationMs(record.plannedDurationMs)} were planned`;
}
