/** `bpbench compare --self-test`: whether this host, and the comparison on it, can be trusted with a gate. */
import { writeNoiseCard } from '../conductor/experiment/noise-card.ts';
import type { PlayedArm } from '../conductor/experiment/play-arms.ts';
import {
  createSelfTestArms,
  SELF_TEST_SCENARIO,
  SOUND,
  SOUND_AGAIN,
} from '../conductor/experiment/self-test/regressions.ts';
import { playSelfTest, type SelfTestCheck } from '../conductor/experiment/self-test/self-test.ts';
import { checkOpenFiles } from '../conductor/preflight.ts';
import { chooseStrategies } from '../conductor/strategies.ts';
import { monotonicMs } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import { EXIT, type ExitCode } from '../core/exit-codes.ts';
import { planDurationMs, type ScenarioPlan } from '../core/plan.ts';
import { drawSeed } from '../core/random.ts';
import { formatDurationMs } from '../core/units.ts';
import { wrap } from '../report/text.ts';
import { resolvePlan } from '../scenarios/resolve.ts';
import type { CompareOptions } from './commands/compare.ts';
import { endWith } from './end-with.ts';
import { listenForInterrupt } from './interrupt.ts';
import { loadPlayable } from './load-playable.ts';
import { startProgress } from './progress.ts';
import { writeErr, writeOut } from './streams.ts';
import { type ColorChoice, lookOf } from './terminal.ts';
import { VERSION } from './version.ts';

const DEFAULT_BLOCKS = 8;
/** With fewer the signed ranks of five gated metrics could never fire. */
const MIN_BLOCKS = 8;
/** For each number of blocks. */
const SIMULATIONS = 400;

/** What --json prints. */
export interface SelfTestDocument {
  readonly schemaVersion: 1;
  readonly kind: 'compare-self-test';
  readonly bpbenchVersion: string;
  readonly nodeVersion: string;
  readonly scenario: string;
  readonly seed: number;
  readonly blocks: number;
  readonly status: 'pass' | 'invalid' | 'partial';
  readonly interruptedBy: string | null;
  readonly durationMs: number;
  readonly checks: readonly SelfTestCheck[];
  /** Standard deviation of paired differences by metric; `null` where it could not be told. */
  readonly noise: Record<string, { readonly sd: number; readonly n: number }> | null;
}

export async function selfTestCommand(
  words: readonly string[],
  options: CompareOptions,
  color: ColorChoice,
): Promise<ExitCode> {
  if (words.length > 0) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      `--self-test plays runs of its own, and there is ${words[0]} to compare`,
      {
        hints: ['one after the other: bpbench compare --self-test'],
      },
    );
  }
  const blocks = options.blocks ?? DEFAULT_BLOCKS;
  if (blocks < MIN_BLOCKS) {
    throw new BenchError('BPB_ERR_USAGE', `--blocks expects ${MIN_BLOCKS} or more, got ${blocks}`, {
      hints: ['fewer could never prove anything'],
    });
  }
  const seed = options.seed ?? drawSeed();
  const { plan, arms } = prepare(options.selfTest ?? true, seed);
  checkOpenFiles(plan);
  const startedMs = monotonicMs();
  const look = lookOf(process.stdout, color);
  const isListing = options.json !== true && options.quiet !== true;
  const roughMs = blocks * arms.length * (planDurationMs(plan) + 2000);
  writeErr(
    `self-test: ${blocks} blocks of ${arms.map(({ name }) => name).join(', ')}; about ${formatDurationMs(roughMs)}; seed ${seed}\n`,
  );
  using interrupt = listenForInterrupt();
  const outcome = await playSelfTest({
    ...{ plan, arms, blocks, simulations: SIMULATIONS, resultsBase: null, interrupt: interrupt.signal },
    commandOf: () => `bpbench compare --self-test --seed ${seed}`,
    watch: (slot, arm) =>
      startProgress(
        plan,
        { ...arm.choice, name: arm.name },
        options.progress && options.quiet !== true,
        color,
        {
          place: `block ${slot.block + 1} of ${slot.blocks} · run ${slot.position + 1} of ${arms.length}`,
        },
      ),
    onCheck: (check) => {
      if (isListing) void writeOut(renderCheck(check, look.width));
    },
  });
  const isSound = outcome.checks.length > 0 && outcome.checks.every(({ ok }) => ok);
  const { interruptedBy } = outcome;
  const isPartial = interruptedBy !== null || outcome.failures.length > 0;
  const document: SelfTestDocument = {
    ...{ schemaVersion: 1, kind: 'compare-self-test', bpbenchVersion: VERSION },
    ...{ nodeVersion: process.versions.node, scenario: plan.name, seed, blocks },
    status: isPartial ? 'partial' : isSound ? 'pass' : 'invalid',
    interruptedBy,
    durationMs: Math.round(monotonicMs() - startedMs),
    checks: outcome.checks,
    noise: outcome.card?.metrics ?? null,
  };
  await writeOut(
    options.json === true
      ? `${JSON.stringify(document, null, 2)}\n`
      : `${document.status.toUpperCase()} ${plan.name}: ${outcome.checks.filter(({ ok }) => ok).length} of ${outcome.checks.length} checks; seed ${seed}\n`,
  );
  const codes: ExitCode[] = isSound ? [EXIT.ok] : [EXIT.invalid];
  if (interruptedBy !== null) codes.push(interruptedBy === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint);
  return await endWith(codes, outcome.failures, options, async () => {
    if (outcome.card === null) return;
    writeErr(
      `wrote ${await writeNoiseCard(options.results, outcome.card)}: the noise of ${plan.name} on this host\n`,
    );
  });
}

/** The usual scenario with its regressions; any other one alone, twice, for its noise. */
function prepare(scenario: string | true, seed: number): { plan: ScenarioPlan; arms: PlayedArm[] } {
  if (scenario === true || scenario === SELF_TEST_SCENARIO) return createSelfTestArms(seed);
  const plan = resolvePlan(loadPlayable(scenario), { seed });
  const { choices } = chooseStrategies([], [], plan.boundary, plan.system.ws);
  const arms = choices.flatMap((choice) =>
    [SOUND, SOUND_AGAIN].map((name) => ({ name, choice, target: null })),
  );
  return { plan, arms };
}

function renderCheck({ name, ok, detail }: SelfTestCheck, width: number): string {
  const lines = wrap(`${ok ? 'ok    ' : 'FAILED'}  ${name}: ${detail}`, width, '', '        ');
  return `${lines.join('\n')}\n`;
}
