/** The samples of one group in one run, apart by phase: what a bootstrap may put in each other's place. */
import type { PhaseResult } from '../../core/record.ts';
import type { RunReport } from '../report.ts';
import { totalCount } from './histogram-counts.ts';
import { type LatencyColumn, readLatencies } from './latencies.ts';

/** Interval histograms of one phase, by time. */
export interface Stretch {
  /** Of the phase. */
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly columns: readonly LatencyColumn[];
}

export interface SampledRun {
  readonly stretches: readonly Stretch[];
  /** Work that was offered and never served. Nobody knows when: it has no place in any stretch. */
  readonly undelivered: number;
}

/** A phase with a smaller share of the samples is none of its own: mostly the late rest of the one before it. */
const MIN_SHARE = 0.01;

/**
 * Response times of the measured phases; what comes after the last of them belongs to it. The first intervals of a phase
 * can hold late answers to the one before.
 */
export function sampleRun(report: RunReport, group: string): SampledRun {
  const { record } = report;
  const columns = readLatencies(report, group, 'response');
  const result = Object.hasOwn(record.groups, group) ? record.groups[group] : undefined;
  return {
    stretches: joinSmall(splitByPhase(columns, record.phases)),
    undelivered: Math.max(0, result?.latency.all.undelivered ?? 0),
  };
}

function splitByPhase(columns: readonly LatencyColumn[], phases: readonly PhaseResult[]): Stretch[] {
  const [first] = columns;
  const last = columns.at(-1);
  if (first === undefined || last === undefined) return [];
  const sorted = phases
    .filter(({ startedMs }) => Number.isFinite(startedMs))
    .toSorted((a, b) => a.startedMs - b.startedMs);
  if (sorted.length === 0) return [{ name: 'the run', fromMs: first.startMs, toMs: last.endMs, columns }];
  return sorted.flatMap(({ name, measured, startedMs, durationMs }, at) => {
    const nextMs = sorted[at + 1]?.startedMs ?? Number.POSITIVE_INFINITY;
    const inside = columns.filter(({ startMs, endMs }) => {
      const middleMs = (startMs + endMs) / 2;
      return (at === 0 || middleMs >= startedMs) && middleMs < nextMs;
    });
    const [earliest] = inside;
    if (!measured || earliest === undefined) return [];
    const endMs = Math.max(last.endMs, Number.isFinite(durationMs) ? startedMs + durationMs : 0);
    const fromMs = at === 0 ? Math.min(startedMs, earliest.startMs) : startedMs;
    return [{ name, fromMs, toMs: Math.min(nextMs, endMs), columns: inside }];
  });
}

function joinSmall(stretches: readonly Stretch[]): Stretch[] {
  const sizes = stretches.map(countSamples);
  const least = MIN_SHARE * sizes.reduce((sum, size) => sum + size, 0);
  const joined: { stretch: Stretch; size: number }[] = [];
  stretches.forEach((stretch, at) => {
    const size = sizes[at] ?? 0;
    const before = joined.at(-1);
    if (before === undefined || (size >= least && before.size >= least)) {
      joined.push({ stretch, size });
      return;
    }
    const { name } = size > before.size ? stretch : before.stretch;
    const columns = [...before.stretch.columns, ...stretch.columns];
    const { fromMs } = before.stretch;
    joined[joined.length - 1] = {
      stretch: { name, fromMs, toMs: stretch.toMs, columns },
      size: before.size + size,
    };
  });
  return joined.map(({ stretch }) => stretch);
}

export function countSamples({ columns }: Pick<Stretch, 'columns'>): number {
  return columns.reduce((sum, column) => sum + totalCount(column), 0);
}
