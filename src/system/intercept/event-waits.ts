/**
 * How an interceptor of an event that takes time is waited for: as found, as it was mended, and in between.
 *
 * The pool is one of permits and not of threads. A thread that stands still computes nothing: what can be
 * observed is that W wait at a time and the next one for its turn, which permits show as well, in virtual
 * time too, and without megabytes and milliseconds for each thread.
 */
import type { InterceptSettings } from '../../core/plan.ts';
import type { Holds } from './holds.ts';
import { Permits } from './permits.ts';

/** Resolves when the wait is over, or soon after `signal` has aborted. Never rejects. */
export type EventWait = (ms: number, isReleasable: boolean, signal: AbortSignal) => Promise<void>;

const WAITS: Record<InterceptSettings['wait'], (workers: number, holds: Holds) => EventWait> = {
  'state-machine': (_, holds) => (ms, isReleasable, signal) => holds.hold(ms, isReleasable, signal),

  /** Nobody can release what holds up the loop: a pause lasts its whole time. */
  'sync-loop': () => async (ms) => {
    blockLoop(ms);
    // The noted system's poll returns after each event: others have their turn between two waits.
    await new Promise((resolve) => setImmediate(resolve));
  },

  'sync-pool': (workers, holds) => {
    const permits = new Permits(workers);
    return async (ms, isReleasable, signal) => {
      if (!(await permits.take(signal))) return;
      await holds.hold(ms, isReleasable, signal);
      permits.give();
    };
  },
};

/** One way of waiting, shared by all streams of a system. */
export function createEventWait(
  { wait, workers }: Pick<InterceptSettings, 'wait' | 'workers'>,
  holds: Holds,
): EventWait {
  return WAITS[wait](workers, holds);
}

function blockLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
