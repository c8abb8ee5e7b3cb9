/**
 * One raw client socket: reads into a shared buffer without allocating, at full speed or at a reader's
 * pace, and ends exactly once with a reason.
 */
import net from 'node:net';
import { type Clock, NS_PER_MS } from '../core/clock.ts';
import type { SocketAddress } from './endpoint.ts';
import { reasonOfError } from './failure-reason.ts';
import type { ReaderPace } from './reader-pace.ts';

/** `closed`: the peer said FIN. `destroyed`: we did it. Anything else is a failure (`failure-reason.ts`). */
export type CloseReason = string;

export interface SocketOwner {
  onConnect(): void;
  /** Bytes [0, length) of `buffer`; they are overwritten after this call returns. */
  onBytes(buffer: Buffer, length: number): void;
  /** Everything that was written has left this process, after more than the socket's mark was waiting. */
  onDrain?(): void;
  /** Exactly once, and nothing after it. */
  onClose(reason: CloseReason): void;
}

/** How long a connection may take to open; after that it has failed with `timeout`. */
export const CONNECT_DEADLINE_MS = 10_000;

const READ_BUFFER_BYTES = 65_536;

// Reads are synchronous outside of Windows: the kernel fills the buffer and the callback runs at once,
// so one buffer serves all sockets. That is what keeps 10,000 idle connections small.
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** Reads between two calls of the hook: about 0.2 ms of work. */
const READS_PER_BREATHER = 32;
let readsSinceBreather = 0;
let breather: () => void = () => {};

/**
 * Runs `hook` every few reads of whatever socket. All sockets that became readable together are read in
 * one go, and with hundreds of them what is due meanwhile would have to wait for the last.
 */
export function setBreather(hook: () => void): void {
  breather = hook;
}

export class ClientSocket {
  readonly #socket: net.Socket;
  readonly #owner: SocketOwner;
  readonly #clock: Clock;
  #pace: ReaderPace | null;
  /** A slow reader reads what stands before its stream (the response head) at full speed. */
  #isPaced = false;
  #reason: CloseReason | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Connects at once. `pace` null reads as fast as it can. */
  constructor(address: SocketAddress, owner: SocketOwner, clock: Clock, pace: ReaderPace | null = null) {
    this.#owner = owner;
    this.#clock = clock;
    this.#pace = pace;
    const full = process.platform === 'win32' ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : sharedBuffer;
    const slice = pace === null ? full : full.subarray(0, pace.sliceBytes);
    this.#socket = net.connect({
      ...address,
      noDelay: true,
      onread: {
        buffer: pace === null ? full : () => (this.#pace === null ? full : slice),
        callback: this.#onRead,
      },
    });
    this.#timer = setTimeout(() => this.#end('timeout'), CONNECT_DEADLINE_MS);
    this.#socket
      .on('connect', () => {
        clearTimeout(this.#timer);
        owner.onConnect();
      })
      .on('drain', () => owner.onDrain?.())
      .on('end', () => this.#end('closed'))
      .on('error', (error) => this.#end(reasonOfError(error)))
      .on('close', () => this.#end('closed'));
  }

  /** Bytes that were written and have not left this process. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(data: string | Uint8Array): void {
    if (typeof data === 'string') this.#socket.write(data, 'latin1');
    else this.#socket.write(data);
  }

  /** From now on the reader's pace holds; the bytes of the present read are its first. */
  startPace(): void {
    this.#isPaced = this.#pace !== null;
  }

  /** Reads at full speed from now on. */
  thaw(): void {
    if (this.#pace === null) return;
    this.#pace = null;
    if (!this.#isPaced) return;
    this.#isPaced = false;
    clearTimeout(this.#timer);
    this.#socket.resume();
  }

  /** Says FIN once everything is written, and reads on. */
  finish(): void {
    this.#socket.end();
  }

  /** Closes now; the owner hears `reason`. */
  destroy(reason: CloseReason = 'destroyed'): void {
    this.#end(reason);
  }

  #onRead = (length: number, buffer: Uint8Array): boolean => {
    if (this.#hasEnded()) return false;
    this.#owner.onBytes(buffer as Buffer, length);
    if (++readsSinceBreather === READS_PER_BREATHER) {
      readsSinceBreather = 0;
      breather();
    }
    if (this.#hasEnded()) return false;
    if (!this.#isPaced || this.#pace === null) return true;
    const waitNs = this.#pace.spend(length, this.#clock.nowNs());
    if (waitNs === 0) return true;
    if (waitNs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(this.#readOn, Math.max(1, Math.round(waitNs / NS_PER_MS)));
    }
    return false;
  };

  #readOn = (): void => {
    if (!this.#hasEnded()) this.#socket.resume();
  };

  #hasEnded(): boolean {
    return this.#reason !== undefined;
  }

  #end(reason: CloseReason): void {
    if (this.#hasEnded()) return;
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#socket.destroy();
    this.#owner.onClose(reason);
  }
}
