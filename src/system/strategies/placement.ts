/** Where a strategy may stand: the answer of the legality rules for each boundary. */
import { BOUNDARY_NAMES, type BoundaryName } from '../../core/boundary.ts';
import type { Ruling, RulingLevel } from './legality.ts';
import { readStrategy } from './parse.ts';

export interface Placement {
  readonly boundary: BoundaryName;
  /** The worst that is said; `legal` when nothing is. */
  readonly verdict: RulingLevel | 'legal';
  /** All of that level. */
  readonly rulings: readonly Ruling[];
}

/**
 * What is to be said at each boundary of a strategy without mistakes. Of an overflow stage that it does not name itself, and
 * that the boundary adds, only what concerns both.
 */
export function placementsOf(text: string): readonly Placement[] {
  return BOUNDARY_NAMES.map((boundary) => {
    const { rulings, assumed } = readStrategy(text, boundary);
    const told = rulings.filter(({ parts }) => parts.some((part) => part !== assumed));
    const verdict = told[0]?.level ?? 'legal';
    return { boundary, verdict, rulings: told.filter(({ level }) => level === verdict) };
  });
}
