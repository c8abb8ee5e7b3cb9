/** Waiting on a thread that has nothing else to do. */
import { monotonicMs } from '../../core/clock.ts';
import { isLocked, lockedError } from './problem.ts';

const RETRY_MS = 5;
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread. */
export function sleepMs(ms: number): void {
  if (ms > 0) Atomics.wait(nobodyWakes, 0, 0, ms);
}

/**
 * Runs `action` again while another process holds the lock it needs, for `patienceMs`. SQLite's own busy timeout
 * leaves out some locks, and backs off for up to 100 ms. Errors: StoreError 'locked', and what `action` throws.
 */
export function whenUnlocked<T>(path: string, patienceMs: number, action: () => T): T {
  const startMs = monotonicMs();
  for (;;) {
    try {
      return action();
    } catch (thrown) {
      if (!isLocked(thrown)) throw thrown;
      const waitedMs = monotonicMs() - startMs;
      if (waitedMs >= patienceMs) throw lockedError(path, waitedMs, thrown);
      sleepMs(Math.min(RETRY_MS, patienceMs - waitedMs));
    }
  }
}
