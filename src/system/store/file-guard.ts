/**
 * Notices what SQLite does not: a database that was deleted, replaced or cut while it is open. It would go on writing
 * to a file that nobody can open again, and events would be acknowledged that the next start does not find.
 */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { monotonicMs } from '../../core/clock.ts';
import { pragma } from './database.ts';
import { sleepMs } from './lock-wait.ts';
import { lockedError } from './problem.ts';
import { StoreError } from './store.ts';

/** One answer of the reader takes a few milliseconds. */
const MAX_READER_MS = 1000;
const RETRY_MS = 5;

export class FileGuard {
  readonly #database: GuardedFile;
  readonly #log: GuardedFile;

  /** `database` is open, and its log is there. */
  constructor(database: DatabaseSync, path: string) {
    // A VACUUM of somebody else makes the file smaller too, and all its pages are there.
    this.#database = new GuardedFile(path, (sizeBytes) => {
      const pages = Number(pragma(database, 'page_count'));
      return sizeBytes < pages * Number(pragma(database, 'page_size'));
    });
    // Somebody's checkpoint may have emptied the log: then it can be begun anew. One that was cut cannot be read.
    this.#log = new GuardedFile(`${path}-wal`, () => {
      try {
        beginLogAnew(database, path);
        return false;
      } catch (thrown) {
        if (thrown instanceof StoreError) throw thrown;
        return true;
      }
    });
  }

  /** Errors: StoreError; again each time while it is so. */
  check(): void {
    this.#database.check();
    this.#log.check();
  }
}

/** Folds the log into the database; readers may be at it for a moment. Errors: StoreError, and what SQLite throws. */
function beginLogAnew(database: DatabaseSync, path: string): void {
  const startMs = monotonicMs();
  while (pragma(database, 'wal_checkpoint(RESTART)') !== 0) {
    const waitedMs = monotonicMs() - startMs;
    if (waitedMs > MAX_READER_MS) throw lockedError(path, waitedMs);
    sleepMs(RETRY_MS);
  }
}

class GuardedFile {
  readonly #path: string;
  readonly #isCutAt: (sizeBytes: number) => boolean;
  #inode: number | undefined;
  #sizeBytes = 0;
  #isCut = false;

  constructor(path: string, isCutAt: (sizeBytes: number) => boolean) {
    this.#path = path;
    this.#isCutAt = isCutAt;
  }

  check(): void {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    this.#inode ??= found?.ino;
    if (found?.ino !== this.#inode) {
      throw new StoreError(
        'io',
        `${this.#path} was ${found === undefined ? 'deleted or moved' : 'replaced'} while the event store is open: ` +
          'put the same file back and it goes on, or restart to begin anew',
      );
    }
    const sizeBytes = found?.size ?? 0;
    if (sizeBytes < this.#sizeBytes) this.#isCut ||= this.#isCutAt(sizeBytes);
    this.#sizeBytes = sizeBytes;
    if (this.#isCut) {
      throw new StoreError(
        'corrupt',
        `${this.#path} was truncated while the event store is open, and events are lost: ` +
          'stop, move it away or put a copy back, and start again',
      );
    }
  }
}
