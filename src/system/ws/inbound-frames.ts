/**
 * What a peer has sent and nobody has handled yet, in order. While something waits here the socket is not read, so
 * the list holds what came with one read at most, and everything behind it waits in the kernel and then at the peer.
 */
import type { Clock } from '../../core/clock.ts';
import type { RelaySocket } from './relay-socket.ts';

/** The most that a message may have; where it came compressed, as it is without that. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

export type InboundFrame =
  | { readonly kind: 'message'; readonly data: Buffer; readonly isBinary: boolean; readonly readNs: number }
  | { readonly kind: 'ping'; readonly data: Buffer }
  /** `code` is `undefined` where the peer gave none. */
  | { readonly kind: 'close'; readonly code: number | undefined; readonly reason: Buffer };

export type InboundMessage = Extract<InboundFrame, { kind: 'message' }>;

export class InboundFrames {
  readonly #ws: RelaySocket;
  readonly #onFrame: () => void;
  readonly #frames: InboundFrame[] = [];
  #at = 0;
  #isPaused = false;
  #isStopped = false;
  /** The peer has ended it: nothing counts that comes behind. */
  #isOver = false;

  /** `onFrame` tells whoever reads that there is something to {@link take}. */
  constructor(ws: RelaySocket, clock: Clock, onFrame: () => void) {
    this.#ws = ws;
    this.#onFrame = onFrame;
    ws.on('message', (data, isBinary) => {
      const message = data as Buffer;
      if (message.length > MAX_MESSAGE_BYTES)
        this.#add({ kind: 'close', code: 1009, reason: Buffer.alloc(0) });
      else this.#add({ kind: 'message', data: message, isBinary, readNs: clock.nowNs() });
    });
    ws.on('ping', (data) => this.#add({ kind: 'ping', data }));
    ws.onPeerClose = (code, reason) => this.#add({ kind: 'close', code, reason });
  }

  get length(): number {
    return this.#frames.length - this.#at;
  }

  /** Whether the socket is not read: something waits here. */
  get isPaused(): boolean {
    return this.#isPaused || this.#isStopped;
  }

  take(): InboundFrame | undefined {
    const frame = this.#frames[this.#at];
    if (frame === undefined) return undefined;
    if (++this.#at === this.#frames.length) {
      this.#frames.length = 0;
      this.#at = 0;
    }
    return frame;
  }

  /** Whoever reads is free again. */
  readOn(): void {
    if (!this.#isPaused || this.#isStopped || this.length > 0) return;
    this.#isPaused = false;
    this.#ws.resume();
  }

  /** Reads nothing more; what has been read can still be taken. */
  stop(): void {
    this.#isStopped = true;
    this.#ws.pause();
  }

  /** Takes no notice of what has been read and of what still comes; it is read, so that the peer's end is seen. */
  ignore(): void {
    this.#isStopped = true;
    this.#frames.length = 0;
    this.#at = 0;
    this.#ws.onPeerClose = undefined;
    this.#ws.resume();
  }

  #add(frame: InboundFrame): void {
    // After `stop` nothing comes but the rest of one read; after `ignore` nobody would take it.
    if (this.#isOver || (this.#isStopped && this.#ws.onPeerClose === undefined)) return;
    this.#isOver = frame.kind === 'close';
    this.#frames.push(frame);
    this.#onFrame();
    if (this.length === 0 || this.#isPaused) return;
    this.#isPaused = true;
    this.#ws.pause();
  }
}
