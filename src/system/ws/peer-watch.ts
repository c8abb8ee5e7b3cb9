/**
 * Whether anybody is at the other end. Over a connection where nothing goes either way a ping is sent, and where
 * nothing comes for as long again its peer has gone. Where something is written the kernel sees sooner that nobody
 * answers. Somebody who does not read what he is sent is not judged here: that is what `ws.sendTimeout` is for.
 */
import type { Socket } from 'node:net';
import { NS_PER_MS } from '../../core/clock.ts';
import type { SilentPeers } from '../resources/silent-peers.ts';
import type { InboundFrames } from './inbound-frames.ts';
import type { SocketSink } from './socket-sink.ts';

export interface PeerWatchParts {
  readonly socket: Socket;
  readonly inbound: Pick<InboundFrames, 'isPaused'>;
  readonly sink: Pick<SocketSink, 'isIdle' | 'writePing'>;
  readonly silent: Pick<SilentPeers, 'silentNs'>;
  readonly pingEveryMs: number;
}

export class PeerWatch {
  readonly #parts: PeerWatchParts;
  readonly #everyNs: number;
  #bytesRead = -1;
  #bytesWritten = -1;
  /** When something went over it last, as far as was seen; from a ping on, when that was sent. */
  #sinceNs = 0;
  #isPinged = false;
  #lookedNs = 0;

  constructor(parts: PeerWatchParts) {
    this.#parts = parts;
    this.#everyNs = parts.pingEveryMs * NS_PER_MS;
  }

  /** To be called now and then; true once the peer has gone. */
  look(nowNs: number): boolean {
    const { socket, inbound, sink, silent } = this.#parts;
    const { bytesRead, bytesWritten } = socket;
    // Of a long time without a look, as after a sleep of the machine, little counts: an answer may be there unread.
    this.#sinceNs += Math.max(0, nowNs - this.#lookedNs - this.#everyNs / 4);
    this.#lookedNs = nowNs;
    // What is not read cannot be heard, and behind what is not taken no ping is seen.
    const isUnheard = inbound.isPaused || !sink.isIdle;
    if (bytesRead !== this.#bytesRead || isUnheard) this.#isPinged = false;
    const isActive = bytesRead !== this.#bytesRead || bytesWritten !== this.#bytesWritten || isUnheard;
    if (isActive && !this.#isPinged) this.#sinceNs = nowNs;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    if (silent.silentNs(socket) >= 2 * this.#everyNs) return true;
    if (nowNs - this.#sinceNs < this.#everyNs) return false;
    if (this.#isPinged) return true;
    this.#isPinged = true;
    this.#sinceNs = nowNs;
    sink.writePing();
    return false;
  }
}
