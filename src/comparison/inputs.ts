/** What a comparison is made from. */
import type { Arm, ComparisonRecord } from '../core/comparison.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { Environment, RunRecord } from '../core/record.ts';
import type { Baseline } from './baseline-file.ts';
import type { MetricOptions } from './metrics.ts';
import type { SecondsByRun } from './warm-up.ts';

/** A run of one arm, in the order of play. */
export interface ComparedRun {
  readonly arm: string;
  /** Runs of one block stand beside each other; a block that was played again has the same number. */
  readonly block: number | null;
  readonly record: RunRecord;
  readonly folder: string | null;
  /** A reason from outside why it does not count, such as a processor that became slower; else `null`. */
  readonly rejected: string | null;
}

export interface GateOptions {
  /** `inconclusive` ends with 4 instead of 0. Default false. */
  readonly isStrict?: boolean;
  /** Runs that are not paired may decide too. Default false. */
  readonly allowUnpaired?: boolean;
  /** Margins that the smallest detectable change may be at most, before the host is called too noisy. Default 4. */
  readonly maxMinimumDetectable?: number;
}

export interface ComparisonInput {
  readonly id: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly command: string;
  readonly seed: number;
  readonly interruptedBy: string | null;
  /** Something ended it early, a signal or a failure. */
  readonly isPartial: boolean;
  readonly scenario: ScenarioPlan;
  readonly environment: Environment;
  /** `undefined`: found out from the arms, see `modeOf`. */
  readonly mode?: ComparisonRecord['mode'];
  readonly arms: readonly Arm[];
  /** Name of the arm that the others are compared with; with a baseline its arm of the same strategy comes first. */
  readonly reference: string;
  readonly runs: readonly ComparedRun[];
  /** What the runs recorded second by second, for the check of the warm-up. Default: none, and no check. */
  readonly seconds?: SecondsByRun;
  readonly design: Omit<ComparisonRecord['design'], 'type' | 'blocks'>;
  readonly metrics?: MetricOptions;
  readonly needs?: readonly string[];
  readonly expectations?: readonly string[];
  readonly gate?: GateOptions;
  readonly baseline?: Baseline | null;
  /** A baseline was asked for, and nobody has accepted one yet: then nothing is green. Default false. */
  readonly isBaselineMissing?: boolean;
  readonly files?: readonly string[];
}
