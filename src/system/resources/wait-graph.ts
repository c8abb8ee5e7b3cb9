/**
 * Who waits for whom, as far as it is told: the evidence of a standstill. Whoever has to wait says so, and says who
 * could end it; most waits are over before anybody looks.
 *
 * The words, which the stall detector reads:
 * - `who` is one line of control, such as `publisher`, `ws 12 loop`, `ws 12 writer`, `sse 3 forwarder`, `request 17`
 *   or `projection analytics`. Who waits for several things at once has a wait for each, and goes on when all are over.
 * - `what` completes "waits for": `room in ws.outbound of ws 12`, `the answer of ws 12 actor`, `ws 12 to take bytes`.
 * - `freedBy` names, as `who` does, those that could end the wait: any one of them is enough. A name that waits for
 *   nothing counts as being at work, so nobody is named who has nothing to do with it; no name at all says nothing.
 * - Who waits for `memory` names nobody: whatever is queued on any path holds some, so it is part of no cycle.
 * - The other end of a connection is `peerOf('ws 12')`. It tells of no waits, and a wait that ends there ends outside.
 * - `boundary` is the one whose queue is full or empty; `null` for anything else, such as an answer or memory.
 *
 * A writer whose peer takes no bytes says so as well: without it nobody sees where a line of waits ends.
 */

import type { BoundaryName } from '../../core/boundary.ts';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { WaitSample } from '../../core/samples.ts';
import { isPeer } from '../../core/wait-names.ts';

export interface Wait {
  /** For example `ws 12 loop`. */
  readonly who: string;
  /** For example `room in ws.outbound of ws 12`. */
  readonly what: string;
  /** Who makes that happen, in the words of `who`. */
  readonly freedBy: readonly string[];
  readonly boundary: BoundaryName | null;
}

/** What is over sooner than this is not worth telling. */
const TELL_AFTER_MS = 250;
/** Of waits that end at a peer, and again of all others: a crowd of frozen readers must not hide who waits inside. */
const MAX_TOLD = 200;

export class WaitGraph {
  readonly #clock: Clock;
  /** In the order of their beginning. */
  readonly #waits = new Map<Wait, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits under way, those too young to be told included. */
  get size(): number {
    return this.#waits.size;
  }

  /** To be ended with {@link end}, by the same object; one that waits already begins anew. */
  begin(wait: Wait): void {
    this.#waits.delete(wait);
    this.#waits.set(wait, this.#clock.nowNs());
  }

  end(wait: Wait): void {
    this.#waits.delete(wait);
  }

  /** The longest waits first. */
  sample(): WaitSample[] {
    const nowNs = this.#clock.nowNs();
    const told: WaitSample[] = [];
    let toldOfPeers = 0;
    for (const [{ who, what, freedBy, boundary }, sinceNs] of this.#waits) {
      const ageMs = (nowNs - sinceNs) / NS_PER_MS;
      if (ageMs < TELL_AFTER_MS) break;
      const isOfPeer = freedBy.some(isPeer);
      if ((isOfPeer ? toldOfPeers : told.length - toldOfPeers) === MAX_TOLD) continue;
      if (isOfPeer) toldOfPeers++;
      told.push({ who, what, freedBy: [...freedBy], boundary, ageMs });
    }
    return told;
  }
}

/**
 * Tells of `wait` until `promise` settles either way, and answers as `promise` does. The common case is an offer that
 * has to wait:
 *
 *     const outcome = channel.offer(frame);
 *     if (outcome instanceof Promise) await whileWaiting(graph, wait, outcome);
 *
 * The same `wait` may be used by several at a time.
 */
export function whileWaiting<T>(graph: WaitGraph, wait: Wait, promise: Promise<T>): Promise<T> {
  const own = { ...wait };
  graph.begin(own);
  return promise.finally(() => graph.end(own));
}
