/**
 * Time for everything that is measured: monotonic nanoseconds since the run's epoch.
 *
 * The host's monotonic clock is one clock for all processes of a machine, so an epoch taken in the
 * conductor and handed to every child makes stamps of different processes comparable. A plain number
 * stays exact for 104 days of nanoseconds (2^53). Wall time appears once per run, as ISO text.
 */
export interface Clock {
  /** Whole nanoseconds since the epoch; never goes back. */
  nowNs(): number;
  /** Calls `onTime` once, at `atNs` or as soon after it as can be; a time that has passed is the next moment. */
  setTimer(atNs: number, onTime: () => void): Timer;
}

export interface Timer {
  /** From now on it does not fire; a second call, or one after it has fired, does nothing. */
  cancel(): void;
}

export const NS_PER_MS = 1_000_000;
export const NS_PER_SEC = 1_000_000_000;

/** The host's monotonic clock at this moment: what a conductor takes as its run's epoch. */
export function takeEpochNs(): bigint {
  return process.hrtime.bigint();
}

/**
 * A clock that counts from `epochNs` (a value of {@link takeEpochNs}, possibly of another process).
 * `performance.now()` reads the same source as `process.hrtime` without allocating a bigint.
 */
export function createHostClock(epochNs: bigint): Clock {
  const offsetNs = readOffsetNs(epochNs);
  let lastNs = 0;
  const clock: Clock = {
    nowNs() {
      const ns = Math.round(performance.now() * NS_PER_MS + offsetNs);
      if (ns > lastNs) lastNs = ns;
      return lastNs;
    },
    setTimer: (atNs, onTime) => new HostTimer(clock, atNs, onTime),
  };
  return clock;
}

/** What to add to `performance.now()`. Of a few tries the quickest: between two readings the process may be put aside. */
function readOffsetNs(epochNs: bigint): number {
  let offsetNs = 0;
  let leastNs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < OFFSET_TRIES; i++) {
    const before = process.hrtime.bigint();
    const nowNs = performance.now() * NS_PER_MS;
    const tookNs = Number(process.hrtime.bigint() - before);
    if (tookNs >= leastNs) continue;
    leastNs = tookNs;
    offsetNs = Number(before - epochNs) + tookNs / 2 - nowNs;
  }
  return offsetNs;
}

const OFFSET_TRIES = 5;

/** The longest that Node's own timers can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Node's timers count whole milliseconds and may fire a part of one early: then this one waits again. */
class HostTimer implements Timer {
  readonly #clock: Clock;
  readonly #atNs: number;
  readonly #onTime: () => void;
  #timeout: NodeJS.Timeout;

  constructor(clock: Clock, atNs: number, onTime: () => void) {
    this.#clock = clock;
    this.#atNs = atNs;
    this.#onTime = onTime;
    this.#timeout = this.#wait();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #wait(): NodeJS.Timeout {
    const waitMs = Math.ceil((this.#atNs - this.#clock.nowNs()) / NS_PER_MS);
    return setTimeout(() => this.#fire(), Math.min(Math.max(waitMs, 0), MAX_TIMER_MS));
  }

  #fire(): void {
    if (this.#clock.nowNs() < this.#atNs) this.#timeout = this.#wait();
    else this.#onTime();
  }
}

/** Reads `clock` and never goes back, whatever that one does. */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  #lastNs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowNs(): number {
    const ns = this.#clock.nowNs();
    if (ns > this.#lastNs) this.#lastNs = ns;
    return this.#lastNs;
  }

  setTimer(atNs: number, onTime: () => void): Timer {
    return this.#clock.setTimer(atNs, onTime);
  }
}

/** A clock that moves only when told to: for tests and for runs in virtual time. */
export interface VirtualClock extends Clock {
  /** Moves forward by `ns` nanoseconds (0 or more); timers fire on the way, each at its own time. */
  advanceNs(ns: number): void;
  /** Moves forward to `atNs`, as `advanceNs` does; a time that has passed moves nothing. */
  advanceTo(atNs: number): void;
  /** When the next timer is due; Infinity without one. */
  readonly nextTimerNs: number;
}

export function createVirtualClock(startNs = 0): VirtualClock {
  let ns = startNs;
  /** By time, and by the order they were set in where that is equal. */
  const timers: { readonly atNs: number; readonly onTime: () => void }[] = [];
  const advanceTo = (untilNs: number): void => {
    for (let next = timers[0]; next !== undefined && next.atNs <= untilNs; next = timers[0]) {
      timers.shift();
      ns = next.atNs;
      next.onTime();
    }
    if (untilNs > ns) ns = untilNs;
  };
  return {
    nowNs: () => ns,
    advanceTo,
    advanceNs(by) {
      if (!(by >= 0)) throw new RangeError(`advanceNs expects 0 or more nanoseconds, got ${by}`);
      advanceTo(ns + by);
    },
    get nextTimerNs() {
      return timers[0]?.atNs ?? Number.POSITIVE_INFINITY;
    },
    setTimer(atNs, onTime) {
      const timer = { atNs: Math.max(atNs, ns), onTime };
      let at = timers.length;
      while (at > 0 && (timers[at - 1] as typeof timer).atNs > timer.atNs) at--;
      timers.splice(at, 0, timer);
      return {
        cancel() {
          const index = timers.indexOf(timer);
          if (index >= 0) timers.splice(index, 1);
        },
      };
    },
  };
}

/** Wall time as ISO text, for stamps that people read; never used to measure. */
export function wallTimeIso(): string {
  return new Date().toISOString();
}

/** Milliseconds of the host's monotonic clock since an arbitrary moment: for time-outs, not for stamps. */
export function monotonicMs(): number {
  return performance.now();
}

/** Wall time, ms since 1970: for what outlives the process. It may jump, so nothing is measured with it. */
export function takeWallTimeMs(): number {
  return Date.now();
}
