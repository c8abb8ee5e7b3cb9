import { describe, expect, it } from 'vitest';
import { type PredictionInput, predict } from '../../src/conductor/predictions.ts';
import { createEmptyLedger } from '../../src/core/ledger.ts';
import type { ClientGroup } from '../../src/core/plan.ts';
import type { StrategySpec } from '../../src/core/strategy.ts';
import { loadScenario } from '../../src/scenarios/load-scenario.ts';
import { resolvePlan } from '../../src/scenarios/resolve.ts';
import { stage, strategyOf } from '../../src/simulation/gates/gate.ts';

const plan = resolvePlan(await loadScenario('slow-cohort'), { seed: 1 });
const [fast, slow] = plan.clients as [ClientGroup, ClientGroup];
const HIDDEN_BYTES = 97_057;

function predictWith(strategy: StrategySpec, change: Partial<PredictionInput> = {}) {
  const intervals = [6000, 7000, 8000, 9000].map((startMs, index) => ({
    group: slow.name,
    startMs,
    endMs: startMs + 1000,
    count: 100,
    p50Ms: 2000 + index,
    p99Ms: 2500,
    maxMs: 3000 + index,
  }));
  return predict({
    plan,
    strategyOf: () => strategy,
    hiddenBuffers: [{ via: 'unix', writeBytes: 1044, hiddenBytes: HIDDEN_BYTES }],
    intervals,
    phaseStartsMs: [0, 3000],
    ledgerOf: () => ({
      ...createEmptyLedger(),
      offered: 1000,
      dropped: { 'overflow.drop-oldest': 500, ttl: 100, 'priority.shed': 50, shutdown: 300 },
      coalesced: { key: 400 },
    }),
    offeredOf: () => 8000,
    ...change,
  });
}

const rowsOf = (strategy: StrategySpec, change?: Partial<PredictionInput>) =>
  Object.fromEntries(predictWith(strategy, change).map((row) => [row.quantity, row]));

describe('predictions of a run', () => {
  it('adds the kernel to the wait of each policy, and measures between the same moments', () => {
    const ages = ['drop-oldest', 'drop-newest', 'evict-newest', 'latest'].map((name) => {
      const row = rowsOf(strategyOf(name, 64))[`age on arrival, ${slow.name}`];
      expect(row).toMatchObject({ unit: 'ms', measured: expect.closeTo(2001, -1) });
      return row?.predicted as number;
    });
    const [oldest, newest, evictNewest, latest] = ages as [number, number, number, number];
    expect(newest - oldest).toBeCloseTo((64 / 50.1) * 1000 - (64 / 200) * 1000, -1.5);
    expect(newest - evictNewest).toBeCloseTo(1000 / 50.1 - 5, 0);
    expect(oldest - latest).toBeCloseTo(63 / 0.2, -1);
  });

  it('says how much is lost once everything is full, of what the strategy lost alone', () => {
    const { measured, predicted, formula } =
      rowsOf(strategyOf('drop-oldest', 64))[`loss, ${slow.name}`] ?? {};
    expect(measured).toBe(0.65);
    expect(formula).toBe('(1 − μ/λ)(1 − t_fill/t)');
    expect(predicted).toBeGreaterThan(0.6);
    expect(predicted).toBeLessThan(0.75);
  });

  it('bounds the age under a ttl', () => {
    const rows = rowsOf(strategyOf('drop-newest', 64, stage('ttl', 'ttl', { ttlMs: 500 })));
    expect(rows[`age on arrival at most, ${slow.name}`]).toMatchObject({ measured: 3003, unit: 'ms' });
    expect(rows[`age on arrival, ${slow.name}`]).toBeUndefined();
    const { predicted } = rows[`age on arrival at most, ${slow.name}`] ?? {};
    expect(predicted).toBeGreaterThan(500 + (HIDDEN_BYTES / 1041 / 50.2) * 1000);
  });

  it('counts what another event stands for under coalesce', () => {
    const events = { ...plan.events, keys: 20 };
    const rows = rowsOf(strategyOf('coalesce', 64), { plan: { ...plan, events } });
    expect(rows[`coalesced, ${slow.name}`]).toMatchObject({ measured: 0.4 });
    expect(rows[`age on arrival, ${slow.name}`]?.formula).toBe('n·ln2/λ + kernel/μ');
  });

  it('says how much is held upstream under block', () => {
    const row = rowsOf(strategyOf('block', 64))[`held upstream, ${slow.name}`];
    // 200 events a second for 10 clients and 12 s are due.
    expect(row?.measured).toBeCloseTo(1 - 8000 / 24_000, 9);
    expect(row?.predicted).toBe(rowsOf(strategyOf('drop-oldest', 64))[`loss, ${slow.name}`]?.predicted);
    const clients = [fast, slow, { ...slow, name: 'slower', readBytesPerSec: 10_000 }];
    expect(rowsOf(strategyOf('block', 64), { plan: { ...plan, clients } })).toEqual({});
  });

  it('says what a shaper adds for readers that keep up', () => {
    const change = {
      intervals: [
        { group: fast.name, startMs: 1000, endMs: 2000, count: 9, p50Ms: 27, p99Ms: 50, maxMs: 51 },
      ],
    };
    const batch = stage('shaping', 'batch', { windowMs: 50 });
    expect(rowsOf(strategyOf('drop-oldest', 64, batch), change)).toEqual({
      [`age on arrival, ${fast.name}`]: expect.objectContaining({ predicted: 27.5, measured: 27 }),
    });
    // The slow ones hold the producer up, and with it what the fast ones get.
    expect(rowsOf(strategyOf('block', 64, batch), change)).toEqual({});
    const clients = [fast];
    expect(
      Object.keys(rowsOf(strategyOf('block', 64, batch), { ...change, plan: { ...plan, clients } })),
    ).toEqual([`age on arrival, ${fast.name}`]);
  });

  it('says nothing where no formula applies', () => {
    expect(predictWith(strategyOf('unbounded', 64))).toEqual([]);
    expect(predictWith(strategyOf('drop-oldest', 64, stage('scheduling', 'lifo')))).toEqual([]);
    // A queue that has no time to fill.
    expect(predictWith(strategyOf('drop-oldest', 100_000))).toEqual([]);
  });
});
