/** The time axis that all time charts of a run share, and what happened on it. */
import type { RunRecord } from '../../core/record.ts';
import type { RunReport } from '../report.ts';
import type { Axis, Span } from './chart.ts';
import { formatNumber } from './number-text.ts';
import { shortName } from './text-width.ts';

/** From the first to the last thing that is known of the run. */
export function timeAxis({ record, timeline, intervals }: RunReport): Axis {
  const starts = record.phases.map(({ startedMs }) => startedMs);
  const ends = record.phases.map(({ startedMs, durationMs }) => startedMs + durationMs);
  const moments = [...starts, ...ends, timeline[0]?.tMs, timeline.at(-1)?.tMs].filter(isMoment);
  if (moments.length < 2) {
    for (const { startMs, endMs } of intervals)
      if (isMoment(startMs) && isMoment(endMs)) moments.push(startMs, endMs);
  }
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const moment of moments) [min, max] = [Math.min(min, moment), Math.max(max, moment)];
  if (!(max > min)) [min, max] = [isMoment(min) ? min : 0, (isMoment(min) ? min : 0) + 1000];
  return { label: 'time since the run began, set-up included', unit: 'ms', scale: 'time', min, max };
}

/** Phases, what does not count (warm-up, drain), stalls and faults, clipped to the axis. */
export function timeSpans(record: RunRecord, axis: Axis): Span[] {
  const spans: Span[] = [];
  const add = (from: number, durationMs: number, label: string, tone: Span['tone']): void => {
    const to = Math.min(axis.max, from + (isMoment(durationMs) ? durationMs : 0));
    if (!isMoment(from) || from > axis.max || to < axis.min) return;
    spans.push({ from: Math.max(axis.min, from), to: Math.max(axis.min, to), label, tone });
  };
  for (const { name, startedMs, durationMs, measured } of record.phases) {
    if (!measured) add(startedMs, durationMs, '', 'unmeasured');
    add(startedMs, durationMs, measured ? shortName(name) : `${shortName(name)}, not measured`, 'phase');
  }
  const last = record.phases.at(-1);
  if (last !== undefined) {
    const end = last.startedMs + last.durationMs;
    if (axis.max - end > (axis.max - axis.min) * 0.01) {
      add(end, axis.max - end, '', 'unmeasured');
      add(end, axis.max - end, 'drain', 'phase');
    }
  }
  for (const { name, startedMs, durationMs } of listFaults(record))
    add(startedMs, durationMs, `fault: ${name}`, 'fault');
  for (const stall of record.stalls) {
    const label = `stall: ${stall.class}, ${formatNumber(stall.durationMs, 'ms')}`;
    add(stall.startedMs, stall.durationMs, label, 'stall');
  }
  return spans;
}

interface FaultTimes {
  readonly name: string;
  readonly startedMs: number;
  readonly durationMs: number;
}

/** Records of runs without chaos have none; whatever part of an entry is missing is done without. */
function listFaults(record: RunRecord): FaultTimes[] {
  const faults: unknown = 'faults' in record ? record.faults : undefined;
  if (!Array.isArray(faults)) return [];
  return faults.flatMap((fault: unknown) => {
    if (typeof fault !== 'object' || fault === null) return [];
    const entries = new Map<string, unknown>(Object.entries(fault));
    const [startedMs, durationMs] = [entries.get('startedMs'), entries.get('durationMs')];
    const name = entries.get('name') ?? entries.get('kind');
    if (typeof startedMs !== 'number') return [];
    return [
      {
        name: typeof name === 'string' ? shortName(name) : 'unnamed',
        startedMs,
        durationMs: typeof durationMs === 'number' ? durationMs : 0,
      },
    ];
  });
}

function isMoment(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}
