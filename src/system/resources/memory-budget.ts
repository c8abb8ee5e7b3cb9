interface Waiter {
  readonly bytes: number;
  /** Takes back its timer and its signal, and answers. */
  readonly settle: (granted: boolean) => void;
}

/**
 * Bytes that queues and unfinished writes hold together. Room is reserved *before* anything is
 * buffered; who finds none waits in line or gives up, so the sum passes the limit only by what comes back
 * from disk.
 */
export class MemoryBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  #maxBytes = 0;
  #denials = 0;
  #waiting: Waiter[] = [];

  /** `null` is no limit: everything is granted and still counted. */
  constructor(limitBytes: number | null) {
    this.#limitBytes = limitBytes ?? Number.POSITIVE_INFINITY;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Reservations that did not fit at once. */
  get denials(): number {
    return this.#denials;
  }

  /** Takes `bytes` now if they fit and nobody waits in front. */
  tryReserve(bytes: number): boolean {
    if (this.#waiting.length === 0 && this.#take(bytes)) return true;
    this.#denials++;
    return false;
  }

  /**
   * Waits in line for `bytes`, at most `timeoutMs` (`null`: as long as it takes). False when the time is over or
   * `signal` is aborted, or at once when they can never fit.
   */
  reserve(bytes: number, timeoutMs: number | null, signal?: AbortSignal): Promise<boolean> {
    if (bytes > this.#limitBytes || signal?.aborted === true) return Promise.resolve(false);
    if (this.#waiting.length === 0 && this.#take(bytes)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        waiter.settle(false);
        this.#serve(); // the next one may be smaller
      };
      const timer = timeoutMs === null ? undefined : setTimeout(giveUp, timeoutMs);
      const waiter: Waiter = {
        bytes,
        settle: (granted) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', giveUp);
          resolve(granted);
        },
      };
      signal?.addEventListener('abort', giveUp);
      this.#waiting.push(waiter);
    });
  }

  /** Takes `bytes` whether they fit or not: what left for the disk comes back into the room that its queue has. */
  take(bytes: number): void {
    this.#usedBytes += bytes;
    if (this.#usedBytes > this.#maxBytes) this.#maxBytes = this.#usedBytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#waiting.length > 0) this.#serve();
  }

  /** Lets everybody who waits go on without room: for shutdown. */
  refuseWaiting(): void {
    for (const waiter of this.#waiting.splice(0)) waiter.settle(false);
  }

  #take(bytes: number): boolean {
    if (this.#usedBytes + bytes > this.#limitBytes) return false;
    this.take(bytes);
    return true;
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0] as Waiter;
      if (!this.#take(first.bytes)) return;
      this.#waiting.shift();
      first.settle(true);
    }
  }
}
