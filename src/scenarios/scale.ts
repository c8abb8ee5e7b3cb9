/** Makes a scenario longer, busier or larger as a whole, and keeps its shape. */
import type { Arrivals, Phase } from '../core/plan.ts';
import { MAX_RATE_PER_SEC } from './fields.ts';
import { peakRatePerSec } from './peak-rate.ts';
import { splitConnections } from './split-connections.ts';

/** A wish that this scenario cannot follow. */
export interface ScalingProblem {
  readonly option: string;
  readonly message: string;
}

/** Open connections by group name. */
export type PhaseConnections = Readonly<Record<string, number>>;

interface CountedConnections {
  readonly groupNames: readonly string[];
  /** Of each phase: what its connections are split by. */
  readonly weights: readonly (readonly number[])[];
  readonly counts: readonly (readonly number[])[];
}

/**
 * Connections of each phase by group. A number is split by `shares`; a map sets the groups it names;
 * whatever is left out stays as in the phase before (`firstTotal` in the first phase).
 */
export function countConnections(
  wishes: readonly (number | Readonly<Record<string, number>> | undefined)[],
  groupNames: readonly string[],
  shares: readonly number[],
  firstTotal: number,
): CountedConnections {
  let current = groupNames.map(() => 0);
  let currentWeights: readonly number[] = shares;
  const weights: (readonly number[])[] = [];
  const counts: (readonly number[])[] = [];
  for (const [index, wish] of wishes.entries()) {
    const wished = wish ?? (index === 0 ? firstTotal : undefined);
    if (typeof wished === 'number') {
      current = splitConnections(wished, shares);
      currentWeights = shares;
    } else if (wished !== undefined) {
      current = groupNames.map(
        (name, at) => (Object.hasOwn(wished, name) ? wished[name] : current[at]) as number,
      );
      currentWeights = current;
    }
    weights.push(currentWeights);
    counts.push(current);
  }
  return { groupNames, weights, counts };
}

/** Gives the largest phase `total` connections and the others their part; who had one keeps one. */
export function scaleConnections(
  { groupNames, weights, counts }: CountedConnections,
  total: number | undefined,
): PhaseConnections[] | ScalingProblem {
  const sums = counts.map((entry) => entry.reduce((sum, count) => sum + count, 0));
  const largest = Math.max(...sums);
  if (total === undefined) return counts.map((entry) => toTable(groupNames, entry));
  const present = counts.map((entry) => entry.filter((count) => count > 0).length);
  const needed = Math.max(...present);
  if (needed === 0) return { option: '--connections', message: 'nobody connects in this scenario' };
  if (total < needed) {
    const message = `expected at least ${needed}, one for each client group, got ${total}`;
    return { option: '--connections', message };
  }
  return counts.map((entry, index) => {
    const wished = Math.round(((sums[index] as number) * total) / largest);
    const scaled = Math.max(wished, present[index] as number);
    // Normalised to what is there, so that shares below 100 % together do not shrink it twice.
    const active = entry.map((count, at) =>
      count > 0 ? ((weights[index] as readonly number[])[at] as number) : 0,
    );
    const sum = active.reduce((all, weight) => all + weight, 0);
    const normal = sum === 0 ? active : active.map((weight) => weight / sum);
    return toTable(groupNames, splitConnections(scaled, normal));
  });
}

/** Phases that take `totalMs` together, in proportion and in whole milliseconds. */
export function scaleDurations(
  durations: readonly number[],
  totalMs: number | undefined,
): number[] | ScalingProblem {
  if (totalMs === undefined) return [...durations];
  const factor = totalMs / durations.reduce((sum, duration) => sum + duration, 0);
  let elapsed = 0;
  // Ends are rounded, not lengths, so that the total is exact.
  const scaled = durations.map((duration) => {
    const start = Math.round(elapsed * factor);
    elapsed += duration;
    return Math.round(elapsed * factor) - start;
  });
  if (scaled.some((duration) => duration < 1)) {
    const message = `expected enough for ${durations.length} phases of at least 1 ms, got ${totalMs} ms`;
    return { option: '--duration', message };
  }
  return scaled;
}

/** Makes the highest publish rate `ratePerSec` and scales every phase with it; request rates when nothing is published. */
export function scaleRates(
  phases: readonly Phase[],
  ratePerSec: number | undefined,
): readonly Phase[] | ScalingProblem {
  if (ratePerSec === undefined) return phases;
  const publishPeak = Math.max(...phases.map((phase) => peakRatePerSec(phase.publish, phase.durationMs)));
  const requestPeak = Math.max(
    ...phases.map((phase) =>
      Object.values(phase.arrivals).reduce((sum, entry) => sum + peakRatePerSec(entry, phase.durationMs), 0),
    ),
  );
  const peak = publishPeak > 0 ? publishPeak : requestPeak;
  if (peak === 0)
    return { option: '--rate', message: 'this scenario publishes nothing and requests nothing' };
  const factor = ratePerSec / peak;
  return phases.map((phase) =>
    publishPeak > 0
      ? { ...phase, publish: phase.publish === null ? null : scaleArrivals(phase.publish, factor) }
      : {
          ...phase,
          arrivals: Object.fromEntries(
            Object.entries(phase.arrivals).map(([name, entry]) => [name, scaleArrivals(entry, factor)]),
          ),
        },
  );
}

function scaleArrivals(arrivals: Arrivals, factor: number): Arrivals {
  if (arrivals.model === 'burst')
    return { ...arrivals, count: Math.max(1, Math.round(arrivals.count * factor)) };
  const scale = (perSec: number) => Math.min(MAX_RATE_PER_SEC, Number((perSec * factor).toPrecision(12)));
  return { ...arrivals, fromPerSec: scale(arrivals.fromPerSec), toPerSec: scale(arrivals.toPerSec) };
}

function toTable(names: readonly string[], counts: readonly number[]): PhaseConnections {
  return Object.fromEntries(names.map((name, index) => [name, counts[index] as number]));
}
