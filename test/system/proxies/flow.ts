/** Whole streams through one path: a real HTTP(S) origin, Node's own client, a system between them. */

import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  request,
} from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { SystemAddresses } from '../../../src/system/control.ts';
import { ownStream } from '../../helpers/own-stream.ts';
import { type RunningSystem, startSystem } from '../../helpers/system.ts';
import { testAuthority } from '../../helpers/tls-origin.ts';
import { createEntrance, type Entrance, type PathName } from './entrances.ts';

export interface Origin extends AsyncDisposable {
  readonly port: number;
}

/** TCP connections by the stream that HTTP goes over, where that is another. */
const below = new WeakMap<Duplex, Socket>();

/** RST on the connection under a stream that an origin or a client has got here. */
export function resetUnder(stream: Duplex): void {
  (below.get(stream) ?? (stream as Socket)).resetAndDestroy();
}

/** Speaks TLS on the intercepted path. */
export async function startOrigin(path: PathName, listener: RequestListener): Promise<Origin> {
  const http = createServer(listener);
  http.requestTimeout = 0;
  const sockets = new Set<Socket>();
  const identity = path === 'intercepted' ? testAuthority().issue({ names: ['localhost'] }) : undefined;
  const server = createTcpServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    if (identity === undefined) {
      http.emit('connection', socket);
      return;
    }
    const stream = new TLSSocket(ownStream(socket), { isServer: true, ...identity });
    stream.on('error', () => {});
    below.set(stream, socket);
    http.emit('connection', stream);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One connection through the path, over which requests go one after another. */
export class FlowClient {
  readonly entrance: Entrance;
  readonly #agent: Agent;

  constructor(path: PathName, addresses: SystemAddresses, originPort: number) {
    this.entrance = createEntrance(path, addresses, originPort);
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    Object.assign(this.#agent, {
      createConnection: (_: unknown, done: (error: Error | null, stream?: Duplex) => void) => {
        this.entrance.open().then(
          (client) => {
            const stream = client.release();
            below.set(stream, client.socket);
            done(null, stream);
          },
          (error) => done(error),
        );
      },
    });
  }

  /** The request is not ended yet. */
  begin(method: string, path: string, options: RequestOptions = {}) {
    const outgoing = request({
      ...options,
      agent: this.#agent,
      method,
      path: this.entrance.target(path),
      setHost: false,
      headers: { host: this.entrance.host, ...(options.headers as Record<string, string>) },
    });
    const answered = once(outgoing, 'response').then(([answer]) => answer as IncomingMessage);
    answered.catch(() => {}); // heard by whoever waits for it
    return { outgoing, answered };
  }

  close(): void {
    this.#agent.destroy();
  }
}

export async function startFlow(
  path: PathName,
  listener: RequestListener,
): Promise<{ running: RunningSystem; origin: Origin; client: FlowClient } & AsyncDisposable> {
  const origin = await startOrigin(path, listener);
  const running = await startSystem({
    originUrl: `http://127.0.0.1:${origin.port}`,
    settings: {
      forward: {
        connect: path === 'intercepted' ? 'intercept' : 'tunnel',
        upstreamCa: testAuthority().certificate,
      },
    },
  });
  const client = new FlowClient(path, running.addresses, origin.port);
  return {
    running,
    origin,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await running[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}
