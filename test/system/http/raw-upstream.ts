/** An upstream that sends what it is told to, byte for byte, and remembers what it was sent. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS, type UpstreamSettings } from '../../../src/core/plan.ts';
import type {
  Destination,
  ResponseHead,
  UpstreamError,
  UpstreamHandler,
  UpstreamRequest,
} from '../../../src/system/http/upstream.ts';
import { UpstreamPool, type UpstreamPoolOptions } from '../../../src/system/http/upstream-pool.ts';

export interface RawUpstream extends AsyncDisposable {
  readonly server: Server;
  readonly destination: Destination;
  readonly sockets: Set<Socket>;
}

export async function listen(server: Server, host = '127.0.0.1'): Promise<RawUpstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    sockets,
    destination: { host, addresses: [host], port, isTls: false, isVerified: true },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function rawUpstream(onConnection: (socket: Socket) => void): Promise<RawUpstream> {
  return listen(createServer({ allowHalfOpen: true, noDelay: true }, onConnection));
}

export type Ending = 'open' | 'fin' | 'rst';

/** Sends `bytes`, in one piece or in pieces of a byte that arrive one by one, and then ends so. */
export async function send(
  socket: Socket,
  bytes: Buffer,
  pieces: 'whole' | 'bytes',
  ending: Ending,
): Promise<void> {
  if (pieces === 'whole') await write(socket, bytes);
  else
    for (let i = 0; i < bytes.length && !socket.destroyed; i++) {
      await write(socket, bytes.subarray(i, i + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  if (ending === 'fin') socket.end();
  else if (ending === 'rst') {
    // What has been written must be out before the reset throws it away.
    await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
  }
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()));
}

export function createPool(
  settings: Partial<UpstreamSettings> = {},
  rest: Partial<UpstreamPoolOptions> = {},
): UpstreamPool & Disposable {
  const pool = new UpstreamPool({
    settings: { ...DEFAULT_SYSTEM_SETTINGS.upstream, ...settings },
    tls: { ca: null },
    clock: createHostClock(takeEpochNs()),
    ...rest,
  });
  return Object.assign(pool, { [Symbol.dispose]: () => pool.close() });
}

/** Everything that an exchange says, and whether it kept the order that it promises. */
export class Hearing implements UpstreamHandler {
  readonly information: ResponseHead[] = [];
  readonly data: Buffer[] = [];
  readonly calls: string[] = [];
  head: ResponseHead | undefined;
  trailers: readonly string[] | undefined;
  error: UpstreamError | undefined;
  upgraded: { head: ResponseHead; socket: Socket; first: Buffer } | undefined;
  drains = 0;
  /** Resolves with the last call. */
  readonly over: Promise<'end' | 'error' | 'upgrade'>;
  #resolve: (how: 'end' | 'error' | 'upgrade') => void = () => {};

  constructor() {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get body(): Buffer {
    return Buffer.concat(this.data);
  }

  get isOver(): boolean {
    return this.trailers !== undefined || this.error !== undefined || this.upgraded !== undefined;
  }

  onInformation(head: ResponseHead): void {
    this.#note('information', this.head === undefined);
    this.information.push(head);
  }

  onHead(head: ResponseHead): void {
    this.#note('head', this.head === undefined);
    this.head = head;
  }

  onData(bytes: Buffer): boolean {
    this.#note('data', this.head !== undefined);
    this.data.push(bytes);
    return true;
  }

  onEnd(trailers: readonly string[]): void {
    this.#note('end', this.head !== undefined);
    this.trailers = trailers;
    this.#resolve('end');
  }

  onUpgrade(head: ResponseHead, socket: Socket, first: Buffer): void {
    this.#note('upgrade', this.head === undefined);
    this.upgraded = { head, socket, first };
    socket.on('error', () => {});
    this.#resolve('upgrade');
  }

  onError(error: UpstreamError): void {
    this.#note('error', true);
    this.error = error;
    this.#resolve('error');
  }

  onDrain(): void {
    this.drains++;
  }

  #note(call: string, isInOrder: boolean): void {
    this.calls.push(call);
    if (!isInOrder || this.isOver) throw new Error(`out of order: ${this.calls.join(' ')}`);
  }
}

export function get(overrides: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return { method: 'GET', target: '/', headers: ['Host', 'upstream.test'], body: 'none', ...overrides };
}
