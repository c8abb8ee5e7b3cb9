/** Why a run of an experiment does not count. */
import type { RunRecord } from '../../core/record.ts';

/** In words, or `null` for a run that counts. */
export function describeRejection(
  record: Pick<RunRecord, 'partial' | 'interruptedBy' | 'verdict'>,
): string | null {
  const [first] = record.verdict.reasons;
  if (record.interruptedBy !== null) return `interrupted by ${record.interruptedBy}`;
  if (record.partial) return `broke off${first === undefined ? '' : `: ${first.message}`}`;
  if (record.verdict.status === 'invalid') return `invalid${first === undefined ? '' : `: ${first.message}`}`;
  return null;
}
