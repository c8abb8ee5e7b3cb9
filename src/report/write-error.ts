/** What the file system refused, as an error that says what to do about it. */
import { BenchError, messageOf } from '../core/errors.ts';

/** Refusals that another folder would not have: the place is wrong, not the disk. */
const WRONG_PLACE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EEXIST',
]);

const HINTS: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space',
  EMFILE: 'too many files are open: raise the limit with ulimit -n',
  ENFILE: 'too many files are open on this host',
  EROFS: 'this file system is read-only: choose another folder',
  EACCES: 'choose a folder that you may write to, or change its permissions',
  EPERM: 'choose a folder that you may write to, or change its permissions',
};

/** BPB_ERR_RESULTS_NOT_WRITABLE when the place cannot be written, BPB_ERR_WRITE_FAILED when writing broke. */
export function describeWriteError(path: string, thrown: unknown): BenchError {
  if (thrown instanceof BenchError) return thrown;
  const code = errorCodeOf(thrown);
  const hint = HINTS[code] ?? 'choose another folder for the results';
  return WRONG_PLACE.has(code)
    ? new BenchError('BPB_ERR_RESULTS_NOT_WRITABLE', `cannot write ${path}: ${messageOf(thrown)}`, {
        hints: [hint],
        cause: thrown,
      })
    : new BenchError('BPB_ERR_WRITE_FAILED', `writing ${path} failed: ${messageOf(thrown)}`, {
        hints: [hint],
        cause: thrown,
      });
}

/** `ENOSPC` and the like; empty for what is no system error. */
export function errorCodeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
