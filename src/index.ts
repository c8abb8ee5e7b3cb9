/** `bpbench` as a library: play a scenario from a test, or several strategies against each other, and judge the record. */
import type { ExternalTarget } from './conductor/endpoints.ts';
import { openBaselineFile } from './conductor/experiment/baseline-files.ts';
import type { OrderKind } from './conductor/experiment/order.ts';
import type { PlayedArm } from './conductor/experiment/play-arms.ts';
import { playComparison } from './conductor/experiment/play-comparison.ts';
import { playAndRecord } from './conductor/play-and-record.ts';
import { checkMemory, checkOpenFiles, checkReachable } from './conductor/preflight.ts';
import { chooseStrategies, type StrategyChoice } from './conductor/strategies.ts';
import { resolveTargets } from './conductor/target-guard.ts';
import type { ComparisonRecord } from './core/comparison.ts';
import { BenchError } from './core/errors.ts';
import type { ScenarioPlan } from './core/plan.ts';
import { drawSeed } from './core/random.ts';
import type { RunRecord } from './core/record.ts';
import { quoteForShell } from './core/shell.ts';
import { loadScenario } from './scenarios/load-scenario.ts';
import { resolvePlan } from './scenarios/resolve.ts';
import type { ScenarioInput } from './scenarios/schema.ts';
import { createScenarioSource } from './scenarios/source.ts';

export * from './channel.ts';
export type { ComparisonRecord, MetricResult } from './core/comparison.ts';
export type { RunRecord } from './core/record.ts';
export { defineScenario, type ScenarioInput } from './scenarios/schema.ts';

/** What a run and a comparison have in common. */
export interface PlayOptions {
  /** As for `--at`, for example `['ws.outbound=block']`. */
  readonly at?: readonly string[];
  /**
   * URLs of your own service, as for `--target`: `http://`, `sse+http://`, `ws://`, and `publish+http://` for where events
   * are taken. On this machine alone. Default: the embedded system.
   */
  readonly target?: readonly string[];
  /** Default: drawn, and recorded. */
  readonly seed?: number;
  /** Length of all phases together, in milliseconds; default: of the scenario. */
  readonly durationMs?: number;
  /** Connections of the largest phase; default: of the scenario. */
  readonly connections?: number;
  /** Folder for the files of each run, and of the comparison; default: none are written. */
  readonly results?: string;
  /** Ends it early; the record is partial then. */
  readonly signal?: AbortSignal;
}

export interface RunOptions extends PlayOptions {
  /**
   * As for `--strategy`: stages such as `drop-oldest,capacity=64 + codel`, the name of a preset, or the path of
   * a strategy file. Default: each boundary as found.
   */
  readonly strategy?: string;
}

export interface CompareOptions extends PlayOptions {
  /** As for `--strategy`, one arm each; the first is the reference. Default: each boundary as found, one arm. */
  readonly strategies?: readonly string[];
  /** Your service as it was, played in turn with `target`: two arms, `baseline` and `now`. */
  readonly baselineTarget?: readonly string[];
  /** Blocks, each one run of every arm. Default 10; a gate of five metrics needs 8. */
  readonly repeat?: number;
  /** How often the blocks may be played while the result is open, 1 to 3, at stricter levels. Default 1. */
  readonly looks?: number;
  /** Default `random`. */
  readonly order?: OrderKind;
  /** Name of the arm that the others are compared with. */
  readonly reference?: string;
  /** A baseline file, or `auto`; without one `auto` is never a pass. */
  readonly baseline?: string;
  /** As for `--need`: `loss<0.1%, ageP99<200ms`. */
  readonly needs?: readonly string[];
  /** As for `--expect`: `drop-oldest: deadlineMiss better than block by >= 20%`. */
  readonly expectations?: readonly string[];
  /** As for `--margin`: `all.p99=15%`. */
  readonly margins?: readonly string[];
  /** As for `--gate`; empty gates on nothing. Default: the usual five. */
  readonly gates?: readonly string[];
}

const NEVER = new AbortController().signal;
/** The arm of `baselineTarget`. */
const BEFORE = 'baseline';

/**
 * Plays one scenario (a built-in name, a path, or a document) and answers its record.
 *
 * Errors: BenchError with a stable code for whatever is wrong with the input (nothing was started then),
 * and when a process could not be started or died. A run that is invalid or failed is no error: see `verdict`.
 */
export async function run(scenario: string | ScenarioInput, options: RunOptions = {}): Promise<RunRecord> {
  const { strategy, at = [], target = [], results, signal } = options;
  const plan = resolveFor(scenario, options);
  const { choices } = chooseStrategies(
    strategy === undefined ? [] : [strategy],
    at,
    plan.boundary,
    plan.system.ws,
  );
  const [choice, second] = choices;
  if (choice === undefined) throw new BenchError('BPB_ERR_INTERNAL', 'no strategy was chosen');
  if (second !== undefined) {
    throw new BenchError('BPB_ERR_USAGE', "run() plays one strategy, got 'all'; call it once for each");
  }
  const service = await resolveService(target);
  await checkHost(plan, [choice], [service]);
  const { record, failures } = await playAndRecord({
    plan,
    strategies: choice.byBoundary,
    strategyName: choice.name,
    target: service,
    command: commandOf(plan, options, { strategies: strategy === undefined ? [] : [strategy], target }),
    resultsBase: results ?? null,
    interrupt: signal ?? NEVER,
  });
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return record;
}

/**
 * Plays several strategies, or your service as it was and as it is, in randomised blocks on shared seeds, and answers
 * the comparison record: `verdict.status` is `pass` where nothing gated is proved worse and everything is proved not to
 * be, `fail` where something is; anything else is no pass.
 *
 * ```ts
 * const { verdict } = await compare('burst', { strategies: ['block', 'drop-oldest'], expectations: [
 *   'drop-oldest: deadlineMiss better than block by >= 20%',
 * ] });
 * expect(verdict).toMatchObject({ status: 'pass' });
 * ```
 *
 * Errors: as of {@link run}. What was played before a process died is in `results`, if that was given.
 */
export async function compare(
  scenario: string | ScenarioInput,
  options: CompareOptions = {},
): Promise<ComparisonRecord> {
  const { at = [], target = [], baselineTarget = [], baseline, gates, results = null } = options;
  const plan = resolveFor(scenario, options);
  const { choices } = chooseStrategies(options.strategies ?? [], at, plan.boundary, plan.system.ws);
  const [now, before] = [await resolveService(target), await resolveService(baselineTarget)];
  if (before !== null && baseline !== undefined) {
    throw new BenchError('BPB_ERR_USAGE', 'baseline and baselineTarget: expected one of them');
  }
  await checkHost(plan, choices, [now, before]);
  const opened =
    baseline === undefined ? null : await openBaselineFile(baseline, plan.name, results ?? 'results');
  const { record, failures } = await playComparison({
    plan,
    arms: toArms(choices, now, before),
    design: {
      blocks: options.repeat ?? 10,
      looks: options.looks ?? 1,
      order: options.order ?? 'random',
    },
    judging: {
      ...(options.reference === undefined ? {} : { reference: options.reference }),
      ...(before === null ? {} : { mode: 'regression' as const }),
      metrics: {
        margins: options.margins ?? [],
        gates: gates ?? [],
        notGated: gates?.length === 0 ? ['*'] : [],
      },
      needs: options.needs ?? [],
      expectations: options.expectations ?? [],
      baseline: opened === 'missing' ? null : opened,
      isBaselineMissing: opened === 'missing',
    },
    resultsBase: results,
    command: commandOf(plan, options, {
      strategies: options.strategies ?? [],
      target,
      more: comparisonWords(options),
    }),
    commandOf: ({ choice, name }, seed) =>
      commandOf({ ...plan, seed }, options, {
        strategies: choice.word === undefined ? [] : [choice.word],
        target: before !== null && name === BEFORE ? baselineTarget : target,
      }),
    interrupt: options.signal ?? NEVER,
  });
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return record;
}

function toArms(
  choices: readonly StrategyChoice[],
  now: ExternalTarget | null,
  before: ExternalTarget | null,
): PlayedArm[] {
  const [choice, second] = choices;
  if (before === null || choice === undefined) {
    return choices.map((one) => ({ name: one.name, choice: one, target: now }));
  }
  if (now === null || second !== undefined) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      'baselineTarget is compared with target, under one strategy at most',
    );
  }
  return [
    { name: BEFORE, choice, target: before },
    { name: 'now', choice, target: now },
  ];
}

/** The command line that does the same, as far as one can: a scenario that was given as a document has its name alone. */
function commandOf(
  plan: ScenarioPlan,
  { at = [], durationMs, connections }: PlayOptions,
  of: { strategies: readonly string[]; target: readonly string[]; more?: readonly string[] },
): string {
  return [
    ...['bpbench', 'run', plan.name],
    ...each('--strategy', of.strategies),
    ...each('--at', at),
    ...(durationMs === undefined ? [] : ['--duration', `${durationMs}ms`]),
    ...(connections === undefined ? [] : ['--connections', String(connections)]),
    ...(of.more ?? []),
    ...each('--target', of.target),
    ...['--seed', String(plan.seed)],
  ]
    .map(quoteForShell)
    .join(' ');
}

function comparisonWords(options: CompareOptions): string[] {
  const { repeat = 10, looks, order, reference, baseline, gates } = options;
  const one = (flag: string, value: string | number | undefined) =>
    value === undefined ? [] : [flag, String(value)];
  return [
    ...one('--repeat', repeat),
    ...one('--looks', looks),
    ...one('--order', order),
    ...one('--reference', reference),
    ...one('--baseline', baseline),
    ...each('--need', options.needs ?? []),
    ...each('--expect', options.expectations ?? []),
    ...each('--margin', options.margins ?? []),
    ...(gates?.length === 0 ? ['--no-gate'] : each('--gate', gates ?? [])),
    ...each('--baseline-target', options.baselineTarget ?? []),
  ];
}

function each(flag: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [flag, value]);
}

function resolveFor(scenario: string | ScenarioInput, options: PlayOptions): ScenarioPlan {
  const source = typeof scenario === 'string' ? loadScenario(scenario) : createScenarioSource(scenario);
  const { seed = drawSeed(), durationMs, connections } = options;
  return resolvePlan(source, {
    seed,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(connections === undefined ? {} : { connections }),
  });
}

async function resolveService(urls: readonly string[]): Promise<ExternalTarget | null> {
  return urls.length === 0 ? null : await resolveTargets(urls, []);
}

/** What must hold before anything is started. */
async function checkHost(
  plan: ScenarioPlan,
  choices: readonly StrategyChoice[],
  services: readonly (ExternalTarget | null)[],
): Promise<void> {
  checkOpenFiles(plan);
  const there = services.filter((service) => service !== null);
  if (there.length === 0) for (const { byBoundary } of choices) checkMemory(plan, byBoundary['proxy.events']);
  for (const { urls } of there) await checkReachable(Object.values(urls));
}
