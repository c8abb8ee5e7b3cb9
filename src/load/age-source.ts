/**
 * When the age of information is read: once in each 100 ms while events are published, at a seeded
 * random moment of it. A fixed beat would meet evenly spaced events always at the same age.
 */
import { NS_PER_MS } from '../core/clock.ts';
import type { Phase } from '../core/plan.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { DueSource } from './pacer.ts';
import { type Timetable, toWireUs } from './timetable.ts';

const STRATUM_NS = 100 * NS_PER_MS;

export class AgeSource implements DueSource {
  readonly isArrival = false;
  dueNs = Number.POSITIVE_INFINITY;
  readonly #timetable: Timetable;
  readonly #random: Random;
  readonly #onDue: (nowNs: number) => void;
  #stratum = 0;

  constructor(timetable: Timetable, seed: number, onDue: (nowNs: number) => void) {
    this.#timetable = timetable;
    this.#random = createRandom(seed, 'age');
    this.#onDue = onDue;
    this.#advance();
  }

  take(nowNs: number): void {
    this.#advance();
    this.#onDue(nowNs);
  }

  #advance(): void {
    const { phases, boundsNs, endNs } = this.#timetable;
    for (;;) {
      const dueNs =
        (boundsNs[0] as number) + Math.floor((this.#stratum++ + this.#random.next()) * STRATUM_NS);
      if (dueNs >= endNs) {
        this.dueNs = Number.POSITIVE_INFINITY;
        return;
      }
      const phase = phases[this.#timetable.indexAt(toWireUs(dueNs))];
      if (phase === undefined || !publishes(phase)) continue;
      this.dueNs = dueNs;
      return;
    }
  }
}

function publishes({ publish }: Phase): boolean {
  if (publish === null) return false;
  return publish.model === 'burst' ? publish.count > 0 : publish.fromPerSec + publish.toPerSec > 0;
}
