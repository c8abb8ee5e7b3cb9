/** A server, and the ways to it: past the proxies, and through each of them. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { WsSettings } from '../../src/core/plan.ts';
import { type Offer, RawWebSocket } from '../helpers/raw-websocket.ts';
import { type RunningSystem, type StartOptions, startSystem, until } from '../helpers/system.ts';
import { testAuthority } from '../helpers/tls-origin.ts';
import { ALL_PATHS, createEntrance, type Entrance, type PathName } from '../system/proxies/entrances.ts';

export { ALL_PATHS, type PathName };

export class Paths implements AsyncDisposable {
  /** Whose WebSockets are tested. */
  readonly server: RunningSystem;
  readonly #proxies: Readonly<Record<'tunnel' | 'intercept', RunningSystem>>;
  readonly #tls: Server;
  readonly #opened: RawWebSocket[] = [];
  readonly #fronted = new Set<Socket>();

  private constructor(
    server: RunningSystem,
    proxies: Record<'tunnel' | 'intercept', RunningSystem>,
    tls: Server,
  ) {
    this.server = server;
    this.#proxies = proxies;
    this.#tls = tls;
    tls.on('connection', (socket: Socket) => {
      this.#fronted.add(socket);
      socket.once('close', () => this.#fronted.delete(socket));
    });
  }

  /** `ws` and `options` are the server's. */
  static async start(ws: Partial<WsSettings> = {}, options: StartOptions = {}): Promise<Paths> {
    const server = await startSystem({ ...options, settings: { ...options.settings, ws } });
    const port = portOf(server.addresses.wsEchoUrl);
    const tls = await startTlsFront(port);
    const upstreamCa = testAuthority().certificate;
    const startProxy = (connect: 'tunnel' | 'intercept') =>
      startSystem({ originUrl: `http://127.0.0.1:${port}`, settings: { forward: { connect, upstreamCa } } });
    return new Paths(
      server,
      { tunnel: await startProxy('tunnel'), intercept: await startProxy('intercept') },
      tls,
    );
  }

  /** Of the system whose proxies are on this way. */
  proxyOf(path: PathName): RunningSystem {
    return this.#proxies[path === 'intercepted' ? 'intercept' : 'tunnel'];
  }

  entrance(path: PathName): Entrance {
    const isTls = path === 'intercepted';
    const port = isTls ? (this.#tls.address() as AddressInfo).port : portOf(this.server.addresses.wsEchoUrl);
    return createEntrance(path, this.proxyOf(path).addresses, port);
  }

  /** A WebSocket on `path` to the server's `/echo` or `/ws`. */
  async open(path: PathName, to: '/echo' | '/ws' = '/echo', offer: Offer = {}): Promise<RawWebSocket> {
    const entrance = this.entrance(path);
    const client = await entrance.open();
    const socket = await RawWebSocket.shake(client, (fields) => entrance.head('GET', to, ...fields), offer);
    this.#opened.push(socket);
    return socket;
  }

  /** Waits until no system knows of a connection or a task of one. Meanwhile every client is gone. */
  async allReleased(timeoutMs = 10_000): Promise<void> {
    for (const socket of this.#opened.splice(0)) socket.destroy();
    await until(() => this.left().length === 0, 'all connections are released', timeoutMs).catch(() => {});
    const left = this.left();
    if (left.length > 0) throw new Error(`left behind after ${timeoutMs} ms: ${left.join(', ')}`);
  }

  /** Connections and tasks that are open, in words. */
  left(): string[] {
    const systems = { server: this.server, ...this.#proxies };
    return Object.entries(systems).flatMap(([name, { system }]) => {
      const { connections, tasks, terminations } = system.sample();
      const open = {
        'WebSockets open': connections.ws.open,
        'proxied connections open': (terminations?.reverse.open ?? 0) + (terminations?.forward.open ?? 0),
        ...Object.fromEntries(Object.entries(tasks.byKind).filter(([kind]) => OF_CONNECTIONS.test(kind))),
      };
      return Object.entries(open)
        .filter(([, count]) => count > 0)
        .map(([what, count]) => `${name}: ${count} ${what}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#opened) socket.destroy();
    for (const proxy of Object.values(this.#proxies)) await proxy[Symbol.asyncDispose]();
    // Whoever left before the TLS handshake has half-closed: the front, which keeps its half open, goes with the proxies.
    for (const socket of this.#fronted) socket.destroy();
    await new Promise((resolve) => this.#tls.close(resolve));
    await this.server[Symbol.asyncDispose]();
  }
}

/** Tasks that a connection has; others live as long as their system. */
const OF_CONNECTIONS = /^(ws\.|proxy\.(request|connect|tunnel|upgrade))/;

export function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** TLS before a server that has none: every byte, both ends and a break are passed on. */
async function startTlsFront(port: number): Promise<Server> {
  const identity = testAuthority().issue({ names: ['localhost', '127.0.0.1'] });
  const server = createServer({ ...identity, allowHalfOpen: true, noDelay: true }, (secure) => {
    const plain = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    join(secure, plain);
    join(plain, secure);
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function join(from: Socket, to: Socket): void {
  from.on('error', () => to.destroy()).once('close', () => setImmediate(() => to.destroySoon()));
  from.pipe(to);
}
