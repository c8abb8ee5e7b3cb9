import { describe, expect, it } from 'vitest';
import { cobhamWaitsSec, reserveLoss } from '../../src/theory/classes.ts';
import { md1k, tokenBucketRefusalRatio } from '../../src/theory/fixed-service.ts';
import { erlangB, erlangC, mmck, mmcWaitSec } from '../../src/theory/many-servers.ts';
import {
  exponentialPercentile,
  kingmanWaitSec,
  meetsDeadlineRatio,
  mg1,
  mm1,
  mm1k,
} from '../../src/theory/single-server.ts';
import { powerIterateMd1k, steadyState } from './brute-force.ts';

describe('M/M/1/K', () => {
  it.each([
    [0.8, 5, 0.0888, 1.868],
    [1.5, 10, 0.3372, 8.13],
    [3, 6, 0.667, 5.503],
  ])('at load %d with room for %d', (load, capacity, loss, inSystem) => {
    const figures = mm1k(load, 1, capacity);
    expect(figures.lossRatio).toBeCloseTo(loss, 4);
    expect(figures.inSystem).toBeCloseTo(inSystem, 2);
  });

  it('at load 1 loses 1/(K+1) and holds K/2; next to it nearly the same', () => {
    expect(mm1k(1, 1, 10)).toMatchObject({ lossRatio: 1 / 11, inSystem: 5 });
    expect(mm1k(1 + 1e-9, 1, 10).lossRatio).toBeCloseTo(1 / 11, 8);
    expect(mm1k(1 - 1e-9, 1, 10).inSystem).toBeCloseTo(5, 6);
  });

  it.each([0.3, 0.95, 1, 1.7, 6])('solves its chain at load %d', (load) => {
    for (const capacity of [1, 2, 5, 12]) {
      const shares = steadyState(capacity + 1, (from, to) =>
        to === from + 1 ? load : to === from - 1 ? 1 : 0,
      );
      const { lossRatio, inSystem, waiting, sojournSec } = mm1k(load, 1, capacity);
      expect(lossRatio).toBeCloseTo(shares[capacity] as number, 10);
      expect(inSystem).toBeCloseTo(
        shares.reduce((sum, share, n) => sum + n * share, 0),
        8,
      );
      expect(waiting).toBeCloseTo(
        shares.reduce((sum, share, n) => sum + Math.max(0, n - 1) * share, 0),
        8,
      );
      expect(sojournSec).toBeCloseTo(inSystem / (load * (1 - lossRatio)), 10);
    }
  });

  it('becomes M/M/1 without a bound, 1 − 1/ρ in overload, and does not overflow', () => {
    expect(mm1k(0.5, 1, 200).inSystem).toBeCloseTo(mm1(0.5, 1).inSystem, 10);
    expect(mm1k(4, 1, 5000).lossRatio).toBeCloseTo(0.75, 12);
    expect(mm1k(4, 1, 5000).inSystem).toBeCloseTo(5000 - 1 / 3, 6);
    expect(mm1k(0.01, 1, 5000).lossRatio).toBe(0);
  });

  it('depends on the ratio of the rates alone', () => {
    expect(mm1k(1500, 1000, 10).lossRatio).toBeCloseTo(mm1k(1.5, 1, 10).lossRatio, 14);
    expect(mm1k(1500, 1000, 10).waitSec).toBeCloseTo(mm1k(1.5, 1, 10).waitSec / 1000, 14);
  });
});

describe('M/D/1/K', () => {
  it.each([
    [0.8, 5, 0.0353, 1.705],
    [1, 10, 0.0508, 5.065],
    [2, 4, 0.5012, 3.381],
  ])('at load %d with room for %d', (load, capacity, loss, inSystem) => {
    const figures = md1k(load, 1, capacity);
    expect(figures.lossRatio).toBeCloseTo(loss, 4);
    expect(figures.inSystem).toBeCloseTo(inSystem, 3);
  });

  it.each([
    [0.3, 3],
    [0.95, 8],
    [1, 12],
    [1.7, 6],
    [5, 9],
  ])('agrees with power iteration of its chain at load %d, room %d', (load, capacity) => {
    const [loss, inSystem] = powerIterateMd1k(load, capacity);
    const figures = md1k(load, 1, capacity);
    expect(figures.lossRatio).toBeCloseTo(loss, 9);
    expect(figures.inSystem).toBeCloseTo(inSystem, 7);
  });

  it('with room for one is Erlang B with one server, whatever the service law', () => {
    for (const load of [0.1, 1, 7]) expect(md1k(load, 1, 1).lossRatio).toBeCloseTo(erlangB(1, load), 12);
  });

  it('stays right where the closed form of Brun and Garcia has lost its digits', () => {
    expect(md1k(0.95, 1, 30).lossRatio).toBeCloseTo(2.66e-3, 5);
    expect(md1k(0.95, 1, 50).lossRatio).toBeGreaterThan(3e-4);
  });

  it('falls smoothly to losses far below one double, and never under zero', () => {
    let before = 1;
    for (let capacity = 1; capacity <= 300; capacity++) {
      const { lossRatio } = md1k(0.5, 1, capacity);
      expect(lossRatio).toBeGreaterThan(0);
      expect(lossRatio).toBeLessThan(before);
      before = lossRatio;
    }
    expect(before).toBeLessThan(1e-100);
  });

  it('becomes M/D/1 without a bound and 1 − 1/ρ in overload', () => {
    expect(md1k(0.7, 1, 200).waiting).toBeCloseTo(mg1(0.7, 1, 0).waiting, 9);
    expect(md1k(5, 1, 2000).lossRatio).toBeCloseTo(0.8, 12);
  });

  it.each([
    [0.9, 1, 5, 0.0644],
    [1.2, 1, 10, 0.1709],
    [2, 1, 3, 0.5062],
  ])('is a token bucket: λ %d, rate %d, burst %d', (arrivals, rate, burst, refused) => {
    expect(tokenBucketRefusalRatio(arrivals, rate, burst)).toBeCloseTo(refused, 4);
  });
});

describe('one server without a bound', () => {
  it('M/M/1: p99 is 4.605 means and p99.9 is 6.908', () => {
    expect(exponentialPercentile(0.99)).toBeCloseTo(4.605, 3);
    expect(exponentialPercentile(0.999)).toBeCloseTo(6.908, 3);
    expect(mm1(0.5, 1)).toMatchObject({ lossRatio: 0, inSystem: 1, sojournSec: 2 });
  });

  it('Pollaczek-Khinchine: exponential service is M/M/1, fixed service waits half as long', () => {
    const load = 0.8;
    expect(mg1(load, 1, 1).waiting).toBeCloseTo(mm1(load, 1).waiting, 12);
    expect(mg1(load, 1, 0).waiting).toBeCloseTo(mm1(load, 1).waiting / 2, 12);
  });

  it('Kingman is exact for M/M/1 and M/D/1', () => {
    expect(kingmanWaitSec(0.8, 1, 1, 1)).toBeCloseTo(mm1(0.8, 1).waitSec, 12);
    expect(kingmanWaitSec(0.8, 1, 1, 0)).toBeCloseTo(mg1(0.8, 1, 0).waitSec, 12);
  });

  it.each([
    [9, 0.995],
    [14, 0.895],
    [18, 0.619],
  ])('a deadline of 20 services is met from place %d with %d', (ahead, ratio) => {
    expect(meetsDeadlineRatio(100, 0.2, ahead)).toBeCloseTo(ratio, 3);
  });
});

describe('several servers', () => {
  it('Erlang B: 8 servers, load 10', () => {
    expect(erlangB(8, 10)).toBeCloseTo(0.3383, 4);
    expect(erlangB(8, 0)).toBe(0);
  });

  it('M/M/c/K: with K = c it is Erlang B, with c = 1 M/M/1/K', () => {
    expect(mmck(10, 1, 8, 8).lossRatio).toBeCloseTo(erlangB(8, 10), 12);
    expect(mmck(1.5, 1, 1, 10)).toEqual(mm1k(1.5, 1, 10));
  });

  it('M/M/c/K solves its chain', () => {
    const shares = steadyState(8, (from, to) =>
      to === from + 1 ? 2.5 : to === from - 1 ? Math.min(from, 3) : 0,
    );
    const { lossRatio, waiting } = mmck(2.5, 1, 3, 7);
    expect(lossRatio).toBeCloseTo(shares[7] as number, 12);
    expect(waiting).toBeCloseTo(
      shares.reduce((sum, share, n) => sum + Math.max(0, n - 3) * share, 0),
      10,
    );
  });

  it('Erlang C: one server is M/M/1, and a large room comes close to it', () => {
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 12);
    expect(mmcWaitSec(0.7, 1, 1)).toBeCloseTo(mm1(0.7, 1).waitSec, 12);
    expect(mmck(2.5, 1, 3, 400).waitSec).toBeCloseTo(mmcWaitSec(2.5, 1, 3), 8);
  });
});

describe('classes', () => {
  const exponential = (arrivalsPerSec: number) => ({
    arrivalsPerSec,
    serviceMeanSec: 1,
    serviceVariation: 1,
  });

  it('Cobham: λ = (.3, .5)', () => {
    const [urgent, other] = cobhamWaitsSec([exponential(0.3), exponential(0.5)]) as [number, number];
    expect(urgent).toBeCloseTo(1.143, 3);
    expect(other).toBeCloseTo(5.71, 2);
  });

  it('Cobham: one class is M/G/1, the weighted wait does not depend on the order, who is starved waits for ever', () => {
    expect(cobhamWaitsSec([exponential(0.7)])[0]).toBeCloseTo(mm1(0.7, 1).waitSec, 12);
    const ordered = cobhamWaitsSec([exponential(0.3), exponential(0.5)]) as [number, number];
    const swapped = cobhamWaitsSec([exponential(0.5), exponential(0.3)]) as [number, number];
    expect(0.3 * ordered[0] + 0.5 * ordered[1]).toBeCloseTo(0.5 * swapped[0] + 0.3 * swapped[1], 12);
    expect(cobhamWaitsSec([exponential(0.6), exponential(0.5)])[1]).toBe(Number.POSITIVE_INFINITY);
  });

  it('reserve: 3 of 10 places for the critical', () => {
    const { highLossRatio, lowLossRatio } = reserveLoss(0.4, 1, 1, 10, 3);
    expect(highLossRatio).toBeCloseTo(0.0165, 4);
    expect(lowLossRatio).toBeCloseTo(0.418, 3);
  });

  it('reserve: solves its chain; with nothing reserved both lose as M/M/1/K', () => {
    const shares = steadyState(11, (from, to) =>
      to === from + 1 ? (from < 7 ? 1.4 : 0.4) : to === from - 1 ? 1 : 0,
    );
    const { highLossRatio, lowLossRatio } = reserveLoss(0.4, 1, 1, 10, 3);
    expect(highLossRatio).toBeCloseTo(shares[10] as number, 12);
    expect(lowLossRatio).toBeCloseTo(
      shares.slice(7).reduce((sum, share) => sum + share, 0),
      12,
    );
    const none = reserveLoss(0.4, 1, 1, 10, 0);
    expect(none.highLossRatio).toBeCloseTo(mm1k(1.4, 1, 10).lossRatio, 12);
    expect(none.lowLossRatio).toBeCloseTo(none.highLossRatio, 12);
  });
});

describe('bad arguments are refused', () => {
  it.each<[string, () => unknown]>([
    ['arrivalsPerSec', () => mm1k(0, 1, 5)],
    ['servicesPerSec', () => mm1k(1, Number.NaN, 5)],
    ['servicesPerSec', () => mm1k(1, Number.POSITIVE_INFINITY, 5)],
    ['capacity', () => mm1k(1, 1, 0)],
    ['capacity', () => mm1k(1, 1, 2.5)],
    ['arrivalsPerSec', () => mm1(1, 1)],
    ['arrivalsPerSec', () => mg1(2, 1, 1)],
    ['serviceVariation', () => mg1(0.5, 1, -1)],
    ['capacity', () => md1k(1, 1, -1)],
    ['range', () => md1k(1000, 1, 5)],
    ['servers', () => erlangB(0, 1)],
    ['offeredLoad', () => erlangB(3, -1)],
    ['offeredLoad', () => erlangC(3, 3)],
    ['capacity', () => mmck(1, 1, 4, 3)],
    ['reserved', () => reserveLoss(1, 1, 1, 5, -1)],
    ['capacity', () => reserveLoss(1, 1, 1, 5, 5)],
    ['serviceMeanSec', () => cobhamWaitsSec([{ arrivalsPerSec: 1, serviceMeanSec: 0, serviceVariation: 1 }])],
    ['probability', () => exponentialPercentile(1)],
    ['ahead', () => meetsDeadlineRatio(1, 1, -1)],
  ])('%s', (name, call) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(name);
  });
});
