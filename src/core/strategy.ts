/** A strategy: what a boundary does when its producer is faster than its consumer. */

/** One stage with its parameters as numbers in base units (items, bytes, ms, ratios) or names. */
export interface StageSpec {
  readonly stage: 'overflow';
  readonly name: string;
  readonly params: Readonly<Record<string, number | string | boolean>>;
}

/** A composition of stages, as resolved from what the user typed. Today: one overflow stage. */
export interface StrategySpec {
  /** The canonical text; parsing it gives the same strategy again. */
  readonly text: string;
  readonly stages: readonly StageSpec[];
}
