import { describe, expect, it } from 'vitest';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import { compareArms } from '../../src/comparison/compare.ts';
import type { ComparisonInput } from '../../src/comparison/inputs.ts';
import { levelsOf, needsAnotherLook } from '../../src/comparison/looks.ts';
import { METRICS, resolveMetrics } from '../../src/comparison/metrics.ts';
import { marginOf, medianOf, sampleOf, scoreOf } from '../../src/comparison/samples.ts';
import type { MetricSpec, MetricValue } from '../../src/core/comparison.ts';
import { inputOf, makeRun, playVersions } from './runs.ts';
import { around, runsWith } from './values.ts';

const DUEL = { arm: 'now', reference: 'main', calibration: null };
const SPECS = resolveMetrics(makeRun().scenario);
const spec = (name: string): MetricSpec => SPECS.find((one) => one.name === name) as MetricSpec;
const p99s = (...values: MetricValue[]) => values.map((value) => ({ 'all.p99': value }));
const resultOf = (name: string, main: Record<string, MetricValue>[], now: Record<string, MetricValue>[]) =>
  compareArms(runsWith({ main, now }), [DUEL], [spec(name)], levelsOf(1))[0]?.result;

describe('samples', () => {
  it('turn every metric so that more is worse', () => {
    expect(scoreOf(Math.E, spec('all.p99'))).toBe(1);
    expect(scoreOf(Math.E, spec('goodput'))).toBe(-1);
    expect(scoreOf(0.25, spec('loss'))).toBe(0.25);
    expect(scoreOf('inf', spec('all.p99'))).toBe(Number.POSITIVE_INFINITY);
    expect(scoreOf(null, spec('all.p99'))).toBeNull();
  });

  it('count what lies below the floor as the floor', () => {
    expect(scoreOf(0, spec('all.p99'))).toBe(Math.log(0.01));
    expect(scoreOf(0, spec('queueMax'))).toBe(0);
    expect(scoreOf(1000, spec('rss'))).toBe(Math.log(1024 ** 2));
    for (const name of Object.keys(METRICS)) expect(Number.isFinite(scoreOf(0, spec(name)))).toBe(true);
  });

  it('have margins on the same scale', () => {
    expect([marginOf(spec('all.p99')), marginOf(spec('loss')), marginOf(spec('leaked'))]).toEqual([
      Math.log1p(0.1),
      0.005,
      0,
    ]);
  });

  it('are pairs within blocks, lists where there are none', () => {
    const runs = runsWith({ main: p99s(10, 20), now: p99s(20, 10) });
    expect(sampleOf(runs, DUEL, spec('all.p99'))).toEqual({
      type: 'paired',
      differences: [Math.log(20) - Math.log(10), Math.log(10) - Math.log(20)],
    });
    const unpaired = runs.map((run) => ({ ...run, block: null }));
    expect(sampleOf(unpaired, DUEL, spec('all.p99'))).toEqual({
      type: 'unpaired',
      a: [10, 20].map(Math.log),
      b: [20, 10].map(Math.log),
    });
  });

  it('are none at all where a single run has no value', () => {
    const runs = runsWith({ main: p99s(10, 20), now: p99s(20, null) });
    expect(sampleOf(runs, DUEL, spec('all.p99'))).toEqual({ type: 'none', reason: 'insufficient' });
    expect(sampleOf(runs, DUEL, spec('rss'))).toEqual({ type: 'none', reason: 'no-data' });
    expect(sampleOf([], DUEL, spec('rss'))).toEqual({ type: 'none', reason: 'no-data' });
  });

  it('go through the arms that calibrate, each at its own time', () => {
    const runs = runsWith({ base: p99s(10, 11), baseR: p99s(5, 5), now: p99s(40, 44), nowR: p99s(20, 20) });
    const duel = { arm: 'now', reference: 'base', calibration: { now: 'nowR', before: 'baseR' } };
    // The host is four times slower, and so is everything on it.
    const samples = sampleOf(runs, duel, spec('all.p99'));
    if (samples.type !== 'unpaired') throw new Error(samples.type);
    expect(samples.b.map((b, index) => b - (samples.a[index] as number))).toEqual([
      expect.closeTo(0, 12),
      expect.closeTo(0, 12),
    ]);
  });

  it('have a median that may be infinite', () => {
    expect([
      medianOf([1, 3, 'inf']),
      medianOf([1, 'inf', 'inf']),
      medianOf([1, 'inf']),
      medianOf([]),
      medianOf([1, null]),
    ]).toEqual([3, 'inf', 'inf', null, null]);
  });
});

describe('infinity', () => {
  const eight = (...values: MetricValue[]) =>
    Array.from({ length: 8 }, (_, index) => ({ 'all.p99': values[index % values.length] as MetricValue }));

  it('in one arm is worse than every number, and has no figure', () => {
    const fine = around({ 'all.p99': 10 }, 8);
    expect(resultOf('all.p99', fine, eight('inf'))).toMatchObject({
      ...{ n: 8, value: 'inf', verdict: 'worse', estimate: null, interval95: null, minimumDetectable: null },
      pWorse: 2 ** -8,
    });
    expect(resultOf('all.p99', eight('inf'), fine)).toMatchObject({
      verdict: 'better',
      referenceValue: 'inf',
      estimate: null,
    });
  });

  it('in both arms is not compared', () => {
    expect(resultOf('all.p99', eight('inf'), eight('inf'))).toMatchObject({
      n: 0,
      verdict: 'inconclusive',
      reason: 'inf-in-both',
      value: 'inf',
    });
    // Blocks in which both are infinite prove nothing, least of all that they are the same.
    expect(resultOf('all.p99', eight('inf'), eight('inf', 'inf', 'inf', 10))).toMatchObject({
      n: 2,
      verdict: 'inconclusive',
    });
  });

  it('in some runs is an outlier like any other: it has a rank, and the figures stay where they do not depend on it', () => {
    const fine = (count: number) => around({ 'all.p99': 10 }, count);
    const inf = { 'all.p99': 'inf' as const };
    const one = resultOf('all.p99', fine(10), [...fine(9), inf]);
    expect(one).toMatchObject({ n: 10, verdict: 'same', interval95: null });
    expect(one?.interval90?.high).toBeLessThan(0.02);
    const two = resultOf('all.p99', fine(10), [...fine(8), inf, inf]);
    expect(two).toMatchObject({ n: 10, verdict: 'inconclusive', reason: 'infinite', interval90: null });
    expect(Math.abs(two?.estimate ?? 1)).toBeLessThan(0.02);
    for (const result of [one, two]) expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });
});

describe('exact metrics', () => {
  it('go by the worst run, and any difference counts', () => {
    const leaked = (...values: number[]) => values.map((value) => ({ leaked: value }));
    expect(resultOf('leaked', leaked(0, 0, 0), leaked(0, 0, 1))).toMatchObject({
      verdict: 'worse',
      value: 1,
      referenceValue: 0,
      pWorse: null,
    });
    expect(resultOf('leaked', leaked(0, 2), leaked(1, 1))).toMatchObject({ verdict: 'better' });
    expect(resultOf('leaked', leaked(0, 2), leaked(2, 0))).toMatchObject({ verdict: 'same' });
  });
});

describe('looks', () => {
  it('have the levels of Pocock', () => {
    expect(levelsOf(1)).toEqual({ change: 0.025, same: 0.05 });
    expect(levelsOf(2).change).toBeCloseTo(0.0147, 4);
    expect(levelsOf(3).same).toBeCloseTo(0.0221, 4);
    expect(() => levelsOf(4)).toThrow(RangeError);
  });

  it('are worth it while something is open and looks are left', () => {
    const look = (looksUsed: number, noise: number, change: Partial<ComparisonInput> = {}) => {
      const input = inputOf(playVersions(1, 10, noise), change);
      return needsAnotherLook(
        buildComparison({ ...input, design: { ...input.design, looksPlanned: 3, looksUsed } }),
      );
    };
    expect([look(1, 0.2), look(2, 0.2), look(3, 0.2), look(1, 0.005)]).toEqual([true, true, false, false]);
    expect(look(1, 0.2, { metrics: { notGated: ['*'] } })).toBe(false);
    expect(look(1, 0.005, { isBaselineMissing: true })).toBe(false);
    // Strategies against each other have no gate, and are played on for the words of the matrix.
    const lost = playVersions(1, 10, 0.005).map((run) => ({
      ...run,
      record: makeRun({ p99Ms: 'inf', seed: run.block ?? 0 }),
    }));
    const versus = inputOf(lost, { mode: 'versus' });
    const record = buildComparison({ ...versus, design: { ...versus.design, looksPlanned: 3 } });
    expect(record.results.find(({ metric }) => metric === 'all.p99')?.reason).toBe('inf-in-both');
    expect(needsAnotherLook(record)).toBe(false);
    expect([look(1, 0.2, { mode: 'versus' }), look(1, 0.005, { mode: 'versus' })]).toEqual([true, false]);
  });
});
