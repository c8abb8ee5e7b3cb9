/**
 * Whether a client's socket takes what is written to it, judged by progress and not by size: somebody who reads a
 * large event slowly is slow, and somebody who takes nothing at all is gone.
 */
import type { Socket } from 'node:net';
import { NS_PER_MS } from '../../core/clock.ts';
import { peerOf } from '../../core/wait-names.ts';
import type { Wait, WaitGraph } from '../resources/wait-graph.ts';

/** A shorter wait is not worth a word. */
const TELL_AFTER_NS = 200 * NS_PER_MS;
/** Of a longer time between two looks, as after a sleep of the machine, the rest proves nothing: nobody was there to see. */
const MAX_STEP_NS = 500 * NS_PER_MS;

export class WriteWatch {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #waits: WaitGraph;
  #wait: Wait | undefined;
  #taken = -1;
  #pending = -1;
  #sinceNs = 0;
  #lookedNs = 0;

  /** `name`: the connection, as waits call it. */
  constructor(socket: Socket, name: string, waits: WaitGraph) {
    this.#socket = socket;
    this.#name = name;
    this.#waits = waits;
  }

  /** How long something has waited and nothing was taken, as seen at this call and the ones before; 0 for not at all. */
  look(isWaiting: boolean, nowNs: number): number {
    const { bytesWritten, writableLength } = this.#socket;
    const taken = bytesWritten - writableLength;
    const pending = kernelPending(this.#socket);
    const hasMoved = taken !== this.#taken || pending !== this.#pending;
    this.#taken = taken;
    this.#pending = pending;
    this.#sinceNs += Math.max(0, nowNs - this.#lookedNs - MAX_STEP_NS);
    this.#lookedNs = nowNs;
    if (!isWaiting || hasMoved) this.#sinceNs = nowNs;
    const stalledNs = nowNs - this.#sinceNs;
    if (stalledNs >= TELL_AFTER_NS) this.#tell();
    else this.end();
    return stalledNs;
  }

  /** What waited has been taken, or never will be. */
  end(): void {
    if (this.#wait === undefined) return;
    this.#waits.end(this.#wait);
    this.#wait = undefined;
  }

  #tell(): void {
    if (this.#wait !== undefined) return;
    const name = this.#name;
    this.#wait = {
      who: `${name} writer`,
      what: `${name} to take bytes`,
      freedBy: [peerOf(name)],
      boundary: 'sse.client',
    };
    this.#waits.begin(this.#wait);
  }
}

/** Bytes of the write under way that the kernel has not taken. Node counts them for its own time-outs, as we do here. */
export function kernelPending(socket: Socket): number {
  const { _handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return _handle?.writeQueueSize ?? 0;
}
