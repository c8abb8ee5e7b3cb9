/**
 * CONNECT: a request for a tunnel becomes one, opaque or intercepted. What is behind it is reached before the client
 * is told that it is, so that every failure still has a status.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import type { ForwardSettings } from '../../core/plan.ts';
import type { Denial, DestinationGuard } from '../http/destination.ts';
import { type Authority, formatAuthority, parseAuthority } from '../http/host-check.ts';
import type { Termination, TerminationLog } from '../http/termination.ts';
import { type Destination, type UpstreamClient, UpstreamError } from '../http/upstream.ts';
import type { Via } from '../http/via.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { LeafCache } from './leaf-cache.ts';
import { answerLast } from './raw-answer.ts';
import type { RequestStory, Storyteller } from './story.ts';
import { TlsInterceptor } from './tls-interceptor.ts';
import { joinSockets, tellEnd } from './tunnel.ts';

/** What an intercepted tunnel is to the requests inside. */
export interface TunnelContext {
  /** As the client wrote it, in lower case: `host:port`. */
  readonly authority: string;
  readonly destination: Destination;
  /** A request is under way, and the tunnel is not idle however quiet it is, until the answered function is called. */
  enter(): () => void;
  /** The tunnel has failed, for instance because the upstream did; it closes once what was written has left. */
  failTunnel(reason: string): void;
}

export interface ConnectHandlerOptions {
  readonly settings: Pick<ForwardSettings, 'connect' | 'nonTls' | 'idleTimeoutMs'>;
  readonly upstream: UpstreamClient;
  readonly guard: DestinationGuard;
  readonly events: Storyteller;
  readonly terminations: TerminationLog;
  readonly tasks: TaskRegistry;
  readonly clock: Clock;
  /** Needed to intercept alone. */
  readonly ca: Pick<CertificateAuthority, 'issue'> | null;
  readonly via: Pick<Via, 'field' | 'hasLooped'>;
  /** From the 200 to the end of a client's TLS handshake. */
  readonly handshakeTimeoutMs: number;
  /** Takes over what the client says inside of an intercepted tunnel. */
  readonly serveInner: (socket: TLSSocket, context: TunnelContext) => void;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** What the client's 200 stands for: a connection of its own, or one that waits in the pool for what TLS brings. */
type Reached = { readonly socket: Socket } | 'warm';

export class ConnectHandler {
  readonly #options: ConnectHandlerOptions;
  readonly #interceptor: TlsInterceptor | null;

  constructor(options: ConnectHandlerOptions) {
    this.#options = options;
    const { settings, ca } = options;
    this.#interceptor =
      settings.connect === 'intercept' && ca !== null
        ? new TlsInterceptor({ ...options, leaves: new LeafCache({ authority: ca }) })
        : null;
  }

  /** One CONNECT request, as Node's `connect` event gives it. Resolves once the tunnel has begun, or was refused. */
  async handle(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const { events, terminations, tasks, via, clock } = this.#options;
    const termination = terminations.of(socket);
    const left = new AbortController();
    // Who resets says so here first: by the time of `close` the connection is booked.
    const noteReset = (): void => termination.note('C', 'C');
    socket.on('error', noteReset).once('close', () => left.abort());

    const authority = parseAuthority(request.url ?? '');
    const refusal = this.#findRefusal(request, authority);
    if (refusal !== undefined || typeof authority === 'string') {
      const { status, reason } = refusal as Refusal;
      termination.note('P', 'R');
      await events.warn(`CONNECT ${request.url}: ${reason}`);
      answerLast(socket, status, reason, via.field, clock);
      return;
    }

    const task = tasks.begin('proxy.connect', { tasks: 0 });
    try {
      const url = formatAuthority(authority);
      const { rawHeaders } = request;
      const story = events.begin({ kind: 'connect', method: 'CONNECT', url, rawHeaders });
      await story.start();
      await this.#open(authority, socket, head, story, termination, left.signal);
    } finally {
      socket.on('error', () => {}).off('error', noteReset);
      task.end();
    }
  }

  #findRefusal(request: IncomingMessage, authority: Authority | string): Refusal | undefined {
    const { headers, rawHeaders } = request;
    if (typeof authority === 'string') return { status: 400, reason: authority };
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      return { status: 400, reason: 'a CONNECT request has no body' };
    }
    if (this.#options.via.hasLooped(rawHeaders)) {
      return { status: 508, reason: 'this request has been here before: the proxies lead in a circle' };
    }
    return undefined;
  }

  async #open(
    authority: Authority,
    socket: Socket,
    head: Buffer,
    story: RequestStory,
    termination: Termination,
    left: AbortSignal,
  ): Promise<void> {
    const { guard, clock, via } = this.#options;
    const refuse = async (status: number, reason: string): Promise<void> => {
      await story.fail(reason, status);
      answerLast(socket, status, reason, via.field, clock);
    };
    const leave = async (): Promise<void> => {
      termination.note('C', 'C');
      await story.fail('the client has left');
    };
    const found = await guard.resolve(authority.host, authority.port, this.#interceptor !== null);
    if (isDenial(found)) {
      termination.note(found.code[0], found.code[1]);
      return refuse(found.status, found.reason);
    }
    let reached: Reached;
    try {
      reached = await this.#reach(found, left);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (left.aborted) return leave();
      termination.note(...codeOf(error));
      return refuse(error.status, error.message);
    }
    if (left.aborted) {
      if (reached !== 'warm') reached.socket.destroy();
      return leave();
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n', 'latin1');
    if (reached === 'warm') {
      const tunnel = { authority: formatAuthority(authority), destination: found, story, termination };
      (this.#interceptor as TlsInterceptor).take(socket, head, tunnel);
    } else {
      this.#join(socket, reached.socket, head, story, termination);
    }
  }

  async #reach(destination: Destination, left: AbortSignal): Promise<Reached> {
    const { upstream, settings } = this.#options;
    if (this.#interceptor !== null) {
      try {
        await upstream.warm(destination, left);
        return 'warm';
      } catch (error) {
        const speaksNoTls = error instanceof UpstreamError && error.fault === 'no-tls';
        if (settings.nonTls !== 'pass' || !speaksNoTls) throw error;
        // Nothing to intercept there, and so an opaque tunnel whatever the client says.
      }
    }
    return { socket: await upstream.connect({ ...destination, isTls: false }, left) };
  }

  #join(client: Socket, upstream: Socket, head: Buffer, story: RequestStory, termination: Termination): void {
    const { settings, clock, tasks } = this.#options;
    const task = tasks.begin('proxy.tunnel');
    joinSockets(client, upstream, {
      firstToUpstream: head,
      firstToClient: Buffer.alloc(0),
      idleTimeoutMs: settings.idleTimeoutMs,
      clock,
      termination,
      onEnd: (outcome) => {
        task.end();
        tellEnd(story, outcome);
      },
    });
  }
}

function isDenial(found: Destination | Denial): found is Denial {
  return 'status' in found;
}

function codeOf(error: UpstreamError): Parameters<Termination['note']> {
  if (error.fault === 'tls' || error.fault === 'no-tls') return ['S', 'T'];
  return [error.fault === 'connect-timeout' ? 's' : 'S', 'C'];
}
