/** `bpbench run`: resolves everything, plays it (one run, or an experiment), and answers with an exit code. */
import type { ExternalTarget } from '../../conductor/endpoints.ts';
import { ORDER_KINDS } from '../../conductor/experiment/order.ts';
import { addWarmUp } from '../../conductor/experiment/warm-up.ts';
import { checkMemory, checkOpenFiles, checkReachable } from '../../conductor/preflight.ts';
import { chooseStrategies } from '../../conductor/strategies.ts';
import { resolveTargets } from '../../conductor/target-guard.ts';
import { BenchError } from '../../core/errors.ts';
import type { ScenarioPlan } from '../../core/plan.ts';
import { drawSeed } from '../../core/random.ts';
import { DURATION_EXPECTED, parseDurationMs, parseRatePerSec, RATE_EXPECTED } from '../../core/units.ts';
import { resolvePlan } from '../../scenarios/resolve.ts';
import { compareByPlaying, prepareComparison } from '../compare-experiment.ts';
import { asksForComparison, checkSaving, refuseForOne } from '../compare-judging.ts';
import type { ExperimentOptions, JudgingOptions } from '../compare-options.ts';
import { renderDryRun } from '../dry-run.ts';
import { loadPlayable } from '../load-playable.ts';
import { renderNotices } from '../notices.ts';
import { checkOutputs } from '../outputs.ts';
import { playOne } from '../play-one.ts';
import type { UiChoice } from '../progress.ts';
import { writeErr, writeOut } from '../streams.ts';
import { type ColorChoice, lookOf } from '../terminal.ts';

export interface RunOptions extends JudgingOptions, ExperimentOptions {
  strategy: string[];
  at: string[];
  duration?: string;
  rate?: string;
  connections?: number;
  set: string[];
  seed?: number;
  grace?: string;
  failIf: string[];
  checks: boolean;
  target: string[];
  allowHost: string[];
  results: string;
  out: string[];
  json?: boolean;
  dryRun?: boolean;
  quiet?: boolean;
  progress: boolean;
  ui?: UiChoice;
  exitZero?: boolean;
  /** `false` for --no-color. */
  color: ColorChoice | false;
}

export async function runCommand(scenario: string, options: RunOptions): Promise<void> {
  const plan = resolveFromOptions(scenario, options);
  const chosen = chooseStrategies(options.strategy, options.at, plan.boundary, plan.system.ws);
  const { choices } = chosen;
  const targets = await resolveBothTargets(options);
  checkExperiment(options, choices.length);
  checkSaving(options);
  checkOutputs(options.out);
  const color: ColorChoice = options.color === false ? 'never' : options.color;
  const look = lookOf(process.stdout, color);
  writeErr(renderNotices(chosen, lookOf(process.stderr, color).width));
  const [choice, second] = choices;
  const isOne = second === undefined && options.repeat === undefined && !asksForComparison(options);
  if (isOne) refuseForOne(options);
  const request = { scenario, options, plan, choices, targets, color };
  if (options.dryRun) {
    if (!isOne) await prepareComparison(request);
    await writeOut(renderDryRun(plan, choices, targets.now, look.width, options.repeat ?? 1));
    return;
  }
  checkOpenFiles(plan);
  if (targets.now === null)
    for (const { byBoundary } of choices) checkMemory(plan, byBoundary['proxy.events']);
  for (const target of [targets.now, targets.baseline])
    if (target !== null) await checkReachable(Object.values(target.urls));

  process.exitCode =
    isOne && choice !== undefined
      ? await playOne({ scenario, options, plan, choice, target: targets.now, color })
      : await compareByPlaying(request);
}

function resolveFromOptions(scenario: string, options: RunOptions): ScenarioPlan {
  const durationMs = readOption('--duration', options.duration, parseDurationMs, DURATION_EXPECTED);
  const ratePerSec = readOption('--rate', options.rate, parseRatePerSec, RATE_EXPECTED);
  const graceMs = readOption('--grace', options.grace, parseDurationMs, DURATION_EXPECTED);
  const warmupMs = readOption('--warmup', options.warmup, parseDurationMs, DURATION_EXPECTED);
  if (durationMs === 0) throw new BenchError('BPB_ERR_USAGE', '--duration expects more than 0');
  if (options.connections === 0)
    throw new BenchError('BPB_ERR_USAGE', '--connections expects 1 or more, got 0');
  const plan = resolvePlan(loadPlayable(scenario), {
    seed: options.seed ?? drawSeed(),
    sets: options.set,
    failIf: options.failIf,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(ratePerSec === undefined ? {} : { ratePerSec }),
    ...(options.connections === undefined ? {} : { connections: options.connections }),
  });
  const checks = options.checks ? plan.checks : plan.checks.filter((check) => check.failIf);
  return addWarmUp({ ...plan, checks, graceMs: graceMs ?? plan.graceMs }, warmupMs ?? 0);
}

function readOption(
  flag: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
  expected: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined)
    throw new BenchError('BPB_ERR_USAGE', `${flag} expects ${expected}, got '${text}'`);
  return value;
}

async function resolveBothTargets(
  options: RunOptions,
): Promise<{ now: ExternalTarget | null; baseline: ExternalTarget | null }> {
  const { target, baselineTarget, allowHost } = options;
  const resolve = (urls: readonly string[]): Promise<ExternalTarget | null> =>
    urls.length === 0 ? Promise.resolve(null) : resolveTargets(urls, allowHost);
  const [now, baseline] = [await resolve(target), await resolve(baselineTarget)];
  if (baseline !== null && now === null) {
    throw new BenchError('BPB_ERR_USAGE', '--baseline-target is compared with --target, and there is none', {
      hints: ['--baseline-target http://127.0.0.1:3000/ --target http://127.0.0.1:3001/'],
    });
  }
  const paths = ({ urls, publishUrl }: ExternalTarget): string =>
    [...Object.keys(urls), ...(publishUrl === null ? [] : ['publish'])].toSorted().join(', ');
  if (baseline !== null && now !== null && paths(baseline) !== paths(now)) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      `--target serves ${paths(now)} and --baseline-target ${paths(baseline)}: both have to serve the same`,
    );
  }
  return { now, baseline };
}

function checkExperiment(options: RunOptions, choices: number): void {
  const { repeat, looks, order, baseline, baselineTarget } = options;
  const refuse = (message: string, ...hints: string[]): never => {
    throw new BenchError('BPB_ERR_USAGE', message, { hints });
  };
  if (repeat === 0) refuse('--repeat expects 1 or more blocks, got 0', '--repeat 10');
  if (looks !== undefined && !(looks >= 1 && looks <= 3)) refuse(`--looks expects 1, 2 or 3, got ${looks}`);
  if (looks !== undefined && looks > 1 && repeat === undefined)
    refuse('--looks says how often --repeat may go on, and there is no --repeat', '--repeat 10 --looks 3');
  if (!ORDER_KINDS.includes(order)) refuse(`--order expects ${ORDER_KINDS.join(' or ')}, got '${order}'`);
  if (baselineTarget.length > 0 && choices > 1)
    refuse('--baseline-target compares two services, so one --strategy at most goes with it');
  if (baselineTarget.length > 0 && baseline !== undefined)
    refuse('--baseline and --baseline-target are two things to compare with, expected one of them');
  if (baselineTarget.length > 0 && repeat === undefined)
    refuse('--baseline-target needs --repeat: one run each proves nothing', '--repeat 10');
}
