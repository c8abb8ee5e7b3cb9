/**
 * How uncertain a percentile curve is: the moving-block bootstrap within a run, the hierarchical one (runs, then blocks)
 * over several. For display: nothing is decided by it.
 *
 * Neighbouring seconds share garbage collections, queues and noise, so blocks of at least five seconds are resampled and
 * never single requests, which would promise far too much. Phases differ by plan: each is resampled by itself.
 *
 * What was never served has no moment, so it is spread over nothing: a resampled run loses the share that the run lost.
 * Within one run that share is fixed; over runs it differs as the runs do.
 */
import {
  bootstrapInterval,
  expandLevel,
  type ResampledRun,
  resampleRuns,
} from '../../statistics/block-bootstrap.ts';
import { mergeCounts, slotValueUs } from './histogram-counts.ts';
import { countSamples, type SampledRun, type Stretch } from './sampled-run.ts';

export const LEVEL = 0.95;
/** By simulation: bands of three blocks or three runs miss the truth in one case of six. */
export const MIN_BLOCKS = 4;
export const MIN_RUNS = 4;
export const BLOCK_MS = 5000;

/** Items of a block, which begins at any of them: second by second where it lasts five. */
const BLOCK_ITEMS = 5;
/** Of one resample, over all runs (but `MIN_BLOCKS` of each stretch): longer runs have longer blocks, not slower pages. */
const MAX_BLOCKS = 240;
const ROUNDS = 400;
/** Of equal height on the logarithmic axis: each is less than a pixel of the plot. */
const BINS = 256;

export interface PercentileBand {
  /** In milliseconds, as many as shares. `Infinity`: never served. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The phase of a run that is too short to say how uncertain the run is; `null` where all are long enough. */
export function findShortPhase({ stretches }: SampledRun): Stretch | null {
  return stretches.find((stretch) => countBlocks(stretch) < MIN_BLOCKS) ?? null;
}

/**
 * The 95 % band of percentiles over all that was offered. `shares` rise, 0 to 1; `random` is uniform in [0, 1).
 * `null` where there are no samples, or too few blocks or runs to tell.
 */
export function percentileBand(
  runs: readonly SampledRun[],
  shares: readonly number[],
  random: () => number,
  rounds = ROUNDS,
): PercentileBand | null {
  const [first] = runs;
  if (first === undefined || (runs.length === 1 ? findShortPhase(first) !== null : runs.length < MIN_RUNS))
    return null;
  const bins = binSamples(runs);
  if (bins === null) return null;
  const stretchCount = runs.reduce((sum, { stretches }) => sum + stretches.length, 0);
  const maxBlocks = Math.max(MIN_BLOCKS, Math.floor(MAX_BLOCKS / stretchCount));
  const blocks = runs.map((run) => toBlocks(run, bins, maxBlocks));
  const counts = blocks.map(({ stretches }) => stretches.map(({ items }) => items));
  const drawn = shares.map((): (number | null)[] => []);
  const total = new Float64Array(bins.size);
  for (let round = 0; round < rounds; round++) {
    const sums = addUp(resampleRuns(counts, BLOCK_ITEMS, random), blocks, total);
    readBins(total, sums, shares).forEach((bin, at) => {
      drawn[at]?.push(bin);
    });
  }
  const level = expandLevel(LEVEL, runs.length > 1 ? runs.length : countUnits(counts[0] ?? []));
  const intervals = drawn.map((values) => {
    let next = 0;
    return bootstrapInterval(() => values[next++] ?? null, level, rounds);
  });
  const toMs = (valuesMs: Float64Array, bin: number | undefined): number =>
    valuesMs[bin ?? Number.POSITIVE_INFINITY] ?? Number.POSITIVE_INFINITY;
  return {
    low: intervals.map((interval) => toMs(bins.lowMs, interval?.low)),
    high: intervals.map((interval) => toMs(bins.highMs, interval?.high)),
  };
}

/** Whole ones; a phase of 20 s that the clock ended 10 ms early has all of its four. */
function countBlocks({ fromMs, toMs }: Stretch): number {
  return Math.floor(Math.round((toMs - fromMs) / 1000) / (BLOCK_MS / 1000));
}

/** How many blocks could differ: each phase's are compared with each other. */
function countUnits(itemCounts: readonly number[]): number {
  const blocks = itemCounts.reduce((sum, items) => sum + items / BLOCK_ITEMS, 0);
  return Math.max(2, blocks - itemCounts.length + 1);
}

interface Bins {
  readonly size: number;
  /** By slot of the histograms. */
  readonly ofSlot: Int32Array;
  /** Of the smallest and of the largest sample in each bin: edges are rounded outwards. */
  readonly lowMs: Float64Array;
  readonly highMs: Float64Array;
}

/** Slots that hold samples, neighbours of nearly equal values in one bin. */
function binSamples(runs: readonly SampledRun[]): Bins | null {
  const columns = runs.flatMap(({ stretches }) => stretches.flatMap((stretch) => stretch.columns));
  const { slots } = mergeCounts(columns);
  if (slots.length === 0) return null;
  const upperUs = Array.from(slots, (slot) => slotValueUs(slot + 1));
  const smallest = Math.log(upperUs[0] ?? 1);
  const step = (Math.log(upperUs.at(-1) ?? 1) - smallest) / BINS;
  const ofSlot = new Int32Array((slots.at(-1) ?? 0) + 1);
  const lowMs = new Float64Array(BINS + 1);
  const highMs = new Float64Array(BINS + 1);
  let size = 0;
  let last = Number.NaN;
  slots.forEach((slot, at) => {
    const us = upperUs[at] ?? 1;
    const place = slots.length <= BINS ? at : Math.floor((Math.log(us) - smallest) / step);
    if (place !== last) lowMs[size++] = (us - 1) / 1000;
    last = place;
    highMs[size - 1] = (us - 1) / 1000;
    ofSlot[slot] = size - 1;
  });
  return { size, ofSlot, lowMs: lowMs.subarray(0, size), highMs: highMs.subarray(0, size) };
}

interface RunBlocks {
  readonly stretches: readonly StretchBlocks[];
  /** Never served for each that was; of a run that served nothing, its lost work itself. */
  readonly lostPerServed: number;
  readonly lost: number;
}

interface StretchBlocks {
  /** A whole number of blocks. */
  readonly items: number;
  /** Samples of the block that begins at each item: a row of bins for each. */
  readonly rows: Float64Array;
  /** How many those are, by item. */
  readonly served: readonly number[];
}

function toBlocks({ stretches, undelivered }: SampledRun, bins: Bins, maxBlocks: number): RunBlocks {
  const blocks = stretches.map((stretch) => blocksOf(stretch, bins, maxBlocks));
  const served = stretches.reduce((sum, stretch) => sum + countSamples(stretch), 0);
  const lostPerServed = served > 0 ? undelivered / served : 0;
  return { stretches: blocks, lostPerServed, lost: served > 0 ? 0 : undelivered };
}

function blocksOf(stretch: Stretch, { size, ofSlot }: Bins, maxBlocks: number): StretchBlocks {
  const { fromMs, toMs, columns } = stretch;
  const items = Math.min(maxBlocks, Math.max(1, countBlocks(stretch))) * BLOCK_ITEMS;
  const itemMs = Math.max(1, (toMs - fromMs) / items);
  const rows = new Float64Array(items * size);
  for (const { startMs, endMs, slots, counts } of columns) {
    const item = Math.floor(((startMs + endMs) / 2 - fromMs) / itemMs);
    const row = Math.min(items - 1, Math.max(0, item)) * size;
    for (let at = 0; at < slots.length; at++) {
      const place = row + (ofSlot[slots[at] as number] as number);
      rows[place] = (rows[place] as number) + (counts[at] as number);
    }
  }
  // From items to blocks: each takes in those behind it, which are still items.
  for (let item = 0; item < items; item++) {
    const block = rows.subarray(item * size, (item + 1) * size);
    const end = Math.min(items, item + BLOCK_ITEMS);
    for (let behind = item + 1; behind < end; behind++) addRow(block, rows, behind * size);
  }
  const served = Array.from({ length: items }, (_, item) =>
    rows.subarray(item * size, (item + 1) * size).reduce((sum, count) => sum + count, 0),
  );
  return { items, rows, served };
}

/** The one loop that counts: a sum kept beside it would make it four times as slow. */
function addRow(to: Float64Array, from: Float64Array, fromAt: number): void {
  for (let bin = 0; bin < to.length; bin++) to[bin] = (to[bin] as number) + (from[fromAt + bin] as number);
}

/** All samples of a resample into `total`; how many were served and lost. */
function addUp(
  resampled: readonly ResampledRun[],
  runs: readonly RunBlocks[],
  total: Float64Array,
): { served: number; lost: number } {
  total.fill(0);
  let served = 0;
  let lost = 0;
  for (const { run, stretches } of resampled) {
    const blocks = runs[run] as RunBlocks;
    let ofRun = 0;
    stretches.forEach((indices, stretch) => {
      const block = blocks.stretches[stretch] as StretchBlocks;
      // `resampleBlocks` answers neighbours: the first of each block stands for them.
      for (let at = 0; at < indices.length; at += BLOCK_ITEMS) {
        const first = indices[at] as number;
        addRow(total, block.rows, first * total.length);
        ofRun += block.served[first] as number;
      }
    });
    served += ofRun;
    lost += blocks.lost + blocks.lostPerServed * ofRun;
  }
  return { served, lost };
}

/** The bin of each share of all that was offered; `Infinity` for what was never served, `null` where nothing was offered. */
function readBins(
  total: Float64Array,
  { served, lost }: { served: number; lost: number },
  shares: readonly number[],
): (number | null)[] {
  const offered = served + lost;
  if (offered === 0) return shares.map(() => null);
  let seen = 0;
  let bin = -1;
  return shares.map((share) => {
    const rank = share * offered;
    if (rank > served + 1e-9 * offered) return Number.POSITIVE_INFINITY;
    const wanted = Math.min(served, Math.max(1, Math.ceil(rank - 1e-9 * offered)));
    while (seen < wanted && bin < total.length - 1) seen += total[++bin] as number;
    return Math.max(0, bin);
  });
}
