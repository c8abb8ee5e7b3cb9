/** What the stall detector sees, and what it makes of it: each class of stall is one rule from evidence to symptoms. */
import type { BoundaryName, PathName } from '../../core/boundary.ts';
import { sumReasons } from '../../core/ledger.ts';
import type { Stall } from '../../core/record.ts';
import type { BoundarySample, LoadSample, SystemSample } from '../../core/samples.ts';
import type { ProcessReading } from '../../targets/process-probe.ts';

/** Everything known at one moment. Times are in ms since the run's epoch. */
export interface Evidence {
  readonly tMs: number;
  /** The newest samples; `null` before the first. */
  readonly system: SystemSample | null;
  readonly load: LoadSample | null;
  /** When the system process was last heard of, by a beat or anything else. */
  readonly heardMs: number;
  /** The system process as seen from outside while it is silent; `null` where it speaks or cannot be read. */
  readonly process: ProcessReading | null;
}

/** When something counts as a stall in this run. */
export interface StallSettings {
  readonly stallAfterMs: number;
  /** The same for a path, and the longest that one of its steps is meant to take on top. */
  readonly patienceMs: Readonly<Record<PathName, number>>;
  /** Boundaries whose strategy holds items back on purpose: that nothing leaves them says nothing. */
  readonly holding: ReadonlySet<BoundaryName>;
}

/** A stall as it shows at one moment; two with the same key are one stall that goes on. */
export interface Symptom extends Omit<Stall, 'durationMs'> {
  readonly key: string;
}

export interface StallRule {
  /** What it sees now. Called in the order of time. */
  look(evidence: Evidence): Symptom[];
  /** Nobody could look for a while: what stood still before proves nothing. */
  restart(): void;
}

/** Items of a boundary that have come to an end, however: what grows there as long as anything moves. */
export function countEnded({ ledger }: BoundarySample): number {
  return (
    ledger.delivered + sumReasons(ledger.dropped) + sumReasons(ledger.coalesced) + sumReasons(ledger.failed)
  );
}
