/**
 * Uncertainty of anything that can be computed from items in a row, such as a percentile of merged interval
 * histograms. For display: a bootstrap of few runs is too narrow to decide with.
 */
import { requireBetween0And1, requireNoNaN, requireWhole } from './arguments.ts';
import { normalCdf } from './normal.ts';
import { studentQuantile } from './student.ts';

/**
 * One resample by the moving-block bootstrap (Künsch 1989): `count` indices of items, in blocks of `blockLength`
 * neighbours from random places, so that what hangs together in time stays together. Empty for no items; one block is
 * the whole series where it is no longer than a block.
 */
export function resampleBlocks(count: number, blockLength: number, random: () => number): number[] {
  requireWhole('count', count, 0);
  requireWhole('blockLength', blockLength, 1);
  const length = Math.min(blockLength, count);
  const indices: number[] = [];
  while (indices.length < count) {
    const start = Math.floor(random() * (count - length + 1));
    for (let i = start; i < start + length && indices.length < count; i++) indices.push(i);
  }
  return indices;
}

export interface ResampledRun {
  run: number;
  /** Of the items of each of the run's stretches. */
  stretches: number[][];
}

/**
 * One resample of runs, and inside each of its blocks: `counts` holds for every run the number of items of each of its
 * stretches. Blocks come from the stretch that they replace: what differs by plan, such as phases, is no chance.
 */
export function resampleRuns(
  counts: readonly (readonly number[])[],
  blockLength: number,
  random: () => number,
): ResampledRun[] {
  return counts.map(() => {
    const run = Math.floor(random() * counts.length);
    const stretches = (counts[run] as readonly number[]).map((count) =>
      resampleBlocks(count, blockLength, random),
    );
    return { run, stretches };
  });
}

/**
 * The level to ask a percentile interval for, so that it holds `level` where what was resampled were `units` independent
 * things (runs, blocks): it makes up for the bootstrap's variance, which is (units - 1) / units of what it should be, and
 * for the normal law, where few units have Student's. Source: Hesterberg (2015), expanded percentile interval.
 */
export function expandLevel(level: number, units: number): number {
  requireBetween0And1('level', level);
  requireWhole('units', units, 2);
  const reach = Math.sqrt(units / (units - 1)) * studentQuantile((1 + level) / 2, units - 1);
  // Of one or two units the reach is beyond any draw: the largest number below 1 stands for all of them.
  return Math.min(1 - Number.EPSILON, 1 - 2 * normalCdf(-reach));
}

export interface BootstrapInterval {
  low: number;
  high: number;
}

/**
 * The percentile interval of what `draw` computes from one resample, over `rounds` of them. Draws that are `null` (a
 * percentile nobody supports) are left out; `null` where more than half are. ±Infinity is a value like any other.
 */
export function bootstrapInterval(
  draw: () => number | null,
  level = 0.95,
  rounds = 1000,
): BootstrapInterval | null {
  requireBetween0And1('level', level);
  requireWhole('rounds', rounds, 1);
  const drawn = Array.from({ length: rounds }, draw).filter((value) => value !== null);
  if (drawn.length === 0 || drawn.length < rounds / 2) return null;
  requireNoNaN('draw()', drawn);
  const sorted = Float64Array.from(drawn).sort();
  // The same number of draws is cut off at either end, rounded down: never narrower than asked.
  const share = (1 - level) / 2 + 1e-12;
  const cut = Math.min(Math.floor(sorted.length * share), (sorted.length - 1) >> 1);
  return { low: sorted[cut] as number, high: sorted[sorted.length - 1 - cut] as number };
}
