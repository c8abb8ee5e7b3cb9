import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import {
  type HistogramCounts,
  mergeCounts,
  quantilesMs,
} from '../../../src/report/charts/histogram-counts.ts';
import type { LatencyColumn } from '../../../src/report/charts/latencies.ts';
import { percentileBand } from '../../../src/report/charts/percentile-band.ts';
import type { SampledRun, Stretch } from '../../../src/report/charts/sampled-run.ts';
import { bootstrapInterval, expandLevel, resampleRuns } from '../../../src/statistics/block-bootstrap.ts';
import { normalQuantile } from '../../../src/statistics/normal.ts';
import { createNoise } from '../../statistics/noise.ts';

const SHARES = [0.5, 0.9, 0.99];
const { random, normal } = createNoise(1, 'bands');

function slotOf(us: number): number {
  const bucket = us < 2048 ? 0 : Math.floor(Math.log2(us)) - 10;
  return bucket * 1024 + Math.floor(us / 2 ** bucket);
}

function toCounts(valuesMs: readonly number[]): HistogramCounts {
  const counts = new Map<number, number>();
  for (const ms of valuesMs) {
    const slot = slotOf(Math.max(1, Math.round(ms * 1000)));
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  const slots = [...counts.keys()].sort((a, b) => a - b);
  return {
    slots: Uint32Array.from(slots),
    counts: Float64Array.from(slots, (slot) => counts.get(slot) ?? 0),
  };
}

/** A phase with these samples in each of its seconds. */
function stretchOf(seconds: readonly (readonly number[])[], fromMs = 0): Stretch {
  const columns = seconds.map((valuesMs, at): LatencyColumn => {
    const startMs = fromMs + at * 1000;
    return { startMs, endMs: startMs + 1000, ...toCounts(valuesMs) };
  });
  return { name: 'steady', fromMs, toMs: fromMs + seconds.length * 1000, columns };
}

function runOf(seconds: readonly (readonly number[])[], undelivered = 0): SampledRun {
  return { stretches: [stretchOf(seconds)], undelivered };
}

function seconds(count: number, valuesOf: (second: number) => readonly number[]): (readonly number[])[] {
  return Array.from({ length: count }, (_, second) => valuesOf(second));
}

/** As the words say it, one histogram after the other: the same draws, and so the same band. */
function naiveBand(runs: readonly SampledRun[], blockLength: number, seed: number, units: number) {
  const { next } = createRandom(seed, 'naive');
  const counts = runs.map(({ stretches }) => stretches.map(({ columns }) => columns.length));
  const drawn = Array.from({ length: 400 }, () => {
    const parts = resampleRuns(counts, blockLength, next).flatMap(({ run, stretches }) =>
      stretches.flatMap((indices, at) =>
        indices.map((index) => runs[run]?.stretches[at]?.columns[index] as LatencyColumn),
      ),
    );
    return quantilesMs(mergeCounts(parts), SHARES);
  });
  return SHARES.map((_, at) => {
    let round = 0;
    return bootstrapInterval(() => drawn[round++]?.[at] ?? null, expandLevel(0.95, units), 400);
  });
}

describe('the band of a percentile curve', () => {
  it('is what merging resampled intervals says, within a run and over runs', () => {
    const steps = (scale: number) => seconds(30, (at) => [1, 2, 3, 5, 8].map((ms) => ms * scale + at / 4));
    const runs = [1, 2, 4, 5].map((scale) => runOf(steps(scale)));
    for (const [those, units] of [[runs.slice(0, 1), 6] as const, [runs, 4] as const]) {
      const band = percentileBand(those, SHARES, createRandom(5, 'naive').next);
      const naive = naiveBand(those, 5, 5, units);
      expect(band?.low).toEqual(naive.map((interval) => interval?.low));
      expect(band?.high).toEqual(naive.map((interval) => interval?.high));
    }
  });

  it('of twelve runs that differ alone is that of the binomial law', () => {
    // Every run serves the same in all of its seconds: 1 ms the first, 12 ms the last. The median of a resample is its
    // sixth run, which is the k-th or below where six of twelve draws are: P(Bin(12, k/12) ≥ 6). Cut off on each side is
    // 1.08 % (Student's 2.201 times sqrt(12/11)). Below: 0.79 % for k = 2, 5.4 % for 3. Above: 1.43 % from 10 on, 0.13 % from 11.
    const runs = Array.from({ length: 12 }, (_, at) => runOf(seconds(5, () => [at + 1])));
    const band = percentileBand(runs, [0.5], createRandom(1, 'golden').next, 20_000);
    expect(Math.floor(band?.low[0] ?? 0)).toBe(3);
    expect(Math.floor(band?.high[0] ?? 0)).toBe(10);
  });

  it('covers the truth as often as it says, where seconds are independent', { timeout: 60_000 }, () => {
    const hits = [0, 0, 0];
    for (let round = 0; round < 120; round++) {
      const run = runOf(seconds(30, () => Array.from({ length: 60 }, () => Math.exp(3 + normal()))));
      const band = percentileBand([run], SHARES, random.next);
      SHARES.forEach((share, at) => {
        const truth = Math.exp(3 + normalQuantile(share));
        const isIn = (band?.low[at] ?? 0) <= truth && truth <= (band?.high[at] ?? 0);
        hits[at] = (hits[at] ?? 0) + (isIn ? 1 : 0);
      });
    }
    // 95 % of 120 are 114, give or take 2.4: below 104 and at 120 of 120 something is wrong.
    for (const hit of hits) expect(hit).toBeGreaterThanOrEqual(104);
    expect(hits.reduce((sum, hit) => sum + hit, 0)).toBeLessThan(360);
  });

  it('is wider than one of single seconds, where neighbours hang together', () => {
    const widths = { blocks: 0, singles: 0 };
    for (let round = 0; round < 8; round++) {
      let level = normal();
      const run = runOf(
        seconds(120, () => {
          level = 0.9 * level + Math.sqrt(1 - 0.81) * normal();
          return Array.from({ length: 20 }, () => Math.exp(3 + level + 0.3 * normal()));
        }),
      );
      const band = percentileBand([run], SHARES, random.next);
      const [singles] = naiveBand([run], 1, round, 120);
      widths.blocks += Math.log((band?.high[0] ?? 0) / (band?.low[0] ?? 1));
      widths.singles += Math.log((singles?.high ?? 0) / (singles?.low ?? 1));
    }
    // Theory: sqrt of 1 + 2 (0.8 · 0.9 + 0.6 · 0.81 + 0.4 · 0.729 + 0.2 · 0.656) = 2.06.
    expect(widths.blocks / widths.singles).toBeGreaterThan(1.6);
    expect(widths.blocks / widths.singles).toBeLessThan(2.8);
  });

  it('resamples each phase by itself: what differs by plan is no chance', () => {
    const calm = stretchOf(seconds(20, () => [1]));
    const burst = stretchOf(
      seconds(20, () => [100]),
      20_000,
    );
    const band = percentileBand([{ stretches: [calm, burst], undelivered: 0 }], [0.49, 0.51], random.next);
    expect(band?.low.map(Math.floor)).toEqual([1, 100]);
    expect(band?.high.map(Math.floor)).toEqual([1, 100]);
  });

  it('counts seconds without an answer as a part of the run', () => {
    // All came in every second block: how many come differs from resample to resample, but never their values.
    const run = runOf(seconds(60, (at) => (at % 10 < 5 ? [7] : [])));
    const band = percentileBand([run], SHARES, random.next);
    expect(band?.low.map(Math.floor)).toEqual([7, 7, 7]);
    expect(band?.high.map(Math.floor)).toEqual([7, 7, 7]);
  });

  it('keeps the share of a run that was never served, and is infinite from there on', () => {
    const run = runOf(
      seconds(20, (at) => [10 + at]),
      20,
    );
    const band = percentileBand([run], [0.49, 0.5, 0.51], random.next);
    expect(band?.high.map(Number.isFinite)).toEqual([true, true, false]);
    expect(band?.low.map(Number.isFinite)).toEqual([true, true, false]);
  });

  it('resamples what was lost with its run: the upper edge is infinite where too many lose', () => {
    const served = runOf(seconds(5, () => [10]));
    const lost: SampledRun = { stretches: [], undelivered: 5 };
    const band = percentileBand([served, served, served, served, lost], [0.3, 0.5], random.next);
    expect(band?.low.map(Math.floor)).toEqual([10, 10]);
    // Three of five draws are the lost run in 5.8 % of all resamples, and four in 0.7 %.
    expect(band?.high[1]).toBe(Number.POSITIVE_INFINITY);
    const none = percentileBand([served, served, served, served], [0.3, 0.999], random.next);
    expect(none?.high.map(Math.floor)).toEqual([10, 10]);
  });

  it('is drawn by the seed', () => {
    const run = runOf(seconds(40, () => Array.from({ length: 30 }, () => Math.exp(normal()))));
    const bandOf = (seed: number) => percentileBand([run], SHARES, createRandom(seed, 'band').next);
    expect(bandOf(1)).toEqual(bandOf(1));
    expect(bandOf(1)).not.toEqual(bandOf(2));
  });

  it('is none of fewer than four blocks, of fewer than four runs, and of nothing', () => {
    const ofSeconds = (count: number) => runOf(seconds(count, (at) => [at + 1]));
    expect(percentileBand([ofSeconds(19)], SHARES, random.next)).toBeNull();
    expect(percentileBand([ofSeconds(20)], SHARES, random.next)).not.toBeNull();
    expect(
      percentileBand(
        [1, 2, 3].map(() => ofSeconds(60)),
        SHARES,
        random.next,
      ),
    ).toBeNull();
    expect(percentileBand([], SHARES, random.next)).toBeNull();
    expect(percentileBand([runOf([])], SHARES, random.next)).toBeNull();
  });

  it('costs no more for hours than for minutes, whatever a record says of its times', () => {
    let draws = 0;
    const counting = (): number => {
      draws++;
      return random.next();
    };
    const [second] = stretchOf([[5, 6, 7]]).columns as [LatencyColumn];
    for (const toMs of [3_600_000, 1e300]) {
      draws = 0;
      const run: SampledRun = {
        stretches: [{ name: 'long', fromMs: 0, toMs, columns: [second] }],
        undelivered: 0,
      };
      expect(percentileBand([run], SHARES, counting, 10)).not.toBeNull();
      expect(draws).toBeLessThanOrEqual(10 * (240 + 1));
    }
  });
});
