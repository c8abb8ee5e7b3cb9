/** Finds out that nothing moves: by looking at a counter now and then, so that what moves pays nothing for it. */
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';

const LOOKS_PER_TIMEOUT = 4;

export class IdleWatch {
  readonly #clock: Clock;
  readonly #stepNs: number;
  readonly #progress: () => number;
  readonly #onIdle: () => void;
  #seen: number;
  #stillLooks = 0;
  #timer: Timer;

  /** Calls `onIdle` once `progress` (any number that changes with each byte) has stood still for 1 to 1.25 × `timeoutMs`. */
  constructor(clock: Clock, timeoutMs: number, progress: () => number, onIdle: () => void) {
    this.#clock = clock;
    this.#stepNs = (timeoutMs * NS_PER_MS) / LOOKS_PER_TIMEOUT;
    this.#progress = progress;
    this.#onIdle = onIdle;
    this.#seen = progress();
    this.#timer = this.#wait();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #wait(): Timer {
    return this.#clock.setTimer(this.#clock.nowNs() + this.#stepNs, () => this.#look());
  }

  #look(): void {
    const now = this.#progress();
    this.#stillLooks = now === this.#seen ? this.#stillLooks + 1 : 0;
    this.#seen = now;
    if (this.#stillLooks >= LOOKS_PER_TIMEOUT) this.#onIdle();
    else this.#timer = this.#wait();
  }
}
