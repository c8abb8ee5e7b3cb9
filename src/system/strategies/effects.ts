/** What a part does as it is set: some do one thing or another. */
import type { StageSpec } from '../../core/strategy.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import { type Definition, defaultsOf, type Effects, type Params } from './definition.ts';
import { findDefinition } from './registry.ts';

export function effectsOf(definition: Definition, params: Params): Effects {
  if (definition.stage !== 'overflow') return definition.effects;
  const policy = definition as OverflowPolicy;
  return (policy.configure?.({ ...defaultsOf(policy), ...params } as Params) ?? policy).effects;
}

/** Of a stage as resolved; none for a name that nobody knows. */
export function effectsOfStage({ name, params }: StageSpec): Effects {
  const definition = findDefinition(name);
  return definition === undefined ? {} : effectsOf(definition, params);
}
