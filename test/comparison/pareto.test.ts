import { describe, expect, it } from 'vitest';
import { resolveMetrics } from '../../src/comparison/metrics.ts';
import { findPareto, readDominance } from '../../src/comparison/pareto.ts';
import type { ArmRun, MetricValue } from '../../src/core/comparison.ts';
import { makeRun } from './runs.ts';
import { runsWith } from './values.ts';

const METRICS = resolveMetrics(makeRun().scenario);
const GOOD = { loss: 0.1, ageP99: 100, 'all.p99': 10, bytes: 1e7, blocked: 1000, cpu: 4000 };

function dominatedBy(arms: Readonly<Record<string, Record<string, MetricValue>>>): Record<string, string[]> {
  const runs = runsWith(
    Object.fromEntries(Object.entries(arms).map(([arm, values]) => [arm, [values, values]])),
  );
  const points = findPareto(runs, Object.keys(arms), METRICS);
  return Object.fromEntries(points.map((point) => [point.arm, point.dominatedBy]));
}

describe('Pareto front', () => {
  it('names whom nobody has a reason to choose, and by whom', () => {
    expect(
      dominatedBy({
        block: { ...GOOD, loss: 0, blocked: 60_000 },
        drop: { ...GOOD, blocked: 0 },
        bad: { ...GOOD, loss: 0.2, bytes: 2e7 },
        worst: { ...GOOD, loss: 0.3, bytes: 3e7, blocked: 90_000 },
      }),
    ).toEqual({ block: [], drop: [], bad: ['drop'], worst: ['block', 'drop', 'bad'] });
  });

  it('takes what lies within the margin for equal', () => {
    expect(dominatedBy({ a: GOOD, b: { ...GOOD, loss: 0.1049, cpu: 4390 } })).toEqual({ a: [], b: [] });
    expect(dominatedBy({ a: GOOD, b: { ...GOOD, loss: 0.1051 } })).toEqual({ a: [], b: ['a'] });
    // A little better here does not make up for much worse there.
    expect(dominatedBy({ a: GOOD, b: { ...GOOD, cpu: 3900, bytes: 2e7 } })).toEqual({ a: [], b: ['a'] });
  });

  it('knows infinity, and takes two of them for equal', () => {
    const inf = { ...GOOD, 'all.p99': 'inf' as const };
    expect(dominatedBy({ a: GOOD, b: inf })).toEqual({ a: [], b: ['a'] });
    expect(dominatedBy({ a: inf, b: inf })).toEqual({ a: [], b: [] });
    expect(dominatedBy({ a: inf, b: { ...inf, loss: 0.2 } })).toEqual({ a: [], b: ['a'] });
  });

  it('leaves out what nobody could read, and compares nothing with what only one could', () => {
    const blind = { ...GOOD, cpu: null };
    expect(dominatedBy({ a: blind, b: { ...blind, loss: 0.2 } })).toEqual({ a: [], b: ['a'] });
    expect(dominatedBy({ a: GOOD, b: { ...blind, loss: 0.2 } })).toEqual({ a: [], b: [] });
    expect(dominatedBy({ a: {}, b: {} })).toEqual({ a: [], b: [] });
  });

  it('says nothing of an arm of which fewer than two runs count', () => {
    const bad = { ...GOOD, loss: 0.2 };
    const readAs = (runs: ArmRun[]) => {
      const pareto = findPareto(runs, ['a', 'b', 'c'], METRICS);
      return [pareto.map((point) => point.dominatedBy), readDominance({ pareto, runs })?.front ?? null];
    };
    expect(readAs(runsWith({ a: [GOOD], b: [bad], c: [bad] }))).toEqual([[[], [], []], null]);
    expect(readAs(runsWith({ a: [GOOD, GOOD], b: [bad], c: [bad] }))).toEqual([[[], [], []], null]);
    expect(readAs(runsWith({ a: [GOOD, GOOD], b: [bad], c: [bad, bad] }))).toEqual([[[], [], ['a']], ['a']]);
    const rejected = runsWith({ a: [GOOD, GOOD], b: [bad, bad], c: [bad, bad] }).map((run) =>
      run.arm !== 'a' && run.block === 1 ? { ...run, rejected: 'noise' } : run,
    );
    expect(readAs(rejected)).toEqual([[[], [], []], null]);
  });

  it('goes by the medians of the runs that count', () => {
    const runs = runsWith({
      a: [GOOD, { ...GOOD, loss: 0.9 }, GOOD],
      b: [
        { ...GOOD, loss: 0.2 },
        { ...GOOD, loss: 0.2 },
        { ...GOOD, loss: 0 },
      ],
    });
    expect(
      findPareto(runs, ['a', 'b'], METRICS).map((point) => [point.values.loss, point.dominatedBy]),
    ).toEqual([
      [0.1, []],
      [0.2, ['a']],
    ]);
    expect(findPareto([], ['a'], METRICS)[0]).toMatchObject({
      values: { loss: null, cpu: null },
      dominatedBy: [],
    });
  });
});
