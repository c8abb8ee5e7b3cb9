/** From what was played to the comparison record. */
import { basename } from 'node:path';
import type { Baseline } from '../../comparison/baseline-file.ts';
import { buildComparison } from '../../comparison/build-comparison.ts';
import type { ComparedRun, GateOptions } from '../../comparison/inputs.ts';
import type { MetricOptions } from '../../comparison/metrics.ts';
import type { SecondsByRun } from '../../comparison/warm-up.ts';
import type { Arm, ComparisonRecord } from '../../core/comparison.ts';
import type { ScenarioPlan } from '../../core/plan.ts';
import type { Environment, Finding } from '../../core/record.ts';
import { formatShare } from '../../core/units.ts';
import type { ExperimentOutcome } from './experiment.ts';
import type { PlayedArm } from './play-arms.ts';

/** By what a comparison is judged, whoever plays it. */
export interface Judging {
  /** Name of the arm that the others are compared with; default: the first. */
  readonly reference?: string;
  /** Default: `regression` where all arms have one strategy, else `versus`. */
  readonly mode?: ComparisonRecord['mode'];
  readonly metrics?: MetricOptions;
  readonly needs?: readonly string[];
  readonly expectations?: readonly string[];
  readonly gate?: GateOptions;
  readonly baseline?: Baseline | null;
  /** See `ComparisonInput`. */
  readonly isBaselineMissing?: boolean;
}

export interface ExperimentFacts {
  readonly id: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly command: string;
  readonly plan: ScenarioPlan;
  readonly arms: readonly PlayedArm[];
  readonly environment: Environment;
  readonly looksPlanned: number;
  readonly attempt: number;
  /** Names of the files that will be beside the record. */
  readonly files: readonly string[];
  /** See `ComparisonInput`. */
  readonly seconds?: SecondsByRun;
}

/** Errors: those of `buildComparison`, for what is asked for and does not fit the plan. */
export function judgeExperiment(
  outcome: ExperimentOutcome,
  { plan, arms, looksPlanned, attempt, ...facts }: ExperimentFacts,
  judging: Judging,
): ComparisonRecord {
  // Where each arm has one run, one that is invalid says nothing against the others.
  const standsAlone =
    outcome.replayedBlocksMax === 0 && outcome.runs.some(({ rejected }) => rejected !== null);
  const { blocksPlanned, order, replayedBlocks, replayedBlocksMax, looksUsed } = outcome;
  const record = buildComparison({
    ...facts,
    ...judging,
    metrics: { ...judging.metrics, isExternal: arms.every((arm) => arm.target !== null) },
    seed: plan.seed,
    scenario: plan,
    interruptedBy: outcome.interruptedBy,
    isPartial:
      outcome.interruptedBy !== null ||
      outcome.runs.some(({ record }) => record.partial) ||
      hasBrokenOff(outcome, arms),
    arms: arms.map((arm) => describeArm(arm, facts.environment)),
    reference: judging.reference ?? (arms[0] as PlayedArm).name,
    runs: outcome.runs.map(
      (run): ComparedRun => ({
        ...run,
        block: standsAlone ? null : run.block,
        folder: run.folder === null ? null : `../${basename(run.folder)}`,
      }),
    ),
    design: {
      blocksPlanned,
      order: order.map((block) => [...block]),
      replayedBlocks,
      replayedBlocksMax,
      looksPlanned,
      looksUsed,
      attempt,
    },
  });
  return { ...record, findings: [...describeProcessor(outcome), ...record.findings] };
}

function describeProcessor({ unevenBlocks, unevenBy, blocks }: ExperimentOutcome): Finding[] {
  if (unevenBlocks === 0) return [];
  const whose = `${unevenBlocks} of ${blocks} blocks`;
  return [
    {
      code: 'uneven-processor',
      level: 'doubt',
      text: `The processor changed its speed between the runs of ${whose}, by up to ${formatShare(unevenBy)}: intervals are wide for it.`,
    },
  ];
}

/** A run that could not be started left no record. */
function hasBrokenOff({ order }: ExperimentOutcome, arms: readonly PlayedArm[]): boolean {
  return order.some((block) => block.length < arms.length);
}

function describeArm({ name, choice }: PlayedArm, environment: Environment): Arm {
  return {
    name,
    strategyName: choice.name,
    strategy: choice.byBoundary,
    version: { bpbench: environment.bpbenchVersion, gitCommit: environment.gitCommit },
    source: 'played',
  };
}
