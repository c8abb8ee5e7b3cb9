/** The words of a strategy, understood one by one: names, parameters, and how often each may stand. */
import { didYouMean } from '../../core/nearest.ts';
import type { StageName } from '../../core/strategy.ts';
import type { ShapingDefinition } from '../shaping/shaper.ts';
import type { Definition, Param } from './definition.ts';
import { findPreset } from './presets.ts';
import { paramsOf, QUEUE_PARAMS } from './queue-params.ts';
import { findDefinition } from './registry.ts';
import { type StageText, splitStages } from './split.ts';
import { hintsForUnknown } from './unknown-name.ts';
import { readValue } from './values.ts';

/** What is wrong, as one sentence, and what to try. */
export interface StrategyProblem {
  readonly message: string;
  readonly hints: readonly string[];
}

/** A stage as typed: only the parameters that were given, by `Param.name`. */
export interface StageRequest {
  readonly definition: Definition;
  readonly given: ReadonlyMap<string, number | string>;
}

export interface Composition {
  /** In the order of the text, presets unfolded. */
  readonly stages: readonly StageRequest[];
  readonly problems: readonly StrategyProblem[];
}

/** Reads a whole text, wherever it will stand; every problem at once. */
export function readComposition(text: string): Composition {
  const problems: StrategyProblem[] = [];
  if (text.trim() === '') {
    return { stages: [], problems: [{ message: 'a strategy needs a name, got an empty text', hints: [] }] };
  }
  const stages = splitStages(text, isKnown).flatMap((stage) => readStage(stage, problems));
  if (problems.length === 0) problems.push(...findRepetitions(stages));
  return { stages, problems: eachOnce(problems) };
}

function eachOnce(problems: readonly StrategyProblem[]): StrategyProblem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}

function isKnown(name: string): boolean {
  return findDefinition(name) !== undefined || findPreset(name) !== undefined;
}

function readStage(stage: StageText, problems: StrategyProblem[]): readonly StageRequest[] {
  const { name, settings } = stage;
  const definition = findDefinition(name);
  if (definition !== undefined)
    return [{ definition, given: readSettings([definition], settings, name, problems) }];
  const preset = findPreset(name);
  if (preset !== undefined) return unfold(readComposition(preset.text).stages, stage, problems);
  problems.push(describeUnknown(name));
  return [];
}

/** A preset's stages, with settings of its own on top: each goes to the one part that knows it. */
function unfold(
  parts: readonly StageRequest[],
  { name, settings }: StageText,
  problems: StrategyProblem[],
): StageRequest[] {
  const given = readSettings(
    parts.map(({ definition }) => definition),
    settings,
    name,
    problems,
  );
  return parts.map((part) => {
    const own = [...given].filter(([param]) => ownerOf(parts, param) === part);
    return { ...part, given: new Map([...part.given, ...own]) };
  });
}

function ownerOf(parts: readonly StageRequest[], param: string): StageRequest | undefined {
  return parts.find(({ definition }) => paramsOf(definition).some((known) => known.name === param));
}

function describeUnknown(name: string): StrategyProblem {
  if (name === '') {
    return {
      message: 'expected a name before and after each +, got nothing',
      hints: ['drop-oldest + codel'],
    };
  }
  if (name === 'all') {
    return { message: 'all is for run --strategy alone', hints: ['bpbench run burst --strategy all'] };
  }
  const [word = '', ...rest] = name.split(/\s+/);
  if (isKnown(word) && rest.length > 0) {
    const hint = rest.every((piece) => piece.includes('=')) ? [[word, ...rest].join(',')] : [];
    return { message: `expected , before a parameter and + before a stage in '${name}'`, hints: hint };
  }
  if (name.includes('=')) {
    return {
      message: `expected a name before the parameters, got '${name}'`,
      hints: [`drop-oldest,${name}`],
    };
  }
  return { message: `unknown strategy '${name}'`, hints: hintsForUnknown(name) };
}

function readSettings(
  definitions: readonly Definition[],
  settings: readonly string[],
  name: string,
  problems: StrategyProblem[],
): Map<string, number | string> {
  const known = definitions.flatMap((definition) => paramsOf(definition));
  const given = new Map<string, number | string>();
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    const key = setting.slice(0, equals).trim();
    if (equals < 1) {
      problems.push({ message: `expected key=value after the name, got '${setting}'`, hints: [] });
      continue;
    }
    const param = known.find((candidate) => candidate.key === key);
    if (param === undefined) {
      problems.push(describeUnknownKey(name, key, known));
      continue;
    }
    const read = readValue(param, setting.slice(equals + 1).trim());
    if ('problem' in read) problems.push({ message: read.problem, hints: [] });
    else if (given.has(param.name)) problems.push({ message: `${param.key} is given twice`, hints: [] });
    else given.set(param.name, read.value);
  }
  return given;
}

function describeUnknownKey(name: string, key: string, known: readonly Param[]): StrategyProblem {
  const keys = known.map((param) => param.key);
  const message = `${name} has no parameter '${key}'`;
  const internal = known.find((param) => param.name === key);
  if (internal !== undefined) return { message, hints: [`did you mean ${internal.key}?`] };
  const queueKey = QUEUE_PARAMS.find((param) => param.key === key || param.name === key)?.key;
  if (queueKey !== undefined) {
    return {
      message,
      hints: [`${queueKey} is the queue's: give it to the overflow stage, such as drop-oldest,${queueKey}=…`],
    };
  }
  const takes = keys.length === 0 ? 'it takes no parameters' : `it takes ${keys.join(', ')}`;
  return { message, hints: [didYouMean(key, keys), takes].filter((hint) => hint !== '') };
}

/** Where one queue has room for one only, and why. */
const ONCE: Partial<Record<StageName, string>> = {
  topology: 'queues are joined in one way',
  overflow: 'a full queue has one answer',
  scheduling: 'one rule says what leaves next',
  aqm: 'one rule says what has waited too long',
  ttl: 'there is one limit of age',
};

function findRepetitions(stages: readonly StageRequest[]): StrategyProblem[] {
  const problems: StrategyProblem[] = [];
  const seen = new Map<string, string>();
  for (const { definition } of stages) {
    const { stage, name } = definition;
    const once = isGate(definition) ? 'what leaves is paced once' : ONCE[stage];
    const slot = once === undefined ? name : isGate(definition) ? 'gate' : stage;
    const before = seen.get(slot);
    seen.set(slot, name);
    if (before === undefined) continue;
    problems.push({
      message:
        before === name ? `${name} stands twice` : `two ${stage} stages, ${before} and ${name}: ${once}`,
      hints: [`keep one of them: ${name}`],
    });
  }
  return problems;
}

function isGate(definition: Definition): boolean {
  return definition.stage === 'shaping' && (definition as ShapingDefinition).createGate !== undefined;
}
