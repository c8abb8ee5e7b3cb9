/**
 * `POST /publish`: one event for all subscribers of all feeds. Events are taken in the order they
 * come. While one has to wait for a subscriber, the next ones wait behind it, within a bound.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLASS_COUNT, CLASS_NORMAL } from './channel/entry.ts';
import type { Feed } from './feed.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import type { Task, TaskRegistry } from './resources/task-registry.ts';
import { encodeSseEvent } from './sse/encode.ts';
import { encodeTextFrame } from './ws/encode.ts';

/** Publishers that may wait behind the event in hand; more are refused with 503. */
const MAX_WAITING = 1024;
const MAX_EVENT_BYTES = 8 * 1024 * 1024;

/** What an event says of itself beside its text. */
export interface EventTraits {
  /** What it is about: a later event with the same key may stand for it. */
  readonly key?: string | number;
  /** 0 (critical) to 7; default 1, normal. */
  readonly class?: number;
  /** Whose it is, where several share a queue. */
  readonly flow?: string;
}

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

  /** `about` is the query: `key`, `class` (0 to 7, 0 is critical) and `flow`, each optional. */
  async handle(request: IncomingMessage, response: ServerResponse, about: URLSearchParams): Promise<void> {
    const task: Task = this.#tasks.begin('publish', { tasks: 0 });
    try {
      const text = await readText(request, MAX_EVENT_BYTES);
      if (text === undefined)
        return answer(response, 413, { error: `an event may have ${MAX_EVENT_BYTES} bytes` });
      if (text === '')
        return answer(response, 400, { error: 'expected the event as the request body, got none' });
      const traits = readTraits(about);
      if (typeof traits === 'string') return answer(response, 400, { error: traits });
      const outcome = this.#closed ? false : this.publish(text, traits);
      const accepted = outcome instanceof Promise ? await outcome : outcome;
      if (accepted) answer(response, 202, { published: this.#published });
      else answer(response, 503, { error: this.#closed ? 'shutting down' : 'too many events are waiting' });
    } finally {
      task.end();
    }
  }

  /** Offers `text` to every subscriber; true once all queues have taken or dropped it, false if it was refused. */
  publish(text: string, traits: EventTraits = {}): boolean | Promise<boolean> {
    if (this.#tail === undefined) {
      const offered = this.#offer(text, traits);
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
        await this.#offer(text, traits);
        return true;
      }),
    );
  }

  /** Whoever comes next waits for `turn`, until the line is empty again. */
  #takeTail(turn: Promise<boolean>): Promise<boolean> {
    const tail = turn.catch(() => false); // what breaks one event must not break those behind it
    this.#tail = tail;
    return turn.finally(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
  }

  /** A promise only when some subscriber has to be waited for. */
  #offer(
    text: string,
    { key, class: klass = CLASS_NORMAL, flow = '' }: EventTraits,
  ): Promise<unknown> | undefined {
    const id = ++this.#published;
    // An event without a key is about itself alone: no later one stands for it.
    const traits = { key: key ?? id, class: klass, flow };
    const { sse: sseFeed, ws: wsFeed } = this.#feeds;
    const sse = sseFeed.subscribers > 0 ? offerTo(sseFeed, encodeSseEvent(id, text), traits) : undefined;
    const ws = wsFeed.subscribers > 0 ? offerTo(wsFeed, encodeTextFrame(text), traits) : undefined;
    return sse === undefined && ws === undefined ? undefined : Promise.all([sse, ws]);
  }
}

function offerTo(feed: Feed, wire: Buffer, traits: Required<EventTraits>): Promise<void> | undefined {
  return feed.publish({ wire, bytes: wire.length, ...traits }) ?? undefined;
}

/** What a strategy may go by, as the publisher says it; a text says what is wrong with it. */
function readTraits(about: URLSearchParams): EventTraits | string {
  const [key, flow, classText] = [about.get('key'), about.get('flow'), about.get('class')];
  if (classText !== null && !/^[0-7]$/.test(classText)) {
    return `class must be a whole number from 0 (critical) to ${CLASS_COUNT - 1}, got '${classText}'`;
  }
  return {
    ...(key === null ? {} : { key }),
    ...(flow === null ? {} : { flow }),
    ...(classText === null ? {} : { class: Number(classText) }),
  };
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
