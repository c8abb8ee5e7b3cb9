/**
 * Takes work up when it is due, by an absolute plan: it never waits for the answer of earlier work, and
 * after a stall every missed arrival is taken up with the due time it always had.
 */
import { type Clock, NS_PER_MS } from '../core/clock.ts';

/** A sequence of due work. */
export interface DueSource {
  /** When the next work is due, in nanoseconds since the epoch; `Infinity` when there is none. */
  readonly dueNs: number;
  /** Whether lateness of this source is lateness of the generator. */
  readonly isArrival: boolean;
  /** Does the work of `dueNs` and moves on to the next. */
  take(nowNs: number): void;
}

/** The two ways to wait, injected so that tests need no real time. */
export interface PacerTimers {
  after(delayMs: number, run: () => void): unknown;
  /** After pending input and output had their turn. */
  soon(run: () => void): unknown;
  cancel(handle: unknown): void;
}

export const HOST_TIMERS: PacerTimers = {
  after: (delayMs, run) => setTimeout(run, delayMs),
  soon: (run) => setImmediate(run),
  cancel(handle) {
    clearTimeout(handle as NodeJS.Timeout);
    clearImmediate(handle as NodeJS.Immediate);
  },
};

/** Work per turn; then sockets are served before the rest of what is due. */
const MAX_BATCH = 128;
/** Work per {@link Pacer.poll}; the rest waits for the next one. */
const MAX_POLLED = 8;
/** Longest single wait: a far due time costs ten wake-ups a second. */
const MAX_WAIT_MS = 100;

export interface PacerOptions {
  readonly clock: Clock;
  /** Of equal due times the earlier source goes first. */
  readonly sources: readonly DueSource[];
  /** Called for each arrival with its due time and when it was taken up. */
  readonly onLateness: (dueNs: number, takenUpNs: number) => void;
  readonly timers?: PacerTimers;
}

export class Pacer {
  readonly #options: PacerOptions;
  readonly #timers: PacerTimers;
  #handle: unknown;
  #running = false;

  constructor(options: PacerOptions) {
    this.#options = options;
    this.#timers = options.timers ?? HOST_TIMERS;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#turn();
  }

  /** Nothing is taken up from now on, also not what is overdue. */
  stop(): void {
    this.#running = false;
    this.#timers.cancel(this.#handle);
  }

  /**
   * Takes up what is due now. To be called in the midst of long other work, such as a burst of reads: the
   * timer that was set for this work comes late then.
   */
  poll(): void {
    const { clock, sources, onLateness } = this.#options;
    for (let taken = 0; taken < MAX_POLLED && this.#running; taken++) {
      const source = findEarliest(sources);
      const nowNs = clock.nowNs();
      if (source === undefined || source.dueNs > nowNs) return;
      if (source.isArrival) onLateness(source.dueNs, nowNs);
      source.take(nowNs);
    }
  }

  #turn = (): void => {
    const { clock, sources, onLateness } = this.#options;
    for (let taken = 0; taken < MAX_BATCH; taken++) {
      if (!this.#running) return;
      const source = findEarliest(sources);
      if (source === undefined) return;
      const nowNs = clock.nowNs();
      const dueNs = source.dueNs;
      if (dueNs > nowNs) {
        // Rounded down: waking early costs one more tick of a millisecond, waking late costs accuracy.
        const waitMs = Math.floor((dueNs - nowNs) / NS_PER_MS);
        this.#handle = this.#timers.after(Math.min(Math.max(waitMs, 1), MAX_WAIT_MS), this.#turn);
        return;
      }
      if (source.isArrival) onLateness(dueNs, nowNs);
      source.take(nowNs);
    }
    this.#handle = this.#timers.soon(this.#turn);
  };
}

function findEarliest(sources: readonly DueSource[]): DueSource | undefined {
  let earliest: DueSource | undefined;
  let dueNs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i] as DueSource;
    if (source.dueNs < dueNs) {
      dueNs = source.dueNs;
      earliest = source;
    }
  }
  return earliest;
}
