/**
 * Who waits for whom, as far as it is told: the evidence of a standstill. Whoever has to wait says so, and says who
 * could end it; most waits are over before anybody looks.
 */

import type { BoundaryName } from '../../core/boundary.ts';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { WaitSample } from '../../core/samples.ts';

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
const MAX_TOLD = 200;

export class WaitGraph {
  readonly #clock: Clock;
  /** In the order of their beginning. */
  readonly #waits = new Map<Wait, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be ended with {@link end}, by the same object. */
  begin(wait: Wait): void {
    this.#waits.set(wait, this.#clock.nowNs());
  }

  end(wait: Wait): void {
    this.#waits.delete(wait);
  }

  /** The longest waits first. */
  sample(): WaitSample[] {
    const nowNs = this.#clock.nowNs();
    const told: WaitSample[] = [];
    for (const [{ who, what, freedBy, boundary }, sinceNs] of this.#waits) {
      const ageMs = (nowNs - sinceNs) / NS_PER_MS;
      if (ageMs < TELL_AFTER_MS || told.length === MAX_TOLD) break;
      told.push({ who, what, freedBy: [...freedBy], boundary, ageMs });
    }
    return told;
  }
}
