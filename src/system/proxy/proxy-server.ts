/**
 * What the servers of both proxies do alike: one connection limit, one termination code for each connection,
 * clients that are too slow, requests that are none, and upgrades to WebSocket.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import { findRefusal } from '../http/request-check.ts';
import type { TerminationLog } from '../http/termination.ts';
import type { Via } from '../http/via.ts';
import { refuse } from './answer.ts';
import { ClientConnection } from './client-connection.ts';
import { ClientPace, PACE_LIMITS, type PaceLimits, type SlowAt } from './client-pace.ts';
import { answerLast } from './raw-answer.ts';
import { assignResponse } from './upgrade.ts';

/** How long clients may take. */
export interface ClientLimits extends PaceLimits {
  /** They may hold a connection for a while before they use it, or use it again. */
  readonly idleMs: number;
  /** From the 200 of an intercepted tunnel to the end of the client's TLS handshake. */
  readonly handshakeMs: number;
}

export const CLIENT_LIMITS: ClientLimits = { ...PACE_LIMITS, idleMs: 60_000, handshakeMs: 10_000 };

const MAX_HEAD_BYTES = 16 * 1024;
/** How long a connection that is one too many may take to ask, and be told so. */
const REFUSED_MS = 2000;

export interface ProxyServerOptions {
  /** Answers one request; `upgraded` when it asks for WebSocket. */
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    upgraded?: UpgradedClient,
  ) => Promise<unknown>;
  readonly connect?: (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<unknown>;
  /** Whether one more connection may stay; `null` for connections that were let in elsewhere. */
  readonly admit: (() => boolean) | null;
  readonly leave: () => void;
  readonly terminations: TerminationLog;
  readonly clock: Clock;
  readonly via: Via;
  readonly limits: ClientLimits;
}

/** The client's side of an upgrade: `head` gives what came behind the request. */
export interface UpgradedClient {
  readonly socket: Socket;
  readonly head: () => Buffer;
}

export function createProxyServer(options: ProxyServerOptions): Server {
  const { terminations, clock, via, limits } = options;
  const connections = new WeakMap<Duplex, ClientConnection>();
  const refused = new WeakSet<Duplex>();
  const isBusy = (socket: Duplex): boolean => connections.get(socket)?.current !== undefined;
  const server = createServer({
    connectionsCheckingInterval: 1000,
    headersTimeout: limits.idleMs,
    keepAliveTimeout: limits.idleMs,
    requestTimeout: 0, // a long upload is none of our business while it goes on: see ClientPace
    maxHeaderSize: MAX_HEAD_BYTES,
    // Behind a request that is not answered yet there is no socket to hand over.
    shouldUpgradeCallback: (request) => isWebSocket(request) && !isBusy(request.socket),
    requireHostHeader: false, // checked here, where the connection is ended for it
    noDelay: true,
    optimizeEmptyRequests: true,
  });
  // Not in its types: who has sent its request may close its side and wait for the answer.
  Object.assign(server, { httpAllowHalfOpen: true });

  const ending = new WeakSet<Duplex>();
  const sayLast = (socket: Socket, status: number, reason: string): void => {
    ending.add(socket);
    answerLast(socket, status, reason, via.field, clock);
  };

  const onSlow = (socket: Socket, at: SlowAt): void => {
    terminations.of(socket).note('c', at === 'head' ? 'R' : 'D');
    if (at === 'head') sayLast(socket, 408, 'the head of the request took too long');
    else socket.destroy();
  };
  const pace = new ClientPace(limits, clock, isBusy, onSlow);
  server.once('close', () => pace.close());

  const handle = (request: IncomingMessage, response: ServerResponse, upgraded?: UpgradedClient): void => {
    options.handle(request, response, upgraded).catch(() => {
      terminations.of(request.socket).note('I', response.headersSent ? 'D' : 'R');
      response.destroy();
    });
  };

  const play = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const connection = connections.get(socket);
    const refusal = refused.has(socket) ? AT_CAPACITY : findRefusal(request, via);
    // Node drops what came in one read behind an offer of another protocol, so nothing there can be trusted.
    if (refusal !== undefined || request.headers.upgrade !== undefined) connection?.endAfterThis();
    if (refusal === undefined) {
      pace.begin(socket, request);
      handle(request, response);
      return;
    }
    terminations.of(socket).note('P', 'R');
    refuse(response, refusal.status, refusal.reason, via.field);
  };

  server.on('connection', (socket) => {
    const outlive = (): void => {
      if (options.admit !== null) terminations.of(socket).outlive(); // what goes wrong inside a tunnel ends it
    };
    connections.set(socket, new ClientConnection(socket, { play, outlive }, clock));
    if (options.admit !== null) {
      const termination = terminations.follow(socket);
      if (!options.admit()) {
        refused.add(socket);
        termination.note('R', 'R');
        const timer = clock.setTimer(clock.nowNs() + REFUSED_MS * NS_PER_MS, () => socket.destroy());
        socket.once('close', () => timer.cancel());
        return;
      }
      socket.once('close', options.leave);
    }
    pace.follow(socket);
  });

  const take = (request: IncomingMessage, response: ServerResponse): void =>
    connections.get(request.socket)?.take(request, response);
  server.on('request', take);
  server.on('checkContinue', take);
  server.on('checkExpectation', take);

  server.on('upgrade', (request, duplex, head) => {
    const socket = duplex as Socket;
    socket.on('error', () => {}); // an unheard error of an upgraded socket would end the process
    pace.unfollow(socket);
    if (isBusy(socket)) {
      terminations.of(socket).note('P', 'R');
      socket.destroy();
      return;
    }
    const refusal = refused.has(socket) ? AT_CAPACITY : findRefusal(request, via);
    if (refusal !== undefined) {
      terminations.of(socket).note('P', 'R');
      sayLast(socket, refusal.status, refusal.reason);
      return;
    }
    const { response, early } = assignResponse(request, socket, head, clock);
    handle(request, response, isWebSocket(request) ? { socket, head: early } : undefined);
  });

  server.on('connect', (request, duplex, head) => {
    const socket = duplex as Socket;
    socket.on('error', () => {});
    pace.unfollow(socket);
    if (isBusy(socket)) {
      terminations.of(socket).note('P', 'R'); // its answer would stand among another's
      socket.destroy();
    } else if (refused.has(socket)) {
      sayLast(socket, AT_CAPACITY.status, AT_CAPACITY.reason);
    } else if (options.connect === undefined) {
      terminations.of(socket).note('P', 'R');
      sayLast(socket, 405, 'CONNECT is for the forward proxy');
    } else {
      options.connect(request, socket, head).catch(() => {
        terminations.of(socket).note('I', 'R');
        socket.destroy();
      });
    }
  });

  server.on('clientError', (error: NodeJS.ErrnoException, duplex) => {
    const socket = duplex as Socket;
    if (ending.has(socket)) return; // the rest of what was refused
    const termination = terminations.of(socket);
    const { current } = connections.get(socket) ?? {};
    const isBroken = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    // Of one that leaves in the middle of an answer its exchange knows more.
    if (isBroken || error.code === 'HPE_INVALID_EOF_STATE') {
      if (current === undefined && socket.bytesRead > 0) termination.note('C', 'R');
    } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
      if (socket.bytesRead > 0) termination.note('c', 'R');
    } else {
      termination.note('P', current === undefined ? 'R' : 'D');
    }
    if (current?.writableEnded === true) return; // a refusal is on its way, and ends the connection
    // In the middle of an answer nothing else can be said.
    if (current !== undefined || isBroken || !socket.writable) socket.destroy();
    else sayLast(socket, STATUS_OF_ERROR[error.code ?? ''] ?? 400, 'this is no HTTP/1.1 request');
  });
  return server;
}

const AT_CAPACITY = { status: 503, reason: 'at capacity, try again later' };

const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** GET that asks for WebSocket; every other `Upgrade` is an offer that may be left alone (RFC 9110 §7.8). */
function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.trim().toLowerCase() === 'websocket';
}
