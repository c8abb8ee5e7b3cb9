/** Delay and use of this process's event loop since the last reading. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

export interface LoopReading {
  delayP99Ms: number;
  delayMaxMs: number;
  utilization: number;
}

const RESOLUTION_MS = 10;

/** Starts measuring; the returned function reads and begins anew. */
export function startLoopProbe(): () => LoopReading {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    // Node records the whole interval between two timer ticks, so an idle loop reads as the resolution itself.
    const toMs = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
    const reading =
      histogram.count === 0
        ? { delayP99Ms: 0, delayMaxMs: 0, utilization }
        : { delayP99Ms: toMs(histogram.percentile(99)), delayMaxMs: toMs(histogram.max), utilization };
    histogram.reset();
    return reading;
  };
}
