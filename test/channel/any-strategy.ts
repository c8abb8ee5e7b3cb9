/** Strategies put together from whatever the registries hold, with values small enough to matter. */
import type { BoundaryName } from '../../src/core/boundary.ts';
import { BOUNDARIES } from '../../src/core/boundary.ts';
import { createRandom, type Random } from '../../src/core/random.ts';
import { STAGES, type StageName, type StageSpec, type StrategySpec } from '../../src/core/strategy.ts';
import {
  type Definition,
  defaultsOf,
  type NumberParam,
  type Param,
} from '../../src/system/strategies/definition.ts';
import { findRulings } from '../../src/system/strategies/legality.ts';
import { DEFINITIONS, findDefinition } from '../../src/system/strategies/registry.ts';
import type { Factors, Row } from '../helpers/pairwise.ts';

export const NONE = 'none';

/** Every sound part by its stage, with `none` where a stage may be left out. */
export const PARTS_BY_STAGE: Factors = Object.fromEntries(
  STAGES.map((stage) => {
    const names = DEFINITIONS.filter((one) => one.stage === stage && one.specimen !== true).map(
      ({ name }) => name,
    );
    return [stage, [NONE, ...names]];
  }),
);

export function specOf(names: readonly string[], seed: number): StrategySpec {
  const random = createRandom(seed, names.join('+'));
  const stages = names.map((name) => stageOf(findDefinition(name) as Definition, random));
  const byStage = (stage: StageName): StageSpec[] => stages.filter((one) => one.stage === stage);
  return { text: names.join('+'), stages: STAGES.flatMap(byStage) };
}

export function namesOf(row: Row): string[] {
  return Object.values(row).filter((name) => name !== NONE);
}

/** Whether it may stand at any boundary: with an overflow policy, unless something else is the queue. */
export function isLegal(names: readonly string[]): boolean {
  const definitions = names.map((name) => findDefinition(name) as Definition);
  const hasQueue = definitions.some(
    ({ stage, effects }) => stage === 'overflow' || effects.replacesQueue === true,
  );
  const spec = specOf(names, 0);
  return hasQueue && isNowhereRefused(spec);
}

/** Asked about the beginnings of a strategy too: whether all that stands there may stand together. */
export function mayStandTogether(names: readonly string[]): boolean {
  return isNowhereRefused(specOf(names, 0));
}

function isNowhereRefused(spec: StrategySpec): boolean {
  return (Object.keys(BOUNDARIES) as BoundaryName[]).some((boundary) =>
    findRulings(spec, boundary).every(({ level }) => level !== 'refused'),
  );
}

function stageOf(definition: Definition, random: Random): StageSpec {
  const { stage, name } = definition;
  const defaults = defaultsOf(definition);
  let params = defaults;
  // Some small values make no sense together: then others, and at last the defaults.
  for (let attempt = 0; attempt < 20; attempt++) {
    const drawn = Object.fromEntries(
      definition.params.map((param) => [param.name, drawValue(param, random)]),
    );
    if (definition.findProblem?.(drawn) !== undefined) continue;
    params = drawn;
    break;
  }
  if (stage !== 'overflow') return { stage, name, params };
  const bounds = {
    capacityItems: 1 + random.int(5),
    capacityBytes: random.int(2) === 0 ? 0 : 30 + random.int(120),
    maxWaiters: random.int(5),
  };
  return { stage, name, params: { ...params, ...bounds } };
}

function drawValue(param: Param, random: Random): number | string {
  if ('choices' in param) return param.choices[random.int(param.choices.length)] as string;
  const { min, max = Number.POSITIVE_INFINITY } = param;
  return Math.min(Math.max(drawSmallValue(param, random), min), max);
}

function drawSmallValue({ unit, default: byDefault }: NumberParam, random: Random): number {
  switch (unit) {
    case 'items':
    case 'offers':
    case 'count':
      return 1 + random.int(8);
    case 'bytes':
      return 20 + random.int(300);
    case 'ms':
      return 1 + random.int(15);
    case 'perSec':
      return 100 + random.int(2000);
    case 'share':
    case 'number':
      return byDefault ?? 0;
  }
}
