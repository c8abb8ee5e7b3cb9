/** A small real server for the load worker to talk to: publish, SSE, WebSocket and a page to request. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import type { LoadEndpoints } from '../../src/load/control.ts';

export interface TinyServerOptions {
  /** Answers 503 to streams beyond this many. */
  maxStreams?: number;
  /** Answers requests on `/page` after this. */
  pageDelayMs?: number;
  /** Holds published events back until so many subscribers are there. */
  subscribers?: number;
  /** Whether messages are answered; they are unless this is false. */
  replies?: boolean;
  /** Sees every published event; false keeps it from the subscribers. */
  onPublish?: (text: string) => boolean;
}

export class TinyServer implements AsyncDisposable {
  readonly streams = new Set<http.ServerResponse>();
  readonly sockets = new Set<WebSocket>();
  readonly connections = new Set<Socket>();
  readonly clientIds: string[] = [];
  published = 0;
  pages = 0;
  readonly #held: string[] = [];
  readonly #options: TinyServerOptions;
  readonly #servers: http.Server[] = [];
  readonly #ws = new WebSocketServer({ noServer: true });
  readonly #unixSocketPath = join(tmpdir(), `bpbench-test-${randomUUID()}.sock`);
  endpoints!: LoadEndpoints;

  constructor(options: TinyServerOptions = {}) {
    this.#options = options;
  }

  static async start(options?: TinyServerOptions): Promise<TinyServer> {
    const server = new TinyServer(options);
    const tcp = server.#create();
    const unix = server.#create();
    await once(tcp.listen(0, '127.0.0.1'), 'listening');
    await once(unix.listen(server.#unixSocketPath), 'listening');
    const at = `127.0.0.1:${(tcp.address() as AddressInfo).port}`;
    server.endpoints = {
      sse: `http://${at}/events`,
      ws: `ws://${at}/ws`,
      proxy: `http://${at}/page`,
      isEmbedded: true,
      publish: `http://${at}/publish`,
      unixSocketPath: server.#unixSocketPath,
    };
    return server;
  }

  /** Ends every stream in order, as a system that shuts down does. */
  endStreams(): void {
    for (const stream of this.streams) stream.end('event: end\ndata: {}\n\n');
    for (const socket of this.sockets) socket.close(1001, 'shutdown');
  }

  broadcast(text: string): void {
    this.#held.push(text);
    if (this.streams.size + this.sockets.size < (this.#options.subscribers ?? 0)) return;
    this.#releaseHeld();
  }

  #releaseHeld(): void {
    for (const text of this.#held.splice(0)) this.#write(text);
  }

  /** A new subscriber may be the one that was waited for. */
  #noteSubscriber(): void {
    if (this.streams.size + this.sockets.size === this.#options.subscribers) this.#releaseHeld();
  }

  #write(text: string): void {
    for (const stream of this.streams) stream.write(`id: ${this.published}\ndata: ${text}\n\n`);
    for (const socket of this.sockets) socket.send(text);
  }

  /** Dies: every connection is reset and nobody listens any more. */
  kill(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.connections) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    for (const socket of this.connections) socket.destroy();
    rmSync(this.#unixSocketPath, { force: true });
  }

  #create(): http.Server {
    const server = http.createServer((request, response) => this.#handle(request, response));
    server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.on('error', () => {}).on('close', () => this.connections.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => {
      this.#ws.handleUpgrade(request, socket, head, (ws) => {
        this.#note(request);
        this.sockets.add(ws);
        this.#noteSubscriber();
        ws.on('error', () => {}).on('close', () => this.sockets.delete(ws));
        if (this.#options.replies === false) return;
        ws.on('message', (data) => ws.send(data.toString().replace('{"seq":', '{"re":')));
      });
    });
    this.#servers.push(server);
    return server;
  }

  #note(request: http.IncomingMessage): void {
    this.clientIds.push(new URL(request.url ?? '', 'http://x').searchParams.get('client') ?? '');
  }

  #handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    const path = request.url?.split('?')[0];
    if (path === '/publish') {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        this.published++;
        if (this.#options.onPublish?.(text) ?? true) this.broadcast(text);
        response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
      });
    } else if (path === '/events') this.#openStream(request, response);
    else {
      this.pages++;
      setTimeout(() => response.end('x'.repeat(1000)), this.#options.pageDelayMs ?? 0).unref();
    }
  }

  #openStream(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.streams.size >= (this.#options.maxStreams ?? Number.POSITIVE_INFINITY)) {
      response.writeHead(503).end('full');
      return;
    }
    this.#note(request);
    response.removeHeader('transfer-encoding');
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
    response.flushHeaders();
    this.streams.add(response);
    this.#noteSubscriber();
    response.on('close', () => this.streams.delete(response));
  }
}
