/** The feed of server-sent events: everybody who subscribed, and the way of an event to each of them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import type { SystemSettings } from '../../core/plan.ts';
import type { Random } from '../../core/random.ts';
import type { ConnectionAccount } from '../../core/samples.ts';
import type { Boundary } from '../boundary.ts';
import type { FeedEvent } from '../event.ts';
import { Feed } from '../feed.ts';
import type { FeedPath } from '../feed-path.ts';
import type { ConnectionLimit } from '../resources/connection-limit.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { WaitGraph } from '../resources/wait-graph.ts';
import type { Frame } from '../socket-pump.ts';
import type { EventStore } from '../store/store.ts';
import { SseClient } from './client.ts';
import { encodeSseEvent } from './encode.ts';

export interface SseFeedParts {
  readonly settings: Pick<SystemSettings, 'sse' | 'projections'>;
  readonly clients: Boundary<Frame>;
  /** `null`: no history, no resume. */
  readonly store: EventStore | null;
  readonly budget: MemoryBudget;
  readonly tasks: TaskRegistry;
  readonly maxTasks: number;
  readonly limit: ConnectionLimit;
  readonly waits: WaitGraph;
  readonly clock: Clock;
  readonly random: Random;
}

export class SseFeed implements FeedPath {
  readonly #parts: SseFeedParts;
  readonly #feed: Feed;
  readonly #streams = new Set<SseClient>();
  #isClosed = false;
  #onEmpty: () => void = () => {};

  constructor(parts: SseFeedParts) {
    this.#parts = parts;
    this.#feed = new Feed(parts.clients, parts.budget);
  }

  publish(event: FeedEvent): void | Promise<void> {
    if (this.#feed.subscribers === 0) return;
    const wire = encodeSseEvent(event.id, event.text);
    const { class: klass, flow } = event;
    return this.#feed.publish({ wire, bytes: wire.length, key: event.key ?? event.id, class: klass, flow });
  }

  /** `GET /events`. */
  subscribe(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (response.socket === null) {
      // Another answer of the same connection comes first, and a stream has no end to wait for.
      response.writeHead(400, { 'content-type': 'text/plain', connection: 'close' });
      response.end('events need a connection of their own: do not pipeline\n');
      return;
    }
    if (!this.#admit()) return refuse(response);
    const client = new SseClient(request, response, {
      feed: this.#feed,
      tasks: this.#parts.tasks,
      clientId: url.searchParams.get('client'),
      onEnd: (ended) => this.#leave(ended as SseClient),
    });
    this.#streams.add(client);
  }

  refuseNew(): void {
    this.#isClosed = true;
  }

  async finish(): Promise<void> {
    this.#isClosed = true;
    const ended = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const stream of this.#streams) void stream.finish();
    if (this.#streams.size > 0) await ended;
  }

  abandon(): void {
    for (const stream of this.#streams) stream.abandon();
  }

  takeAccounts(): ConnectionAccount[] {
    return this.#parts.clients.takeAccounts();
  }

  #admit(): boolean {
    const { limit, tasks, maxTasks } = this.#parts;
    return !this.#isClosed && tasks.open < maxTasks && limit.admit('sse');
  }

  #leave(stream: SseClient): void {
    this.#parts.limit.leave('sse');
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#onEmpty();
  }
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'text/plain', connection: 'close', 'retry-after': '1' });
  response.end('at capacity, try again later\n');
}
