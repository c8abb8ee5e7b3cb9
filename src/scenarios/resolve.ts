/** From a scenario as written, and what the command line changes of it, to the plan that is played. */
import type { ScenarioPlan } from '../core/plan.ts';
import { buildPlan, type PlanScaling } from './build-plan.ts';
import { createCheckSpec, validateChecks } from './checks.ts';
import { MAX_CONNECTIONS, MAX_DURATION_MS, MAX_RATE_PER_SEC } from './fields.ts';
import {
  type DocumentPath,
  describeValue,
  formatPath,
  ScenarioError,
  type ScenarioProblem,
  sortByPlace,
} from './problems.ts';
import { checkScope } from './rules.ts';
import { type AppliedSet, applySets } from './set-path.ts';
import type { ScenarioSource } from './source.ts';
import { renameSynonyms } from './synonyms.ts';
import { type RawProblem, validateDocument } from './validate.ts';

/** What the command line changes; values of flags are already without units. */
export interface PlanOverrides extends PlanScaling {
  /** `--seed`: whole, 0 to 2³² − 1. Without it the document's, or else a drawn one. */
  readonly seed?: number;
  /** `--set path=value`, in order, on the document as written. */
  readonly sets?: readonly string[];
  /** `--fail-if`: added to the checks; each passes when it is false. */
  readonly failIf?: readonly string[];
}

const MAX_SEED = 2 ** 32 - 1;

/**
 * Resolves a scenario: sets, then checks everything, then fills in defaults and scales.
 *
 * `ratePerSec` becomes the publish rate of the busiest phase (its peak; the request rate, when
 * nothing is published) and the other phases follow in proportion. `connections` becomes the total
 * of the largest phase, the others follow, and nobody loses the last connection. `durationMs`
 * becomes the length of all phases together, each in proportion.
 *
 * Errors: {@link ScenarioError} with every problem of the document, of `--set` and of the other
 * overrides. Nothing but the seed is random, and the seed only when neither side gives one.
 */
export function resolvePlan(source: ScenarioSource, overrides: PlanOverrides = {}): ScenarioPlan {
  const raw = structuredClone(source.raw);
  renameSynonyms(raw);
  const sets = applySets(raw, overrides.sets ?? []);
  const validation = validateDocument(raw);

  const problems: ScenarioProblem[] = [
    ...sortByPlace(validation.problems.map((problem) => place(problem, source, sets.applied))),
    ...sets.problems.map(({ text, message }) => optionProblem(`--set ${text}`, message)),
    ...findOverrideProblems(overrides),
  ];
  const failIf = (overrides.failIf ?? []).map((text) => createCheckSpec(text, { failIf: true }));
  const { document } = validation;
  const scope = document === null ? null : checkScope(document.clients, document.phases);
  for (const { index, message } of validateChecks(failIf, scope)) {
    problems.push(optionProblem(`--fail-if ${failIf[index]?.expression}`, message));
  }
  if (document === null || problems.length > 0) throw new ScenarioError(source.label, problems);

  const built = buildPlan(document, overrides, source.defaultName);
  if ('option' in built) {
    throw new ScenarioError(source.label, [optionProblem(built.option, built.message)]);
  }
  const plan = overrides.seed === undefined ? built : { ...built, seed: overrides.seed };
  return { ...plan, checks: [...plan.checks, ...failIf] };
}

/** Every problem of a scenario, empty for a sound one: what `validate` prints. */
export function findScenarioProblems(
  source: ScenarioSource,
  overrides: PlanOverrides = {},
): readonly ScenarioProblem[] {
  try {
    resolvePlan(source, overrides);
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
}

function findOverrideProblems(overrides: PlanOverrides): ScenarioProblem[] {
  const { seed, durationMs, ratePerSec, connections } = overrides;
  const isWhole = (value: number, min: number, max: number) =>
    Number.isInteger(value) && value >= min && value <= max;
  const isWithin = (value: number, max: number) => value > 0 && value <= max;
  const problems: ScenarioProblem[] = [];
  const refuse = (option: string, expected: string, value: number) =>
    problems.push(optionProblem(option, `expected ${expected}, got ${describeValue(value)}`));
  if (seed !== undefined && !isWhole(seed, 0, MAX_SEED)) {
    refuse('--seed', `a whole number from 0 to ${MAX_SEED}`, seed);
  }
  if (durationMs !== undefined && !isWithin(durationMs, MAX_DURATION_MS)) {
    refuse('--duration', 'a duration above 0 and at most 7 days (in ms)', durationMs);
  }
  if (ratePerSec !== undefined && !isWithin(ratePerSec, MAX_RATE_PER_SEC)) {
    refuse('--rate', `a rate above 0 and at most ${MAX_RATE_PER_SEC}/s`, ratePerSec);
  }
  if (connections !== undefined && !isWhole(connections, 1, MAX_CONNECTIONS)) {
    refuse('--connections', `a whole number from 1 to ${MAX_CONNECTIONS}`, connections);
  }
  return problems;
}

/** Where a problem stands: in the text, or in the option that brought the value in. */
function place(problem: RawProblem, source: ScenarioSource, applied: readonly AppliedSet[]): ScenarioProblem {
  const path = formatPath(problem.path);
  const set = applied.findLast((entry) => wasSet(problem, entry.path, source));
  if (set !== undefined) {
    return { path, line: null, column: null, message: `${problem.message} (from --set ${set.text})` };
  }
  const position = locateNearest(source, problem.path, problem.isKey ? 'key' : 'value');
  return { path, line: position?.line ?? null, column: position?.column ?? null, message: problem.message };
}

/** What is missing stands nowhere; then the map that lacks it is the place. */
export function locateNearest(source: ScenarioSource, path: DocumentPath, what: 'key' | 'value') {
  const position = source.locate(path, what);
  if (position !== null || path.length === 0) return position;
  return locateNearest(source, path.slice(0, -1), 'value');
}

/** Whether `--set` brought the problem in: at or under its path, or with a key on its way that is not in the text. */
function wasSet(problem: RawProblem, setPath: DocumentPath, source: ScenarioSource): boolean {
  const { path } = problem;
  const common = Math.min(path.length, setPath.length);
  if (!path.slice(0, common).every((segment, index) => segment === setPath[index])) return false;
  if (path.length >= setPath.length) return true;
  return problem.isKey === true && source.locate(path, 'key') === null;
}

function optionProblem(option: string, message: string): ScenarioProblem {
  return { path: option, line: null, column: null, message };
}
