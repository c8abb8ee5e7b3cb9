/**
 * The way out of one connection: from its queue, and its control lane if it has one, through the outbound chain to
 * the socket. Whoever owns it says when the next step is taken; while one is under way there is no other.
 */

import { NS_PER_MS } from '../../core/clock.ts';
import type { Channel } from '../channel/channel.ts';
import type { ControlFrame, ControlLane } from './control-lane.ts';
import type { Line } from './line.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import type { SocketSink } from './socket-sink.ts';

/** Small frames that wait together leave in one system call, up to this many bytes. */
const BATCH_BYTES = 16 * 1024;

export interface OutboundParts {
  readonly line: Line;
  readonly channel: Channel<OutboundFrame>;
  readonly sink: SocketSink;
  readonly lane: ControlLane | undefined;
  /** The outbound chain; `undefined` where messages pass none. */
  readonly process: ((frame: OutboundFrame) => void | Promise<void>) | undefined;
  /** Something has left the queue. */
  readonly onLeave: () => void;
}

export class Outbound {
  readonly #parts: OutboundParts;
  readonly #batchBytes: number;
  readonly #batch: OutboundFrame[] = [];
  #onDone: (() => void) | undefined;
  #closeWhenEmpty: Extract<ControlFrame, { kind: 'close' }> | undefined;
  #isBroken = false;
  /** What a write is failed for. */
  #failureReason = 'disconnect.peer';
  #onIdle: (() => void)[] = [];
  #onDrained: (() => void) | undefined;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
    // A chain takes messages one by one, and so does whoever lets control frames go between any two.
    this.#batchBytes = parts.process === undefined && parts.lane === undefined ? BATCH_BYTES : 0;
  }

  get isBusy(): boolean {
    return this.#onDone !== undefined;
  }

  /** Takes what is next and writes it; `onDone` once the kernel has it. False: there is nothing to do now. */
  writeNext(onDone: () => void): boolean {
    if (this.isBusy || this.#isBroken) return false;
    if (!this.#parts.sink.canWrite) {
      this.#isBroken = true;
      this.#settle();
      return false;
    }
    const { channel, lane } = this.#parts;
    let control = lane?.next(channel.depthItems > 0);
    const frame = control === undefined ? channel.tryTake() : undefined;
    if (control === undefined && frame === undefined) control = lane?.next(false);
    if (control === undefined && frame === undefined) {
      if (this.#closeWhenEmpty === undefined) {
        this.#settle();
        return false;
      }
      control = this.#closeWhenEmpty;
    }
    this.#onDone = onDone;
    if (frame !== undefined) this.#writeMessages(frame);
    else if (control?.kind === 'close') this.#writeClose(control);
    else if (control !== undefined) {
      this.#parts.line.counters.pongs++;
      this.#parts.sink.write([control.wire], this.#onWritten);
    }
    return true;
  }

  /** A close that goes behind everything queued. */
  closeWhenEmpty(close: Extract<ControlFrame, { kind: 'close' }>): void {
    this.#closeWhenEmpty = close;
  }

  /** Writes nothing more; a write under way that fails from now on does so for `reason`. */
  stop(reason: string): void {
    this.#isBroken = true;
    this.#failureReason = reason;
    this.#parts.lane?.clear();
    this.#settle();
  }

  /** Resolves when nothing is under way: at once, or after the present step. */
  whenIdle(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
    });
  }

  /** Resolves when everything that the queue holds has been written, or when nothing can be written any more. */
  whenDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#settle();
    });
  }

  #writeMessages(first: OutboundFrame): void {
    const { channel, process, onLeave } = this.#parts;
    const batch = this.#batch;
    let bytes = 0;
    for (let frame: OutboundFrame | undefined = first; frame !== undefined; frame = channel.tryTake()) {
      batch.push(frame);
      bytes += frame.bytes;
      if (bytes >= this.#batchBytes) break;
    }
    onLeave();
    const processed = process?.(first);
    if (processed instanceof Promise) void processed.then(this.#writeBatch);
    else this.#writeBatch();
  }

  readonly #writeBatch = (): void => {
    const { sink } = this.#parts;
    if (this.#isBroken || !sink.canWrite) this.#onWritten(new Error('the connection has ended'));
    else sink.write(this.#batch.map(wireOf), this.#onWritten);
  };

  #writeClose({ code, reason }: Extract<ControlFrame, { kind: 'close' }>): void {
    this.#parts.sink.close(code, reason);
    this.#closeWhenEmpty = undefined;
    this.#isBroken = true;
    queueMicrotask(() => this.#finishStep());
  }

  readonly #onWritten = (error?: Error | null): void => {
    const { channel, line } = this.#parts;
    const batch = this.#batch.splice(0);
    if (error) this.#isBroken = true; // what is queued ends with the socket
    const nowNs = line.clock.nowNs();
    // Part of a failed batch may have reached the peer: indeterminate, so it is not counted as delivered.
    for (const frame of batch) {
      if (error) channel.failed(frame, this.#failureReason);
      else {
        channel.delivered(frame);
        line.counters.outboundMs.record((nowNs - frame.queuedNs) / NS_PER_MS);
      }
    }
    this.#finishStep();
  };

  #finishStep(): void {
    const onDone = this.#onDone;
    this.#onDone = undefined;
    onDone?.();
    this.#settle();
  }

  #settle(): void {
    if (this.isBusy) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
    if (this.#onDrained === undefined) return;
    const { depthItems, heldItems, spilledItems, waiters } = this.#parts.channel;
    if (!this.#isBroken && depthItems + heldItems + spilledItems + waiters > 0) return;
    this.#onDrained();
    this.#onDrained = undefined;
  }
}

function wireOf(frame: OutboundFrame): Uint8Array {
  return frame.wire;
}
