/**
 * The comparison record: everything about several runs side by side, and what `compare --json` prints. Names, units
 * and absent values as in the run record. `report/comparison-schema.ts` publishes it as a JSON Schema.
 *
 * A run is one sample: requests inside of it never are. `worsening` is a difference that is positive where the other
 * arm is worse than the reference, whichever direction the metric has.
 */
import type { BoundaryName } from './boundary.ts';
import type { ScenarioPlan } from './plan.ts';
import type { Environment, Finding, VerdictStatus } from './record.ts';
import type { StrategySpec } from './strategy.ts';

export const COMPARISON_SCHEMA_VERSION = 1;

/**
 * How values of a metric are told apart. `ratio`: by the logarithm, margins are factors. `share`: as they are, margins
 * are differences of shares. `exact`: any difference counts.
 */
export type MetricKind = 'ratio' | 'share' | 'exact';

export interface MetricSpec {
  /** For example `all.p99`, or `all.p99(sse fast)` for one group. */
  name: string;
  kind: MetricKind;
  /** `ms`, `bytes`, `items`, `1/s`, `share` … */
  unit: string;
  direction: 'lower' | 'higher';
  /** The change that matters: 0.1 is 10 % of a `ratio`, 0.005 is half a percentage point of a `share`. */
  margin: number;
  /** Values below count as this; `null` for none. */
  floor: number | null;
  /** Whether a proved change for the worse fails the comparison. */
  isGated: boolean;
}

/** `inf`: more was never served than the percentile leaves out. `null`: nobody could tell. */
export type MetricValue = number | 'inf' | null;

/** What is compared: a strategy, a version of the code, or both. */
export interface Arm {
  /** Short and unique in the record: `drop-oldest`, `main`. */
  name: string;
  /** The word the user typed for it. */
  strategyName: string;
  strategy: Record<BoundaryName, StrategySpec>;
  version: { bpbench: string; gitCommit: string | null };
  /** `played` now, read from results on disk, or from a baseline file. */
  source: 'played' | 'results' | 'baseline';
}

export interface ArmRun {
  /** Runs of one block stand beside each other, under one seed; `null` where runs are not paired. */
  block: number | null;
  arm: string;
  /** The run record's. */
  id: string;
  /** Of the result folder, relative to the comparison's own; `null` where nothing was written. */
  folder: string | null;
  startedAt: string;
  seed: number;
  status: VerdictStatus;
  /** `null`: counts. Else why this run, and with it its block, does not. */
  rejected: string | null;
  /** By metric. */
  values: Record<string, MetricValue>;
  /** Over all groups. */
  counts: { offered: number; delivered: number; dropped: number };
}

export type MetricVerdict = 'better' | 'worse' | 'same' | 'inconclusive' | 'invalid';

/** Bounds on the scale of the metric, as worsening: logarithm of the ratio, or difference of shares. */
export interface Interval {
  low: number;
  high: number;
}

/** One metric of one arm against the reference. */
export interface MetricResult {
  metric: string;
  arm: string;
  reference: string;
  /** Pairs, or runs of the smaller arm where they are not paired. */
  n: number;
  /** Medians of the runs, in the metric's unit. */
  value: MetricValue;
  referenceValue: MetricValue;
  /** Hodges-Lehmann estimate of the worsening. */
  estimate: number | null;
  interval95: Interval | null;
  interval90: Interval | null;
  /** One-sided, against the margin; of one metric alone. */
  pWorse: number | null;
  pBetter: number | null;
  /** The larger of two one-sided tests. */
  pSame: number | null;
  /** After Holm over the gated metrics; `null` for others. */
  holmWorse: number | null;
  holmBetter: number | null;
  /** Benjamini-Hochberg, for metrics that are not gated. */
  qWorse: number | null;
  /** The smallest worsening that this plan finds four times in five, on the metric's scale. */
  minimumDetectable: number | null;
  verdict: MetricVerdict;
  /**
   * Of `inconclusive`: `unreplicated`, `underpowered`, `leaning-worse`, `leaning-better`, `borderline`, `infinite`,
   * `inf-in-both`. Of `invalid`: `insufficient` (too few samples for the percentile), `no-data`. Else `null`.
   */
  reason: string | null;
  /** How many blocks in all would settle it. */
  blocksToSettle: number | null;
  /** Never decides anything. */
  display: { t95: Interval | null; cliffsDelta: number | null; worseBlocks: number | null };
}

/** What the user would pay with, each lower is better. */
export type Objective = 'loss' | 'ageP99' | 'allP99' | 'bytes' | 'blocked' | 'cpu';

export interface ParetoPoint {
  arm: string;
  /** Medians of the valid runs. */
  values: Record<Objective, MetricValue>;
  /** Arms that are at least as good at everything and better at something; empty for the front. */
  dominatedBy: string[];
}

/** One `--need`: what has to hold, and who satisfies it. */
export interface NeedResult {
  /** As typed: `loss<0.1%, ageP99<200ms, rss<300MB`. */
  expression: string;
  arms: {
    arm: string;
    /** `yes` and `no` are proved (or the plain value of one run, `unreplicated`). */
    status: 'yes' | 'no' | 'unknown';
    /** The conditions that fail or cannot be told, with the values. */
    because: string[];
    isUnreplicated: boolean;
  }[];
  /** The arm with the smallest capacity among those that differ in it alone and satisfy the need. */
  smallestCapacity: { arm: string; boundary: BoundaryName; capacityItems: number } | null;
}

export type ComparisonStatus = VerdictStatus | 'inconclusive';

export interface ComparisonRecord {
  schemaVersion: typeof COMPARISON_SCHEMA_VERSION;
  kind: 'comparison';
  id: string;
  startedAt: string;
  durationMs: number;
  partial: boolean;
  interruptedBy: string | null;
  /** The exact command that repeats it. */
  command: string;
  seed: number;
  /** `regression`: one strategy, two versions. `versus`: strategies against a reference; gates on expectations alone. */
  mode: 'regression' | 'versus';
  /** The arm that the others are compared with. */
  reference: string;
  /** What every arm played; seeds and strategies are not part of it. */
  plan: { hash: string; scenario: ScenarioPlan };
  design: {
    /** `blocks`: paired, in random order inside a block. `unpaired`. `single`: one run each, nothing can be proved. */
    type: 'blocks' | 'unpaired' | 'single';
    blocksPlanned: number;
    blocks: number;
    /** Arms in the order in which they were played, by block; blocks that were played again included. */
    order: string[][];
    replayedBlocks: number;
    replayedBlocksMax: number;
    looksPlanned: number;
    looksUsed: number;
    /** 1 for the first comparison of this plan and these versions. */
    attempt: number;
  };
  environment: Environment & { fingerprint: string };
  arms: Arm[];
  metrics: MetricSpec[];
  runs: ArmRun[];
  family: { gated: string[]; oneSidedLevel: number; sameLevel: number; blocksNeeded: number };
  results: MetricResult[];
  pareto: ParetoPoint[];
  needs: NeedResult[];
  expectations: { expression: string; status: 'pass' | 'fail' | 'unknown'; detail: string }[];
  findings: Finding[];
  verdict: { status: ComparisonStatus; reasons: { code: string; message: string }[] };
  exitCode: number;
  /** Names of the files beside the record. */
  files: string[];
}
