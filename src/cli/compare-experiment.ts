/** `run` with several arms or blocks: says what will be played, plays it, and shows the comparison. */
import type { ExternalTarget } from '../conductor/endpoints.ts';
import { checkTrustworthy, type NoiseCard, readNoiseCard } from '../conductor/experiment/noise-card.ts';
import type { PlayedArm, RunWatch } from '../conductor/experiment/play-arms.ts';
import {
  type ComparisonRequest,
  planComparison,
  playComparison,
} from '../conductor/experiment/play-comparison.ts';
import type { StrategyChoice } from '../conductor/strategies.ts';
import type { ComparisonRecord } from '../core/comparison.ts';
import { messageOf } from '../core/errors.ts';
import type { ExitCode } from '../core/exit-codes.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import { repeatCommand } from './command-line.ts';
import type { RunOptions } from './commands/run.ts';
import { findBaseline } from './compare-baseline.ts';
import { checkCalibration, toJudging } from './compare-judging.ts';
import { type Noise, renderExperimentPlan, renderPilot } from './compare-plan.ts';
import { presentComparison } from './compare-present.ts';
import { listenForInterrupt } from './interrupt.ts';
import { startProgress } from './progress.ts';
import { writeErr } from './streams.ts';
import { type ColorChoice, lookOf } from './terminal.ts';
import { createTimeLeft } from './time-left.ts';

export interface PlayedRequest {
  readonly scenario: string;
  readonly options: RunOptions;
  readonly plan: ScenarioPlan;
  readonly choices: readonly StrategyChoice[];
  readonly targets: { readonly now: ExternalTarget | null; readonly baseline: ExternalTarget | null };
  readonly color: ColorChoice;
}

/** The old service and the new one, as the arms of a regression are called. */
const BEFORE = 'baseline';
const NOW = 'now';

/** What will be played and what it will look like. Errors: whatever is wrong with what is asked for. */
export async function prepareComparison(request: PlayedRequest) {
  const { scenario, options, plan } = request;
  const arms = toArms(request);
  checkCalibration(
    options,
    arms.map(({ name }) => name),
  );
  const baseline = await findBaseline(options, plan.name);
  const isRegression = request.targets.baseline !== null;
  const design: ComparisonRequest['design'] = {
    blocks: options.repeat ?? 'single',
    looks: options.looks ?? 1,
    order: options.order,
  };
  const asked: Omit<ComparisonRequest, 'interrupt'> = {
    plan,
    arms,
    design,
    judging: { ...toJudging(options, baseline), ...(isRegression ? { mode: 'regression' as const } : {}) },
    resultsBase: options.results,
    command: repeatCommand(scenario, options, plan.seed),
    commandOf: (arm, seed) => repeatOneCommand(request, arm, seed),
  };
  return { arms, asked, planned: planComparison(asked) };
}

/** Errors: whatever is wrong with what is asked for, before anything is sent. */
export async function compareByPlaying(request: PlayedRequest): Promise<ExitCode> {
  const { options, color } = request;
  const { arms, asked, planned } = await prepareComparison(request);
  const card = await findNoiseCard(options.results, planned);
  if (planned.mode === 'regression' && planned.family.gated.length > 0) checkTrustworthy(card);
  const { width } = lookOf(process.stderr, color);
  const isTalking = options.quiet !== true;
  if (isTalking && options.repeat !== undefined) {
    writeErr(renderExperimentPlan(planned, toNoise(card), width));
  }
  using interrupt = listenForInterrupt();
  const timeLeft = createTimeLeft();
  const played = await playComparison({
    ...asked,
    interrupt: interrupt.signal,
    watch: (slot, arm) =>
      watchRun(
        request,
        arm,
        `block ${slot.block + 1} of ${slot.blocks} · run ${slot.position + 1} of ${arms.length}${slot.replay === 0 ? '' : ' · again'}`,
        timeLeft((slot.blocks - slot.block) * arms.length - slot.position),
      ),
    onBlock(soFar) {
      if (isTalking) writeErr(renderPilot(soFar, width));
    },
  });
  return await presentComparison(played, options, color);
}

function toArms({ choices, targets }: PlayedRequest): PlayedArm[] {
  const [choice] = choices;
  if (targets.baseline !== null && choice !== undefined) {
    return [
      { name: BEFORE, choice, target: targets.baseline },
      { name: NOW, choice, target: targets.now },
    ];
  }
  return choices.map((one) => ({ name: one.name, choice: one, target: targets.now }));
}

/** One run alone, as it can be played again. */
function repeatOneCommand(
  { scenario, options, targets }: PlayedRequest,
  { choice, target }: PlayedArm,
  seed: number,
): string {
  const urls = target !== null && target === targets.baseline ? options.baselineTarget : options.target;
  const one: Partial<RunOptions> = {
    strategy: choice.word === undefined ? [] : [choice.word],
    target: urls,
    ...{ baselineTarget: [], need: [], expect: [], margin: [], gate: [] },
  };
  const { repeat: _r, looks: _l, reference: _f, baseline: _b, ...rest } = options;
  return repeatCommand(scenario, { ...rest, ...one }, seed);
}

/** Known noise of this plan on this host; a file that cannot be read is worth a word and no more. */
async function findNoiseCard(
  base: string,
  { plan, environment }: ComparisonRecord,
): Promise<NoiseCard | null> {
  try {
    return await readNoiseCard(base, { planHash: plan.hash, fingerprint: environment.fingerprint });
  } catch (thrown) {
    writeErr(`warning: ${messageOf(thrown)}\n`);
    return null;
  }
}

function toNoise(card: NoiseCard | null): Noise | null {
  if (card === null) return null;
  return { source: `the self-test of ${card.measuredAt.slice(0, 10)}`, metrics: card.metrics };
}

function watchRun(
  { options, plan, color }: PlayedRequest,
  { choice }: PlayedArm,
  place: string,
  leftMs: number | null,
): RunWatch {
  const isWanted = options.progress && options.quiet !== true;
  return startProgress(plan, choice, isWanted, color, { ui: options.ui ?? 'auto', place, leftMs });
}
