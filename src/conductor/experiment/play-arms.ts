/** Plays the arms of an experiment for real: fresh processes for each run, on a calm host. */
import { planDurationMs, type ScenarioPlan } from '../../core/plan.ts';
import { createRandom } from '../../core/random.ts';
import type { ExternalTarget } from '../endpoints.ts';
import { playAndRecord } from '../play-and-record.ts';
import type { RunObserver } from '../run-scenario.ts';
import type { StrategyChoice } from '../strategies.ts';
import { calibrate } from './calibration.ts';
import { Calm } from './calm.ts';
import { type ExperimentOutcome, type ExperimentPlan, playExperiment, type RunSlot } from './experiment.ts';

/** One of those that are compared. */
export interface PlayedArm {
  /** Unique among the arms. */
  readonly name: string;
  readonly choice: StrategyChoice;
  /** The user's own service; `null` for the embedded system. */
  readonly target: ExternalTarget | null;
  /** What this arm plays, where it is not what all play: a regression that is put in on purpose. */
  readonly plan?: ScenarioPlan;
}

/** Hears of one run; `end` comes always, and last. */
export interface RunWatch extends RunObserver {
  end(): void;
}

export interface PlayArmsRequest {
  readonly plan: ScenarioPlan;
  readonly arms: readonly PlayedArm[];
  readonly design: Pick<ExperimentPlan, 'blocks' | 'looks' | 'order'>;
  /** Folder of all results; `null` writes nothing. */
  readonly resultsBase: string | null;
  /** The command that repeats one run. */
  commandOf(arm: PlayedArm, seed: number): string;
  readonly interrupt: AbortSignal;
  watch?(slot: RunSlot, arm: PlayedArm): RunWatch;
  isUndecided?(soFar: ExperimentOutcome): boolean;
  onBlock?(soFar: ExperimentOutcome): void;
}

/**
 * The size of the environment moves the stack, and with it what shares a cache line: a layout that favours one arm by
 * chance is drawn anew for each run (Mytkowicz et al., "Producing wrong data without doing anything obviously wrong",
 * 2009).
 */
const PADDING_MAX_BYTES = 4096;

/** Plays everything, in the order of the seed in `plan`. Never rejects; see {@link playExperiment}. */
export async function playArms(request: PlayArmsRequest): Promise<ExperimentOutcome> {
  const { plan, arms, design, interrupt } = request;
  const calm = new Calm(planDurationMs(plan));
  const padding = createRandom(plan.seed, 'environment padding');
  return await playExperiment(
    { ...design, arms: arms.map(({ name }) => name), seed: plan.seed },
    {
      interrupt,
      calibrate,
      settle: () => calm.settle(interrupt),
      isUndecided: (soFar) => request.isUndecided?.(soFar) ?? false,
      onBlock: (soFar) => request.onBlock?.(soFar),
      async play(slot) {
        const arm = arms[slot.arm] as PlayedArm;
        const watch = request.watch?.(slot, arm);
        try {
          return await playAndRecord({
            plan: { ...(arm.plan ?? plan), seed: slot.seed },
            strategies: arm.choice.byBoundary,
            strategyName: arm.choice.name,
            target: arm.target,
            command: request.commandOf(arm, slot.seed),
            resultsBase: request.resultsBase,
            interrupt,
            env: { BPBENCH_PADDING: 'x'.repeat(padding.int(PADDING_MAX_BYTES)) },
            ...(watch === undefined ? {} : { observer: watch }),
          });
        } finally {
          watch?.end();
        }
      },
    },
  );
}
