/**
 * A fixed piece of JavaScript, timed before each run: it shows a processor that became slower or faster between the runs
 * of a block (frequency, heat, a neighbour on the same core). What differs between blocks cancels in the pairs.
 */
import { monotonicMs } from '../../core/clock.ts';

/** The kernel is repeated, and its quickest repetition counts: others were put aside by the scheduler meanwhile. */
const REPETITIONS = 100;
/** About 2 ms on a processor of 2020, so all of it takes about 200 ms. */
const STEPS = 600_000;

/** Runs of one block before which the kernel took times further apart than this had different processors. */
const TOLERANCE = 0.05;

/** Milliseconds that the kernel takes at best. Blocks the event loop for about 200 ms. */
export function calibrate(): number {
  let bestMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPETITIONS; i++) {
    const startMs = monotonicMs();
    churn(STEPS);
    bestMs = Math.min(bestMs, monotonicMs() - startMs);
  }
  return bestMs;
}

/** Whole-number arithmetic in registers: nothing to allocate, nothing to collect, one result so that none is left out. */
function churn(steps: number): number {
  let state = 0x9e3779b9;
  for (let i = 0; i < steps; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state = Math.imul(state, 0x85ebca6b) | 1;
  }
  return state;
}

/** By how much the slowest of `all` took longer than the quickest, as a share of that; 0 for fewer than two. */
export function spreadOf(all: readonly number[]): number {
  return all.length < 2 ? 0 : Math.max(...all) / Math.min(...all) - 1;
}

export function isUneven(all: readonly number[]): boolean {
  return spreadOf(all) > TOLERANCE;
}
