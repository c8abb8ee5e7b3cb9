import { describe, expect, it } from 'vitest';
import {
  coalesceAgeSec,
  latestAgeSec,
  noBufferAgeSec,
  oneSlotAgeSec,
  perKeyAgeSec,
  preemptAgeSec,
  preemptFixedAgeSec,
  unlimitedAgeSec,
} from '../../src/theory/age.ts';
import { codelDropsItems, codelServiceTransient, codelTransient } from '../../src/theory/codel.ts';
import {
  lifoWaitSec,
  type PushOut,
  pushOutWaitSec,
  saturatedLossRatio,
  saturatedWaitSec,
} from '../../src/theory/push-out.ts';
import { ringLag } from '../../src/theory/ring.ts';
import { batch, debounce, sampleEmissionsPerSec } from '../../src/theory/shaping.ts';
import { mm1, mm1k } from '../../src/theory/single-server.ts';
import {
  blockedRatio,
  burstLossItems,
  collapseSec,
  drain,
  fillSec,
  retries,
  unboundedAgeSec,
  unboundedBacklogItems,
} from '../../src/theory/transients.ts';
import { followItem } from './brute-force.ts';

describe('waits of the delivered in a full queue', () => {
  it.each<[PushOut, number, number, number]>([
    ['drop-newest', 3, 20, 20],
    ['drop-oldest', 3, 20, 6.67],
    ['evict-newest', 3, 20, 19.33],
    ['drop-newest', 2, 50, 50],
    ['drop-oldest', 2, 50, 25],
    ['drop-newest', 5, 50, 50],
    ['drop-oldest', 5, 50, 10],
  ])('%s at λ = %d, B = %d: %d', (policy, arrivals, room, wait) => {
    expect(saturatedWaitSec(policy, arrivals, 1, room)).toBeCloseTo(wait, 2);
  });

  // Simulated, with exponential service: the catalogue's first numbers.
  it.each<[PushOut, number, number, number]>([
    ['drop-newest', 3, 20, 19.4],
    ['drop-oldest', 3, 20, 6.5],
    ['evict-newest', 3, 20, 18.9],
    ['drop-newest', 2, 50, 48.7],
    ['drop-oldest', 2, 50, 24.5],
    ['drop-newest', 5, 50, 49.6],
    ['drop-oldest', 5, 50, 9.95],
    ['drop-newest', 1.2, 50, 44.7],
    ['drop-oldest', 1.2, 50, 37.2],
  ])('exactly, %s at λ = %d, B = %d is within 1 %% of %d', (policy, arrivals, room, simulated) => {
    expect(pushOutWaitSec(policy, arrivals, 1, room) / simulated).toBeCloseTo(1, 1.7);
  });

  it.each([0.5, 1, 1.4, 3])('follows one item exactly, at λ = %dμ', (arrivals) => {
    for (const room of [1, 2, 3, 7]) {
      for (const policy of ['drop-oldest', 'evict-newest'] as const) {
        expect(pushOutWaitSec(policy, arrivals, 1, room)).toBeCloseTo(
          followItem(policy, arrivals, 1, room),
          10,
        );
      }
    }
  });

  it('is the wait of M/M/1 for all of them when nothing ever overflows', () => {
    for (const policy of ['drop-newest', 'drop-oldest', 'evict-newest'] as const) {
      expect(pushOutWaitSec(policy, 0.4, 1, 80)).toBeCloseTo(mm1(0.4, 1).waitSec, 8);
    }
  });

  it('lifo and loss do not depend on the capacity', () => {
    expect(lifoWaitSec(3, 1)).toBeCloseTo(0.5, 12);
    expect(saturatedLossRatio(3, 1)).toBeCloseTo(mm1k(3, 1, 21).lossRatio, 8);
  });
});

describe('age of information', () => {
  it.each([
    [0.5, 3.333, 3.286, 3.175, 3.0, 3.297],
    [1, 2.5, 2.667, 2.417, 2.0, Math.E],
    [2, 2.167, 2.643, 2.198, 1.5, 3.695],
    [5, 2.033, 2.813, 2.118, 1.2, 29.68],
  ])('at λ = %dμ', (arrivals, noBuffer, oneSlot, latest, preempt, preemptFixed) => {
    expect(noBufferAgeSec(arrivals, 1)).toBeCloseTo(noBuffer, 3);
    expect(oneSlotAgeSec(arrivals, 1)).toBeCloseTo(oneSlot, 3);
    expect(latestAgeSec(arrivals, 1)).toBeCloseTo(latest, 3);
    expect(preemptAgeSec(arrivals, 1)).toBeCloseTo(preempt, 3);
    expect(preemptFixedAgeSec(arrivals, 1)).toBeCloseTo(preemptFixed, 2);
  });

  it.each([
    [0.3, 4.462],
    [0.53, 3.484],
    [0.8, 5.45],
  ])('of an unlimited queue at load %d', (load, age) => {
    expect(unlimitedAgeSec(load, 1)).toBeCloseTo(age, 2);
  });

  it('is least at load 0.53: more throughput is not fresher', () => {
    for (const load of [0.5, 0.56])
      expect(unlimitedAgeSec(load, 1)).toBeGreaterThan(unlimitedAgeSec(0.531, 1));
  });

  it('latest and no buffer cross at the golden ratio', () => {
    const golden = (1 + Math.sqrt(5)) / 2;
    expect(latestAgeSec(golden, 1)).toBeCloseTo(noBufferAgeSec(golden, 1), 12);
    expect(latestAgeSec(golden - 0.1, 1)).toBeLessThan(noBufferAgeSec(golden - 0.1, 1));
    expect(latestAgeSec(golden + 0.1, 1)).toBeGreaterThan(noBufferAgeSec(golden + 0.1, 1));
  });

  it('per key: 100 keys, λ = 5000/s, μ = 1000/s, B = 100', () => {
    expect(perKeyAgeSec('coalesce', 5000, 1000, 100, 100)).toBeCloseTo(0.071, 6);
    expect(perKeyAgeSec('drop-oldest', 5000, 1000, 100, 100)).toBeCloseTo(0.121, 6);
    expect(perKeyAgeSec('drop-newest', 5000, 1000, 100, 100)).toBeCloseTo(0.201, 6);
    // Simulated: .0728.
    expect(coalesceAgeSec(5000, 1000, 100)).toBeCloseTo(0.073, 3);
  });
});

describe('shapers', () => {
  it.each([
    [0.05, 0.0859],
    [0.1, 0.3195],
    [0.2, 2.68],
    [0.3, 20.1],
  ])('debounce at 20/s, quiet %d s: first item to emission %d s', (quietSec, delaySec) => {
    expect(debounce(20, quietSec).firstToEmissionSec / delaySec).toBeCloseTo(1, 2);
  });

  it('debounce: emissions and what is suppressed add up to what was offered', () => {
    const { emissionsPerSec, suppressedRatio } = debounce(20, 0.05);
    expect(emissionsPerSec).toBeCloseTo(7.358, 3);
    expect(emissionsPerSec + 20 * suppressedRatio).toBeCloseTo(20, 12);
  });

  it('batch at 50/s with a window of 100 ms', () => {
    const { delaySec, items, batchesPerSec } = batch(50, 0.1);
    expect([delaySec, items, batchesPerSec]).toEqual([
      expect.closeTo(0.05833, 5),
      expect.closeTo(6, 12),
      expect.closeTo(8.333, 3),
    ]);
    expect(items * batchesPerSec).toBeCloseTo(50, 12);
  });

  it('sample at 20/s every 100 ms', () => {
    expect(sampleEmissionsPerSec(20, 0.1)).toBeCloseTo(8.647, 3);
  });
});

describe('transients', () => {
  it.each([
    [100, 100, 2],
    [500, 2500, 10],
    [1000, 10_000, 20],
  ])('codel with %d/s too many peaks at %d items after %d s', (excess, peakItems, peakAtSec) => {
    const transient = codelTransient(excess, 0.1);
    expect(transient.peakItems).toBeCloseTo(peakItems, 6);
    expect(transient.peakAtSec).toBeCloseTo(peakAtSec, 9);
    // By then it drops as fast as the excess comes: d/dT (T/2I)² = T/2I².
    const rate = (codelDropsItems(peakAtSec + 1e-6, 0.1) - codelDropsItems(peakAtSec, 0.1)) / 1e-6;
    expect(rate / excess).toBeCloseTo(1, 4);
  });

  it('codel-service notices after two intervals', () => {
    expect(codelServiceTransient(1000, 0.1)).toEqual({ peakItems: 200, peakAtSec: 0.2 });
    expect(codelServiceTransient(100, 0.1).peakItems).toBeCloseTo(20, 12);
  });

  it.each([
    ['oldest', 0.5, 42.67],
    ['latest', 0.00781, 21.33],
  ] as const)('a ring of 64, λ = 1.5, μ = 1, resumed at the %s', (resume, lagsPerSec, ageSec) => {
    const figures = ringLag(resume, 1.5, 1, 64);
    expect(figures.firstLagSec).toBe(128);
    expect(figures.lossRatio).toBeCloseTo(1 / 3, 12);
    expect(figures.lagsPerSec).toBeCloseTo(lagsPerSec, 5);
    expect(figures.ageSec).toBeCloseTo(ageSec, 2);
  });

  it('lags at most as often as it reads', () => {
    const rates = [1.2, 1.5, 3].map((arrivals) => ringLag('oldest', arrivals, 1, 64).lagsPerSec);
    expect(rates).toEqual([expect.closeTo(0.2, 9), 0.5, 1]);
  });

  it('fills, bursts and drains', () => {
    expect(fillSec(150, 100, 200)).toBe(4);
    expect(burstLossItems(150, 100, 4, 200)).toBe(0);
    expect(burstLossItems(150, 100, 10, 200)).toBe(300);
    expect(drain(0.7, 1, 200).meanSec).toBeCloseTo(666.7, 1);
    expect(drain(0.7, 1, 200).standardDeviationSec).toBeCloseTo(112, 0);
    expect(drain(0, 10, 200).meanSec).toBe(20);
  });

  it('collapses, grows and blocks', () => {
    expect(collapseSec(1.2, 1, 0.2)).toBeCloseTo(1, 12);
    expect(unboundedBacklogItems(150, 100, 10)).toBe(500);
    expect(unboundedAgeSec(200, 100, 10)).toBe(5);
    expect(blockedRatio(200, 100)).toBe(0.5);
  });

  it('retries: 1.2 times the capacity, 1 and 3 of them', () => {
    expect(retries(1.2, 1, 10, 0).attemptsPerSec).toBe(1.2);
    expect(retries(1.2, 1, 10, 1).attemptsPerSec).toBeCloseTo(1.692, 3);
    expect(retries(1.2, 1, 10, 3).attemptsPerSec).toBeCloseTo(2.77, 2);
    const { attemptsPerSec, finalLossRatio } = retries(1.2, 1, 10, 3);
    // What is not lost for good has been served once.
    expect(1.2 * (1 - finalLossRatio)).toBeCloseTo(
      attemptsPerSec * (1 - mm1k(attemptsPerSec, 1, 10).lossRatio),
      9,
    );
  });
});

describe('bad arguments are refused', () => {
  it.each<[string, () => unknown]>([
    ['servicesPerSec', () => saturatedWaitSec('drop-oldest', 1, 1, 5)],
    ['room', () => pushOutWaitSec('drop-oldest', 1, 1, 0)],
    ['servicesPerSec', () => lifoWaitSec(1, 2)],
    ['arrivalsPerSec', () => latestAgeSec(-1, 1)],
    ['arrivalsPerSec', () => unlimitedAgeSec(1, 1)],
    ['keys', () => perKeyAgeSec('coalesce', 2, 1, 0, 1)],
    ['servicesPerSec', () => coalesceAgeSec(1, 1, 5)],
    ['quietSec', () => debounce(1, -1)],
    ['periodSec', () => sampleEmissionsPerSec(1, 0)],
    ['windowSec', () => batch(1, Number.NaN)],
    ['excessPerSec', () => codelTransient(0, 0.1)],
    ['slots', () => ringLag('oldest', 2, 1, 0.5)],
    ['servicesPerSec', () => fillSec(1, 1, 5)],
    ['arrivalsPerSec', () => drain(1, 1, 5)],
    ['retriesMax', () => retries(1, 1, 5, -1)],
    ['servicesPerSec', () => blockedRatio(1, 2)],
  ])('%s', (name, call) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(name);
  });
});
