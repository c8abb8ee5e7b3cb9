/** What each phase was like: its own latencies by group and the state of the system at its end. */
import { LatencyHistogram } from '../core/histogram.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { PhaseResult } from '../core/record.ts';
import type { Collector } from './collector.ts';

export function buildPhases(plan: ScenarioPlan, collector: Collector, durationMs: number): PhaseResult[] {
  return collector.phases.map((mark, at): PhaseResult => {
    const phase = plan.phases[mark.index];
    const next = collector.phases[at + 1];
    const endMs =
      next?.startedMs ?? collector.arrivalsDoneMs ?? mark.startedMs + (phase?.durationMs ?? durationMs);
    // The state when the next phase began is the state at this one's end.
    const system = next === undefined ? collector.lastBusySystem : next.system;
    const groups: PhaseResult['groups'] = {};
    for (const group of plan.clients) {
      const inside = collector.latency.intervals.filter(
        (one) => one.group === group.name && one.startMs >= mark.startedMs - 1 && one.startMs < endMs,
      );
      if (inside.length === 0) continue;
      groups[group.name] = summarize(inside);
    }
    return {
      name: mark.name,
      startedMs: Math.round(mark.startedMs),
      durationMs: Math.round(endMs - mark.startedMs),
      measured: phase?.measured ?? true,
      groups,
      connectionsOpen:
        system === null ? 0 : Object.values(system.connections).reduce((sum, path) => sum + path.open, 0),
      tasksOpen: system?.tasks.open ?? null,
      accountedBytes: collector.accountedMaxOfPhase[mark.index] ?? null,
      rssBytes: system?.memory.rssBytes ?? null,
    };
  });
}

/**
 * Percentiles of a phase from its intervals: each interval speaks with its own p50 and p99, weighted by
 * its count. The maximum is exact.
 */
function summarize(
  intervals: readonly { count: number; p50Ms: number; p99Ms: number; maxMs: number }[],
): PhaseResult['groups'][string] {
  const p50 = new LatencyHistogram();
  const p99 = new LatencyHistogram();
  let delivered = 0;
  let maxMs = 0;
  for (const one of intervals) {
    delivered += one.count;
    p50.recordUs(one.p50Ms * 1000, one.count);
    p99.recordUs(one.p99Ms * 1000, one.count);
    if (one.maxMs > maxMs) maxMs = one.maxMs;
  }
  return { delivered, p50Ms: p50.percentileMs(50), p99Ms: p99.percentileMs(50), maxMs };
}

/**
 * Bytes that one more connection costs: least-squares slope of each phase's largest accounted bytes
 * over its open connections. The base cost of an empty system is the intercept and does not count.
 * `null` when fewer than two phases differ in connections.
 */
export function fitAccountedPerConnection(phases: readonly PhaseResult[]): number | null {
  const points = phases
    .filter((phase) => phase.accountedBytes !== null)
    .map((phase) => ({ x: phase.connectionsOpen, y: phase.accountedBytes as number }));
  const n = points.length;
  const meanX = points.reduce((sum, point) => sum + point.x, 0) / n;
  const meanY = points.reduce((sum, point) => sum + point.y, 0) / n;
  const varianceX = points.reduce((sum, point) => sum + (point.x - meanX) ** 2, 0);
  if (n < 2 || varianceX === 0) return null;
  const covariance = points.reduce((sum, point) => sum + (point.x - meanX) * (point.y - meanY), 0);
  return Math.round(covariance / varianceX);
}
