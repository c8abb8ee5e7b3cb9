/** Reads events beside the writer, over a connection of its own. Runs on the reader's thread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openForReading } from './database.ts';
import { whenUnlocked } from './lock-wait.ts';
import {
  emptyColumns,
  type LatestRequest,
  type PickRequest,
  type ReadRequest,
  type StoredColumns,
} from './messages.ts';
import { storeErrorOf } from './problem.ts';
import { decodeMetadata, joinKey } from './row.ts';

/** What one answer holds: the event loop takes it in at once. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** What an event costs beside its text, where it is taken in. */
const EVENT_BYTES = 512;

/** As blobs: Node 22 reads a text only up to its first NUL. */
const COLUMNS = `
  sequence, created_at, metadata, event_type, CAST(aggregate_type AS BLOB) AS aggregate_type,
  CAST(aggregate_id AS BLOB) AS aggregate_id, CAST(payload AS BLOB) AS payload`;

interface Row {
  sequence: number;
  created_at: number;
  metadata: string;
  event_type: string;
  aggregate_type: Uint8Array | null;
  aggregate_id: Uint8Array | null;
  payload: Uint8Array;
}

interface Connection {
  readonly database: DatabaseSync;
  readonly range: StatementSync;
  readonly latest: StatementSync;
  readonly one: StatementSync;
}

export class EventReader {
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  /** Made for the first read: by then the writer has made the file. */
  #connection: Connection | undefined;

  constructor(path: string, busyTimeoutMs: number) {
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /** Errors: StoreError. */
  read({ afterId, untilId, limit }: ReadRequest): StoredColumns {
    return this.#run(({ range }) => collect(range.iterate(afterId, untilId, limit)));
  }

  /** Errors: StoreError. */
  latest({ untilId, limit }: LatestRequest): number[] {
    return this.#run(({ latest }) =>
      (latest.all(untilId, untilId, limit) as unknown as { newest: number }[]).map(({ newest }) => newest),
    );
  }

  /** Errors: StoreError. */
  pick({ ids }: PickRequest): StoredColumns {
    return this.#run(({ one }) => collect(pickRows(one, ids)));
  }

  close(): void {
    this.#connection?.database.close();
  }

  #run<Found>(read: (connection: Connection) => Found): Found {
    try {
      return whenUnlocked(this.#path, this.#busyTimeoutMs, () => {
        this.#connection ??= connect(this.#path);
        return read(this.#connection);
      });
    } catch (thrown) {
      throw storeErrorOf(thrown, this.#path);
    }
  }
}

function connect(path: string): Connection {
  const database = openForReading(path);
  try {
    return {
      database,
      range: database.prepare(
        `SELECT ${COLUMNS} FROM events WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?`,
      ),
      // Nothing stands for an event without a key, so each of them counts.
      latest: database.prepare(`
        SELECT max(sequence) AS newest FROM events WHERE aggregate_id IS NOT NULL AND sequence <= ?
          GROUP BY aggregate_type, aggregate_id
        UNION ALL SELECT sequence FROM events WHERE aggregate_id IS NULL AND sequence <= ?
        ORDER BY newest DESC LIMIT ?`),
      one: database.prepare(`SELECT ${COLUMNS} FROM events WHERE sequence = ?`),
    };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function* pickRows(one: StatementSync, ids: readonly number[]): Iterable<unknown> {
  for (const id of ids) {
    const row = one.get(id);
    if (row !== undefined) yield row;
  }
}

function collect(rows: Iterable<unknown>): StoredColumns {
  const found: StoredColumns = { ...emptyColumns(), ids: [], createdAtMs: [] };
  let bytes = 0;
  for (const row of rows as Iterable<Row>) {
    bytes += row.payload.length + EVENT_BYTES;
    if (bytes > MAX_ANSWER_BYTES && found.ids.length > 0) break;
    const metadata = decodeMetadata(row.metadata);
    found.ids.push(row.sequence);
    found.createdAtMs.push(row.created_at);
    found.texts.push(textOf(row.payload));
    found.types.push(row.event_type);
    found.keys.push(
      joinKey(row.aggregate_type && textOf(row.aggregate_type), row.aggregate_id && textOf(row.aggregate_id)),
    );
    found.classes.push(metadata.class);
    found.flows.push(metadata.flow);
  }
  return found;
}

function textOf(utf8: Uint8Array): string {
  return Buffer.from(utf8.buffer, utf8.byteOffset, utf8.byteLength).toString('utf8');
}
