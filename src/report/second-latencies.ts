/** Response times second by second of the steady phases of a run, from its `latency.hlog` and no more of it than needed. */
import type { FileHandle } from 'node:fs/promises';
import { findSteadyPhases, type SteadyPhase } from '../comparison/steady-phases.ts';
import type { SecondLatencies, SecondsByRun } from '../comparison/warm-up.ts';
import type { RunRecord } from '../core/record.ts';
import {
  decodeCounts,
  type HistogramCounts,
  mergeCounts,
  quantilesMs,
  totalCount,
} from './charts/histogram-counts.ts';
import { HLOG_LIMITS, hlogStartMs } from './hlog-reader.ts';
import { toTag } from './hlog-writer.ts';
import { openInside, readLines } from './read-file.ts';

/** Runs without a folder, or with nothing in it that can be read, are left out: this serves a doubt and no result. */
export async function readSeconds(
  runs: readonly { readonly record: RunRecord; readonly folder: string | null }[],
): Promise<SecondsByRun> {
  const byRun = new Map<RunRecord, readonly SecondLatencies[]>();
  for (const { record, folder } of runs) {
    const phases = findSteadyPhases(record.scenario);
    if (folder === null || phases.length === 0) continue;
    const file = await openInside(folder, 'latency.hlog').catch(() => null);
    if (file === null) continue;
    try {
      const read = await readRun(file, record, phases);
      if (read !== null) byRun.set(record, read);
    } catch {
      // The charts of the run say what is wrong with the file.
    } finally {
      await file.close();
    }
  }
  return byRun;
}

interface Collected {
  readonly phase: SteadyPhase;
  readonly group: string;
  /** Milliseconds since the run's epoch. */
  readonly fromMs: number;
  readonly seconds: HistogramCounts[][];
}

async function readRun(
  file: FileHandle,
  record: RunRecord,
  phases: readonly SteadyPhase[],
): Promise<SecondLatencies[] | null> {
  const wanted = new Map<string, Collected[]>();
  for (const phase of phases) {
    const start = record.phases[phase.first];
    if (start === undefined) continue;
    for (const group of phase.groups) {
      const tag = `Tag=${toTag(group)}.response`;
      const seconds = Array.from({ length: phase.seconds }, (): HistogramCounts[] => []);
      const one = { phase, group, fromMs: start.startedMs + phase.openedAfterMs, seconds };
      wanted.set(tag, [...(wanted.get(tag) ?? []), one]);
    }
  }
  let startTimeMs: number | null = null;
  await readLines(file, HLOG_LIMITS, (line) => {
    if (line.startsWith('#')) startTimeMs ??= hlogStartMs(line);
    if (startTimeMs === null || !line.startsWith('Tag=')) return;
    const into = wanted.get(line.slice(0, line.indexOf(',')));
    if (into !== undefined) addLine(into, line, startTimeMs);
  });
  if (startTimeMs !== Date.parse(record.startedAt)) return null;
  return [...wanted.values()].flat().map(summarize);
}

/** Each interval counts in the second in which its middle lies; one that reaches out of the phase counts nowhere. */
function addLine(into: readonly Collected[], line: string, startTimeMs: number): void {
  const [, start, length, , encoded] = line.split(',');
  const fromMs = Math.round(Number(start) * 1000) - startTimeMs;
  const lengthMs = Math.round(Number(length) * 1000);
  for (const { fromMs: phaseMs, phase, seconds } of into) {
    const since = fromMs - phaseMs;
    if (!(since >= 0) || since + lengthMs > phase.seconds * 1000 || encoded === undefined) continue;
    seconds[Math.floor((since + lengthMs / 2) / 1000)]?.push(decodeCounts(encoded));
  }
}

function summarize({ phase, group, seconds }: Collected): SecondLatencies {
  const merged = seconds.map((parts) => mergeCounts(parts));
  const quantiles = merged.map((one) => quantilesMs(one, [0.5, 0.99]));
  return {
    phase: phase.first,
    group,
    counts: merged.map(totalCount),
    p50: quantiles.map(([p50]) => p50 ?? null),
    p99: quantiles.map(([, p99]) => p99 ?? null),
  };
}
