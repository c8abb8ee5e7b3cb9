/** How long a client group needs after the burst to be itself again. */
import type { RunRecord } from '../core/record.ts';
import type { Measured } from './check-metrics.ts';
import { findBurstPhase } from './peak-rate.ts';

/** What one group received between two moments of the run, in milliseconds since its epoch. */
export interface IntervalPoint {
  readonly startMs: number;
  readonly endMs: number;
  readonly group: string;
  /** Of response times; without meaning when `count` is 0. */
  readonly p99Ms: number;
  /** Samples behind `p99Ms`. */
  readonly count: number;
  readonly delivered: number;
}

export type IntervalSeries = readonly IntervalPoint[];

/** Back in the band for this long is recovered. */
export const RECOVERY_HOLD_MS = 1000;
/** Silence longer than this is no recovery. */
const LONGEST_SILENCE_MS = 1000;
/** The band: at most this many times the baseline … */
const BAND_FACTOR = 2;
/** … or this much above it, whichever is more: one pause of a shared host, or the fan-out to many more clients, is no overload. */
const BAND_ALLOWANCE_MS = 25;

/**
 * Milliseconds from the end of the burst until the group's p99 is back in its baseline band and
 * stays there for 1 s; 0 when it never left it, infinite when it did not come back.
 *
 * Burst: the phase named `burst`, or else the one with the highest publish rate.
 * Baseline: the median of the group's per-interval p99s that ended before the burst, in measured
 *   phases if there are any. Band: up to max(2 × baseline, baseline + 25 ms).
 * Recovered at t: every interval that touches [t, t + 1 s) and holds samples is in the band, no
 *   silence there is longer than 1 s, and the group was still heard at t + 1 s or later. An interval
 *   that straddles the burst's end counts as after it. (Definition after the recovery time of
 *   `theory.md` §2.5: inside the baseline band for w seconds, here w = 1.)
 * Unknown: no baseline; burst not played; less than 1 s planned after it; nothing due after it.
 */
export function measureRecovery(record: RunRecord, group: string, series: IntervalSeries): Measured {
  const { phases } = record.scenario;
  const burstIndex = findBurstPhase(phases);
  const burstName = phases[burstIndex]?.name;
  const burst = record.phases.find((phase) => phase.name === burstName);
  if (burst === undefined) return { unknown: 'the burst was not played' };
  const burstEndMs = burst.startedMs + burst.durationMs;

  const after = phases.slice(burstIndex + 1);
  if (after.reduce((total, phase) => total + phase.durationMs, 0) < RECOVERY_HOLD_MS) {
    return { unknown: `less than 1 s is planned after phase ${burstName}` };
  }
  const points = series
    .filter((point) => point.group === group && point.count > 0)
    .sort((a, b) => a.startMs - b.startMs);
  const baselineMs = findBaseline(record, points, burst.startedMs);
  if (baselineMs === undefined) return { unknown: `no samples of ${group} before phase ${burstName}` };

  const bandMs = Math.max(BAND_FACTOR * baselineMs, baselineMs + BAND_ALLOWANCE_MS);
  const later = points.filter((point) => point.endMs > burstEndMs);
  if (later.length === 0 && !isAnythingDue(record, group, after)) {
    return { unknown: `nothing was due to ${group} after phase ${burstName}` };
  }
  const recoveredMs = findHold(later, burstEndMs, bandMs);
  if (recoveredMs !== undefined) return { value: recoveredMs - burstEndMs };
  const note = `p99 of ${group} did not stay below ${Math.round(bandMs * 10) / 10} ms for 1 s`;
  return { value: Number.POSITIVE_INFINITY, note };
}

function findBaseline(record: RunRecord, points: IntervalSeries, burstStartedMs: number): number | undefined {
  const before = points.filter((point) => point.endMs <= burstStartedMs);
  const measured = before.filter((point) =>
    record.phases.some(
      (phase) =>
        phase.measured &&
        point.startMs >= phase.startedMs &&
        point.endMs <= phase.startedMs + phase.durationMs,
    ),
  );
  const values = (measured.length > 0 ? measured : before).map((point) => point.p99Ms).sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1
    ? values[middle]
    : values.length === 0
      ? undefined
      : ((values[middle - 1] as number) + (values[middle] as number)) / 2;
}

/** The first moment from which `points` stay in the band for the hold time. */
function findHold(points: IntervalSeries, fromMs: number, bandMs: number): number | undefined {
  let heldSinceMs: number | undefined;
  let heardMs = fromMs;
  let notBeforeMs = fromMs;
  for (const point of points) {
    const isSilent = point.startMs - heardMs > LONGEST_SILENCE_MS;
    if (point.p99Ms > bandMs) {
      heldSinceMs = undefined;
      notBeforeMs = Math.max(notBeforeMs, point.endMs);
    } else if (heldSinceMs === undefined || isSilent) {
      heldSinceMs = Math.max(point.startMs, notBeforeMs);
    }
    heardMs = Math.max(heardMs, point.endMs);
    if (heldSinceMs !== undefined && heardMs - heldSinceMs >= RECOVERY_HOLD_MS) return heldSinceMs;
  }
  return undefined;
}

function isAnythingDue(
  record: RunRecord,
  groupName: string,
  phases: RunRecord['scenario']['phases'],
): boolean {
  const group = record.scenario.clients.find((entry) => entry.name === groupName);
  return phases.some(
    (phase) =>
      (phase.connections[groupName] ?? 0) > 0 &&
      ((phase.publish !== null && group?.path !== 'proxy') ||
        (phase.arrivals[groupName] ?? group?.arrivals ?? null) !== null),
  );
}
