/**
 * Uncertainty of anything that can be computed from items in a row, such as a percentile of merged interval
 * histograms. For display: a bootstrap of few runs is too narrow to decide with.
 */
import { requireBetween0And1, requireNoNaN, requireWhole } from './arguments.ts';

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
  /** Of the run's items. */
  indices: number[];
}

/** One resample of runs, and inside each of its blocks: `counts` holds the number of items of every run. */
export function resampleRuns(
  counts: readonly number[],
  blockLength: number,
  random: () => number,
): ResampledRun[] {
  return counts.map(() => {
    const run = Math.floor(random() * counts.length);
    return { run, indices: resampleBlocks(counts[run] as number, blockLength, random) };
  });
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
