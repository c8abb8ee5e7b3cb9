/** The database file: its schema, whose it is, and how it is opened. Runs on the store's threads. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { whenUnlocked } from './lock-wait.ts';
import type { ThreadConfig } from './messages.ts';
import { refuseUnwritable, storeErrorOf } from './problem.ts';
import { StoreError } from './store.ts';

/** 'bpbe' in ASCII, in the file's header: tells our files from those of other programs. */
export const APPLICATION_ID = 0x62706265;
export const SCHEMA_VERSION = 1;

/** Larger files are not read through when they are opened: 256 MiB take about a quarter of a second. */
const MAX_CHECKED_BYTES = 256 * 1024 * 1024;

/**
 * AUTOINCREMENT: an id is never given again, also when retention has emptied the table. `created_at` stands before
 * the payload, so that retention reads no overflow pages.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    aggregate_type TEXT,
    aggregate_id TEXT,
    event_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_by_aggregate ON events (aggregate_type, aggregate_id, sequence);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/**
 * Opens the file for writing, and makes it where it is not there. Errors: StoreError; the file of another program or
 * of a later version stays as it is.
 */
export function openForWriting(config: ThreadConfig): DatabaseSync {
  const { path, busyTimeoutMs } = config;
  let database: DatabaseSync | undefined;
  try {
    refuseUnwritable(path);
    const opened = new DatabaseSync(path);
    database = opened;
    whenUnlocked(path, busyTimeoutMs, () => {
      const isNew = isEmpty(opened, path);
      useWal(opened, path);
      opened.exec(`PRAGMA synchronous = ${config.synchronous}; PRAGMA trusted_schema = OFF`);
      // A file that may only be read opens too, and only a statement that would write is refused.
      inTransaction(opened, () => opened.exec(isNew ? SCHEMA : 'DELETE FROM events WHERE FALSE'));
    });
    refuseDamaged(opened, path);
    return opened;
  } catch (thrown) {
    database?.close();
    throw storeErrorOf(thrown, path);
  }
}

/** Opens the file of a writer that is open. Errors: StoreError. */
export function openForReading(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true });
  } catch (thrown) {
    throw storeErrorOf(thrown, path);
  }
}

/** Runs `action` in a transaction of its own; nothing of it stays when it throws. */
export function inTransaction<T>(database: DatabaseSync, action: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = action();
    database.exec('COMMIT');
    return result;
  } catch (thrown) {
    // A full disk, for one, has rolled it back already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}

export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** Refuses what is not ours. */
function isEmpty(database: DatabaseSync, path: string): boolean {
  const owner = pragma(database, 'application_id');
  const version = Number(pragma(database, 'user_version'));
  const hasSchema = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (!hasSchema && owner === 0 && version === 0) return true;
  if (owner !== APPLICATION_ID) {
    throw new StoreError('foreign', `${path} is a database of another program: give another file`);
  }
  if (version !== SCHEMA_VERSION) {
    throw new StoreError(
      'foreign',
      `${path} is an event store of version ${version}, and this bpbench knows version ${SCHEMA_VERSION}: ` +
        'use the bpbench that made it, or another file',
    );
  }
  return false;
}

function useWal(database: DatabaseSync, path: string): void {
  const mode = pragma(database, 'journal_mode = WAL');
  if (mode === 'wal') return;
  throw new StoreError(
    'io',
    `the file system of ${path} cannot share a write-ahead log (journal mode ${mode}): use a local one`,
  );
}

function refuseDamaged(database: DatabaseSync, path: string): void {
  if (statSync(path).size > MAX_CHECKED_BYTES) return;
  const finding = pragma(database, 'quick_check(1)');
  if (finding === 'ok') return;
  throw Object.assign(new Error(String(finding)), { errcode: 11 });
}
