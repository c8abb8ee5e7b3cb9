/** How `run` and `compare` end: the verdict, what failed beside it, and the files that were asked for. */
import { BenchError, messageOf } from '../core/errors.ts';
import { EXIT, type ExitCode, mergeExitCodes } from '../core/exit-codes.ts';
import { writeErr } from './streams.ts';

/** Verdict codes that --exit-zero turns into 0; what could not be run stays what it is. */
const VERDICT_CODES: readonly ExitCode[] = [EXIT.regression, EXIT.invalid, EXIT.stalled, EXIT.checkFailed];

/**
 * Tells every failure on stderr, runs `writeFiles`, and merges all codes. A file that cannot be written fails the
 * command and not its verdict.
 */
export async function endWith(
  verdicts: readonly ExitCode[],
  failures: readonly BenchError[],
  options: { readonly exitZero?: boolean },
  writeFiles: () => Promise<void>,
): Promise<ExitCode> {
  const codes = [...verdicts];
  const tell = (failure: BenchError): void => {
    writeErr(`bpbench: ${failure.message}\n${failure.hints.map((hint) => `  try: ${hint}\n`).join('')}`);
    // Usage would say that nothing was sent.
    codes.push(failure.exitCode === EXIT.usage ? EXIT.internal : failure.exitCode);
  };
  for (const failure of failures) tell(failure);
  try {
    await writeFiles();
  } catch (thrown) {
    tell(thrown instanceof BenchError ? thrown : new BenchError('BPB_ERR_INTERNAL', messageOf(thrown)));
  }
  const code = mergeExitCodes(codes);
  return options.exitZero === true && VERDICT_CODES.includes(code) ? EXIT.ok : code;
}
