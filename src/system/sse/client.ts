/** One SSE client: its response, its queue and what ends it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { StreamOptions, Subscriber } from '../feed.ts';
import type { TaskOwner } from '../resources/task-registry.ts';
import { SocketPump } from '../socket-pump.ts';
import { SSE_END, SSE_KEEP_ALIVE } from './encode.ts';

/** As the ironstar note has it. */
const KEEP_ALIVE_MS = 15_000;

export class SseClient implements Subscriber {
  readonly channel: Subscriber['channel'];
  readonly socket: Socket;
  readonly #options: StreamOptions<SseClient>;
  readonly #pump: SocketPump;
  readonly #endTask: () => void;
  readonly #keepAlive: NodeJS.Timeout;
  #finished = false;
  #ended = false;

  constructor(request: IncomingMessage, response: ServerResponse, options: StreamOptions<SseClient>) {
    this.#options = options;
    this.socket = request.socket;
    this.channel = options.feed.boundary.open({
      onReady: () => this.kick(),
      onDisconnect: (reason) => this.#cutOff(reason),
    });
    this.#pump = new SocketPump(this.channel, this.socket, 'disconnect.peer');
    const owner: TaskOwner = { tasks: 0 };
    this.#endTask = options.tasks.begin('sse.client', owner).end;

    // Delimited by the connection's end and not chunked, so that one encoded event serves all clients.
    response.removeHeader('transfer-encoding');
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    response.flushHeaders();

    this.#keepAlive = setInterval(() => {
      if (this.socket.writableLength === 0) this.socket.write(SSE_KEEP_ALIVE);
    }, KEEP_ALIVE_MS);
    this.socket.setTimeout(0);
    this.socket.on('error', () => {}); // 'close' follows and settles everything
    // A reader that says it sends no more is gone: it can neither answer nor reconnect on this socket.
    this.socket.once('end', () => this.socket.destroy());
    this.socket.once('close', () => this.#end());
    options.feed.add(this);
    if (this.socket.destroyed) this.#end();
  }

  kick(): void {
    this.#pump.kick();
  }

  /** Ends the stream in order: everything queued or held goes out first. */
  async finish(): Promise<void> {
    this.#options.feed.remove(this);
    await this.#pump.whenIdle();
    this.channel.close();
    await this.#pump.whenDrained();
    if (this.#ended) return;
    this.#finished = true;
    this.socket.end(SSE_END);
  }

  /** Ends it now: what is still queued is dropped{shutdown}. */
  abandon(): void {
    this.channel.discardQueued('shutdown');
    this.socket.destroy();
  }

  /** Its strategy gives it up; a reader this slow would not see a farewell either. */
  #cutOff(reason: string): void {
    this.#options.feed.remove(this);
    this.channel.discardQueued(reason);
    this.socket.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#keepAlive);
    const { feed, clientId, onEnd } = this.#options;
    feed.remove(this);
    this.channel.discardQueued('disconnect.peer');
    this.channel.close();
    // The callbacks of unfinished writes come after 'close'; only then is everything settled.
    void this.#pump.whenIdle().then(() => {
      feed.boundary.retire(this.channel, clientId, this.#finished);
      this.#endTask();
      onEnd(this);
    });
  }
}
