/** How long the rest of an experiment takes, from what its runs took so far. */
import { monotonicMs } from '../core/clock.ts';

/**
 * To be asked when a run begins, with the runs that are still to play, this one included. Milliseconds; `null` for the
 * first run, when nobody can tell.
 */
export function createTimeLeft(nowMs: () => number = monotonicMs): (runsLeft: number) => number | null {
  const startedMs = nowMs();
  let begun = 0;
  return (runsLeft) => {
    const done = begun++;
    return done === 0 ? null : ((nowMs() - startedMs) / done) * Math.max(0, runsLeft);
  };
}
