/** Says when a stream has been quiet for too long, again and again. */
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';

export class KeepAlive {
  readonly #clock: Clock;
  readonly #everyNs: number;
  readonly #onQuiet: () => void;
  #quietSinceNs: number;
  #timer: Timer | undefined;

  /** `everyMs` 0: never. */
  constructor(clock: Clock, everyMs: number, onQuiet: () => void) {
    this.#clock = clock;
    this.#everyNs = everyMs * NS_PER_MS;
    this.#onQuiet = onQuiet;
    this.#quietSinceNs = clock.nowNs();
    if (everyMs > 0) this.#wait();
  }

  /** Something went out. The timer stays as it is: it looks again when it fires, so an event costs no timer. */
  touch(): void {
    this.#quietSinceNs = this.#clock.nowNs();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = this.#clock.setTimer(this.#quietSinceNs + this.#everyNs, () => {
      if (this.#clock.nowNs() - this.#quietSinceNs >= this.#everyNs) {
        this.touch();
        this.#onQuiet();
        if (this.#timer === undefined) return; // stopped by what it told
      }
      this.#wait();
    });
  }
}
