/**
 * `POST /publish`: one event for all subscribers of all feeds. It is stored first, and then sent on in the order of
 * the store. While one has to wait for a subscriber, the next ones wait behind it, within a bound.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { takeWallTimeMs } from '../core/clock.ts';
import { CLASS_COUNT } from './channel/entry.ts';
import { type FeedEvent, type NewEvent, PLAIN_EVENT } from './event.ts';
import type { FeedPath } from './feed-path.ts';
import type { PublishLimits } from './publish-limits.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import type { Task, TaskRegistry } from './resources/task-registry.ts';
import { type EventStore, StoreError } from './store/store.ts';

/** Publishers that may wait for the store or behind the event in hand; more are refused with 503. */
const MAX_WAITING = 1024;
const MAX_EVENT_BYTES = 8 * 1024 * 1024;

/** What becomes of an event: `text` says why it was refused. */
export type PublishOutcome =
  | { readonly outcome: 'sent'; readonly id: number; readonly isStored: boolean }
  | { readonly outcome: 'refused'; readonly text: string };

export interface PublisherParts {
  readonly paths: readonly FeedPath[];
  /** `null`: events are sent on without being stored. */
  readonly store: EventStore | null;
  /** Whether what cannot be stored is sent on all the same, without an id. */
  readonly isSentUnstored: boolean;
  readonly tasks: TaskRegistry;
  readonly budget: MemoryBudget;
  /** So that whoever publishes is told whom an event cannot reach. */
  readonly limits: Pick<PublishLimits, 'tooLargeFor'>;
}

const CLOSED: PublishOutcome = { outcome: 'refused', text: 'shutting down' };
const CROWDED: PublishOutcome = { outcome: 'refused', text: 'too many events are waiting' };

export class Publisher {
  readonly #parts: PublisherParts;
  #published = 0;
  /** The last event that is under way; whoever comes next waits for it. */
  #tail: Promise<PublishOutcome> | undefined;
  #waiting = 0;
  #refused = 0;
  #closed = false;
  #abandoned = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  get published(): number {
    return this.#published;
  }

  /** Events refused because too many were waiting. */
  get refused(): number {
    return this.#refused;
  }

  /** Refuses what comes from now on; resolves when what waits has had its turn. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#tail !== undefined) await this.#tail;
  }

  /** Refuses what still waits as well. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** `about` is the query: `key`, `class` (0 to 7, 0 is critical), `flow` and `type`, each optional. */
  async handle(request: IncomingMessage, response: ServerResponse, about: URLSearchParams): Promise<void> {
    const task: Task = this.#parts.tasks.begin('publish', { tasks: 0 });
    try {
      const text = await readText(request, MAX_EVENT_BYTES);
      if (text === undefined)
        return answer(response, 413, { error: `an event may have ${MAX_EVENT_BYTES} bytes` });
      if (text === null) return answer(response, 400, { error: 'expected text in UTF-8' });
      if (text === '')
        return answer(response, 400, { error: 'expected the event as the request body, got none' });
      const event = readEvent(text, about);
      if (typeof event === 'string') return answer(response, 400, { error: event });
      const result = this.publish(event);
      const published = result instanceof Promise ? await result : result;
      if (published.outcome === 'refused') return answer(response, 503, { error: published.text });
      const { id, isStored } = published;
      const tooLargeFor = this.#parts.limits.tooLargeFor({ ...event, id });
      answer(response, 202, {
        published: id,
        ...(isStored ? {} : { stored: false }),
        ...(tooLargeFor.length === 0 ? {} : { tooLargeFor }),
      });
    } finally {
      task.end();
    }
  }

  /** Stores and offers an event to every subscriber; `sent` once all queues have taken or dropped it. */
  publish(event: NewEvent): PublishOutcome | Promise<PublishOutcome> {
    if (this.#closed) return CLOSED;
    const { store, budget } = this.#parts;
    if (store === null && this.#tail === undefined) {
      const sent = this.#send(this.#number(event));
      return sent instanceof Promise ? this.#takeTail(sent) : sent;
    }
    // Whoever is alone takes the room of nobody who waits: slow clients that hold all memory must not stop the feed.
    const bytes = this.#waiting === 0 ? 0 : Buffer.byteLength(event.text);
    if (this.#waiting >= MAX_WAITING || !budget.tryReserve(bytes)) {
      this.#refused++;
      return CROWDED;
    }
    this.#waiting++;
    // The store takes all of them at once, in order; they are sent on one after another.
    const stored = store === null ? undefined : this.#store(store, event);
    const before = this.#tail;
    return this.#takeTail(
      (async () => {
        try {
          await before;
          const next = stored === undefined ? this.#number(event) : await stored;
          if ('outcome' in next) return next;
          return this.#abandoned ? CLOSED : await this.#send(next, stored !== undefined && next.id > 0);
        } finally {
          this.#waiting--;
          budget.release(bytes);
        }
      })(),
    );
  }

  /** Whoever comes next waits for `turn`, until the line is empty again. */
  #takeTail(turn: Promise<PublishOutcome>): Promise<PublishOutcome> {
    const tail = turn.catch((): PublishOutcome => CLOSED); // what breaks one event must not break those behind it
    this.#tail = tail;
    return turn.finally(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
  }

  /** The event with its id; without one (0) where it could not be stored and is sent on all the same. */
  async #store(store: EventStore, event: NewEvent): Promise<FeedEvent | PublishOutcome> {
    try {
      return await store.append(event);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (this.#parts.isSentUnstored) return { ...event, id: 0, createdAtMs: takeWallTimeMs() };
      this.#refused++;
      return { outcome: 'refused', text: `the event could not be stored: ${error.message}` };
    }
  }

  #number(event: NewEvent): FeedEvent {
    return { ...event, id: this.#published + 1, createdAtMs: takeWallTimeMs() };
  }

  /** A promise only when some subscriber has to be waited for. */
  #send(event: FeedEvent, isStored = true): PublishOutcome | Promise<PublishOutcome> {
    this.#published++;
    const sent: PublishOutcome = { outcome: 'sent', id: event.id, isStored };
    let waiting: Promise<void>[] | undefined;
    for (const path of this.#parts.paths) {
      const offered = path.publish(event);
      if (offered === undefined) continue;
      waiting ??= [];
      waiting.push(offered);
    }
    return waiting === undefined ? sent : Promise.all(waiting).then(() => sent);
  }
}

/** An event as the publisher describes it; a text says what is wrong with it. */
function readEvent(text: string, about: URLSearchParams): NewEvent | string {
  const classText = about.get('class');
  if (classText !== null && !/^[0-7]$/.test(classText)) {
    return `class must be a whole number from 0 (critical) to ${CLASS_COUNT - 1}, got '${classText}'`;
  }
  const type = about.get('type') ?? PLAIN_EVENT.type;
  if (/[\r\n\0]/.test(type)) return 'type must be one line without NUL';
  return {
    text,
    type,
    key: about.get('key'),
    class: classText === null ? PLAIN_EVENT.class : Number(classText),
    flow: about.get('flow') ?? PLAIN_EVENT.flow,
  };
}

/** The body as text: `undefined` when it is longer than `maxBytes`, `null` when it is no UTF-8. */
async function readText(request: IncomingMessage, maxBytes: number): Promise<string | null | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return isUtf8(body) ? body.toString() : null;
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
