/** One folder of events is one server's: two would give ids in turn, and readers of the one miss what the other takes. */
import { join } from 'node:path';
import { BenchError } from '../core/errors.ts';

/** Empty, and it stays: whoever removes it takes it from under somebody who has just opened it. */
const LOCK_FILE = 'serve.lock';
/** `SQLITE_BUSY`, in the low byte of SQLite's error codes. */
const BUSY = 5;

/**
 * Holds `folder` until the lock is disposed of, or the process ends, however it ends: the kernel keeps the lock.
 * Errors: BPB_ERR_USAGE where another process holds it. A folder that cannot be written is left to the store, which
 * knows more about why.
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  const { DatabaseSync } = await import('node:sqlite');
  let lock: InstanceType<typeof DatabaseSync> | undefined;
  try {
    lock = new DatabaseSync(join(folder, LOCK_FILE));
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    lock = undefined;
    if (isBusy(cause)) {
      throw new BenchError('BPB_ERR_USAGE', `--data: another bpbench serve uses ${folder}`, {
        hints: ['end that one, or name another folder'],
        cause,
      });
    }
  }
  return { [Symbol.dispose]: () => lock?.close() };
}

function isBusy(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : undefined;
  return typeof code === 'number' && (code & 0xff) === BUSY;
}
