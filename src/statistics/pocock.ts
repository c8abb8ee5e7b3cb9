/**
 * Levels for an experiment that may be looked at more than once, all looks planned before the first one, each after
 * as many blocks again as the first. Pocock 1977: the same level at every look, such that all of them together are
 * wrong no more often than one look at 5 % (two-sided).
 */
export const LOOKS_MAX = 3;

/** By the number of planned looks, by numerical integration (Armitage, McPherson and Rowe 1969). */
const TWO_SIDED = [0.05, 0.0293858, 0.0220516];

export interface LookLevels {
  /** Of each test for `worse` and of each for `better`: one-sided, 2.5 % in all. */
  change: number;
  /** Of each of the two one-sided tests for `same`: 5 % in all for one look, a little less for more. */
  same: number;
}

/** RangeError unless 1, 2 or 3 looks are planned. */
export function lookLevels(looks: number): LookLevels {
  const twoSided = TWO_SIDED[looks - 1];
  if (twoSided === undefined) throw new RangeError(`looks must be 1, 2 or ${LOOKS_MAX}, got ${looks}`);
  return { change: twoSided / 2, same: twoSided };
}
