import { EXIT, type ExitCode, mergeExitCodes } from '../core/exit-codes.ts';
import type { RunRecord, VerdictStatus } from '../core/record.ts';

const OF_VERDICT: Record<VerdictStatus, ExitCode> = {
  pass: EXIT.ok,
  fail: EXIT.checkFailed,
  invalid: EXIT.invalid,
  stalled: EXIT.stalled,
};

/**
 * How the command of one run ends: its verdict, outranked by a signal, outranked by a process that ended
 * before its time. A partial run is never ok.
 */
export function exitCodeOf(record: Pick<RunRecord, 'verdict' | 'partial' | 'interruptedBy'>): ExitCode {
  const codes: ExitCode[] = [OF_VERDICT[record.verdict.status]];
  if (record.interruptedBy !== null) {
    codes.push(record.interruptedBy === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint);
  } else if (record.partial) {
    codes.push(EXIT.unreachable);
  }
  return mergeExitCodes(codes);
}
