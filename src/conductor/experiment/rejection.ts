/** Why a run of an experiment does not count. */
import type { RunRecord } from '../../core/record.ts';
import { driftOf, isDrifting } from './calibration.ts';

/** In words, or `null` for a run that counts. `all` are the calibrations of the experiment so far. */
export function describeRejection(
  record: Pick<RunRecord, 'partial' | 'interruptedBy' | 'verdict'>,
  calibrationMs: number | null,
  all: readonly number[],
): string | null {
  const [first] = record.verdict.reasons;
  if (record.interruptedBy !== null) return `interrupted by ${record.interruptedBy}`;
  if (record.partial) return `broke off${first === undefined ? '' : `: ${first.message}`}`;
  if (record.verdict.status === 'invalid') return `invalid${first === undefined ? '' : `: ${first.message}`}`;
  if (calibrationMs === null || !isDrifting(calibrationMs, all)) return null;
  const isSlower = driftOf(calibrationMs, all) > 0;
  return `the processor was clearly ${isSlower ? 'slower' : 'faster'} before it than in the middle of the experiment`;
}
