/**
 * Mistakes and broken promises. Expected ends (dropped, full, closed) are values, never errors.
 *
 * Each code is stable: scripts may match it. The exit code says how the command ends when the error
 * reaches the top (`EXIT` in `exit-codes.ts`).
 */
import { EXIT, type ExitCode } from './exit-codes.ts';

export const ERROR_EXIT = {
  BPB_ERR_USAGE: EXIT.usage,
  BPB_ERR_UNKNOWN_NAME: EXIT.usage,
  BPB_ERR_SCENARIO: EXIT.usage,
  BPB_ERR_STRATEGY: EXIT.usage,
  BPB_ERR_TARGET_NOT_ALLOWED: EXIT.usage,
  BPB_ERR_RESULTS_NOT_WRITABLE: EXIT.usage,
  BPB_ERR_TOO_FEW_FILE_DESCRIPTORS: EXIT.usage,
  BPB_ERR_START_FAILED: EXIT.unreachable,
  BPB_ERR_PROCESS_DIED: EXIT.unreachable,
  BPB_ERR_UNREACHABLE: EXIT.unreachable,
  BPB_ERR_WRITE_FAILED: EXIT.internal,
  BPB_ERR_INTERNAL: EXIT.internal,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof ERROR_EXIT;

export interface BenchErrorOptions {
  /** What to try next, one line per idea. */
  readonly hints?: readonly string[];
  readonly cause?: unknown;
}

export class BenchError extends Error {
  readonly code: ErrorCode;
  readonly hints: readonly string[];

  constructor(code: ErrorCode, message: string, options: BenchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BenchError';
    this.code = code;
    this.hints = options.hints ?? [];
  }

  get exitCode(): ExitCode {
    return ERROR_EXIT[this.code];
  }
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
