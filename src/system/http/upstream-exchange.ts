/** One request and its answer, as the caller holds it: while it waits for a connection, on one, and after it. */
import type { Socket } from 'node:net';
import type { Dial } from './dial.ts';
import { isRepeatable } from './request-head.ts';
import type { ParsedHead } from './response-head.ts';
import {
  type Destination,
  UpstreamError,
  type UpstreamExchange,
  type UpstreamHandler,
  type UpstreamRequest,
} from './upstream.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

export class PooledExchange implements UpstreamExchange {
  readonly destination: Destination;
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  /** The head of the request, as it is sent. */
  readonly head: string;
  /** One of them while the exchange is under way, never both. */
  connection: UpstreamConnection | undefined;
  dial: Dial | undefined;
  #isOver = false;
  /** What was written before there was a connection: at most what a caller writes before it looks at the answer. */
  #early: Uint8Array[] | undefined;
  #earlyTrailers: readonly string[] | undefined;
  #hasEnded = false;

  constructor(destination: Destination, request: UpstreamRequest, handler: UpstreamHandler, head: string) {
    this.destination = destination;
    this.request = request;
    this.handler = handler;
    this.head = head;
  }

  /** Whether it may be sent again on another connection, where this one has not answered. */
  get isRepeatable(): boolean {
    return isRepeatable(this.request);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isOver) return true;
    if (this.#hasEnded) {
      this.dial?.cancel();
      this.connection?.drop();
      this.failLater(new UpstreamError('aborted', 'H', 'the body of the request goes on after its end'));
      return true;
    }
    if (this.connection !== undefined) return this.connection.writeBody(bytes);
    this.#early ??= [];
    this.#early.push(bytes);
    return false;
  }

  end(trailers?: readonly string[]): void {
    if (this.#isOver || this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.connection !== undefined) this.connection.endBody(trailers);
    else this.#earlyTrailers = trailers;
  }

  resume(): void {
    if (!this.#isOver) this.connection?.resume();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.dial?.cancel();
    this.connection?.drop();
  }

  /** It has a connection, and its head has been sent: now what the caller has written meanwhile. */
  sendEarly(connection: UpstreamConnection): void {
    const early = this.#early;
    if (early !== undefined) {
      this.#early = undefined;
      let hasRoom = true;
      for (const bytes of early) hasRoom = connection.writeBody(bytes);
      if (this.#isOver) return;
      if (this.#hasEnded) connection.endBody(this.#earlyTrailers);
      else if (hasRoom) this.handler.onDrain();
    } else if (this.#hasEnded) connection.endBody(this.#earlyTrailers);
  }

  succeed(trailers: readonly string[]): void {
    this.#isOver = true;
    this.handler.onEnd(trailers);
  }

  upgrade(head: ParsedHead, socket: Socket, first: Buffer): void {
    this.#isOver = true;
    this.handler.onUpgrade(head, socket, first);
  }

  fail(error: UpstreamError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onError(error);
  }

  /** As {@link fail}, where the caller is in the middle of a call of its own. */
  failLater(error: UpstreamError): void {
    process.nextTick(() => this.fail(error));
  }
}
