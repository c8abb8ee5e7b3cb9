/** Writes events to the database, a batch to a transaction. Runs on the writer's thread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { monotonicMs, wallTimeIso } from '../../core/clock.ts';
import { inTransaction, openForWriting } from './database.ts';
import { FileGuard } from './file-guard.ts';
import { sleepMs, whenUnlocked } from './lock-wait.ts';
import type { Committed, EventColumns, StoreRange, ThreadConfig } from './messages.ts';
import { storeErrorOf } from './problem.ts';
import { Retention } from './retention.ts';
import { encodeMetadata, splitKey } from './row.ts';

/** What retention deletes beside what comes in: catches up, and never makes one commit long. */
const EXTRA_TRIMMED = 256;
const TRIMMED_AT_OPEN = 5000;
const MAX_TRIM_AT_OPEN_MS = 2000;

export class EventWriter {
  readonly #database: DatabaseSync;
  readonly #config: ThreadConfig;
  readonly #insert: StatementSync;
  readonly #retention: Retention;
  readonly #files: FileGuard;
  #headId: number;
  #oldestId: number;

  /** Errors: StoreError. */
  constructor(config: ThreadConfig) {
    this.#config = config;
    this.#database = openForWriting(config);
    try {
      this.#files = new FileGuard(this.#database, config.path);
      this.#insert = this.#database.prepare(
        'INSERT INTO events (aggregate_type, aggregate_id, event_type, created_at, metadata, payload) VALUES (?, ?, ?, ?, ?, ?)',
      );
      this.#retention = new Retention(this.#database, config.keepEvents, config.keepMs);
      this.#headId = this.#readHeadId();
      this.#oldestId = this.#retention.oldestId(this.#headId);
      this.#trimAtOpen();
    } catch (thrown) {
      this.#database.close();
      throw storeErrorOf(thrown, config.path);
    }
  }

  get range(): StoreRange {
    return { headId: this.#headId, oldestId: this.#oldestId };
  }

  /** All of them or none. Errors: StoreError, 'locked' after `patienceMs`. */
  commit(events: EventColumns, patienceMs: number): Committed {
    const { path, writeMs } = this.#config;
    const createdAtMs = wallTimeMs();
    try {
      this.#files.check();
      const range = whenUnlocked(path, patienceMs, () =>
        inTransaction(this.#database, () => this.#write(events, createdAtMs)),
      );
      this.#files.check();
      this.#headId = range.headId;
      this.#oldestId = range.oldestId;
    } catch (thrown) {
      throw storeErrorOf(thrown, path);
    }
    sleepMs(writeMs);
    return { ...this.range, firstId: this.#headId - events.texts.length + 1, createdAtMs };
  }

  close(): void {
    this.#database.close();
  }

  #write(events: EventColumns, createdAtMs: number): StoreRange {
    const { texts, types, keys, classes, flows } = events;
    let headId = this.#headId;
    for (let i = 0; i < texts.length; i++) {
      const { aggregateType, aggregateId } = splitKey(keys[i] ?? null);
      const { lastInsertRowid } = this.#insert.run(
        aggregateType,
        aggregateId,
        types[i] as string,
        createdAtMs,
        encodeMetadata(classes[i] as number, flows[i] as string),
        texts[i] as string,
      );
      headId = Number(lastInsertRowid);
    }
    const limit = 2 * texts.length + EXTRA_TRIMMED;
    return { headId, oldestId: this.#retention.trim(this.#oldestId, headId, createdAtMs, limit) };
  }

  #readHeadId(): number {
    const row = this.#database
      .prepare(
        "SELECT max(ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0), ifnull((SELECT max(sequence) FROM events), 0)) AS id",
      )
      .get();
    return Number(row?.['id']);
  }

  /** What a shorter retention, or the time since the last run, has made too old. */
  #trimAtOpen(): void {
    const startMs = monotonicMs();
    for (let before = -1; before !== this.#oldestId && monotonicMs() - startMs < MAX_TRIM_AT_OPEN_MS; ) {
      before = this.#oldestId;
      this.#oldestId = inTransaction(this.#database, () =>
        this.#retention.trim(before, this.#headId, wallTimeMs(), TRIMMED_AT_OPEN),
      );
    }
  }
}

function wallTimeMs(): number {
  return Date.parse(wallTimeIso());
}
