/** The stalls of one run: each once, with its end. */
import type { Stall, StallClass } from '../../core/record.ts';
import type { Symptom } from './evidence.ts';

/** A record names so many; the rest is counted. */
export const MAX_STALLS_KEPT = 20;

export interface StallReport {
  /** By their beginning. */
  readonly stalls: readonly Stall[];
  /** Further ones that are only counted. */
  readonly untold: number;
}

export class StallBook {
  readonly #open = new Map<string, { symptom: Symptom; isKept: boolean }>();
  readonly #ended: Stall[] = [];
  #kept = 0;
  #untold = 0;

  /** What shows now. An open stall that does not show any more has ended, unless nobody could look for its class. */
  note(tMs: number, symptoms: readonly Symptom[], seen: (kind: StallClass) => boolean): void {
    const shown = new Set(symptoms.map(({ key }) => key));
    for (const [key, { symptom }] of this.#open) {
      if (!shown.has(key) && seen(symptom.class)) this.#end(key, tMs);
    }
    for (const symptom of symptoms) {
      const open = this.#open.get(symptom.key);
      if (open !== undefined) {
        // It began when it began, and as what it was found; the rest is better known by now.
        const { startedMs, class: kind } = open.symptom;
        open.symptom = { ...symptom, startedMs, class: kind };
        continue;
      }
      const isKept = this.#kept < MAX_STALLS_KEPT;
      if (isKept) this.#kept++;
      else this.#untold++;
      this.#open.set(symptom.key, { symptom, isKept });
    }
  }

  /** What lasts has lasted until `tMs`. */
  close(tMs: number): StallReport {
    for (const key of [...this.#open.keys()]) this.#end(key, tMs);
    const stalls = [...this.#ended].sort((a, b) => a.startedMs - b.startedMs);
    return { stalls, untold: this.#untold };
  }

  #end(key: string, tMs: number): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    if (open === undefined || !open.isKept) return;
    const { key: _, startedMs, ...rest } = open.symptom;
    this.#ended.push({
      startedMs: Math.round(startedMs),
      durationMs: Math.round(tMs - startedMs),
      ...rest,
    });
  }
}
