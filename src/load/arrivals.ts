/** When work is due within one phase. Pure: the same arguments always give the same list. */
import { NS_PER_MS, NS_PER_SEC } from '../core/clock.ts';
import type { Arrivals } from '../core/plan.ts';
import type { Random } from '../core/random.ts';

/** Walks through the due times of one phase. */
export interface DueTimes {
  /** The next due time in whole nanoseconds after the phase's start, never falling; `Infinity` after the last. */
  nextNs(): number;
}

/**
 * The due times of `arrivals` in a phase of `durationMs`. Every time is worked out from its number
 * (constant, burst) or from the sum of the gaps (poisson), so that rounding never adds up to a drift.
 *
 * A rate that goes from a to b in the duration D has had Λ(t) = a·t + (b − a)·t²/2D arrivals at t.
 * `constant` puts number n (from 0) at Λ⁻¹(n); `poisson` at Λ⁻¹ of the sum of n + 1 unit exponentials,
 * which is the inhomogeneous Poisson process with that rate (Çinlar 1975, time change).
 */
export function createDueTimes(arrivals: Arrivals, durationMs: number, random: Random): DueTimes {
  if (arrivals.model === 'burst') return createBursts(arrivals.count, arrivals.everyMs, durationMs);
  const { fromPerSec, toPerSec } = arrivals;
  const durationSec = durationMs / 1000;
  const total = ((fromPerSec + toPerSec) / 2) * durationSec;
  const slope = durationSec > 0 ? (toPerSec - fromPerSec) / durationSec : 0;
  const toNs = (count: number): number => Math.round(invert(count, fromPerSec, slope) * NS_PER_SEC);

  if (arrivals.model === 'poisson') {
    let sum = 0;
    return {
      nextNs() {
        if (sum < total) sum += random.exponential(1);
        return sum < total ? toNs(sum) : Number.POSITIVE_INFINITY;
      },
    };
  }
  let number = 0;
  // 100/s for 0.3 s are 30 arrivals, also where 100 × 0.3 is a little more than 30 in floating point.
  const last = total - 1e-9 * Math.max(1, total);
  return { nextNs: () => (number < last ? toNs(number++) : Number.POSITIVE_INFINITY) };
}

/** The time in seconds by which `count` arrivals are due; the stable root of a·t + slope·t²/2 = count. */
function invert(count: number, fromPerSec: number, slope: number): number {
  if (count === 0) return 0;
  const discriminant = Math.max(0, fromPerSec * fromPerSec + 2 * slope * count);
  return (2 * count) / (fromPerSec + Math.sqrt(discriminant));
}

function createBursts(count: number, everyMs: number | null, durationMs: number): DueTimes {
  let number = 0;
  const perBurst = Math.max(0, Math.floor(count));
  return {
    nextNs() {
      if (perBurst === 0 || durationMs <= 0) return Number.POSITIVE_INFINITY;
      const burst = Math.floor(number / perBurst);
      if (burst > 0 && (everyMs === null || !(everyMs > 0))) return Number.POSITIVE_INFINITY;
      const atMs = burst === 0 ? 0 : burst * (everyMs as number);
      if (atMs >= durationMs) return Number.POSITIVE_INFINITY;
      number++;
      return Math.round(atMs * NS_PER_MS);
    },
  };
}
