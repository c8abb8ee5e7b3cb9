/** The WebSocket relay: everybody who connected, and the way of an event to each of them. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../core/clock.ts';
import type { WsSettings } from '../../core/plan.ts';
import type { Random } from '../../core/random.ts';
import type { ConnectionAccount } from '../../core/samples.ts';
import type { Boundary } from '../boundary.ts';
import type { FeedEvent } from '../event.ts';
import { Feed } from '../feed.ts';
import type { FeedPath } from '../feed-path.ts';
import type { QueuedStream } from '../queued-stream.ts';
import type { ConnectionLimit } from '../resources/connection-limit.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { WaitGraph } from '../resources/wait-graph.ts';
import type { Frame } from '../socket-pump.ts';
import type { EventStore } from '../store/store.ts';
import { WsConnection } from './connection.ts';
import { EchoConnection } from './echo.ts';
import { encodeTextFrame } from './encode.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;

/** A connection that ends in order, or is cut. */
type Stream = Pick<QueuedStream, 'finish' | 'abandon'>;

export interface WsRelayParts {
  readonly settings: WsSettings;
  readonly outbound: Boundary<Frame>;
  /** `null`: no history. */
  readonly store: EventStore | null;
  readonly budget: MemoryBudget;
  readonly tasks: TaskRegistry;
  readonly maxTasks: number;
  readonly limit: ConnectionLimit;
  readonly waits: WaitGraph;
  readonly clock: Clock;
  readonly random: Random;
}

export class WsRelay implements FeedPath {
  readonly #parts: WsRelayParts;
  readonly #feed: Feed;
  readonly #streams = new Set<Stream>();
  readonly #wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  #isClosed = false;
  #onEmpty: () => void = () => {};

  constructor(parts: WsRelayParts) {
    this.#parts = parts;
    this.#feed = new Feed(parts.outbound, parts.budget);
  }

  publish(event: FeedEvent): void | Promise<void> {
    if (this.#feed.subscribers === 0) return;
    const wire = encodeTextFrame(event.text);
    const { class: klass, flow } = event;
    return this.#feed.publish({ wire, bytes: wire.length, key: event.key ?? event.id, class: klass, flow });
  }

  /** `GET /ws` and `GET /echo`, as an upgrade. */
  upgrade(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#admit()) return refuseUpgrade(socket, '503 Service Unavailable');
    let upgraded = false;
    socket.once('close', () => {
      if (!upgraded) this.#parts.limit.leave('ws');
    });
    this.#wss.handleUpgrade(request, socket, head, (ws) => {
      upgraded = true;
      const isEcho = url.pathname === '/echo';
      this.#streams.add(isEcho ? this.#echo(ws, socket as Socket) : this.#relay(ws, socket as Socket, url));
    });
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
    return this.#parts.outbound.takeAccounts();
  }

  #relay(ws: WebSocket, socket: Socket, url: URL): WsConnection {
    return new WsConnection(ws, socket, {
      feed: this.#feed,
      tasks: this.#parts.tasks,
      clientId: url.searchParams.get('client'),
      onEnd: (ended) => this.#leave(ended as WsConnection),
    });
  }

  #echo(ws: WebSocket, socket: Socket): EchoConnection {
    const { clock, tasks } = this.#parts;
    return new EchoConnection(ws, socket, {
      clock,
      tasks,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onEnd: (ended) => this.#leave(ended),
    });
  }

  #admit(): boolean {
    const { limit, tasks, maxTasks } = this.#parts;
    return !this.#isClosed && tasks.open < maxTasks && limit.admit('ws');
  }

  #leave(stream: Stream): void {
    this.#parts.limit.leave('ws');
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#onEmpty();
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
