import { describe, expect, it } from 'vitest';
import { modelQueue, modelShaping } from '../../src/conductor/queue-models.ts';
import type { StrategySpec } from '../../src/core/strategy.ts';
import { stage, strategyOf } from '../../src/simulation/gates/gate.ts';
import { simulate } from '../../src/simulation/simulate.ts';

const SEED = 4711;
const EVENTS = { keys: 40, flows: 1, criticalShare: 0.05, sheddableShare: 0.6 };
const ARRIVALS_PER_SEC = 2000;
const SERVICES_PER_SEC = 1000;
const ROOM = 64;

/** Median wait and what became of the surplus, with the real code before a reader of fixed pace. */
function play(strategy: StrategySpec): {
  waitSec: number;
  maxWaitSec: number;
  lost: number;
  coalesced: number;
} {
  const { criticalShare, sheddableShare, keys } = EVENTS;
  const waits: number[] = [];
  const { ledger } = simulate({
    seed: SEED,
    strategy,
    arrivals: {
      law: 'poisson',
      perSec: ARRIVALS_PER_SEC,
      keys,
      classShares: [criticalShare, 1 - criticalShare - sheddableShare, sheddableShare],
    },
    service: { law: 'fixed', perSec: SERVICES_PER_SEC },
    offers: 22_000,
    batches: 20,
    onSojourn: (sojournNs, batch) => {
      if (batch > 1) waits.push(sojournNs / 1e9 - 1 / SERVICES_PER_SEC);
    },
  });
  waits.sort((a, b) => a - b);
  const sum = (counts: Record<string, number>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);
  return {
    waitSec: waits[Math.floor(waits.length / 2)] as number,
    maxWaitSec: waits.at(-1) as number,
    lost: (sum(ledger.dropped) + sum(ledger.failed)) / ledger.offered,
    coalesced: sum(ledger.coalesced) / ledger.offered,
  };
}

const model = (strategy: StrategySpec, change = {}) =>
  modelQueue(strategy, {
    arrivalsPerSec: ARRIVALS_PER_SEC,
    servicesPerSec: SERVICES_PER_SEC,
    room: ROOM,
    events: EVENTS,
    ...change,
  });

describe('the model of an overloaded queue is what the real code does', () => {
  it.each([
    ['drop-newest', strategyOf('drop-newest', ROOM), 0.064],
    ['drop-oldest', strategyOf('drop-oldest', ROOM), 0.032],
    ['evict-newest', strategyOf('evict-newest', ROOM), 0.0635],
    ['coalesce', strategyOf('coalesce', ROOM), 0.01386],
    ['reserve', strategyOf(stage('overflow', 'reserve', { reserve: 0.25 }), ROOM), 0.048],
    [
      'drop-oldest with a long ttl',
      strategyOf('drop-oldest', ROOM, stage('ttl', 'ttl', { ttlMs: 100 })),
      0.032,
    ],
  ])('%s: median wait %#', (_name, strategy, waitSec) => {
    const predicted = model(strategy);
    const measured = play(strategy);
    expect(predicted?.waitSec).toBeCloseTo(waitSec, 4);
    expect(measured.waitSec / waitSec).toBeGreaterThan(0.93);
    expect(measured.waitSec / waitSec).toBeLessThan(1.07);
    const surplus = predicted?.surplus === 'coalesced' ? measured.coalesced : measured.lost;
    expect(surplus).toBeCloseTo(predicted?.surplusRatio as number, 1.3);
  });

  it('latest: between none and one gap of the source', () => {
    const strategy = strategyOf('latest', 1);
    expect(model(strategy)).toMatchObject({ waitSec: 1 / ARRIVALS_PER_SEC, fillItems: 1 });
    expect(play(strategy).waitSec).toBeLessThan(1 / ARRIVALS_PER_SEC);
  });

  it('a ttl that binds is the bound, and no median is given', () => {
    const strategy = strategyOf('drop-newest', ROOM, stage('ttl', 'ttl', { ttlMs: 20 }));
    expect(model(strategy)).toMatchObject({ waitSec: null, waitLimitSec: 0.02, surplusRatio: 0.5 });
    const { maxWaitSec, lost } = play(strategy);
    expect(maxWaitSec).toBeLessThanOrEqual(0.02);
    expect(lost).toBeCloseTo(0.5, 1);
  });

  it('a reserve fills to where the classes still let in can be served', () => {
    const strategy = strategyOf(stage('overflow', 'reserve', { reserve: 0.25, reserveNormal: 0.125 }), ROOM);
    const fewer = { ...EVENTS, sheddableShare: 0.1 };
    expect(model(strategy)?.fillItems).toBe(48);
    expect(model(strategy, { events: fewer })?.fillItems).toBe(56);
    expect(model(strategy, { events: { ...fewer, criticalShare: 0.7 } })).toBeUndefined();
  });

  it('block makes the producer wait, and gives no age: the schedule runs away', () => {
    expect(model(strategyOf('block', ROOM))).toMatchObject({ waitSec: null, surplus: 'waits' });
  });

  it.each([
    ['unbounded', strategyOf('unbounded', ROOM)],
    ['another order', strategyOf('drop-oldest', ROOM, stage('scheduling', 'lifo'))],
    ['codel', strategyOf('drop-oldest', ROOM, stage('aqm', 'codel'))],
    ['a rate limit before it', strategyOf('drop-oldest', ROOM, stage('admission', 'token-bucket'))],
    ['coalesce by tail', strategyOf(stage('overflow', 'coalesce', { position: 'tail' }), ROOM)],
  ])('says nothing of %s', (_name, strategy) => {
    expect(model(strategy)).toBeUndefined();
  });

  it('says nothing of coalesce with more keys than places', () => {
    expect(model(strategyOf('coalesce', ROOM), { events: { ...EVENTS, keys: ROOM + 1 } })).toBeUndefined();
  });
});

describe('the model of a shaper before a reader that keeps up', () => {
  const shape = (strategy: StrategySpec, perSec: number, isRandom = true, keys = EVENTS.keys) =>
    modelShaping(strategy, perSec, isRandom, 100, { ...EVENTS, keys });

  it.each([
    ['batch', { windowMs: 100, maxItems: 1000 }, 200, 0.0525, null],
    ['debounce', { quietMs: 100, maxWaitMs: 60_000 }, 400, 0.1, 1 - Math.exp(-1)],
  ])('%s is what the real code does', (name, params, perSec, delaySec, coalescedRatio) => {
    const strategy = strategyOf('drop-newest', 1000, stage('shaping', name, params));
    expect(shape(strategy, perSec)).toMatchObject({
      delaySec: expect.closeTo(delaySec, 6),
      coalescedRatio: coalescedRatio === null ? null : expect.closeTo(coalescedRatio, 6),
    });
    const waits: number[] = [];
    const { ledger } = simulate({
      seed: SEED,
      strategy,
      arrivals: { law: 'poisson', perSec, keys: EVENTS.keys },
      service: null,
      offers: 11_000,
      batches: 20,
      onSojourn: (sojournNs) => waits.push(sojournNs / 1e9),
    });
    waits.sort((a, b) => a - b);
    expect(waits[Math.floor(waits.length / 2)]).toBeCloseTo(delaySec, 2.5);
    const coalesced = Object.values(ledger.coalesced).reduce((sum, count) => sum + count, 0);
    expect(coalesced / ledger.offered).toBeCloseTo(coalescedRatio ?? 0, 1.5);
  });

  it('says nothing of a longest wait that matters, of batches that close early, of one key evenly', () => {
    const debounce = (params: object) => strategyOf('block', 64, stage('shaping', 'debounce', { ...params }));
    expect(shape(debounce({ quietMs: 300, maxWaitMs: 2000 }), 400)).toBeUndefined();
    expect(shape(debounce({ mode: 'leading' }), 4)).toBeUndefined();
    expect(shape(debounce({ quietMs: 10 }), 20, false, 1)).toBeUndefined();
    expect(shape(debounce({ quietMs: 10 }), 20, true, 1)).toBeDefined();
    const batch = (params: object) => strategyOf('block', 64, stage('shaping', 'batch', { ...params }));
    expect(shape(batch({ windowMs: 100, maxItems: 30 }), 200)).toBeUndefined();
    expect(shape(batch({ windowMs: 100, maxBytes: 2000 }), 200)).toBeUndefined();
    expect(shape(batch({ windowMs: 100 }), 5)).toBeUndefined();
    expect(shape(strategyOf('block', 64), 200)).toBeUndefined();
  });
});
