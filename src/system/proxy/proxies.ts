/** Both proxies put together: their servers, their connections to what is behind them, and what they share. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { SystemSettings } from '../../core/plan.ts';
import type { Random } from '../../core/random.ts';
import type { Boundary } from '../boundary.ts';
import { DestinationGuard, type DestinationGuardOptions } from '../http/destination.ts';
import { TerminationLog } from '../http/termination.ts';
import type { ResponseHead } from '../http/upstream.ts';
import { UpstreamPool } from '../http/upstream-pool.ts';
import { createEventPipes } from '../intercept/event-pipes.ts';
import type { InterceptedEvent } from '../intercept/intercepted-event.ts';
import { Interceptors } from '../intercept/interceptors.ts';
import type { ConnectionLimit } from '../resources/connection-limit.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import { ConnectHandler, type TunnelContext } from './connect.ts';
import type { EventSink } from './event-sink.ts';
import { ForwardProxy } from './forward.ts';
import { CLIENT_LIMITS, type ClientLimits, createProxyServer, type UpgradedClient } from './proxy-server.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { RequestQueue } from './request-queue.ts';
import { ReverseProxy } from './reverse.ts';
import { joinSockets } from './tunnel.ts';
import { switchingProtocols } from './upgrade.ts';

export interface ProxiesOptions {
  readonly settings: SystemSettings;
  readonly originUrl: string;
  readonly requests: RequestQueue;
  readonly events: EventSink;
  readonly pending: Boundary<InterceptedEvent>;
  readonly limit: ConnectionLimit;
  readonly tasks: TaskRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: MemoryBudget;
  /** In place of the usual ones. */
  readonly parts?: ProxyParts;
}

export interface ProxyParts {
  /** How names are resolved. */
  readonly resolver?: Pick<DestinationGuardOptions, 'lookup' | 'lookupTimeoutMs'>;
  /** How long clients may take. */
  readonly clientLimits?: ClientLimits;
}

export class Proxies {
  readonly reverseServer: Server;
  readonly forwardServer: Server;
  readonly #options: ProxiesOptions;
  readonly #reverse: ReverseProxy;
  readonly #forward: ForwardProxy;
  readonly #connect: ConnectHandler;
  readonly #guard: DestinationGuard;
  readonly #authority: CertificateAuthority | null;
  readonly #recorder: Recorder;
  readonly #interceptors: Interceptors;
  readonly #upstream: { readonly reverse: UpstreamPool; readonly forward: UpstreamPool };
  readonly #terminations = { reverse: new TerminationLog(), forward: new TerminationLog() };
  /** Serves what is inside intercepted tunnels; never listens. */
  readonly #innerServer: Server;
  readonly #tunnels = new WeakMap<Socket, Tunnel>();
  readonly #sockets = new Map<Socket, 'reverse' | 'forward'>();
  #ownPorts: ReadonlySet<number> = new Set();
  #isFinishing = false;

  constructor(options: ProxiesOptions) {
    this.#options = options;
    const { settings, events, tasks, clock, random, requests, pending, budget } = options;
    const { forward, upstream, lifecycle, intercept } = settings;
    this.#guard = new DestinationGuard({
      allowHosts: forward.allowHosts,
      insecureHosts: forward.insecureHosts,
      ownPorts: () => this.#ownPorts,
      ...options.parts?.resolver,
    });
    const pool = (): UpstreamPool =>
      new UpstreamPool({ settings: upstream, tls: { ca: forward.upstreamCa }, clock, tasks });
    this.#upstream = { reverse: pool(), forward: pool() };
    this.#recorder = createRecorder(settings.recorder, clock, tasks);
    this.#interceptors = new Interceptors(intercept, clock, tasks);
    const shared = {
      events,
      tasks,
      hasPreviews: lifecycle.previewBytes > 0,
      finishBlocksResponse: lifecycle.finishBlocksResponse,
    };
    this.#reverse = new ReverseProxy({
      ...shared,
      upstream: this.#upstream.reverse,
      requests,
      recorder: this.#recorder,
      interceptors: this.#interceptors,
      openPipe: createEventPipes({
        settings: intercept,
        boundary: pending,
        budget,
        interceptors: this.#interceptors,
        clock,
        tasks,
        random,
      }),
      terminations: this.#terminations.reverse,
      join: (client, head, socket, first) => this.#join('reverse', client, head, socket, first),
    });
    this.#forward = new ForwardProxy({
      ...shared,
      upstream: this.#upstream.forward,
      guard: this.#guard,
      terminations: this.#terminations.forward,
      join: (client, head, socket, first) => this.#join('forward', client, head, socket, first),
    });
    this.#authority = forward.connect === 'intercept' ? new CertificateAuthority(forward.allowHosts) : null;
    this.#connect = new ConnectHandler({
      settings: forward,
      upstream: this.#upstream.forward,
      guard: this.#guard,
      events,
      terminations: this.#terminations.forward,
      tasks,
      clock,
      ca: this.#authority,
      via: this.#forward.via,
      handshakeTimeoutMs: this.#clientLimits.handshakeMs,
      serveInner: (socket, context) => this.#serveInner(socket, context),
    });
    this.reverseServer = this.#createServer('reverse');
    this.forwardServer = this.#createServer('forward');
    this.#innerServer = createProxyServer({
      handle: (request, response, upgraded) => this.#handleInner(request, response, upgraded),
      admit: null,
      leave: () => {},
      terminations: this.#terminations.forward,
      clock,
      via: this.#forward.via,
      limits: this.#clientLimits,
    });
  }

  /** Before the first connection; `ownPorts` are never connected to. The CA's certificate (PEM) where there is one. */
  async start(ownPorts: ReadonlySet<number>): Promise<string | null> {
    this.#ownPorts = ownPorts;
    const { originUrl } = this.#options;
    const { hostname, port } = new URL(originUrl);
    const host = hostname.replace(/^\[|\]$/g, '');
    const destination = await this.#guard.resolve(host, Number(port === '' ? 80 : port), false);
    if ('status' in destination) {
      throw new BenchError(
        'BPB_ERR_START_FAILED',
        `the origin ${originUrl} cannot be used: ${destination.reason}`,
      );
    }
    this.#reverse.destination = destination;
    return this.#authority === null ? null : this.#authority.certificatePem();
  }

  get counts(): { started: number; finished: number; failed: number } {
    return this.#reverse.counts;
  }

  get #clientLimits(): ClientLimits {
    return this.#options.parts?.clientLimits ?? CLIENT_LIMITS;
  }

  /** Lets go on what an interceptor holds. */
  release(): void {
    this.#interceptors.release();
  }

  sample(): {
    terminations: Record<'reverse' | 'forward', ReturnType<TerminationLog['sample']>>;
    upstream: Record<'reverse' | 'forward', ReturnType<UpstreamPool['sample']>>;
  } {
    const { reverse, forward } = this.#upstream;
    return {
      terminations: {
        reverse: this.#terminations.reverse.sample(),
        forward: this.#terminations.forward.sample(),
      },
      upstream: { reverse: reverse.sample(), forward: forward.sample() },
    };
  }

  /** Takes no new connections from now on. */
  refuseNew(): void {
    this.#isFinishing = true;
  }

  /** Ends every connection of a client that is still there, as by an operator. */
  cut(): void {
    for (const [socket, name] of this.#sockets) {
      this.#terminations[name].of(socket).note('K', 'D');
      socket.destroy();
    }
  }

  /** Once the servers are closed. */
  async close(): Promise<void> {
    this.cut();
    await this.#allBooked();
    this.#innerServer.close();
    this.#upstream.reverse.close();
    this.#upstream.forward.close();
    await this.#recorder.close();
  }

  /** Sockets close, and are booked, a few turns after they were destroyed. */
  async #allBooked(): Promise<void> {
    const { reverse, forward } = this.#terminations;
    for (let turns = 0; turns < 100 && reverse.sample().open + forward.sample().open > 0; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #createServer(name: 'reverse' | 'forward'): Server {
    const { limit, clock } = this.#options;
    const proxy = name === 'reverse' ? this.#reverse : this.#forward;
    const terminations = this.#terminations[name];
    const server = createProxyServer({
      handle: (request, response, upgraded) => proxy.handle(request, response, upgraded),
      ...(name === 'forward'
        ? {
            connect: (request: IncomingMessage, socket: Socket, head: Buffer) =>
              this.#connect.handle(request, socket, head),
          }
        : {}),
      admit: () => !this.#isFinishing && limit.admit('proxy'),
      leave: () => limit.leave('proxy'),
      terminations,
      clock,
      via: proxy.via,
      limits: this.#clientLimits,
    });
    server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket, name);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  #serveInner(socket: TLSSocket, context: TunnelContext): void {
    this.#tunnels.set(socket, { context, last: Promise.resolve() });
    this.#innerServer.emit('connection', socket);
  }

  /** One after another: what the end of one waits for, the next one waits for as well, as in the noted system. */
  async #handleInner(
    request: IncomingMessage,
    response: ServerResponse,
    upgraded?: UpgradedClient,
  ): Promise<void> {
    const tunnel = this.#tunnels.get(request.socket);
    if (tunnel === undefined) throw new BenchError('BPB_ERR_INTERNAL', 'a request of no tunnel');
    const { context } = tunnel;
    const leave = context.enter();
    const playing = tunnel.last.then(() => this.#forward.handleInner(request, response, context, upgraded));
    tunnel.last = playing.catch(() => {});
    try {
      const end = await playing;
      if (end?.failure === 'upstream') context.failTunnel(end.message);
      if (end?.status === 101) return; // a WebSocket may be quiet for as long as it likes
      leave();
    } catch (thrown) {
      leave();
      throw thrown;
    }
  }

  #join(
    name: 'reverse' | 'forward',
    client: UpgradedClient,
    head: ResponseHead,
    upstream: Socket,
    first: Buffer,
  ): void {
    const { via } = name === 'reverse' ? this.#reverse : this.#forward;
    const { clock, tasks } = this.#options;
    const firstToUpstream = client.head();
    client.socket.write(switchingProtocols(head, via.field), 'latin1');
    const task = tasks.begin('proxy.upgrade');
    joinSockets(client.socket, upstream, {
      firstToUpstream,
      firstToClient: first,
      idleTimeoutMs: null, // a quiet WebSocket is none that has gone
      clock,
      termination: this.#terminations[name].of(client.socket),
      onEnd: () => task.end(),
    });
  }
}

interface Tunnel {
  readonly context: TunnelContext;
  /** When the last request of the tunnel has told its end. */
  last: Promise<unknown>;
}
