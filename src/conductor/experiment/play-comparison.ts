/** A comparison from start to file: checks what is asked for, plays the arms in blocks, judges, writes the record. */
import { needsAnotherLook } from '../../comparison/looks.ts';
import { planHash } from '../../comparison/plan-hash.ts';
import type { SecondsByRun } from '../../comparison/warm-up.ts';
import { monotonicMs, wallTimeIso } from '../../core/clock.ts';
import type { ComparisonRecord } from '../../core/comparison.ts';
import { BenchError, messageOf } from '../../core/errors.ts';
import type { ScenarioPlan } from '../../core/plan.ts';
import { drawShortId } from '../../core/random.ts';
import type { RunRecord } from '../../core/record.ts';
import { prepareResults } from '../../report/result-store.ts';
import { readSeconds } from '../../report/second-latencies.ts';
import { fitToTarget } from '../endpoints.ts';
import { readEnvironment } from '../environment.ts';
import { COMPARISON_FILES, countAttempts, writeComparison } from './comparison-files.ts';
import type { ExperimentOutcome } from './experiment.ts';
import { type ExperimentFacts, type Judging, judgeExperiment } from './judge-experiment.ts';
import { type PlayArmsRequest, playArms } from './play-arms.ts';

export interface ComparisonRequest extends Omit<PlayArmsRequest, 'isUndecided' | 'onBlock'> {
  /** The command that repeats the whole. */
  readonly command: string;
  readonly judging: Judging;
  /** After each whole block, with what it says so far. */
  onBlock?(soFar: ComparisonRecord): void;
}

export interface PlayedComparison {
  readonly record: ComparisonRecord;
  /** In the order of play. */
  readonly runs: readonly { readonly record: RunRecord; readonly folder: string | null }[];
  /** The comparison's own folder; `null` when nothing was to be written. */
  readonly folder: string | null;
  /** What ended it early, or could not be written; the record holds what there was. */
  readonly failures: readonly BenchError[];
}

const NOTHING: Omit<ExperimentOutcome, 'blocksPlanned'> = {
  ...{ runs: [], order: [], blocks: 0, replayedBlocks: 0, replayedBlocksMax: 0, looksUsed: 1 },
  ...{ unevenBlocks: 0, unevenBy: 0, interruptedBy: null, failures: [] },
};

/**
 * What a comparison would look like before anything is played: its metrics, its family, the blocks that it needs.
 *
 * Errors: BPB_ERR_USAGE and BPB_ERR_UNKNOWN_NAME for metrics, margins, needs, expectations, a reference or a baseline
 * that do not fit the plan, and for fewer blocks than could ever prove anything.
 */
export function planComparison(request: Planned): ComparisonRecord {
  const { design, judging } = request;
  const blocks = design.blocks === 'single' ? 1 : design.blocks;
  const planned = judgeExperiment(
    { ...NOTHING, blocksPlanned: blocks },
    toFacts(request, { id: 'planned', startedAt: wallTimeIso(), attempt: 1 }),
    judging,
  );
  const { gated, blocksNeeded } = planned.family;
  const isGate = planned.mode === 'regression' && gated.length > 0;
  if (isGate && design.blocks !== 'single' && blocks < blocksNeeded) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      `${gated.length} gated metric${gated.length === 1 ? '' : 's'} cannot be proved worse by fewer than ${blocksNeeded} blocks, got ${blocks}`,
      {
        hints: [
          `--repeat ${blocksNeeded}`,
          `fewer metrics: --gate ${gated[0]}`,
          '--no-gate, to look and not to judge',
        ],
      },
    );
  }
  return planned;
}

/**
 * Errors: those of {@link planComparison} and of a folder of results that cannot be written, before anything is started.
 * What fails later is in `failures`.
 */
export async function playComparison(request: ComparisonRequest): Promise<PlayedComparison> {
  const planned = planComparison(request);
  const { resultsBase, judging } = request;
  const plan = planOf(request);
  const startedMs = monotonicMs();
  const identity = { id: drawShortId(), startedAt: wallTimeIso(), attempt: 1 };
  if (resultsBase !== null) {
    await prepareResults(resultsBase);
    const question = { scenario: plan.name, planHash: planHash(plan), arms: planned.arms };
    identity.attempt += await countAttempts(resultsBase, question);
  }
  const judge = (outcome: ExperimentOutcome, seconds: SecondsByRun = new Map()): ComparisonRecord =>
    judgeExperiment(
      outcome,
      { ...toFacts(request, identity), durationMs: Math.round(monotonicMs() - startedMs), seconds },
      judging,
    );
  const { onBlock, ...toPlay } = request;
  const outcome = await playArms({
    ...toPlay,
    isUndecided: (soFar) => needsAnotherLook(judge(soFar)),
    ...(onBlock === undefined ? {} : { onBlock: (soFar) => onBlock(judge(soFar)) }),
  });
  const record = judge(outcome, await readSeconds(outcome.runs));
  const failures = [...outcome.failures];
  let folder: string | null = null;
  if (resultsBase !== null && outcome.runs.length > 0) {
    try {
      const written = await writeComparison(resultsBase, record);
      folder = written.path;
      failures.push(...written.failures);
    } catch (thrown) {
      failures.push(toBenchError(thrown));
    }
  }
  if (folder === null) record.files = [];
  const runs = outcome.runs.map((run) => ({ record: run.record, folder: run.folder }));
  return { record, runs, folder, failures };
}

/** As it is played: somebody else's service has no Unix socket. */
function planOf({ plan, arms }: Pick<ComparisonRequest, 'plan' | 'arms'>): ScenarioPlan {
  return fitToTarget(plan, arms[0]?.target ?? null);
}

type Planned = Pick<ComparisonRequest, 'plan' | 'arms' | 'design' | 'judging' | 'command' | 'resultsBase'>;

function toFacts(
  { plan, arms, design, command, resultsBase }: Planned,
  identity: Pick<ExperimentFacts, 'id' | 'startedAt' | 'attempt'>,
): ExperimentFacts {
  return {
    ...identity,
    ...{ plan: planOf({ plan, arms }), arms, command },
    durationMs: 0,
    environment: readEnvironment(),
    looksPlanned: design.looks,
    files: resultsBase === null ? [] : COMPARISON_FILES,
  };
}

function toBenchError(thrown: unknown): BenchError {
  if (thrown instanceof BenchError) return thrown;
  return new BenchError('BPB_ERR_WRITE_FAILED', messageOf(thrown), { cause: thrown });
}
