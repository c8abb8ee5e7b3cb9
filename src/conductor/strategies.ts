/** From `--strategy` and `--at` to one strategy per boundary, checked before anything starts. */
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { DEFAULT_SYSTEM_SETTINGS } from '../core/plan.ts';
import type { StrategySpec } from '../core/strategy.ts';
import { isStrategyPath } from '../scenarios/strategy-file.ts';
import { COMPARABLE_STRATEGY_NAMES } from '../system/strategies/catalogue.ts';
import { tell } from '../system/strategies/legality.ts';
import { readStrategy, type StrategyReading, toStrategyError } from '../system/strategies/parse.ts';
import { findPresetLikeness } from '../system/strategies/presets.ts';
import type { StrategyProblem } from '../system/strategies/read.ts';
import {
  type Architecture,
  findArchitectureProblems,
  findArchitectureRulings,
} from './architecture-rules.ts';
import { loadStrategySettings, type StrategySettings } from './strategy-settings.ts';

/** One arm of a run: a heading and what stands at each boundary. */
export interface StrategyChoice {
  readonly name: string;
  /** Its `--strategy`, if one was given. */
  readonly word: string | undefined;
  readonly byBoundary: Record<BoundaryName, StrategySpec>;
  /** What is legal and still likely to go otherwise than meant; each names its boundary. */
  readonly warnings: readonly string[];
}

/** A strategy that `all` left out, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export interface StrategyChoices {
  readonly choices: readonly StrategyChoice[];
  readonly leftOut: readonly LeftOut[];
  /** What is said of the texts themselves, wherever they stand. */
  readonly remarks: readonly string[];
}

/**
 * One choice per `--strategy`: a text or a preset, applied at `applied` (the scenario's boundaries), or a
 * file, which may also set boundaries alone. `--at` goes before both; everywhere else stands what the noted
 * systems do. `all` is every overflow policy that may stand at all of `applied`. `ws` is the relay's architecture,
 * which some strategies do not go with; default the system's own.
 *
 * Errors: BPB_ERR_STRATEGY, BPB_ERR_SCENARIO (a file), BPB_ERR_USAGE, BPB_ERR_UNKNOWN_NAME (`--at`).
 */
export function chooseStrategies(
  strategies: readonly string[],
  at: readonly string[],
  applied: readonly BoundaryName[],
  ws: Architecture = DEFAULT_SYSTEM_SETTINGS.ws,
): StrategyChoices {
  const overrides = readOverrides(at);
  const open = applied.filter((boundary) => !overrides.has(boundary));
  const leftOut: LeftOut[] = [];
  const words = strategies.flatMap((word) =>
    word.trim() === 'all' ? playableEverywhere(open, ws, leftOut) : [word],
  );
  const arms = words.length === 0 ? [undefined] : [...new Set(words)];
  const suffix = [...overrides].map(([boundary, { word }]) => `${boundary}=${word}`).join(' ');
  const remarks = new Set<string>();
  const choices = arms.map((word): StrategyChoice => {
    const settings = word === undefined ? undefined : loadStrategySettings(word);
    const head = settings?.name ?? (suffix === '' ? 'as-found' : undefined);
    return {
      name: [head, suffix].filter((part) => part).join(' '),
      word,
      ...resolve(settings, { overrides, applied, ws }, remarks),
    };
  });
  return { choices, leftOut, remarks: [...remarks] };
}

/** What an arm does not decide by itself. */
interface Circumstances {
  readonly overrides: ReadonlyMap<BoundaryName, Override>;
  readonly applied: readonly BoundaryName[];
  readonly ws: Architecture;
}

interface Override {
  readonly word: string;
  readonly settings: StrategySettings;
}

function resolve(
  settings: StrategySettings | undefined,
  { overrides, applied, ws }: Circumstances,
  remarks: Set<string>,
): Pick<StrategyChoice, 'byBoundary' | 'warnings'> {
  const byBoundary = {} as Record<BoundaryName, StrategySpec>;
  const warnings: string[] = [];
  const refused = new Refusals();
  for (const boundary of BOUNDARY_NAMES) {
    const override = overrides.get(boundary);
    const source = override?.settings ?? settings;
    const isMeant = override !== undefined || applied.includes(boundary);
    const text = source?.textAt(boundary, isMeant);
    const { spec, problems, rulings } = readStrategyFor(ws, text ?? BOUNDARIES[boundary].asFound, boundary);
    if (spec === null || problems.length > 0) refused.add(text ?? '', boundary, problems);
    else byBoundary[boundary] = spec;
    if (text === undefined) continue;
    const preset = findPresetLikeness(text);
    if (preset !== undefined) {
      remarks.add(
        `'${text.trim()}' is the parts alone, with their defaults; the preset ${preset.name}, written without blanks, is ${preset.text}`,
      );
    }
    for (const ruling of rulings)
      if (ruling.level === 'warning') warnings.push(`${boundary}: ${tell(ruling)}`);
  }
  refused.throwIfAny((boundary) => overrides.has(boundary));
  return { byBoundary, warnings };
}

/** Why a strategy cannot stand at some of its boundaries: told once, however many they are. */
class Refusals {
  readonly #text: string[] = [];
  readonly #boundaries: BoundaryName[] = [];
  readonly #problems = new Map<string, StrategyProblem>();

  add(text: string, boundary: BoundaryName, problems: readonly StrategyProblem[]): void {
    this.#text.push(text);
    this.#boundaries.push(boundary);
    for (const problem of problems) this.#problems.set(problem.message, problem);
  }

  throwIfAny(isSetAlone: (boundary: BoundaryName) => boolean): void {
    const [text] = this.#text;
    if (text === undefined) return;
    const problems = [...this.#problems.values()];
    const isIllegal = problems.some(({ message }) => message.startsWith('at '));
    const ways = isIllegal
      ? this.#boundaries
          .filter((boundary) => !isSetAlone(boundary))
          .map((boundary) => `--at ${boundary}=${BOUNDARIES[boundary].asFound} leaves that boundary as found`)
      : [];
    const error = toStrategyError(text, problems);
    throw new BenchError('BPB_ERR_STRATEGY', error.message, { hints: [...error.hints, ...ways] });
  }
}

/** As `readStrategy`, with what speaks against it under the relay's architecture. */
function readStrategyFor(ws: Architecture, text: string, boundary: BoundaryName): StrategyReading {
  const reading = readStrategy(text, boundary);
  if (reading.spec === null) return reading;
  return {
    ...reading,
    problems: [...reading.problems, ...findArchitectureProblems(reading.spec, boundary, ws)],
    rulings: [...reading.rulings, ...findArchitectureRulings(reading.spec, boundary, ws)],
  };
}

/** What `all` plays; `leftOut` gets the rest. */
function playableEverywhere(
  applied: readonly BoundaryName[],
  ws: Architecture,
  leftOut: LeftOut[],
): string[] {
  return COMPARABLE_STRATEGY_NAMES.filter((name) => {
    const problem = applied.flatMap((boundary) => readStrategyFor(ws, name, boundary).problems)[0];
    if (problem !== undefined) leftOut.push({ name, reason: problem.message });
    return problem === undefined;
  });
}

function readOverrides(at: readonly string[]): Map<BoundaryName, Override> {
  const overrides = new Map<BoundaryName, Override>();
  for (const setting of at) {
    const [boundary, override] = parseAt(setting);
    if (overrides.has(boundary)) {
      throw new BenchError('BPB_ERR_USAGE', `--at sets ${boundary} twice`, {
        hints: [`keep one of them: --at '${boundary}=${override.word}'`],
      });
    }
    overrides.set(boundary, override);
  }
  return overrides;
}

function parseAt(setting: string): [BoundaryName, Override] {
  const equals = setting.indexOf('=');
  const boundary = setting.slice(0, equals).trim();
  if (equals < 1) {
    throw new BenchError('BPB_ERR_USAGE', `--at expects boundary=strategy, got '${setting}'`, {
      hints: ['--at ws.outbound=block'],
    });
  }
  if (!BOUNDARY_NAMES.includes(boundary as BoundaryName)) {
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `unknown boundary '${boundary}'`, {
      hints: [didYouMean(boundary, BOUNDARY_NAMES), `the boundaries: ${BOUNDARY_NAMES.join(', ')}`].filter(
        (hint) => hint !== '',
      ),
    });
  }
  const word = setting.slice(equals + 1).trim();
  if (word === '') {
    throw new BenchError('BPB_ERR_USAGE', `--at ${boundary}= expects a strategy, got nothing`, {
      hints: [`--at ${boundary}=${BOUNDARIES[boundary as BoundaryName].asFound}`],
    });
  }
  const settings = loadStrategySettings(word);
  if (isStrategyPath(word) && settings.textAt(boundary as BoundaryName, true) === undefined) {
    throw new BenchError('BPB_ERR_STRATEGY', `${word} says nothing of ${boundary}`, {
      hints: [`give it a strategy, or boundaries: { ${boundary}: … }`],
    });
  }
  return [boundary as BoundaryName, { word, settings }];
}
