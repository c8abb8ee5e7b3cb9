/** A counting semaphore: so many hold a permit at a time, the others wait in order of arrival. */
import { Waiter, WaitLine } from '../channel/wait-line.ts';

export class Permits {
  readonly #line = new WaitLine<undefined, boolean>();
  #free: number;

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Who waits for a permit now. */
  get waiting(): number {
    return this.#line.length;
  }

  get free(): number {
    return this.#free;
  }

  /**
   * True with a permit, which `give` returns.
   *
   * Cancel safety: false, and no permit, once `signal` aborts; the place in the line goes to the next.
   */
  take(signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return new Promise((resolve) => {
      this.#line.push(
        new Waiter<undefined, boolean>(undefined, Number.POSITIVE_INFINITY, resolve, signal, (waiter) => {
          this.#line.remove(waiter);
          waiter.settle(false);
        }),
      );
    });
  }

  give(): void {
    const next = this.#line.head;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#line.remove(next);
    next.settle(true);
  }
}
