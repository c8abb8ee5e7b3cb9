/**
 * Couples one queue to one socket: takes what waits, writes it, and takes more only once the kernel
 * has accepted it. So the queue is the buffer, and Node's own hides at most one batch.
 */
import type { Socket } from 'node:net';
import type { Sized } from './boundary.ts';
import type { Channel } from './channel/channel.ts';

export interface Frame extends Sized {
  /** The bytes as they go on the wire; shared between all clients that get the same event. */
  readonly wire: Uint8Array;
  /** The event that it tells of; absent or 0 where it has no place in the store's order. */
  readonly id?: number;
  /** When it was published, on the system's clock; absent or 0 where it was not just now. */
  readonly publishedNs?: number;
}

/** Whether two frames have the same bytes. */
export function isSameFrame(a: Frame, b: Frame): boolean {
  return Buffer.compare(a.wire, b.wire) === 0;
}

/** Small frames that wait together leave in one system call, up to this many bytes. */
const BATCH_BYTES = 16 * 1024;

/** What the owner of a pump does beside the queue. */
export interface PumpHooks {
  /** Bytes to go right before `frame`, if any. */
  before?(frame: Frame): Uint8Array | undefined;
  /** The kernel has accepted this batch, and everything of it is settled. */
  afterWrite?(batch: readonly Frame[]): void;
}

export class SocketPump {
  readonly #channel: Channel<Frame>;
  readonly #socket: Socket;
  readonly #hooks: PumpHooks;
  /** What a write is failed for. */
  #failureReason: string;
  #writing: Frame[] = [];
  #isBroken = false;
  #onIdle: (() => void)[] = [];
  #onDrained: (() => void) | undefined;

  constructor(channel: Channel<Frame>, socket: Socket, failureReason: string, hooks: PumpHooks = {}) {
    this.#hooks = hooks;
    this.#channel = channel;
    this.#socket = socket;
    this.#failureReason = failureReason;
  }

  /** Whether the kernel has yet to accept something that was taken from the queue. */
  get isWriting(): boolean {
    return this.#writing.length > 0;
  }

  /** Writes nothing more; a write under way that fails from now on does so for `reason`. */
  stop(reason: string): void {
    this.#isBroken = true;
    this.#failureReason = reason;
  }

  /** To be called after each offer and when time has made something ready; does nothing while a write is under way. */
  kick(): void {
    if (this.#writing.length > 0 || this.#isBroken) return;
    let frame = this.#channel.tryTake();
    if (frame === undefined) {
      this.#settle();
      return;
    }
    const batch = this.#writing;
    let batchBytes = 0;
    while (frame !== undefined) {
      batch.push(frame);
      batchBytes += frame.bytes;
      if (batchBytes >= BATCH_BYTES) break;
      frame = this.#channel.tryTake();
    }
    const last = batch.length - 1;
    if (last > 0) this.#socket.cork();
    for (let i = 0; i < last; i++) this.#write(batch[i] as Frame);
    // Writes complete in order, so the last one's callback speaks for the batch.
    this.#write(batch[last] as Frame, this.#onWritten);
    if (last > 0) this.#socket.uncork();
  }

  #write(frame: Frame, onWritten?: (error?: Error | null) => void): void {
    const before = this.#hooks.before?.(frame);
    if (before !== undefined) this.#socket.write(before);
    this.#socket.write(frame.wire, onWritten);
  }

  /** Resolves when no write is under way: at once, or after the present one. */
  whenIdle(): Promise<void> {
    if (this.#writing.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
    });
  }

  /** Resolves when everything that the queue holds has been written, or when the socket has failed. */
  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.kick();
      this.#settle();
    });
  }

  readonly #onWritten = (error?: Error | null): void => {
    const batch = this.#writing;
    this.#writing = [];
    if (error) this.#isBroken = true; // what is queued ends with the socket
    // Part of a failed batch may have reached the peer: indeterminate, so it is not counted as delivered.
    for (const frame of batch) {
      if (error) this.#channel.failed(frame, this.#failureReason);
      else this.#channel.delivered(frame);
    }
    if (!error) this.#hooks.afterWrite?.(batch);
    this.kick();
    this.#settle();
  };

  #settle(): void {
    if (this.#writing.length > 0) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
    if (this.#onDrained === undefined) return;
    const { depthItems, heldItems, spilledItems, waiters } = this.#channel;
    if (!this.#isBroken && depthItems + heldItems + spilledItems + waiters > 0) return;
    this.#onDrained();
    this.#onDrained = undefined;
  }
}
