/** A tunnel whose TLS ends here: under a certificate for the host that the client asked for by CONNECT. */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { ForwardSettings } from '../../core/plan.ts';
import type { Termination, TerminationLog } from '../http/termination.ts';
import type { Destination, UpstreamClient } from '../http/upstream.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { TunnelContext } from './connect.ts';
import { IdleWatch } from './idle-watch.ts';
import type { LeafCache } from './leaf-cache.ts';
import type { RequestStory, Storyteller } from './story.ts';
import { joinSockets, tellEnd } from './tunnel.ts';

/** The first byte of a ClientHello: a TLS record of type handshake. */
const HANDSHAKE_RECORD = 0x16;
const NOTHING = Buffer.alloc(0);

export interface TlsInterceptorOptions {
  readonly settings: Pick<ForwardSettings, 'nonTls' | 'idleTimeoutMs'>;
  readonly upstream: UpstreamClient;
  readonly leaves: LeafCache;
  readonly events: Storyteller;
  readonly terminations: TerminationLog;
  readonly tasks: TaskRegistry;
  readonly clock: Clock;
  /** From the 200 to the end of the client's handshake. */
  readonly handshakeTimeoutMs: number;
  readonly serveInner: (socket: TLSSocket, context: TunnelContext) => void;
}

export interface InterceptedTunnel {
  readonly authority: string;
  readonly destination: Destination;
  /** Has started; its end is told here. */
  readonly story: RequestStory;
  readonly termination: Termination;
}

export class TlsInterceptor {
  readonly #options: TlsInterceptorOptions;

  constructor(options: TlsInterceptorOptions) {
    this.#options = options;
  }

  /** The client has its 200; `head` is what it sent ahead of that. */
  take(socket: Socket, head: Buffer, tunnel: InterceptedTunnel): void {
    new Interception(socket, tunnel, this.#options).start(head);
  }
}

class Interception {
  readonly #socket: Socket;
  readonly #tunnel: InterceptedTunnel;
  readonly #options: TlsInterceptorOptions;
  readonly #deadline: Timer;
  readonly #task: { end(): void };
  #tls: TLSSocket | undefined;
  #idle: IdleWatch | undefined;
  #state: 'greeting' | 'handshake' | 'secured' | 'passed' = 'greeting';
  #hasTold = false;
  /** Under way inside of the tunnel. */
  #requests = 0;

  constructor(socket: Socket, tunnel: InterceptedTunnel, options: TlsInterceptorOptions) {
    this.#socket = socket;
    this.#tunnel = tunnel;
    this.#options = options;
    const { clock, tasks, handshakeTimeoutMs } = options;
    this.#task = tasks.begin('proxy.tunnel');
    this.#deadline = clock.setTimer(clock.nowNs() + handshakeTimeoutMs * NS_PER_MS, () => {
      this.#fail('c', 'T', `client TLS: no handshake within ${handshakeTimeoutMs} ms`);
      this.#destroy();
    });
  }

  start(head: Buffer): void {
    const socket = this.#socket;
    socket.setTimeout(0); // the server's own; this tunnel has its own limits
    socket.on('error', (error) => {
      if (this.#state === 'greeting') this.#fail('C', 'T', error.message);
      else this.#onTlsError(error);
    });
    if (socket.destroyed) setImmediate(() => this.#closed());
    else socket.once('close', () => this.#closed());
    if (head.length > 0) {
      this.#look(head);
      return;
    }
    const leave = (): void => {
      this.#fail('C', 'T', 'the client left before it said anything');
      this.#destroy();
    };
    socket.once('end', leave);
    socket.once('data', (first: Buffer) => {
      socket.off('end', leave);
      socket.pause();
      this.#look(first);
    });
    socket.resume();
  }

  #look(first: Buffer): void {
    if (first[0] === HANDSHAKE_RECORD) void this.#handshake(first);
    else if (this.#options.settings.nonTls === 'pass') void this.#pass(first);
    else {
      this.#fail('P', 'T', 'what came through the tunnel is no TLS');
      this.#socket.end(() => this.#socket.destroy());
    }
  }

  async #handshake(first: Buffer): Promise<void> {
    this.#state = 'handshake';
    const { leaves } = this.#options;
    const { host } = this.#tunnel.destination;
    let secureContext: SecureContext;
    try {
      secureContext = await leaves.contextFor(host);
    } catch (error) {
      this.#fail('I', 'T', `no certificate for ${host}: ${messageOf(error)}`);
      this.#destroy();
      return;
    }
    if (this.#socket.destroyed) return;
    this.#socket.unshift(first);
    const tls = new TLSSocket(this.#socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
    this.#tls = tls;
    const onError = (error: Error): void => this.#onTlsError(error);
    tls.on('error', onError);
    tls.on('_tlsError', onError); // before the handshake has ended, only this tells why
    tls.once('end', () => {
      if (this.#state !== 'handshake') return;
      this.#onTlsError(new Error('the client has left'));
      this.#destroy();
    });
    tls.once('close', () => this.#destroy());
    tls.once('secure', () => this.#secured(tls));
  }

  /** The connection is booked when it closes: until then it must be known why. */
  #onTlsError(error: Error): void {
    if (this.#state === 'handshake') this.#fail('C', 'T', `client TLS: ${error.message}`);
  }

  #secured(tls: TLSSocket): void {
    const { terminations, events, settings, clock, serveInner } = this.#options;
    const { authority, destination } = this.#tunnel;
    this.#deadline.cancel();
    this.#state = 'secured';
    const asked = (tls as { servername?: string | false }).servername;
    if (typeof asked === 'string' && asked.toLowerCase() !== destination.host) {
      void events.warn(
        `the client of the tunnel to ${authority} asked for the TLS name '${asked.slice(0, 255)}'`,
      );
    }
    const socket = this.#socket;
    this.#idle = new IdleWatch(
      clock,
      settings.idleTimeoutMs,
      () => (this.#requests > 0 ? Number.NaN : socket.bytesRead + socket.bytesWritten), // NaN is never as before
      () => {
        this.#fail('c', 'D', `nothing went through the tunnel for ${settings.idleTimeoutMs} ms`, 502);
        this.#destroy();
      },
    );
    terminations.handOn(socket, tls);
    serveInner(tls, {
      authority,
      destination,
      enter: () => {
        this.#requests++;
        return () => {
          this.#requests--;
        };
      },
      failTunnel: (reason) => {
        this.#fail('S', 'D', reason, 502);
        tls.destroySoon();
      },
    });
  }

  async #pass(first: Buffer): Promise<void> {
    const { upstream, settings, clock, tasks } = this.#options;
    const { destination, story, termination } = this.#tunnel;
    this.#deadline.cancel();
    this.#state = 'passed';
    let server: Socket;
    try {
      server = await upstream.connect({ ...destination, isTls: false });
    } catch (error) {
      this.#fail('S', 'C', messageOf(error), 502);
      this.#destroy();
      return;
    }
    if (this.#socket.destroyed) {
      server.destroy();
      return;
    }
    this.#hasTold = true; // by the tunnel's end, from here on
    const task = tasks.begin('proxy.tunnel');
    joinSockets(this.#socket, server, {
      firstToUpstream: first,
      firstToClient: NOTHING,
      idleTimeoutMs: settings.idleTimeoutMs,
      clock,
      termination,
      onEnd: (outcome) => {
        task.end();
        tellEnd(story, outcome);
      },
    });
  }

  #fail(...[by, phase, reason, status]: [...Parameters<Termination['note']>, string, number?]): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    this.#tunnel.termination.note(by, phase);
    void this.#tunnel.story.fail(reason, status);
  }

  #destroy(): void {
    this.#tls?.destroy();
    this.#socket.destroy();
  }

  #closed(): void {
    this.#deadline.cancel();
    this.#idle?.stop();
    this.#task.end();
    this.#tls?.destroy();
    if (this.#state === 'secured' && !this.#hasTold) {
      this.#hasTold = true;
      void this.#tunnel.story.finish(200);
    } else if (this.#state === 'passed') {
      this.#fail('C', 'C', 'the client has left');
    } else {
      this.#fail('C', 'T', 'client TLS: the client has left');
    }
  }
}
