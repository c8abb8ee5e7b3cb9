/**
 * `POST /publish`: one event for all subscribers of all feeds. Events are taken in the order they
 * come. While one has to wait for a subscriber, the next ones wait behind it, within a bound.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Feed } from './feed.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import type { Task, TaskRegistry } from './resources/task-registry.ts';
import { encodeSseEvent } from './sse/encode.ts';
import { encodeTextFrame } from './ws/encode.ts';

/** Publishers that may wait behind the event in hand; more are refused with 503. */
const MAX_WAITING = 1024;
const MAX_EVENT_BYTES = 8 * 1024 * 1024;

export class Publisher {
  readonly #feeds: { sse: Feed; ws: Feed };
  readonly #tasks: TaskRegistry;
  readonly #budget: MemoryBudget;
  #published = 0;
  #tail: Promise<boolean> | undefined;
  #waiting = 0;
  #refused = 0;
  #closed = false;
  #abandoned = false;

  constructor(feeds: { sse: Feed; ws: Feed }, tasks: TaskRegistry, budget: MemoryBudget) {
    this.#feeds = feeds;
    this.#budget = budget;
    this.#tasks = tasks;
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

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const task: Task = this.#tasks.begin('publish', { tasks: 0 });
    try {
      const text = await readText(request, MAX_EVENT_BYTES);
      if (text === undefined)
        return answer(response, 413, { error: `an event may have ${MAX_EVENT_BYTES} bytes` });
      if (text === '')
        return answer(response, 400, { error: 'expected the event as the request body, got none' });
      const outcome = this.#closed ? false : this.publish(text);
      const accepted = outcome instanceof Promise ? await outcome : outcome;
      if (accepted) answer(response, 202, { published: this.#published });
      else answer(response, 503, { error: this.#closed ? 'shutting down' : 'too many events are waiting' });
    } finally {
      task.end();
    }
  }

  /** Offers `text` to every subscriber; true once all queues have taken or dropped it, false if it was refused. */
  publish(text: string): boolean | Promise<boolean> {
    if (this.#tail === undefined) {
      const offered = this.#offer(text);
      return offered === undefined ? true : this.#takeTail(offered.then(() => true));
    }
    const bytes = Buffer.byteLength(text);
    if (this.#waiting >= MAX_WAITING || !this.#budget.tryReserve(bytes)) {
      this.#refused++;
      return false;
    }
    this.#waiting++;
    return this.#takeTail(
      this.#tail.then(async () => {
        this.#waiting--;
        this.#budget.release(bytes);
        if (this.#abandoned) return false;
        await this.#offer(text);
        return true;
      }),
    );
  }

  /** Whoever comes next waits for `turn`, until the line is empty again. */
  #takeTail(turn: Promise<boolean>): Promise<boolean> {
    this.#tail = turn;
    return turn.finally(() => {
      if (this.#tail === turn) this.#tail = undefined;
    });
  }

  /** A promise only when some subscriber has to be waited for. */
  #offer(text: string): Promise<unknown> | undefined {
    const id = ++this.#published;
    const sse =
      this.#feeds.sse.subscribers > 0 ? offerTo(this.#feeds.sse, encodeSseEvent(id, text)) : undefined;
    const ws = this.#feeds.ws.subscribers > 0 ? offerTo(this.#feeds.ws, encodeTextFrame(text)) : undefined;
    return sse === undefined && ws === undefined ? undefined : Promise.all([sse, ws]);
  }
}

function offerTo(feed: Feed, wire: Buffer): Promise<void> | undefined {
  return feed.publish({ wire, bytes: wire.length }) ?? undefined;
}

/** The body as text, or `undefined` when it is longer than `maxBytes`. */
async function readText(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString();
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = `${JSON.stringify(body)}\n`;
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}
