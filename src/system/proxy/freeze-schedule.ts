/** When a consumer stands still: for `freezeNs` once each `everyNs`, the first time after one of them. */
export class FreezeSchedule {
  readonly #originNs: number;
  readonly #freezeNs: number;
  readonly #everyNs: number;

  /** Either of the two as 0 is never. */
  constructor(originNs: number, freezeNs: number, everyNs: number) {
    this.#originNs = originNs;
    this.#freezeNs = everyNs > 0 ? freezeNs : 0;
    this.#everyNs = everyNs;
  }

  /** When somebody who stands still at `atNs` goes on; `atNs` itself for one who does not. */
  goesOnNs(atNs: number): number {
    if (this.#freezeNs === 0) return atNs;
    const startNs = this.#lastStartNs(atNs);
    return startNs !== undefined && atNs < startNs + this.#freezeNs ? startNs + this.#freezeNs : atNs;
  }

  /** When `workNs` of work are done that begin at `fromNs`. */
  endOfWorkNs(fromNs: number, workNs: number): number {
    if (this.#freezeNs === 0) return fromNs + workNs;
    let atNs = this.goesOnNs(fromNs);
    for (let leftNs = workNs; ; ) {
      const nextNs = this.#nextStartNs(atNs);
      if (atNs + leftNs <= nextNs) return atNs + leftNs;
      leftNs -= nextNs - atNs;
      atNs = nextNs + this.#freezeNs;
    }
  }

  #lastStartNs(atNs: number): number | undefined {
    const periods = Math.floor((atNs - this.#originNs) / this.#everyNs);
    return periods < 1 ? undefined : this.#originNs + periods * this.#everyNs;
  }

  #nextStartNs(atNs: number): number {
    const periods = Math.max(0, Math.floor((atNs - this.#originNs) / this.#everyNs));
    return this.#originNs + (periods + 1) * this.#everyNs;
  }
}
