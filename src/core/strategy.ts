/** A strategy: what a boundary does when its producer is faster than its consumer. */

/** In the order in which an item meets them; `scheduling`, `aqm` and `ttl` act when it is about to leave. */
export const STAGES = [
  'admission',
  'shaping',
  'topology',
  'overflow',
  'scheduling',
  'aqm',
  'ttl',
  'slow-consumer',
] as const;

export type StageName = (typeof STAGES)[number];

/** One stage with its parameters as numbers in base units (items, bytes, ms, ratios) or names. */
export interface StageSpec {
  readonly stage: StageName;
  readonly name: string;
  readonly params: Readonly<Record<string, number | string>>;
}

/** A composition of stages, as resolved from what the user typed, in the order of {@link STAGES}. */
export interface StrategySpec {
  /** The canonical text; parsing it gives the same strategy again. */
  readonly text: string;
  readonly stages: readonly StageSpec[];
}
