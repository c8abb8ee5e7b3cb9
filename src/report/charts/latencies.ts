/** The interval histograms of a run, read once and kept with the report: several charts ask for them. */
import type { LatencyInterval, RunReport } from '../report.ts';
import { decodeCounts, type HistogramCounts } from './histogram-counts.ts';

export interface LatencyColumn extends HistogramCounts {
  /** Milliseconds since the run's epoch. */
  readonly startMs: number;
  readonly endMs: number;
}

const KEPT = new WeakMap<RunReport, Map<string, readonly LatencyColumn[]>>();

/** Intervals of one kind of one group, by time. Damaged ones are left out. */
export function readLatencies(report: RunReport, group: string, kind: string): readonly LatencyColumn[] {
  let kept = KEPT.get(report);
  if (kept === undefined) {
    kept = new Map();
    KEPT.set(report, kept);
  }
  const key = JSON.stringify([group, kind]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const columns: LatencyColumn[] = [];
  for (const interval of report.intervals) {
    if (interval.kind !== kind || interval.group !== group) continue;
    const column = readColumn(interval);
    if (column !== null) columns.push(column);
  }
  columns.sort((a, b) => a.startMs - b.startMs);
  kept.set(key, columns);
  return columns;
}

function readColumn({ startMs, endMs, encoded }: LatencyInterval): LatencyColumn | null {
  if (!Number.isFinite(startMs) || !(endMs > startMs)) return null;
  try {
    const { slots, counts } = decodeCounts(encoded);
    return counts.length === 0 ? null : { startMs, endMs, slots, counts };
  } catch {
    return null;
  }
}

/** The groups that have intervals of this kind, in the order of the record, others after them. */
export function groupsWith(report: RunReport, kind: string): string[] {
  const found = new Set<string>();
  for (const interval of report.intervals) if (interval.kind === kind) found.add(interval.group);
  const named = Object.keys(report.record.groups).filter((name) => found.has(name));
  return [...named, ...[...found].filter((name) => !named.includes(name))];
}
