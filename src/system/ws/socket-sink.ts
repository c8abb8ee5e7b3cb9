/**
 * The way onto one socket: frames as they are, or through the library where the connection is compressed, so that
 * what is compressed has been taken from its queue and is never dropped again. One write at a time; control frames
 * go between two frames, never into one.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { NS_PER_MS, type Timer } from '../../core/clock.ts';
import { peerOf } from '../../core/wait-names.ts';
import type { Wait } from '../resources/wait-graph.ts';
import { encodeFrame, payloadOf } from './encode.ts';
import type { Line } from './line.ts';
import type { RelaySocket } from './relay-socket.ts';

type OnWritten = (error?: Error | null) => void;

/** Pongs that a peer does not take stop being added at this backlog; the latest one waits. */
const PONG_BACKLOG_BYTES = 16 * 1024;
/** Where a write may time out, a large frame is written in pieces: each that the peer takes is progress. */
const PIECE_BYTES = 64 * 1024;
const PING = encodeFrame('ping', new Uint8Array());

export class SocketSink {
  readonly #ws: RelaySocket;
  readonly #socket: Socket;
  readonly #line: Line;
  readonly #wait: Wait;
  readonly #onStalled: () => void;
  readonly #isCompressed: boolean;
  #onWritten: OnWritten | undefined;
  #isTold = false;
  /** Part of a frame has been written: nothing else may be now. */
  #isInFrame = false;
  #latestPong: Uint8Array | undefined;
  #farewell: (() => void) | undefined;
  #progressNs = 0;
  #stallTimer: Timer | undefined;

  /** `onStalled`: nothing that was written has been taken for as long as `sendTimeoutMs`. */
  constructor(ws: RelaySocket, socket: Socket, line: Line, writer: string, onStalled: () => void) {
    this.#ws = ws;
    this.#socket = socket;
    this.#line = line;
    this.#onStalled = onStalled;
    this.#isCompressed = ws.extensions.includes('permessage-deflate');
    const { name } = line;
    this.#wait = { who: writer, what: `${name} to take bytes`, freedBy: [peerOf(name)], boundary: null };
  }

  /** No data frame may follow a close frame, whoever sent that (RFC 6455 §5.5.1). */
  get canWrite(): boolean {
    return this.#ws.readyState === WebSocket.OPEN && this.#farewell === undefined;
  }

  get isWriting(): boolean {
    return this.#onWritten !== undefined;
  }

  /** Writes all of `wires`, one or more; `onWritten` once the kernel has them. Only while nothing is being written. */
  write(wires: readonly Uint8Array[], onWritten: OnWritten): void {
    this.#onWritten = onWritten;
    this.#watchProgress();
    const [only] = wires;
    if (this.#isCompressed) this.#writeCompressed(wires);
    else if (wires.length === 1 && only !== undefined) this.#writeOne(only);
    else {
      const socket = this.#socket;
      const last = wires.length - 1;
      socket.cork();
      for (let i = 0; i < last; i++) socket.write(wires[i] as Uint8Array);
      // Writes complete in order, so the last one's callback speaks for all.
      socket.write(wires[last] as Uint8Array, this.#onTaken);
      socket.uncork();
    }
    if (this.#onWritten !== undefined && (this.#socket.writableLength > 0 || this.#isCompressed)) {
      this.#isTold = true;
      this.#line.waits.begin(this.#wait);
    }
  }

  /** A pong past everything that is queued; while the peer takes nothing, only the latest is kept. */
  writePong(wire: Uint8Array): void {
    if (!this.canWrite) return;
    if (this.#isInFrame || this.#socket.writableLength > PONG_BACKLOG_BYTES) {
      if (this.#latestPong !== undefined) this.#line.counters.pongsReplaced++;
      this.#latestPong = wire;
      return;
    }
    this.#line.counters.pongs++;
    // Through the library where it may hold a message back to compress it: frames keep their order there.
    if (this.#isCompressed) this.#ws.pong(payloadOf(wire).payload, false, this.#onPongTaken);
    else this.#socket.write(wire, this.#onPongTaken);
  }

  /** Whether everything that was written has left for the kernel. */
  get isIdle(): boolean {
    return !this.isWriting && this.#socket.writableLength === 0;
  }

  /** Only while it is idle. */
  writePing(): void {
    if (!this.canWrite) return;
    if (this.#isCompressed) this.#ws.ping();
    else this.#socket.write(PING);
  }

  /** A close frame as soon as none is half written; no data after it. */
  close(code: number | undefined, reason: string | Buffer): void {
    if (this.#farewell !== undefined) return;
    this.#farewell = () => this.#ws.closeNow(code, reason);
    if (!this.#isInFrame) this.#farewell();
  }

  /** The connection has ended. */
  release(): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
    this.#endWait();
    this.#latestPong = undefined;
  }

  #writeOne(wire: Uint8Array): void {
    if (this.#line.settings.sendTimeoutMs === null || wire.length <= PIECE_BYTES) {
      this.#socket.write(wire, this.#onTaken);
      return;
    }
    this.#isInFrame = true;
    let at = 0;
    const next: OnWritten = (error) => {
      this.#progressNs = this.#line.clock.nowNs();
      if (error || at >= wire.length) {
        this.#isInFrame = false;
        this.#onTaken(error);
        return;
      }
      const piece = wire.subarray(at, at + PIECE_BYTES);
      at += PIECE_BYTES;
      this.#socket.write(piece, next);
    };
    next();
  }

  #writeCompressed(wires: readonly Uint8Array[]): void {
    for (const [index, wire] of wires.entries()) {
      const { payload, isBinary } = payloadOf(wire);
      const isLast = index === wires.length - 1;
      this.#ws.send(payload, { binary: isBinary }, isLast ? this.#onTaken : undefined);
    }
  }

  readonly #onTaken: OnWritten = (error) => {
    const onWritten = this.#onWritten;
    this.#onWritten = undefined;
    this.#progressNs = this.#line.settings.sendTimeoutMs === null ? 0 : this.#line.clock.nowNs();
    this.#endWait();
    if (this.#farewell !== undefined && this.#ws.readyState === WebSocket.OPEN) this.#farewell();
    else if (this.#latestPong !== undefined && !error) this.#writeLatestPong();
    onWritten?.(error);
  };

  /** What holds the latest pong back is always a write of this side, and the last one to be taken lets it go. */
  readonly #onPongTaken: OnWritten = (error) => {
    if (!error) this.#writeLatestPong();
  };

  #writeLatestPong(): void {
    const pong = this.#latestPong;
    this.#latestPong = undefined;
    if (pong !== undefined) this.writePong(pong);
  }

  #endWait(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#line.waits.end(this.#wait);
  }

  #watchProgress(): void {
    const { settings, clock } = this.#line;
    if (settings.sendTimeoutMs === null) return;
    this.#progressNs = clock.nowNs();
    if (this.#stallTimer === undefined) this.#setStallTimer(settings.sendTimeoutMs * NS_PER_MS);
  }

  /** One timer at a time, which looks when the last progress was. */
  #setStallTimer(limitNs: number): void {
    const { clock } = this.#line;
    this.#stallTimer = clock.setTimer(this.#progressNs + limitNs, () => {
      this.#stallTimer = undefined;
      if (!this.isWriting) return;
      if (clock.nowNs() - this.#progressNs >= limitNs) this.#onStalled();
      else this.#setStallTimer(limitNs);
    });
  }
}
