/** The event store over its two threads: the writer commits, the reader reads beside it. */
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { StoreSample } from '../../core/samples.ts';
import type { FeedEvent, NewEvent } from '../event.ts';
import { type AppendLimits, AppendQueue } from './append-queue.ts';
import type { Committed, StoredColumns, StoreRange, ThreadRequest } from './messages.ts';
import { type EventStore, StoreError } from './store.ts';
import type { StoreThread } from './store-thread.ts';

/** Of one state. */
const MAX_STATE_CHARS = 16 * 1024 * 1024;

export class SqliteStore implements EventStore {
  readonly #writer: StoreThread;
  readonly #reader: StoreThread;
  readonly #appends: AppendQueue;
  #range: StoreRange;
  /** One read at a time is with the reader, so that answers do not pile up before a busy event loop. */
  #lastRead: Promise<unknown> = Promise.resolve();
  #readError: string | null = null;
  #closing: Promise<void> | undefined;

  /** Both threads are open; `range` is what the writer found. */
  constructor(
    threads: { readonly writer: StoreThread; readonly reader: StoreThread },
    range: StoreRange,
    clock: Clock,
    limits: AppendLimits,
  ) {
    this.#writer = threads.writer;
    this.#reader = threads.reader;
    this.#range = range;
    this.#appends = new AppendQueue(
      async (events, patienceMs) => {
        const committed = (await this.#writer.ask({ do: 'commit', events, patienceMs })) as Committed;
        this.#range = committed;
        return committed;
      },
      clock,
      limits,
    );
  }

  get headId(): number {
    return this.#range.headId;
  }

  get oldestId(): number {
    return this.#range.oldestId;
  }

  append(event: NewEvent): Promise<FeedEvent> {
    return this.#closing === undefined ? this.#appends.append(event) : this.#appends.refuse(closedError());
  }

  async read(afterId: number, untilId: number, limit: number): Promise<FeedEvent[]> {
    return eventsOf(await this.#ask<StoredColumns>({ do: 'read', afterId, untilId, limit }));
  }

  async readLatest(limit: number): Promise<FeedEvent[]> {
    // Which ones is asked once, for that looks at all keys there are.
    const ids = await this.#ask<number[]>({ do: 'latest', untilId: this.headId, limit });
    const newestFirst: FeedEvent[] = [];
    for (let chars = 0, at = 0; at < ids.length && chars < MAX_STATE_CHARS; ) {
      // In pages, so that the event loop has others to see to in between.
      const page = eventsOf(await this.#ask<StoredColumns>({ do: 'pick', ids: ids.slice(at) }));
      const last = page.at(-1);
      if (last === undefined) break; // the rest is no longer kept
      newestFirst.push(...page);
      chars += page.reduce((sum, { text }) => sum + text.length, 0);
      at = ids.indexOf(last.id) + 1;
    }
    return newestFirst.reverse();
  }

  sample(): StoreSample {
    const { appended, failed, pending, appendMs, commitSizes, error } = this.#appends;
    return {
      appended,
      failed,
      pending,
      headId: this.headId,
      oldestId: this.oldestId,
      appendMs,
      commitSizes,
      error: error ?? this.#readError,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appends.idle();
    await this.#lastRead;
    // The writer is the last one: it folds the log into the database.
    await this.#reader.close();
    await this.#writer.close();
  }

  #ask<Answer>(request: ThreadRequest): Promise<Answer> {
    const read = this.#lastRead.then(async () => {
      if (this.#closing !== undefined) throw closedError();
      try {
        const found = (await this.#reader.ask(request)) as Answer;
        this.#readError = null;
        return found;
      } catch (error) {
        this.#readError = messageOf(error);
        throw error;
      }
    });
    this.#lastRead = read.catch(() => {});
    return read;
  }
}

function closedError(): StoreError {
  return new StoreError('closed', 'the event store is closed');
}

function eventsOf(found: StoredColumns): FeedEvent[] {
  return found.ids.map((id, i) => ({
    id,
    createdAtMs: found.createdAtMs[i] as number,
    text: found.texts[i] as string,
    type: found.types[i] as string,
    key: found.keys[i] ?? null,
    class: found.classes[i] as number,
    flow: found.flows[i] as string,
  }));
}
