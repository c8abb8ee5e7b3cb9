/** Between two runs: waits until the host is about as idle as it was before the first one. */
import { setTimeout as wait } from 'node:timers/promises';
import { monotonicMs } from '../../core/clock.ts';
import { type HostCpuReading, readHostCpu } from '../../targets/process-probe.ts';

const WINDOW_MS = 250;
/** Cores that may be busier than before the first run: Linux counts in ticks of 10 ms, and something always happens. */
const SLACK_CORES = 0.2;
/** However long runs are, nobody waits longer. */
export const MAX_CALM_MS = 30_000;

export interface CalmParts {
  read(): HostCpuReading | null;
  wait(ms: number): Promise<void>;
  nowMs(): number;
}

const HOST: CalmParts = { read: readHostCpu, wait: (ms) => wait(ms), nowMs: monotonicMs };

/**
 * Busy cores of the host, over a quarter of a second each time. `settle` ends when they are back to the level of its
 * first call, or after `maxMs`, or at once where there is no /proc or the signal is aborted: a host that never comes
 * to rest is told by the validity of its runs.
 */
export class Calm {
  readonly #parts: CalmParts;
  readonly #maxMs: number;
  #levelCores: number | null = null;

  constructor(maxMs: number, parts: CalmParts = HOST) {
    this.#maxMs = Math.min(maxMs, MAX_CALM_MS);
    this.#parts = parts;
  }

  /** Whether the host came to rest in time. */
  async settle(signal: AbortSignal): Promise<boolean> {
    const { nowMs } = this.#parts;
    const untilMs = nowMs() + this.#maxMs;
    for (;;) {
      if (signal.aborted) return false;
      const cores = await this.#measureCores();
      if (cores === null) return true;
      this.#levelCores ??= cores;
      if (cores <= this.#levelCores + SLACK_CORES) return true;
      if (nowMs() >= untilMs) return false;
    }
  }

  async #measureCores(): Promise<number | null> {
    const { read, nowMs } = this.#parts;
    const before = read();
    const startMs = nowMs();
    await this.#parts.wait(WINDOW_MS);
    const after = read();
    if (before === null || after === null) return null;
    return (after.busyMs - before.busyMs) / (nowMs() - startMs);
  }
}
