/** `bpbench` as a library: play a scenario from a test and judge the record. */
import { playAndRecord } from './conductor/play-and-record.ts';
import { checkMemory, checkOpenFiles } from './conductor/preflight.ts';
import { chooseStrategies } from './conductor/strategies.ts';
import { BenchError } from './core/errors.ts';
import { drawSeed } from './core/random.ts';
import type { RunRecord } from './core/record.ts';
import { loadScenario } from './scenarios/load-scenario.ts';
import { resolvePlan } from './scenarios/resolve.ts';
import type { ScenarioInput } from './scenarios/schema.ts';
import { createScenarioSource } from './scenarios/source.ts';

export * from './channel.ts';
export type { RunRecord } from './core/record.ts';
export { defineScenario, type ScenarioInput } from './scenarios/schema.ts';

export interface RunOptions {
  /**
   * As for `--strategy`: stages such as `drop-oldest,capacity=64 + codel`, the name of a preset, or the path of
   * a strategy file. Default: each boundary as found.
   */
  readonly strategy?: string;
  /** As for `--at`, for example `['ws.outbound=block']`. */
  readonly at?: readonly string[];
  /** Default: drawn, and recorded. */
  readonly seed?: number;
  /** Length of all phases together, in milliseconds; default: of the scenario. */
  readonly durationMs?: number;
  /** Connections of the largest phase; default: of the scenario. */
  readonly connections?: number;
  /** Folder for the files of the run; default: none are written. */
  readonly results?: string;
  /** Ends the run early; its record is partial then. */
  readonly signal?: AbortSignal;
}

/**
 * Plays one scenario (a built-in name, a path, or a document) and answers its record.
 *
 * Errors: BenchError with a stable code for whatever is wrong with the input (nothing was started then),
 * and when a process could not be started or died. A run that is invalid or failed is no error: see `verdict`.
 */
export async function run(scenario: string | ScenarioInput, options: RunOptions = {}): Promise<RunRecord> {
  const source = typeof scenario === 'string' ? loadScenario(scenario) : createScenarioSource(scenario);
  const { strategy, at = [], seed = drawSeed(), durationMs, connections, results, signal } = options;
  const plan = resolvePlan(source, {
    seed,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(connections === undefined ? {} : { connections }),
  });
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
  checkOpenFiles(plan);
  checkMemory(plan, choice.byBoundary['proxy.events']);
  const { record, failures } = await playAndRecord({
    plan,
    strategies: choice.byBoundary,
    strategyName: choice.name,
    target: null,
    command: `bpbench run ${plan.name} --seed ${seed}`,
    resultsBase: results ?? null,
    interrupt: signal ?? new AbortController().signal,
  });
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return record;
}
