/**
 * A fixed piece of JavaScript, timed before each run: it shows a processor that became slower or faster between runs
 * (frequency, heat, a neighbour on the same core), which no randomisation inside of a block takes away.
 */
import { monotonicMs } from '../../core/clock.ts';
import { median } from '../../statistics/descriptive.ts';

/** The kernel is repeated, and its quickest repetition counts: others were put aside by the scheduler meanwhile. */
const REPETITIONS = 100;
/** About 2 ms on a processor of 2020, so all of it takes about 200 ms. */
const STEPS = 600_000;

/** A run whose calibration is further than this from the median of the experiment does not count … */
const TOLERANCE = 0.05;
/**
 * … unless the host's own calibrations scatter more, as they do beside busy neighbours: then what lies outside of three
 * of their standard deviations does not. The scatter is in the intervals anyway; a step or a slide is what must not be.
 */
const SCATTERS = 3;
const TOLERANCE_MAX = 0.5;
/** From the median absolute deviation to the standard deviation, under normal noise. */
const MAD_TO_SD = 1.4826;
/** Fewer calibrations have no middle to speak of. */
const ENOUGH = 3;

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

/** How far `ms` is from the median of `all`, as a share of that; 0 while there are too few to take it of. */
export function driftOf(ms: number, all: readonly number[]): number {
  const middle = median(all);
  return middle === null || all.length < ENOUGH ? 0 : (ms - middle) / middle;
}

/** How far it may be: 5 %, more on a host whose calibrations scatter by themselves, and never more than half. */
export function toleranceOf(all: readonly number[]): number {
  const scatter = median(all.map((ms) => Math.abs(driftOf(ms, all)))) ?? 0;
  return Math.min(Math.max(TOLERANCE, SCATTERS * MAD_TO_SD * scatter), TOLERANCE_MAX);
}

/** Whether a calibration is outside of what the others allow. */
export function isDrifting(ms: number, all: readonly number[]): boolean {
  return Math.abs(driftOf(ms, all)) > toleranceOf(all);
}
