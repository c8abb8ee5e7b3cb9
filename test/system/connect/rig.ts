/** A proxy of CONNECT alone, on a real HTTP server, with everything that it told and counted. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { type Clock, createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS, type ForwardSettings } from '../../../src/core/plan.ts';
import { DestinationGuard, type DestinationGuardOptions } from '../../../src/system/http/destination.ts';
import { TerminationLog } from '../../../src/system/http/termination.ts';
import { UpstreamPool } from '../../../src/system/http/upstream-pool.ts';
import { Via } from '../../../src/system/http/via.ts';
import { CertificateAuthority } from '../../../src/system/proxy/certificate-authority.ts';
import { ConnectHandler, type TunnelContext } from '../../../src/system/proxy/connect.ts';
import type { Storyteller } from '../../../src/system/proxy/story.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { until } from '../../helpers/system.ts';
import type { Identity } from '../../helpers/tls-origin.ts';

export interface Told {
  readonly url: string;
  /** `undefined` while the tunnel lives; a status, or why it failed. */
  end: { finished: number } | { failed: string; status: number | undefined } | undefined;
}

export interface RigOptions {
  readonly forward?: Partial<ForwardSettings>;
  readonly connectTimeoutMs?: number;
  readonly guard?: Partial<DestinationGuardOptions>;
  readonly via?: Via;
  /** Serves the inside of intercepted tunnels; else every request is answered with `inner`. */
  readonly serveInner?: (socket: TLSSocket, context: TunnelContext) => void;
}

export class Rig implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly warnings: string[] = [];
  readonly terminations = new TerminationLog();
  readonly tasks = new TaskRegistry();
  readonly clock: Clock = createHostClock(takeEpochNs());
  readonly ca: CertificateAuthority;
  readonly pool: UpstreamPool;
  readonly via: Via;
  readonly sockets = new Set<Socket>();
  readonly #inner = createServer((request, response) => response.end(`inner ${request.url}`));
  readonly #server: HttpServer;
  readonly #ownPorts = new Set<number>();
  handleError: unknown;

  private constructor(options: RigOptions) {
    const settings = { ...DEFAULT_SYSTEM_SETTINGS.forward, ...options.forward };
    this.ca = new CertificateAuthority(settings.allowHosts);
    this.via = options.via ?? new Via('test');
    this.pool = new UpstreamPool({
      settings: { ...DEFAULT_SYSTEM_SETTINGS.upstream, connectTimeoutMs: options.connectTimeoutMs ?? 5000 },
      tls: { ca: settings.upstreamCa },
      clock: this.clock,
    });
    const handler = new ConnectHandler({
      settings,
      upstream: this.pool,
      guard: new DestinationGuard({
        allowHosts: settings.allowHosts,
        insecureHosts: settings.insecureHosts,
        ownPorts: () => this.#ownPorts,
        ...options.guard,
      }),
      events: this.#storyteller(),
      terminations: this.terminations,
      tasks: this.tasks,
      clock: this.clock,
      ca: this.ca,
      via: this.via,
      handshakeTimeoutMs: 10_000,
      serveInner:
        options.serveInner ??
        ((socket) => {
          this.#inner.emit('connection', socket);
        }),
    });
    this.#server = Object.assign(createServer(), { httpAllowHalfOpen: true });
    this.#server.on('connection', (socket: Socket) => {
      this.terminations.follow(socket);
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.on('connect', (request, socket, head) => {
      handler.handle(request, socket as Socket, head).catch((error) => {
        this.handleError = error;
        socket.destroy();
      });
    });
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options);
    await once(rig.#server.listen(0, '127.0.0.1'), 'listening');
    rig.#ownPorts.add(rig.port);
    return rig;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Sends the head of a CONNECT request, and what follows in the same write. */
  dial(authority: string, more: string | Buffer = '', fields = ''): Client {
    const socket = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true });
    const head = Buffer.from(
      `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${fields}\r\n`,
      'latin1',
    );
    socket.write(Buffer.concat([head, Buffer.from(more)]));
    return new Client(socket);
  }

  /** Every client has left, every tunnel has ended, and each has told its end. */
  async settled(): Promise<void> {
    await until(() => this.terminations.sample().open === 0, 'all client connections are closed');
    await until(() => this.tasks.open === 0, 'no task is left');
    await until(() => this.told.every(({ end }) => end !== undefined), 'every tunnel has told its end');
  }

  #storyteller(): Storyteller {
    return {
      begin: ({ url }) => {
        const told: Told = { url, end: undefined };
        this.told.push(told);
        const tell = (end: Told['end']): undefined => {
          if (told.end !== undefined) throw new Error(`${url} has told its end twice`);
          told.end = end;
        };
        return {
          id: this.told.length,
          start: () => undefined,
          requestBody: () => undefined,
          responseBody: () => undefined,
          finish: (status) => tell({ finished: status }),
          fail: (reason, status) => tell({ failed: reason, status }),
        };
      },
      warn: (text) => void this.warnings.push(text),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.pool.close();
    this.#inner.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.handleError !== undefined) throw this.handleError;
  }
}

export class Client {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  hasEnded = false;
  isClosed = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket
      .on('data', (bytes) => this.#chunks.push(bytes as Buffer))
      .on('end', () => {
        this.hasEnded = true;
      })
      .on('error', (error) => {
        this.error = error;
      })
      .on('close', () => {
        this.isClosed = true;
      });
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** The status of the answer; resolves once its head is there. */
  async status(): Promise<number> {
    await until(() => this.text.includes('\r\n\r\n') || this.isClosed, 'the proxy has answered');
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.text)?.[1]);
  }

  /** What came behind the head of the answer. */
  get body(): Buffer {
    const at = this.received.indexOf('\r\n\r\n');
    return at < 0 ? Buffer.alloc(0) : this.received.subarray(at + 4);
  }

  /** The socket behind the 200, which nobody reads any more. */
  async opened(): Promise<Socket> {
    if ((await this.status()) !== 200) throw new Error(`no tunnel: ${this.text}`);
    this.socket.removeAllListeners('data');
    this.socket.pause();
    const { body } = this;
    if (body.length > 0) this.socket.unshift(body);
    return this.socket;
  }
}

/** A TCP (or TLS) server for one test. */
export class Peer implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(onSocket: (socket: Socket) => void = () => {}, identity?: Identity): Promise<Peer> {
    const accept = (socket: Socket): void => {
      peer.sockets.push(socket);
      socket.on('error', () => {});
      onSocket(socket);
    };
    const server =
      identity === undefined
        ? createTcpServer({ allowHalfOpen: true }, accept)
        : createTlsServer({ ...identity, ALPNProtocols: ['http/1.1'] }, accept);
    const peer = new Peer(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
