/**
 * The server behind the proxies that real clients talk to. It tells what it saw of each request, so that a
 * test can compare what a client sent with what arrived.
 *
 *   /bytes/N[?chunked]  the first N bytes of `content()`
 *   /seen               any method: what arrived, as {@link Seen}
 *   /deny               the request's body is refused with 413 before it was sent
 *   /trailers           a chunked answer with a trailer
 *   /events/N           N numbered server-sent events, then one named `end`
 *   /never              an answer without an end
 *   /page               a document that opens an EventSource and a WebSocket to this server
 *   ws: /count/N        N numbered messages
 *   ws: /echo           every message comes back as it is
 */
import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Identity } from './identity.ts';
import { PAGE } from './page.ts';

/** One request as it arrived, body and all. */
export interface Seen {
  method: string;
  url: string;
  httpVersion: string;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  trailers: Record<string, string | undefined>;
  bytes: number;
  sha256: string;
}

export interface TestOrigin extends AsyncDisposable {
  /** Without a slash at the end; the host is `localhost`. */
  readonly url: string;
  readonly port: number;
  /** Heads of all requests that arrived, `METHOD url`. */
  readonly arrived: string[];
  /** Connections that were accepted, and those that are open. */
  readonly connections: { accepted: number; open: number };
  /** WebSockets that are open. */
  readonly webSockets: ReadonlySet<WebSocket>;
}

const MAX_CONTENT_BYTES = 64 * 1024 * 1024;

/** The first `bytes` bytes of an endless random text, the same each time. */
export function content(bytes: number): Buffer {
  if (bytes > MAX_CONTENT_BYTES) throw new RangeError(`content has at most ${MAX_CONTENT_BYTES} bytes`);
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** HTTPS with an `identity`, else HTTP. On the loopback address, on a free port. */
export async function startTestOrigin(identity?: Identity): Promise<TestOrigin> {
  const arrived: string[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const listener: RequestListener = (request, response) => {
    arrived.push(`${request.method} ${request.url}`);
    void answer(request, response);
  };
  const server = identity === undefined ? createServer(listener) : createTlsServer(identity, listener);
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  server.on('checkContinue', (request, response) => {
    if (request.url !== '/deny') response.writeContinue();
    listener(request, response);
  });
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', serveWebSocket);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${identity === undefined ? 'http' : 'https'}://localhost:${port}`,
    port,
    arrived,
    connections: {
      get accepted() {
        return accepted;
      },
      get open() {
        return sockets.size;
      },
    },
    webSockets: webSockets.clients,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      webSockets.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://origin');
  const [, route, count] = pathname.split('/');
  switch (route) {
    case 'bytes': {
      const bytes = content(Number(count));
      if (!searchParams.has('chunked')) response.setHeader('content-length', bytes.length);
      for (let at = 0; at < bytes.length; at += 40_000) response.write(bytes.subarray(at, at + 40_000));
      return void response.end();
    }
    case 'deny':
      return void response.writeHead(413, { connection: 'close' }).end('too much');
    case 'trailers':
      response.writeHead(200, { trailer: 'x-checksum' }).write('body with a trailer');
      response.addTrailers({ 'x-checksum': 'abc123' });
      return void response.end();
    case 'events':
      return sendEvents(response, Number(count));
    case 'never':
      return void response.write('x');
    case 'page':
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
    default:
      return void response.end(JSON.stringify(await look(request)));
  }
}

async function look(request: IncomingMessage): Promise<Seen> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  const { method = '', url = '', httpVersion, headers, trailers } = request;
  return { method, url, httpVersion, headers, trailers, bytes, sha256: hash.digest('hex') };
}

function sendEvents(response: ServerResponse, count: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  for (let id = 1; id <= count; id++) response.write(`id: ${id}\ndata: ${id}\n\n`);
  // No end: an EventSource would take it for a broken connection.
  response.write('event: end\ndata: end\n\n');
}

function serveWebSocket(socket: WebSocket, request: IncomingMessage): void {
  const [, route, count] = (request.url ?? '').split('/');
  socket.on('message', (data: Buffer, isBinary) => {
    const text = isBinary ? '' : String(data);
    if (text.startsWith('close ')) socket.close(Number(text.slice(6)), 'as asked');
    else socket.send(data, { binary: isBinary });
  });
  if (route === 'count') for (let id = 1; id <= Number(count); id++) socket.send(String(id));
}
