/** How long something has stood still while it was wanted. */
export class Standstill {
  #counter: number | undefined;
  #sinceMs: number | undefined;

  /**
   * `counter` grows whenever there is progress; `isWanted` says whether there is anything to do. Answers since when
   * there was something to do and no progress, and `undefined` when that is not so.
   */
  note(tMs: number, counter: number, isWanted: boolean): number | undefined {
    const hasMoved = counter !== this.#counter;
    this.#counter = counter;
    if (!isWanted) this.#sinceMs = undefined;
    else if (hasMoved || this.#sinceMs === undefined) this.#sinceMs = tMs;
    return this.#sinceMs;
  }

  restart(): void {
    this.#sinceMs = undefined;
  }
}
