/** An SSE client of the tests on a raw socket: it can stop reading for real, half-close, reset and vanish. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SystemAddresses } from '../../src/system/control.ts';
import { type StreamEvent, StrictSseReader } from './strict-sse.ts';
import { until } from './system.ts';

export interface SseClientOptions {
  readonly client?: string;
  readonly lastEventId?: number | string;
  /** Reads nothing from the beginning; over the Unix socket, which hides little in the kernel. */
  readonly isFrozen?: boolean;
  readonly via?: 'tcp' | 'unix';
}

export class TestSseClient implements Disposable {
  readonly socket: Socket;
  readonly #reader = new StrictSseReader();
  #head = Buffer.alloc(0);
  status = 0;
  headText = '';
  isClosed = false;

  constructor(addresses: SystemAddresses, options: SseClientOptions = {}) {
    const { client = 'test', lastEventId, isFrozen = false, via = isFrozen ? 'unix' : 'tcp' } = options;
    const url = new URL(addresses.sseUrl);
    this.socket =
      via === 'unix' ? connect(addresses.unixSocketPath as string) : connect(Number(url.port), url.hostname);
    this.socket.on('error', () => {});
    this.socket.once('close', () => {
      this.isClosed = true;
    });
    const resume = lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`;
    this.socket.write(`GET ${url.pathname}?client=${client} HTTP/1.1\r\nHost: localhost\r\n${resume}\r\n`);
    if (isFrozen) this.socket.pause();
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk));
    if (isFrozen) this.socket.pause();
  }

  /** Everything that was dispatched, words of the feed included. */
  get all(): readonly StreamEvent[] {
    return this.#reader.events;
  }

  /** Published events alone. */
  get events(): readonly StreamEvent[] {
    return this.all.filter(({ type }) => !['end', 'gap', 'stale', 'reload', 'snapshot'].includes(type));
  }

  ofType(type: string): readonly StreamEvent[] {
    return this.all.filter((event) => event.type === type);
  }

  get ids(): number[] {
    return this.events.map(({ id }) => Number(id));
  }

  get texts(): string[] {
    return this.events.map(({ data }) => data);
  }

  get lastEventId(): string {
    return this.#reader.lastEventId;
  }

  get comments(): readonly string[] {
    return this.#reader.comments;
  }

  get retryMs(): number | null {
    return this.#reader.retryMs;
  }

  async opened(): Promise<this> {
    await until(() => this.status !== 0, 'the feed has answered');
    return this;
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.socket, 'close');
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.status !== 0) return this.#reader.push(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.headText = this.#head.toString('latin1', 0, end);
    this.status = Number(/^HTTP\/1\.1 (\d{3})/.exec(this.headText)?.[1]);
    this.#reader.push(this.#head.subarray(end + 4));
  }
}

/** The ids from `from` to `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
