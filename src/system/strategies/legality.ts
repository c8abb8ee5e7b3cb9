/** Which strategies make no sense or are dangerous where; asked before anything starts. */
import { BOUNDARIES, type BoundaryFacts, type BoundaryName } from '../../core/boundary.ts';
import type { StrategySpec } from '../../core/strategy.ts';
import { BOUNDARY_RULES, findNotes } from './boundary-rules.ts';
import { COMPOSITION_RULES } from './composition-rules.ts';
import type { Definition, Effects, Params } from './definition.ts';
import { effectsOf } from './effects.ts';
import { findDefinition } from './registry.ts';

/**
 * `refused`: it must not stand there. `warning`: it may, and something is likely to go otherwise than meant;
 * said before a run. `note`: what to know of it, for those who ask.
 */
export type RulingLevel = 'refused' | 'warning' | 'note';

export interface Ruling {
  readonly level: RulingLevel;
  readonly code: string;
  /** The names of the parts that it is about. */
  readonly parts: readonly string[];
  /** Which parts, and what they do. */
  readonly does: string;
  /** What comes of it, and what to use instead. */
  readonly harm: string;
}

/** A ruling as one sentence. */
export function tell({ does, harm }: Ruling): string {
  return `${does}: ${harm}`;
}

/** A stage as the rules see it. */
export interface Part {
  readonly definition: Definition;
  readonly params: Params;
  readonly effects: Effects;
}

export interface Site {
  readonly name: string;
  readonly facts: BoundaryFacts;
}

/** All rulings on a strategy at a boundary, refusals first. Empty: it may stand there without a word. */
export function findRulings(spec: StrategySpec, boundary: BoundaryName): Ruling[] {
  const parts = spec.stages.flatMap(({ name, params }): Part[] => {
    const definition = findDefinition(name);
    return definition === undefined ? [] : [toPart(definition, params)];
  });
  return judge(parts, { name: boundary, facts: BOUNDARIES[boundary] });
}

/** The same on parts at a place that need not be in any registry. */
export function judge(parts: readonly Part[], site: Site): Ruling[] {
  const rulings = [
    ...parts.flatMap((part) => BOUNDARY_RULES.map((rule) => rule(part, site))),
    ...COMPOSITION_RULES.map((rule) => rule(parts)),
    ...findNotes(parts, site),
  ].filter((ruling) => ruling !== undefined);
  return LEVELS.flatMap((level) => rulings.filter((ruling) => ruling.level === level));
}

const LEVELS: readonly RulingLevel[] = ['refused', 'warning', 'note'];

/** What is to be said before a run that may go on. */
export function findWarnings(spec: StrategySpec, boundary: BoundaryName): string[] {
  return findRulings(spec, boundary)
    .filter((ruling) => ruling.level === 'warning')
    .map(tell);
}

function toPart(definition: Definition, params: Params): Part {
  return { definition, params, effects: effectsOf(definition, params) };
}
