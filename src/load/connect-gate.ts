/** Lets a bounded number of connections be half open at a time; the others come in order. */
export const MAX_HALF_OPEN = 128;

export class ConnectGate {
  readonly #maxHalfOpen: number;
  #queue: (() => boolean)[] = [];
  #head = 0;
  #halfOpen = 0;
  #isStopped = false;

  constructor(maxHalfOpen = MAX_HALF_OPEN) {
    this.#maxHalfOpen = maxHalfOpen;
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
      const open = this.#queue[this.#head++] as () => boolean;
      if (open()) this.#halfOpen++;
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
  }
}
