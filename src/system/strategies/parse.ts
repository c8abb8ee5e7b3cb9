/** From what the user typed to a strategy with every value resolved. */
import { BOUNDARIES, type BoundaryName } from '../../core/boundary.ts';
import { BenchError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import type { StrategySpec } from '../../core/strategy.ts';
import { BYTES_EXPECTED, parseBytes } from '../../core/units.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import { findOverflowPolicy, OVERFLOW_POLICIES, OVERFLOW_POLICY_WORDS } from '../overflow/registry.ts';
import type { NumberParam } from './definition.ts';
import { findStrategyProblem, ONE_POLICY_FOR_NOW } from './legality.ts';
import { QUEUE_PARAMS } from './queue-params.ts';

/**
 * Reads `name[,key=value…]`, for example `drop-oldest,capacity=64,bytes=1MiB`.
 *
 * Every parameter is in the result, in base units (items, bytes, offers); `capacity` defaults to the
 * boundary's own. `text` is canonical: the policy's own name, and in fixed order only the parameters that
 * differ from their defaults at this boundary; parsed there again, it gives the same strategy.
 *
 * Errors: BPB_ERR_STRATEGY for an unknown name or parameter (with the nearest ones), a value out of its
 * range, a parameter given twice, and a composition of several stages.
 */
export function parseStrategy(text: string, boundary: BoundaryName): StrategySpec {
  const [nameText = '', ...settings] = text.split(',').map((part) => part.trim());
  if (nameText.includes('+')) throw strategyError(text, ONE_POLICY_FOR_NOW, ['give one name without +']);
  const policy = findOverflowPolicy(nameText) ?? failUnknownName(nameText);
  const known = [...QUEUE_PARAMS, ...(policy.params as readonly NumberParam[])];

  const given = new Map<string, number>();
  for (const setting of settings) {
    const [param, value] = parseSetting(text, policy, known, setting);
    if (given.has(param.name)) throw strategyError(text, `${param.key} is given twice`);
    given.set(param.name, value);
  }

  const params: Record<string, number> = {};
  const words = [policy.name];
  for (const param of known) {
    const byDefault = param.default ?? BOUNDARIES[boundary].capacityItems;
    const value = given.get(param.name) ?? byDefault;
    params[param.name] = value;
    if (value !== byDefault) words.push(`${param.key}=${formatValue(param, value)}`);
  }
  const spec: StrategySpec = {
    text: words.join(','),
    stages: [{ stage: 'overflow', name: policy.name, params }],
  };
  const problem = findStrategyProblem(spec, boundary);
  if (problem !== undefined) throw new BenchError('BPB_ERR_STRATEGY', problem);
  return spec;
}

function parseSetting(
  text: string,
  policy: OverflowPolicy,
  known: readonly NumberParam[],
  setting: string,
): [NumberParam, number] {
  const equals = setting.indexOf('=');
  const key = setting.slice(0, equals).trim();
  const valueText = setting.slice(equals + 1).trim();
  if (equals < 1) throw strategyError(text, `expected key=value after the name, got '${setting}'`);
  const param = known.find((candidate) => candidate.key === key || candidate.name === key);
  if (param === undefined) {
    const keys = known.map((candidate) => candidate.key);
    throw strategyError(text, `${policy.name} has no parameter '${key}'`, [
      didYouMean(key, keys),
      `it takes ${keys.join(', ')}`,
    ]);
  }
  const problem = findValueProblem(param, valueText);
  if (problem !== undefined) throw strategyError(text, problem);
  return [param, parseValue(param, valueText) as number];
}

function findValueProblem(param: NumberParam, valueText: string): string | undefined {
  const value = parseValue(param, valueText);
  if (value !== undefined && Number.isSafeInteger(value) && value >= param.min) return undefined;
  const expected =
    param.unit === 'bytes'
      ? `${BYTES_EXPECTED}, ${param.min} or more`
      : `a whole number, ${param.min} or more`;
  return `${param.key} must be ${expected}, got '${valueText}'`;
}

function parseValue(param: NumberParam, valueText: string): number | undefined {
  if (param.unit === 'bytes') return parseBytes(valueText);
  return /^\d+$/.test(valueText) ? Number(valueText) : undefined;
}

/** The shortest text that reads back exactly. */
function formatValue(param: NumberParam, value: number): string {
  if (param.unit !== 'bytes' || value === 0) return String(value);
  for (const [unit, bytes] of BYTE_UNITS) if (value % bytes === 0) return `${value / bytes}${unit}`;
  return String(value);
}

const BYTE_UNITS: readonly [unit: string, bytes: number][] = [
  ['GiB', 1024 ** 3],
  ['GB', 1e9],
  ['MiB', 1024 ** 2],
  ['MB', 1e6],
  ['KiB', 1024],
  ['KB', 1e3],
];

function failUnknownName(name: string): never {
  if (name === '') throw new BenchError('BPB_ERR_STRATEGY', 'a strategy needs a name, got an empty text');
  throw new BenchError(
    'BPB_ERR_STRATEGY',
    `unknown strategy '${name}'`,
    hintsOf([
      ...synonymHints(name),
      didYouMean(name, OVERFLOW_POLICY_WORDS),
      'bpbench list strategies shows them all',
    ]),
  );
}

/** What other libraries call our policies, with the warning where a name means two things. */
function synonymHints(name: string): string[] {
  const wanted = withoutPunctuation(name);
  return Object.values<OverflowPolicy>(OVERFLOW_POLICIES).flatMap(({ name: ours, details }) => {
    const synonym = details.alsoCalled.find((entry) => withoutPunctuation(entry.name) === wanted);
    if (synonym === undefined) return [];
    const hint = `${synonym.name} (${synonym.where}) is ${ours} here`;
    return details.namingTrap?.includes(synonym.name) ? [hint, details.namingTrap] : [hint];
  });
}

function withoutPunctuation(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function strategyError(text: string, problem: string, hints: readonly string[] = []): BenchError {
  return new BenchError('BPB_ERR_STRATEGY', `strategy '${text}': ${problem}`, hintsOf(hints));
}

function hintsOf(hints: readonly string[]): { hints: string[] } {
  return { hints: hints.filter((hint) => hint !== '') };
}
