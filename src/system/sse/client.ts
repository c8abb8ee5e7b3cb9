/** One SSE client: its response and what goes out beside its events. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamOptions } from '../feed.ts';
import { QueuedStream } from '../queued-stream.ts';
import { SSE_END, SSE_KEEP_ALIVE } from './encode.ts';

/** As the ironstar note has it. */
const KEEP_ALIVE_MS = 15_000;

export class SseClient extends QueuedStream {
  readonly #endTask: () => void;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: StreamOptions) {
    super(request.socket, options);
    this.#endTask = options.tasks.begin('sse.client', { tasks: 0 }).end;

    this.socket.on('error', () => {}); // 'close' follows and settles everything
    this.socket.once('close', () => this.end());
    if (this.channel.refusal !== null) {
      response.writeHead(503, { 'content-type': 'text/plain', connection: 'close', 'retry-after': '1' });
      response.end(`not let in (${this.channel.refusal}), try again later\n`);
      return;
    }

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
    // A reader that says it sends no more is gone: it can neither answer nor reconnect on this socket.
    this.socket.once('end', () => this.socket.destroy());
    options.feed.add(this);
    if (this.socket.destroyed) this.end();
  }

  protected get canWrite(): boolean {
    return true;
  }

  protected sayFarewell(): void {
    this.socket.end(SSE_END);
  }

  /** A reader this slow would not see a farewell either. */
  protected hangUp(): void {
    this.socket.destroy();
  }

  protected release(): void {
    clearInterval(this.#keepAlive);
    this.#endTask();
  }
}
