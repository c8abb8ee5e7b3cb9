/**
 * The requests of one client connection, one after another: what was sent behind a request that is not answered yet
 * waits unread as far as can be, and what was sent behind one that is refused is never looked at.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, NS_PER_SEC, type Timer } from '../../core/clock.ts';
import { closeGently } from './raw-answer.ts';

export interface ClientConnectionHooks {
  play(request: IncomingMessage, response: ServerResponse): void;
  /** An answer is over, and the connection is not. */
  outlive(): void;
}

/** Requests of one read come all at once, whatever is paused; from here on nothing more is read. */
const MAX_WAITING = 16;
/** A client that has sent so many requests ahead is let go. */
const MAX_HELD = 4096;
const LOOK_EVERY_NS = NS_PER_SEC;

export class ClientConnection {
  readonly #socket: Socket;
  readonly #hooks: ClientConnectionHooks;
  readonly #clock: Clock;
  #current: ServerResponse | undefined;
  readonly #waiting: [IncomingMessage, ServerResponse][] = [];
  #isLast = false;
  #isPaused = false;
  #lookAgain: Timer | undefined;

  constructor(socket: Socket, hooks: ClientConnectionHooks, clock: Clock) {
    this.#socket = socket;
    this.#hooks = hooks;
    this.#clock = clock;
    socket.once('close', () => this.#lookAgain?.cancel());
    // How Node ends a connection after the last answer: over unread bytes, which would take the answer away.
    socket.destroySoon = () => closeGently(socket, clock);
  }

  /** The answer that is under way. */
  get current(): ServerResponse | undefined {
    return this.#current;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isLast) return;
    if (this.#current === undefined) {
      this.#begin(request, response);
      return;
    }
    this.#waiting.push([request, response]);
    if (this.#waiting.length < MAX_WAITING || this.#isPaused) return;
    this.#isPaused = true;
    if (this.#waiting.length > MAX_HELD) {
      this.#socket.destroy();
      return;
    }
    // Node reads on after each request it has parsed, whoever has paused it meanwhile.
    setImmediate(() => {
      if (this.#isPaused) this.#socket.pause();
    });
    // A client that resets is heard of only while it is read: now and then.
    this.#lookAgain = this.#clock.setTimer(this.#clock.nowNs() + LOOK_EVERY_NS, () => this.#readOn());
  }

  #readOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#lookAgain?.cancel();
    this.#socket.resume();
  }

  /** Nothing that came behind the present request is one. */
  endAfterThis(): void {
    this.#isLast = true;
    this.#waiting.length = 0;
    if (this.#current !== undefined) this.#current.shouldKeepAlive = false;
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    this.#current = response;
    response.once('close', () => this.#next());
    this.#hooks.play(request, response);
  }

  #next(): void {
    if (this.#current?.shouldKeepAlive === false) this.#isLast = true;
    this.#current = undefined;
    if (this.#isLast || !this.#socket.writable) {
      this.#waiting.length = 0;
      return;
    }
    this.#hooks.outlive();
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(...next);
    if (this.#waiting.length === 0) this.#readOn();
  }
}
