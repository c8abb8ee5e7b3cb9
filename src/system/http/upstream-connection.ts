/**
 * One connection to an upstream server: one exchange at a time, then idle until the next.
 *
 *   idle ── begin ──▶ busy ── answer complete, request complete ──▶ idle
 *                      ├──── answer complete, but not to be used again ──▶ closed
 *                      ├──── 101 ──▶ handed over
 *                      └──── anything wrong ──▶ closed
 */
import type { Socket } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import { RequestWriter, type WriteOutcome } from './request-writer.ts';
import type { ParsedHead } from './response-head.ts';
import { ResponseReader } from './response-reader.ts';
import { type Destination, MAX_INFORMATION, UpstreamError, type UpstreamFault } from './upstream.ts';
import type { PooledExchange } from './upstream-exchange.ts';

/** Who keeps connections. */
export interface ConnectionKeeper {
  /** Takes the connection back for a next exchange; false: it is to be closed. */
  release(connection: UpstreamConnection): boolean;
  /** It is closed, or another's: nothing may begin on it. */
  forget(connection: UpstreamConnection): void;
  /** Its socket is the caller's from now on. */
  handOver(connection: UpstreamConnection): void;
  /** A reused connection ended before a byte of the answer came, and the request may be sent again. */
  repeat(exchange: PooledExchange): void;
  /** The request is complete: when its answer must have begun. */
  headDeadlineNs(): number;
  watch(deadlineNs: number): void;
}

export class UpstreamConnection {
  readonly socket: Socket;
  readonly destination: Destination;
  /** Of its addresses, the one it is connected to. */
  readonly address: string;
  /** From then on it does not begin another exchange. */
  readonly expiresNs: number;
  /** Of the head that is awaited, or of being idle. */
  deadlineNs = Number.POSITIVE_INFINITY;
  readonly #keeper: ConnectionKeeper;
  readonly #reader = new ResponseReader();
  readonly #writer: RequestWriter;
  #exchange: PooledExchange | undefined;
  #exchangeCount = 0;
  #informationCount = 0;
  #hasHead = false;
  /** Whether a byte of the answer has come. */
  #hasBytes = false;
  #isPaused = false;
  #isClosed = false;

  constructor(
    socket: Socket,
    destination: Destination,
    address: string,
    expiresNs: number,
    keeper: ConnectionKeeper,
  ) {
    this.socket = socket;
    this.destination = destination;
    this.address = address;
    this.expiresNs = expiresNs;
    this.#keeper = keeper;
    this.#writer = new RequestWriter(socket);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
  }

  /** How long the server keeps it when idle, as its last answer said; Infinity when it did not. */
  get keepAliveNs(): number {
    return this.#reader.head?.keepAliveNs ?? Number.POSITIVE_INFINITY;
  }

  begin(exchange: PooledExchange): void {
    const { request } = exchange;
    this.#exchange = exchange;
    this.#exchangeCount++;
    this.#informationCount = 0;
    this.#hasHead = false;
    this.#hasBytes = false;
    this.deadlineNs = Number.POSITIVE_INFINITY;
    exchange.connection = this;
    exchange.dial = undefined;
    this.#reader.start(request.method === 'HEAD', request.upgrade !== undefined);
    this.#writer.start(request, exchange.head);
    if (this.#writer.isComplete) this.#awaitHead();
  }

  /** For the exchange: see {@link UpstreamExchange}. */
  writeBody(bytes: Uint8Array): boolean {
    if (this.#isClosed) return true;
    const outcome = this.#writer.write(bytes);
    this.#judge(outcome);
    return outcome !== 'full';
  }

  endBody(trailers?: readonly string[]): void {
    if (this.#isClosed) return;
    const wasComplete = this.#writer.isComplete;
    this.#judge(this.#writer.end(trailers));
    if (!wasComplete && this.#writer.isComplete && !this.#hasHead) this.#awaitHead();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  /** Closes it now; its exchange hears nothing. */
  drop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#exchange = undefined;
    this.#writer.stop();
    this.#keeper.forget(this);
    this.socket.destroy();
  }

  /** Closes it now; its exchange fails. */
  fail(fault: UpstreamFault, message: string, cause?: Error): void {
    const exchange = this.#exchange;
    const phase = this.#hasHead ? 'D' : 'H';
    this.drop();
    exchange?.fail(new UpstreamError(fault, phase, message, cause && { cause }));
  }

  onDeadline(): void {
    this.deadlineNs = Number.POSITIVE_INFINITY;
    if (this.#exchange === undefined) this.drop();
    else this.fail('head-timeout', 'the upstream has not begun to answer in time');
  }

  #awaitHead(): void {
    this.deadlineNs = this.#keeper.headDeadlineNs();
    if (this.deadlineNs !== Number.POSITIVE_INFINITY) this.#keeper.watch(this.deadlineNs);
  }

  /** A body that is not as long as was promised would shift where the upstream sees the next request. */
  #judge(outcome: WriteOutcome): void {
    if (outcome === 'room' || outcome === 'full') return;
    const exchange = this.#exchange as PooledExchange;
    const phase = this.#hasHead ? 'D' : 'H';
    this.drop();
    const message = `the body of the request has ${outcome === 'surplus' ? 'more' : 'fewer'} bytes than its length`;
    exchange.failLater(new UpstreamError('aborted', phase, message));
  }

  #onData = (bytes: Buffer): void => {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.drop(); // nobody has asked for this
      return;
    }
    this.#hasBytes = true;
    const reader = this.#reader;
    let at = 0;
    for (;;) {
      const step = reader.step(bytes, at);
      at = reader.at;
      switch (step) {
        case 'more':
          return;
        case 'data':
          if (!exchange.handler.onData(reader.data) && this.#pause(exchange, bytes, at)) return;
          break;
        case 'head':
          this.#hasHead = true;
          this.deadlineNs = Number.POSITIVE_INFINITY;
          exchange.handler.onHead(reader.head as ParsedHead);
          break;
        case 'end':
          this.#finish(exchange, at < bytes.length);
          return;
        case 'information':
          if (++this.#informationCount > MAX_INFORMATION) break;
          exchange.handler.onInformation(reader.head as ParsedHead);
          break;
        case 'switch':
          this.#switch(exchange, bytes.subarray(at));
          return;
        case 'bad':
          this.fail('protocol', `the upstream's answer breaks HTTP/1.1: ${reader.problem}`);
          return;
      }
      if (this.#exchange !== exchange) return; // a callback has given it up
    }
  };

  /** False when there is nothing to stop: the exchange is over, or its answer is complete but for its end. */
  #pause(exchange: PooledExchange, bytes: Buffer, at: number): boolean {
    if (this.#exchange !== exchange || this.#reader.isComplete) return false;
    this.#isPaused = true;
    this.socket.pause();
    if (at < bytes.length) this.socket.unshift(bytes.subarray(at));
    return true;
  }

  /** The answer is complete. Whatever follows it in the same read was asked for by nobody. */
  #finish(exchange: PooledExchange, hasSurplus: boolean): void {
    const { trailers, head } = this.#reader;
    const mayBeUsedAgain =
      !hasSurplus &&
      head?.keepsAlive === true &&
      this.#writer.isComplete &&
      exchange.request.upgrade === undefined;
    this.#exchange = undefined;
    if (!mayBeUsedAgain || !this.#keeper.release(this)) this.drop();
    exchange.succeed(trailers);
  }

  #switch(exchange: PooledExchange, first: Buffer): void {
    const head = this.#reader.head as ParsedHead;
    const wanted = exchange.request.upgrade as string;
    const names = head.headers.filter(
      (_, i) => i % 2 === 1 && head.headers[i - 1]?.toLowerCase() === 'upgrade',
    );
    if (names.length !== 1 || names[0]?.toLowerCase() !== wanted.toLowerCase()) {
      this.fail('protocol', `the upstream switches to another protocol than '${wanted}'`);
      return;
    }
    if (!this.#writer.isComplete) {
      this.fail('protocol', 'the upstream switches protocols before it has the whole request');
      return;
    }
    const { socket } = this;
    this.#isClosed = true;
    this.#exchange = undefined;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
    socket.off('close', this.#onClose).off('drain', this.#onDrain);
    socket.pause();
    this.#keeper.handOver(this);
    exchange.upgrade(head, socket, first);
  }

  #onEnd = (): void => {
    const exchange = this.#exchange;
    if (exchange === undefined) this.drop();
    else if (this.#reader.endsWithConnection) this.#finish(exchange, false);
    else if (this.#hasHead)
      this.fail('truncated', 'the upstream closed the connection before the end of its answer');
    else this.#lose(exchange, 'closed', 'the upstream closed the connection without an answer');
  };

  #onError = (error: Error): void => {
    const exchange = this.#exchange;
    if (exchange === undefined) this.drop();
    else this.#lose(exchange, 'reset', `the connection to the upstream broke: ${messageOf(error)}`, error);
  };

  /** Only where somebody else has destroyed the socket. */
  #onClose = (): void => {
    const exchange = this.#exchange;
    if (exchange === undefined) this.drop();
    else this.#lose(exchange, 'closed', 'the connection to the upstream is closed');
  };

  #onDrain = (): void => {
    if (this.#writer.takeDrain()) this.#exchange?.handler.onDrain();
  };

  #lose(exchange: PooledExchange, fault: UpstreamFault, message: string, cause?: Error): void {
    if (this.#exchangeCount > 1 && !this.#hasBytes && exchange.isRepeatable) {
      this.drop();
      this.#keeper.repeat(exchange);
    } else this.fail(fault, message, cause);
  }
}
