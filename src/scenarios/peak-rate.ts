/** The strongest moment of arrivals, and of a plan. */
import type { Arrivals, Phase } from '../core/plan.ts';

/** Highest rate of the phase; a burst counts as spread over its period, or over the phase when it comes once. */
export function peakRatePerSec(arrivals: Arrivals | null, phaseDurationMs: number): number {
  if (arrivals === null) return 0;
  if (arrivals.model !== 'burst') return Math.max(arrivals.fromPerSec, arrivals.toPerSec);
  return (arrivals.count * 1000) / Math.min(arrivals.everyMs ?? phaseDurationMs, phaseDurationMs);
}

/** The index of the phase named `burst`, or else of the (first) one with the highest publish rate. */
export function findBurstPhase(phases: readonly Phase[]): number {
  const named = phases.findIndex((phase) => phase.name === 'burst');
  if (named >= 0) return named;
  const rates = phases.map((phase) => peakRatePerSec(phase.publish, phase.durationMs));
  return rates.indexOf(Math.max(...rates));
}
