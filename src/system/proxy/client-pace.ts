/**
 * Clients that are too slow: a head that is not complete in time, a body that hardly comes, an answer of which nothing
 * is taken any more. Looked at once a second for all connections together, by what their sockets have moved.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';

export interface PaceLimits {
  /** From the first byte of a head to its last. */
  readonly headMs: number;
  /** A body has to bring {@link bodyBytes} in each of these windows in which it was read at all. */
  readonly bodyMs: number;
  readonly bodyBytes: number;
  /** A client that has closed its side has to take something in this time: it may just as well be gone. */
  readonly halfOpenMs: number;
  /** Any client has to take something in this time of what waits for it in this process. */
  readonly answerMs: number;
}

/**
 * Ten seconds for a head as most servers have it; a body at this rate is slower than any modem was; a minute for the
 * next piece of an answer as nginx has it (`send_timeout`).
 */
export const PACE_LIMITS: PaceLimits = {
  headMs: 10_000,
  bodyMs: 10_000,
  bodyBytes: 512,
  halfOpenMs: 30_000,
  answerMs: 60_000,
};

export type SlowAt = 'head' | 'body' | 'answer';

const LOOK_EVERY_MS = 1000;

interface Pace {
  request: IncomingMessage | null;
  /** Bytes read when the connection was last known to be between requests, or at the window's start. */
  bytes: number;
  /** Bytes read when the head of the request was complete. */
  beginBytes: number;
  sinceNs: number | null;
}

/** What a client takes of its answers. */
interface Taking {
  bytes: number;
  sinceNs: number;
  isHalfOpen: boolean;
}

export class ClientPace {
  readonly #limits: PaceLimits;
  readonly #clock: Clock;
  readonly #isBusy: (socket: Socket) => boolean;
  readonly #onSlow: (socket: Socket, at: SlowAt) => void;
  readonly #paces = new Map<Socket, Pace>();
  readonly #takings = new Map<Socket, Taking>();
  readonly #timer: NodeJS.Timeout;

  /** `isBusy`: whether a request of the connection is being answered; what comes then waits its turn. */
  constructor(
    limits: PaceLimits,
    clock: Clock,
    isBusy: (socket: Socket) => boolean,
    onSlow: (socket: Socket, at: SlowAt) => void,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#isBusy = isBusy;
    this.#onSlow = onSlow;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  follow(socket: Socket): void {
    this.#paces.set(socket, {
      request: null,
      bytes: socket.bytesRead,
      beginBytes: 0,
      sinceNs: null,
    });
    const taking: Taking = { bytes: takenBytes(socket), sinceNs: this.#clock.nowNs(), isHalfOpen: false };
    this.#takings.set(socket, taking);
    socket.once('close', () => this.unfollow(socket));
    socket.once('end', () => {
      taking.isHalfOpen = true;
      taking.sinceNs = this.#clock.nowNs();
    });
  }

  /** The socket is no longer HTTP's: what comes on it is none of a request. */
  unfollow(socket: Socket): void {
    this.#paces.delete(socket);
    this.#takings.delete(socket);
  }

  /** The head of a request is complete; `bytes` behind it are its body's. */
  begin(socket: Socket, request: IncomingMessage): void {
    const pace = this.#paces.get(socket);
    if (pace === undefined) return;
    pace.request = request;
    pace.bytes = socket.bytesRead;
    pace.beginBytes = socket.bytesRead;
    pace.sinceNs = null;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#paces.clear();
    this.#takings.clear();
  }

  #look(): void {
    const nowNs = this.#clock.nowNs();
    for (const [socket, taking] of this.#takings) {
      if (!this.#hasStopped(socket, taking, nowNs)) continue;
      this.#takings.delete(socket);
      this.#onSlow(socket, 'answer');
    }
    for (const [socket, pace] of this.#paces) {
      const slow =
        pace.request === null ? this.#lookAtHead(socket, pace, nowNs) : this.#lookAtBody(socket, pace, nowNs);
      if (slow === null) continue;
      this.#paces.delete(socket);
      this.#onSlow(socket, slow);
    }
  }

  /** Who has closed its side shows by taking something that it is there; any other, where something waits for it. */
  #hasStopped(socket: Socket, taking: Taking, nowNs: number): boolean {
    const bytes = takenBytes(socket);
    if (bytes !== taking.bytes || !(taking.isHalfOpen || socket.writableLength > 0)) {
      taking.bytes = bytes;
      taking.sinceNs = nowNs;
      return false;
    }
    const { halfOpenMs, answerMs } = this.#limits;
    return nowNs - taking.sinceNs >= (taking.isHalfOpen ? halfOpenMs : answerMs) * NS_PER_MS;
  }

  #lookAtHead(socket: Socket, pace: Pace, nowNs: number): 'head' | null {
    if (this.#isBusy(socket)) {
      pace.bytes = socket.bytesRead;
      pace.sinceNs = null;
      return null;
    }
    if (socket.bytesRead === pace.bytes) return null;
    pace.sinceNs ??= nowNs;
    return nowNs - pace.sinceNs >= this.#limits.headMs * NS_PER_MS ? 'head' : null;
  }

  #lookAtBody(socket: Socket, pace: Pace, nowNs: number): 'body' | null {
    const request = pace.request as IncomingMessage;
    if (request.complete || request.destroyed) {
      pace.request = null;
      pace.bytes = socket.bytesRead;
      pace.sinceNs = null;
      return null;
    }
    // Who is not read cannot send, and who waits for a 100 does not.
    const isWaiting = request.headers.expect !== undefined && socket.bytesRead === pace.beginBytes;
    if (request.readableFlowing !== true || isWaiting || pace.sinceNs === null) {
      pace.bytes = socket.bytesRead;
      pace.sinceNs = nowNs;
      return null;
    }
    if (nowNs - pace.sinceNs < this.#limits.bodyMs * NS_PER_MS) return null;
    const isSlow = socket.bytesRead - pace.bytes < this.#limits.bodyBytes;
    pace.bytes = socket.bytesRead;
    pace.sinceNs = nowNs;
    return isSlow ? 'body' : null;
  }
}

/** Bytes that the kernel has taken for it. */
function takenBytes(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
