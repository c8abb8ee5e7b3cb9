/** Waits of one connection that end with it. */
import type { Clock, Timer } from '../../core/clock.ts';

export class Pauses {
  readonly #clock: Clock;
  readonly #pending = new Map<() => void, Timer>();
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** Resolves at `atNs`, or once everything is stopped. */
  until(atNs: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#pending.delete(end);
        resolve();
      };
      this.#pending.set(end, this.#clock.setTimer(atNs, end));
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const [end, timer] of [...this.#pending]) {
      timer.cancel();
      end();
    }
  }
}
