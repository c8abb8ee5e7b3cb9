/**
 * A program that appends until it is killed, and writes `id text` for each acknowledged event, at once.
 * Arguments: the file; what a commit waits for, or `early` for a store that acknowledges before its commit, as one
 * that must be caught; a prefix of the texts; how many events (without it: until it is killed).
 */
import { writeSync } from 'node:fs';
import type { StoreSettings } from '../../src/core/plan.ts';
import { sleepMs } from '../../src/system/store/lock-wait.ts';
import { openStore, textEvent } from './store.ts';

const LANES = 8;
const EARLY_COMMIT_EVENTS = 20;
const EARLY_WAIT_MS = 20;

const [file = '', mode = 'full', prefix = '', count = 'Infinity'] = process.argv.slice(2);

/** Some fill pages of their own, so that a commit has many parts that a kill can come between. */
function textOf(number: number): string {
  return `${prefix}-${number}`.padEnd(number % 5 === 0 ? 20_000 : 50, '.');
}

function acknowledge(id: number | bigint, text: string): void {
  let rest = Buffer.from(`${id} ${text.slice(0, 50)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // The pipe is full: its reader is slow.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      sleepMs(1);
    }
  }
}

async function appendSoundly(synchronous: StoreSettings['synchronous']): Promise<void> {
  const store = await openStore(file, { synchronous, keepEvents: 100_000 });
  let number = 0;
  const lane = async (): Promise<void> => {
    while (number < Number(count)) {
      const text = textOf(number++);
      acknowledge((await store.append(textEvent(text, { key: `k:${number % 10}` }))).id, text);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await store.close();
}

async function appendEarly(): Promise<void> {
  const made = await openStore(file, {});
  await made.close();
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = full');
  const insert = database.prepare(
    "INSERT INTO events (event_type, created_at, metadata, payload) VALUES ('', 0, '{}', ?)",
  );
  for (let number = 0; ; ) {
    database.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < EARLY_COMMIT_EVENTS; i++) {
      const text = textOf(number++);
      acknowledge(insert.run(text).lastInsertRowid, text);
    }
    sleepMs(EARLY_WAIT_MS);
    database.exec('COMMIT');
  }
}

if (mode === 'early') await appendEarly();
else await appendSoundly(mode as StoreSettings['synchronous']);
