/** Durations added up, where a histogram would say more than is asked. */
export interface DurationSample {
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
}

export class DurationTotals {
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  add(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  sample(): DurationSample {
    return { count: this.#count, sumMs: this.#sumMs, maxMs: this.#maxMs };
  }
}
