/**
 * Two sockets as one: every byte that one side sends goes to the other, in order, as fast as that one takes it. The
 * end of one direction is passed on and the other goes on; a reset is passed on as a reset.
 */
import type { Socket } from 'node:net';
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import type { Termination } from '../http/termination.ts';
import { IdleWatch } from './idle-watch.ts';
import type { RequestStory } from './story.ts';

/** How long one side may still read what the other has sent before it was gone. */
const LINGER_MS = 2000;

export interface TunnelOutcome {
  /** `ended`: both directions in order. `client`, `upstream`: that one broke it off. `idle`: nothing moved for too long. */
  readonly end: 'ended' | 'client' | 'upstream' | 'idle';
  /** For people. */
  readonly reason: string;
  readonly toUpstreamBytes: number;
  readonly toClientBytes: number;
}

export interface TunnelOptions {
  /** What was read before the sockets were joined, per direction. */
  readonly firstToUpstream: Buffer;
  readonly firstToClient: Buffer;
  /** `null` for no limit. */
  readonly idleTimeoutMs: number | null;
  readonly clock: Clock;
  readonly termination: Termination;
  /** Both sockets are closed. Called once. */
  readonly onEnd: (outcome: TunnelOutcome) => void;
}

/** Joins two connected sockets that nobody else reads; from now on both belong to the tunnel, which closes them. */
export function joinSockets(client: Socket, upstream: Socket, options: TunnelOptions): void {
  new Tunnel(client, upstream, options).start();
}

/** However quiet a tunnel may be, once one side has ended the other has to move in this time. */
const HALF_OPEN_MS = 30_000;

type Side = 'client' | 'upstream';

class Tunnel {
  readonly #sockets: Readonly<Record<Side, Socket>>;
  readonly #options: TunnelOptions;
  /** Bytes that came from each side. */
  readonly #bytes: Record<Side, number> = { client: 0, upstream: 0 };
  readonly #hasEnded: Record<Side, boolean> = { client: false, upstream: false };
  readonly #isClosed: Record<Side, boolean> = { client: false, upstream: false };
  #idle: IdleWatch | undefined;
  #linger: Timer | undefined;
  #end: { end: TunnelOutcome['end']; reason: string } | undefined;

  constructor(client: Socket, upstream: Socket, options: TunnelOptions) {
    this.#sockets = { client, upstream };
    this.#options = options;
  }

  start(): void {
    const { firstToUpstream, firstToClient, idleTimeoutMs } = this.#options;
    const { client, upstream } = this.#sockets;
    if (idleTimeoutMs !== null) this.#limitIdle(idleTimeoutMs);
    this.#watch('client', upstream);
    this.#watch('upstream', client);
    this.#forward('client', upstream, firstToUpstream);
    this.#forward('upstream', client, firstToClient);
  }

  #limitIdle(limitMs: number): void {
    const { client, upstream } = this.#sockets;
    this.#idle ??= new IdleWatch(
      this.#options.clock,
      limitMs,
      () => movedBytes(client) + movedBytes(upstream),
      () => this.#cutIdle(limitMs),
    );
  }

  #watch(side: Side, other: Socket): void {
    const socket = this.#sockets[side];
    socket.allowHalfOpen = true;
    socket.setTimeout(0); // a server's own idle time knows nothing of what moves on the other side
    socket.on('error', (error) => this.#breakOff(side, error.message));
    socket.on('drain', () => other.resume());
    if (socket.destroyed) setImmediate(() => this.#closed(side));
    else socket.once('close', () => this.#closed(side));
  }

  #forward(from: Side, to: Socket, first: Buffer): void {
    const socket = this.#sockets[from];
    const pass = (bytes: Buffer): void => {
      this.#bytes[from] += bytes.length;
      // What the other side can no longer take is read all the same, so that the end of this one is seen.
      if (to.writable && !to.write(bytes)) socket.pause();
    };
    const end = (): void => {
      this.#hasEnded[from] = true;
      to.end();
      this.#limitIdle(HALF_OPEN_MS); // one that has closed its side may just as well be gone
    };
    let mayRead = true;
    if (first.length > 0) {
      this.#bytes[from] += first.length;
      mayRead = !to.writable || to.write(first);
    }
    socket.on('data', pass);
    if (socket.readableEnded) end();
    else socket.once('end', end);
    if (mayRead) socket.resume();
    else socket.pause();
  }

  #closed(side: Side): void {
    this.#isClosed[side] = true;
    const other = otherOf(side);
    if (this.#isClosed[other]) {
      this.#finish();
      return;
    }
    if (!this.#hasEnded[side]) {
      this.#breakOff(side, 'closed before its end');
      return;
    }
    if (this.#hasEnded[other]) return;
    this.#release(other);
  }

  /** The other side had said all it had to say and is gone: what this one still sends is for nobody. */
  #release(side: Side): void {
    const { clock } = this.#options;
    const socket = this.#sockets[side];
    const isClient = side === 'client';
    // An upstream is freed as soon as it has been written what it was sent. A client may not have read its answer
    // yet: what it sends is read and thrown away for a while, since closing over unread bytes would reset the
    // connection and take the answer away.
    if (isClient) socket.resume();
    else if (socket.writableFinished) reset(socket);
    else socket.once('finish', () => reset(socket));
    this.#linger = clock.setTimer(clock.nowNs() + LINGER_MS * NS_PER_MS, () => {
      if (!isClient || socket.writableFinished) socket.destroy();
      else socket.once('finish', () => socket.destroy());
    });
  }

  /** `side` is gone. If it had not ended in order, what it sent is incomplete, and a reset says so. */
  #breakOff(side: Side, reason: string): void {
    const other = otherOf(side);
    if (this.#hasEnded[side]) {
      if (!this.#hasEnded[other]) this.#note(side, `${side} stopped reading: ${reason}`);
      return;
    }
    this.#note(side, `${side}: ${reason}`);
    reset(this.#sockets[other]);
  }

  #note(side: Side, reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = { end: side, reason };
    this.#options.termination.note(side === 'client' ? 'C' : 'S', 'D');
  }

  #cutIdle(limitMs: number): void {
    const { client, upstream } = this.#sockets;
    const isUpstreamSlow =
      upstream.writableLength > 0 ||
      (this.#hasEnded.client && !this.#hasEnded.upstream && client.writableLength === 0);
    const reason = `nothing went through the tunnel for ${limitMs} ms`;
    if (this.#end === undefined) {
      this.#end = { end: 'idle', reason };
      this.#options.termination.note(isUpstreamSlow ? 's' : 'c', 'D');
    }
    // Where something is still to be said, only a reset tells that it was not.
    for (const socket of [client, upstream]) {
      if (socket.writableLength > 0) reset(socket);
      else socket.destroy();
    }
  }

  #finish(): void {
    this.#idle?.stop();
    this.#linger?.cancel();
    const { end, reason } = this.#end ?? { end: 'ended', reason: 'both sides have ended' };
    this.#options.onEnd({
      end,
      reason,
      toUpstreamBytes: this.#bytes.client,
      toClientBytes: this.#bytes.upstream,
    });
  }
}

function otherOf(side: Side): Side {
  return side === 'client' ? 'upstream' : 'client';
}

/** Bytes read from a socket and bytes that the kernel has taken for it. */
function movedBytes(socket: Socket): number {
  return socket.bytesRead + socket.bytesWritten - socket.writableLength;
}

/** The story of a tunnel ends as its sockets did; nobody waits for it any more. */
export function tellEnd(story: RequestStory, { end, reason }: TunnelOutcome): void {
  void (end === 'ended' ? story.finish(200) : story.fail(reason, end === 'client' ? undefined : 502));
}

/** Closes with RST where the kind of socket knows one: neither TLS nor Unix domain sockets do. */
export function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
