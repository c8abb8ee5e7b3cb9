/** Delay and use of this process's event loop since the last reading. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { NS_PER_MS } from './clock.ts';
import type { LoadSample } from './samples.ts';

const RESOLUTION_MS = 5;

/** Starts to measure; each call of the answer reads and begins anew. */
export function startLoopProbe(): () => LoadSample['loop'] {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let before = performance.eventLoopUtilization();
  // Node records the whole gap between two ticks of its timer, so an idle loop reads as the resolution.
  const toDelayMs = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const hasTicks = histogram.count > 0;
    const delayP99Ms = hasTicks ? toDelayMs(histogram.percentile(99)) : 0;
    const delayMaxMs = hasTicks ? toDelayMs(histogram.max) : 0;
    histogram.reset();
    return { delayP99Ms, delayMaxMs, utilization };
  };
}
