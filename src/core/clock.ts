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
  const offsetNs = Number(process.hrtime.bigint() - epochNs) - performance.now() * NS_PER_MS;
  let lastNs = 0;
  return {
    nowNs() {
      const ns = Math.round(performance.now() * NS_PER_MS + offsetNs);
      if (ns > lastNs) lastNs = ns;
      return lastNs;
    },
  };
}

/** A clock that moves only when told to: for tests and for runs in virtual time. */
export interface VirtualClock extends Clock {
  /** Moves forward by `ns` nanoseconds (0 or more). */
  advanceNs(ns: number): void;
}

export function createVirtualClock(startNs = 0): VirtualClock {
  let ns = startNs;
  return {
    nowNs: () => ns,
    advanceNs(by) {
      if (!(by >= 0)) throw new RangeError(`advanceNs expects 0 or more nanoseconds, got ${by}`);
      ns += by;
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
