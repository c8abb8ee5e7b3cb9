/** The system's sockets: feeds on one port (and the Unix socket), metrics on another, and one for each proxy. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SystemSample } from '../core/samples.ts';
import type { SystemAddresses } from './control.ts';
import { isOwnPage, pageFields } from './http/page-origin.ts';
import { renderMetrics } from './observe/metrics.ts';
import type { Proxies } from './proxy/proxies.ts';
import type { Publisher } from './publish.ts';
import type { SseFeed } from './sse/sse-feed.ts';
import type { WsRelay } from './ws/ws-relay.ts';

const HEADERS_TIMEOUT_MS = 10_000;
/** Requests that came before the end still get their answers, if they are quick. */
const LAST_ANSWERS_MS = 500;

export interface ServerParts {
  readonly sse: SseFeed;
  readonly ws: WsRelay;
  readonly publisher: Publisher;
  readonly proxies: Proxies;
  readonly sample: () => SystemSample;
}

export class SystemServer {
  readonly #parts: ServerParts;
  readonly #servers: Server[] = [];

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  async listen(host: string, port: number, unixSocketPath: string | null): Promise<SystemAddresses> {
    const { proxies } = this.#parts;
    const feeds = await this.#open(this.#createFeedServer(), { host, port });
    const admin = await this.#open(this.#createAdminServer(), { host, port: 0 });
    const reverse = await this.#open(proxies.reverseServer, { host, port: 0 });
    const forward = await this.#open(proxies.forwardServer, { host, port: 0 });
    if (unixSocketPath !== null) await this.#open(this.#createFeedServer(), { path: unixSocketPath });
    const at = (port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return {
      proxyUrl: `http://${at(forward)}`, // without a path, as programs take a proxy
      reverseUrl: `http://${at(reverse)}/`,
      sseUrl: `http://${at(feeds)}/events`,
      publishUrl: `http://${at(feeds)}/publish`,
      wsUrl: `ws://${at(feeds)}/ws`,
      wsEchoUrl: `ws://${at(feeds)}/echo`,
      metricsUrl: `http://${at(admin)}/metrics`,
      healthUrl: `http://${at(admin)}/health`,
      unixSocketPath,
      caCertificate: await proxies.start(new Set([forward, admin])),
    };
  }

  /** Takes no new connections from now on. */
  refuseNew(): void {
    this.#parts.sse.refuseNew();
    this.#parts.ws.refuseNew();
  }

  /** Ends all streams in order; what has not ended by `deadlineMs` from now is cut. */
  async finish(deadlineMs: number): Promise<void> {
    const timer = setTimeout(() => this.abandon(), deadlineMs);
    await Promise.all([this.#parts.sse.finish(), this.#parts.ws.finish()]);
    clearTimeout(timer);
  }

  /** Cuts every stream now. */
  abandon(): void {
    this.#parts.sse.abandon();
    this.#parts.ws.abandon();
  }

  /** Answers what is under way, for at most {@link LAST_ANSWERS_MS}, and closes every socket. */
  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            const timer = setTimeout(() => {
              server.closeAllConnections();
              this.#parts.proxies.cut();
            }, LAST_ANSWERS_MS);
            server.close(() => {
              clearTimeout(timer);
              resolve();
            });
            server.closeIdleConnections();
          }),
      ),
    );
  }

  #open(server: Server, where: { host: string; port: number } | { path: string }): Promise<number> {
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...where, backlog: 4096 }, () => {
        const address = server.address();
        resolve(typeof address === 'string' ? 0 : ((address as AddressInfo | null)?.port ?? 0));
      });
    });
  }

  #createFeedServer(): Server {
    const answersUnderWay = new WeakMap<Duplex, number>();
    const count = (socket: Duplex, change: 1 | -1): void => {
      answersUnderWay.set(socket, (answersUnderWay.get(socket) ?? 0) + change);
    };
    const server = createServer({
      connectionsCheckingInterval: 1000,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // Else 101 would stand in the middle of another answer: so it is a request like any other.
      // Any other protocol that is offered, such as h2c, is not taken.
      shouldUpgradeCallback: ({ socket, headers }) =>
        (answersUnderWay.get(socket) ?? 0) === 0 && /websocket/i.test(headers.upgrade ?? ''),
    });
    server.on('request', (request, response) => {
      const { socket } = request;
      count(socket, 1);
      response.once('close', () => count(socket, -1));
      this.#route(request, response);
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    return server;
  }

  /** On a port of its own, which the forward proxy never connects to. */
  #createAdminServer(): Server {
    return createServer(
      { connectionsCheckingInterval: 1000, headersTimeout: HEADERS_TIMEOUT_MS },
      (request, response) => {
        const route = `${request.method} ${request.url}`;
        if (route === 'GET /metrics') {
          response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
          response.end(renderMetrics(this.#parts.sample()));
        } else if (route === 'GET /health') {
          response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}\n');
        } else {
          const isKnown = request.url === '/metrics' || request.url === '/health';
          response.writeHead(isKnown ? 405 : 404, { 'content-type': 'text/plain' });
          response.end('try GET /metrics or GET /health\n');
        }
      },
    );
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.parse(request.url ?? '/', 'http://system');
    if (url === null) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end('the request target is no path\n');
      return;
    }
    const { origin } = request.headers;
    if (!isOwnPage(origin)) {
      response.writeHead(403, { 'content-type': 'text/plain', vary: 'origin' });
      response.end(`pages of ${origin} may not use the feeds: only those of this machine\n`);
      return;
    }
    if (origin !== undefined) {
      for (const [name, value] of Object.entries(pageFields(origin))) response.setHeader(name, value);
    }
    const isFetched = url.pathname === '/events' || url.pathname === '/publish';
    const isUpgraded = url.pathname === '/ws' || url.pathname === '/echo';
    const route = `${request.method} ${url.pathname}`;
    if (isFetched && request.method === 'OPTIONS') {
      response.writeHead(204).end();
    } else if (route === 'POST /publish') {
      this.#parts.publisher.handle(request, response, url.searchParams).catch(() => response.destroy());
    } else if (route === 'GET /events') {
      this.#parts.sse.subscribe(url, request, response);
    } else if (isUpgraded && request.method === 'GET') {
      response.writeHead(426, { 'content-type': 'text/plain', connection: 'upgrade', upgrade: 'websocket' });
      response.end('expected a WebSocket handshake\n');
    } else {
      const isKnown = isFetched || isUpgraded;
      if (isKnown) response.setHeader('allow', url.pathname === '/publish' ? 'POST' : 'GET');
      response.writeHead(isKnown ? 405 : 404, { 'content-type': 'text/plain' });
      response.end('try GET /events, POST /publish, GET /ws or GET /echo (upgrade)\n');
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}); // an unheard error of an upgraded socket would end the process
    const url = URL.parse(request.url ?? '/', 'http://system');
    if (url === null) return refuseUpgrade(socket, '400 Bad Request');
    const isKnown = url.pathname === '/ws' || url.pathname === '/echo';
    if (!isKnown) return refuseUpgrade(socket, '404 Not Found');
    if (!isOwnPage(request.headers.origin)) return refuseUpgrade(socket, '403 Forbidden');
    this.#parts.ws.upgrade(url, request, socket, head);
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
