/** Waits that end by time, by somebody's release, or because nobody needs them any more. */
import { type Clock, NS_PER_MS } from '../../core/clock.ts';

export class Holds {
  readonly #clock: Clock;
  readonly #releasable = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait for a release. */
  get paused(): number {
    return this.#releasable.size;
  }

  /** Lets go on whatever waits for a release now. */
  release(): void {
    for (const letGo of [...this.#releasable]) letGo();
  }

  /**
   * Resolves after `ms`, and before that on a release if `isReleasable`.
   *
   * Cancel safety: resolves at once when `signal` aborts, with no timer left; never rejects.
   */
  hold(ms: number, isReleasable: boolean, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#releasable.delete(end);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#clock.setTimer(this.#clock.nowNs() + ms * NS_PER_MS, end);
      if (isReleasable) this.#releasable.add(end);
      signal?.addEventListener('abort', end);
    });
  }
}
