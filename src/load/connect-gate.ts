/** Lets a bounded number of connections be half open at a time, a few per turn; the others come in order. */
export const MAX_HALF_OPEN = 128;
/** Opening costs about 0.15 ms each: more in one turn would make the arrivals of a burst wait for all of them. */
export const MAX_OPENS_PER_TURN = 16;

export class ConnectGate {
  readonly #maxHalfOpen: number;
  readonly #soon: (run: () => void) => void;
  #queue: (() => boolean)[] = [];
  #head = 0;
  #halfOpen = 0;
  #openedThisTurn = 0;
  #isStopped = false;

  /** `soon` runs a function in the event loop's next turn. */
  constructor(maxHalfOpen = MAX_HALF_OPEN, soon: (run: () => void) => void = setImmediate) {
    this.#maxHalfOpen = maxHalfOpen;
    this.#soon = soon;
  }

  /** `open` starts connecting and answers true, and calls {@link leave} later; or answers false to stay out. */
  enter(open: () => boolean): void {
    this.#queue.push(open);
    this.#admit();
  }

  /** One that was half open is open, or failed. */
  leave(): void {
    this.#halfOpen--;
    this.#admit();
  }

  /** Nobody enters any more, nor does who waits. */
  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
    this.#head = 0;
  }

  #admit(): void {
    while (!this.#isStopped && this.#halfOpen < this.#maxHalfOpen && this.#head < this.#queue.length) {
      if (this.#openedThisTurn === MAX_OPENS_PER_TURN) return;
      const open = this.#queue[this.#head++] as () => boolean;
      if (!open()) continue;
      this.#halfOpen++;
      if (this.#openedThisTurn++ === 0) this.#soon(this.#beginTurn);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
  }

  #beginTurn = (): void => {
    this.#openedThisTurn = 0;
    this.#admit();
  };
}
