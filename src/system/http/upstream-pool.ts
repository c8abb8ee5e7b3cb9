/**
 * Connections to upstream servers, kept for the next exchange. As many as there are exchanges at a time: whoever
 * wants fewer lets fewer begin. Of those that wait, the one used last goes first, so that surplus ones grow old.
 */
import type { Socket } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { UpstreamSettings } from '../../core/plan.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { DeadlineSweep } from './deadline-sweep.ts';
import { Dial } from './dial.ts';
import { IdleConnections } from './idle-connections.ts';
import { buildRequestHead, findRequestProblem } from './request-head.ts';
import {
  type Destination,
  type UpstreamClient,
  UpstreamError,
  type UpstreamExchange,
  type UpstreamHandler,
  type UpstreamRequest,
} from './upstream.ts';
import { type ConnectionKeeper, UpstreamConnection } from './upstream-connection.ts';
import { PooledExchange } from './upstream-exchange.ts';

/** Connections that wait for a next exchange, whatever they lead to: each holds a descriptor here and one there. */
export const MAX_IDLE_CONNECTIONS = 256;

export interface UpstreamPoolOptions {
  readonly settings: UpstreamSettings;
  /** `ca`: PEM certificates that servers may have beside Node's roots. */
  readonly tls: { readonly ca: string | null };
  readonly clock: Clock;
  /** Counts connections that are being opened, as `upstream.dial`. */
  readonly tasks?: TaskRegistry;
}

export class UpstreamPool implements UpstreamClient {
  readonly #options: UpstreamPoolOptions;
  readonly #keepsAlive: boolean;
  readonly #idle: IdleConnections;
  readonly #connections = new Set<UpstreamConnection>();
  /** Sockets that tunnels and upgrades own; known here to be counted and closed. */
  readonly #handedOver = new Set<Socket>();
  readonly #dials = new Set<Dial>();
  readonly #sweep: DeadlineSweep;
  readonly #keeper: ConnectionKeeper;
  #secureContext: SecureContext | undefined;
  #created = 0;
  #reused = 0;
  #isClosed = false;

  constructor(options: UpstreamPoolOptions) {
    this.#options = options;
    this.#keepsAlive = options.settings.reuse === 'keep-alive';
    const { connections } = options.settings;
    this.#idle = new IdleConnections(connections, Math.max(connections, MAX_IDLE_CONNECTIONS));
    this.#sweep = new DeadlineSweep(options.clock, this.#connections);
    this.#keeper = {
      release: (connection) => this.#release(connection),
      forget: (connection) => this.#forget(connection),
      handOver: (connection) => {
        this.#forget(connection);
        this.#handOver(connection.socket);
      },
      repeat: (exchange) => this.#dialFor(exchange),
      headDeadlineNs: () => this.#headDeadlineNs(),
      watch: (deadlineNs) => this.#sweep.watch(deadlineNs),
    };
  }

  begin(destination: Destination, request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange {
    const problem = findRequestProblem(request);
    const head = problem === undefined ? buildRequestHead(request, !this.#keepsAlive) : '';
    const exchange = new PooledExchange(destination, request, handler, head);
    if (problem !== undefined) exchange.failLater(new UpstreamError('protocol', 'H', problem));
    else if (this.#isClosed) exchange.failLater(closedError());
    else {
      const idle = this.#idle.take(destination, this.#options.clock);
      if (idle === undefined) this.#dialFor(exchange);
      else {
        this.#reused++;
        idle.begin(exchange);
      }
    }
    return exchange;
  }

  warm(destination: Destination, signal?: AbortSignal): Promise<void> {
    return this.#reach(destination, true, signal, (socket, address) => {
      const connection = this.#adopt(destination, socket, address);
      if (!this.#release(connection)) connection.drop();
    });
  }

  connect(destination: Destination, signal?: AbortSignal): Promise<Socket> {
    return this.#reach(destination, false, signal, (socket) => {
      this.#handOver(socket);
      return socket;
    });
  }

  sample(): { open: number; idle: number; created: number; reused: number } {
    return {
      open: this.#connections.size + this.#handedOver.size,
      idle: this.#idle.size,
      created: this.#created,
      reused: this.#reused,
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const dial of [...this.#dials]) dial.fail(closedError());
    for (const connection of [...this.#connections]) connection.fail('aborted', closedError().message);
    for (const socket of this.#handedOver) socket.destroy();
  }

  /** Dials until `signal` aborts, for whoever waits for what `take` makes of the connection. */
  #reach<T>(
    destination: Destination,
    allowsTls: boolean,
    signal: AbortSignal | undefined,
    take: (socket: Socket, address: string) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || signal?.aborted === true) {
        reject(this.#isClosed ? closedError() : abortedError());
        return;
      }
      const onAbort = (): void => dial.fail(abortedError());
      const onFailed = (error: UpstreamError): void => {
        signal?.removeEventListener('abort', onAbort);
        reject(error);
      };
      const dial = this.#dial(destination, allowsTls, onFailed, (socket, address) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(take(socket, address));
      });
      signal?.addEventListener('abort', onAbort);
    });
  }

  #dialFor(exchange: PooledExchange): void {
    const { destination } = exchange;
    exchange.connection = undefined;
    const onFailed = (error: UpstreamError): void => exchange.fail(error);
    exchange.dial = this.#dial(destination, true, onFailed, (socket, address) => {
      const connection = this.#adopt(destination, socket, address);
      connection.begin(exchange);
      exchange.sendEarly(connection);
    });
  }

  #dial(
    destination: Destination,
    allowsTls: boolean,
    onFailed: (error: UpstreamError) => void,
    onConnected: (socket: Socket, address: string) => void,
  ): Dial {
    const { clock, settings, tasks } = this.#options;
    const task = tasks?.begin('upstream.dial');
    const secureContext = allowsTls ? this.#takeSecureContext : undefined;
    const dial = new Dial(
      destination,
      { clock, timeoutMs: settings.connectTimeoutMs, secureContext },
      {
        onFailed,
        onOver: () => {
          this.#dials.delete(dial);
          task?.end();
        },
        onConnected: (socket, address) => {
          this.#created++;
          onConnected(socket, address);
        },
      },
    );
    this.#dials.add(dial);
    return dial;
  }

  #adopt(destination: Destination, socket: Socket, address: string): UpstreamConnection {
    const { clock, settings } = this.#options;
    const expiresNs = clock.nowNs() + settings.lifetimeMs * NS_PER_MS;
    const connection = new UpstreamConnection(socket, destination, address, expiresNs, this.#keeper);
    this.#connections.add(connection);
    return connection;
  }

  /** To be used again, until it is unused for too long or too old; false: it is to be closed. */
  #release(connection: UpstreamConnection): boolean {
    if (!this.#keepsAlive || this.#isClosed) return false;
    const { clock, settings } = this.#options;
    const nowNs = clock.nowNs();
    const idleNs = Math.min(settings.idleTimeoutMs * NS_PER_MS, connection.keepAliveNs);
    const deadlineNs = Math.min(nowNs + idleNs, connection.expiresNs);
    if (deadlineNs <= nowNs || !this.#idle.put(connection)) return false;
    connection.deadlineNs = deadlineNs;
    this.#sweep.watch(deadlineNs);
    return true;
  }

  #forget(connection: UpstreamConnection): void {
    this.#connections.delete(connection);
    this.#idle.remove(connection);
    if (this.#connections.size === 0) this.#sweep.stop();
  }

  #handOver(socket: Socket): void {
    this.#handedOver.add(socket);
    socket.once('close', () => this.#handedOver.delete(socket));
  }

  #headDeadlineNs(): number {
    const { clock, settings } = this.#options;
    if (settings.headTimeoutMs === null) return Number.POSITIVE_INFINITY;
    return clock.nowNs() + settings.headTimeoutMs * NS_PER_MS;
  }

  /** Made when the first server asks for it: reading all roots takes milliseconds. */
  #takeSecureContext = (): SecureContext => {
    const { ca } = this.#options.tls;
    this.#secureContext ??= createSecureContext(
      ca === null ? {} : { ca: [...getCACertificates('default'), ca] },
    );
    return this.#secureContext;
  };
}

function closedError(): UpstreamError {
  return new UpstreamError('aborted', 'C', 'connections to upstreams are closed');
}

function abortedError(): UpstreamError {
  return new UpstreamError('aborted', 'C', 'nobody waits for the connection any more');
}
