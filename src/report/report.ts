/** What every format is made from: a record, and beside it what its folder holds. Formats read nothing themselves. */
import type { ComparisonRecord } from '../core/comparison.ts';
import type { RunRecord } from '../core/record.ts';
import type { TimelineRow } from './timeline-row.ts';

/** One line of `latency.hlog`: one kind of latency of one group, between two moments. */
export interface LatencyInterval {
  /** Milliseconds since the run's epoch. */
  readonly startMs: number;
  readonly endMs: number;
  readonly group: string;
  /** `response`, `service`, `slip`, `age` … */
  readonly kind: string;
  /** HdrHistogram V2 of microseconds, compressed, base64. */
  readonly encoded: string;
}

export interface RunReport {
  readonly kind: 'run';
  readonly record: RunRecord;
  /** All rows of `timeline.ndjson`; empty where there is no such file. */
  readonly timeline: readonly TimelineRow[];
  /** All tagged lines of `latency.hlog`; empty where there is no such file. */
  readonly intervals: readonly LatencyInterval[];
  /** Where the files are; `null` where none were written. */
  readonly folder: string | null;
  /** What of the folder could not be read, in words: shown, never hidden. */
  readonly problems: readonly string[];
}

export interface ComparisonReport {
  readonly kind: 'comparison';
  readonly record: ComparisonRecord;
  /** Those of its runs whose folders were found, in the record's order. */
  readonly runs: readonly RunReport[];
  readonly folder: string | null;
  readonly problems: readonly string[];
}

export type Report = RunReport | ComparisonReport;
