import { describe, expect, it } from 'vitest';
import { BusiestMinute, FeedGauges } from '../../src/conductor/feed-gauges.ts';
import type { SystemSample } from '../../src/core/samples.ts';
import { createFeed } from '../report/fixtures.ts';

/** What the counter rose by at most within any minute, by looking at every pair of readings. */
function bruteForce(readings: readonly [tMs: number, count: number][]): number {
  let max = 0;
  for (const [tMs, count] of readings) {
    const before = readings.filter(([earlier]) => earlier <= tMs - 60_000).at(-1)?.[1] ?? 0;
    max = Math.max(max, count - before);
  }
  return max;
}

describe('the busiest minute of a counter', () => {
  const play = (readings: readonly [number, number][]) => {
    const busiest = new BusiestMinute();
    for (const [tMs, count] of readings) busiest.add(tMs, count);
    return busiest.max;
  };

  it('of a run shorter than a minute is the whole run', () => {
    expect(
      play([
        [100, 2],
        [10_000, 7],
      ]),
    ).toBe(7);
  });

  it('is the steepest, not the last, and not the average', () => {
    const readings: [number, number][] = [];
    for (let tMs = 0; tMs <= 600_000; tMs += 500)
      readings.push([tMs, Math.min(50, Math.max(0, tMs - 300_000) / 500)]);
    expect(play(readings)).toBe(50);
    expect(play(readings)).toBe(bruteForce(readings));
  });

  it('of a steady rise is one minute of it', () => {
    const readings: [number, number][] = [];
    for (let tMs = 500; tMs <= 600_000; tMs += 500) readings.push([tMs, tMs / 1000]);
    expect(play(readings)).toBe(60);
    expect(play(readings)).toBe(bruteForce(readings));
  });

  it('to half a second does not miss what comes between two kept readings', () => {
    const readings: [number, number][] = [];
    for (let tMs = 100; tMs <= 200_000; tMs += 100) readings.push([tMs, Math.floor((tMs / 7000) ** 2)]);
    const exact = bruteForce(readings);
    expect(play(readings)).toBeGreaterThanOrEqual(exact);
    const [, last] = readings.at(-1) as [number, number];
    const [, halfSecondBefore] = readings.at(-6) as [number, number];
    expect(play(readings)).toBeLessThanOrEqual(exact + last - halfSecondBefore);
  });
});

describe('what the record keeps of the feeds', () => {
  const { store, projections, sse, relay } = createFeed();
  const sample = (tMs: number, part: Partial<SystemSample>) => ({ tMs, ...part }) as SystemSample;

  it('is nothing before the first sample, and nulls for what is not there', () => {
    const gauges = new FeedGauges();
    expect(gauges.read()).toBeNull();
    gauges.add(sample(100, { store: null }));
    expect(gauges.read()).toEqual({ store: null, projections: [], sse: null, relay: null });
  });

  it('is the last counts and the largest lag of each projection', () => {
    const gauges = new FeedGauges();
    const lagging = (lag: number) => projections.map((one, index) => ({ ...one, lag: lag + index }));
    if (!store || !sse || !relay) throw new Error('the fixture lacks a part');
    gauges.add(sample(100, { store, projections: lagging(5), sse, relay: { ...relay, lags: 1 } }));
    gauges.add(
      sample(200, {
        store,
        projections: lagging(150),
        sse: { ...sse, lags: 9 },
        relay: { ...relay, lags: 4 },
      }),
    );
    gauges.add(
      sample(300, {
        store: { ...store, appended: 77 },
        projections: lagging(0),
        sse: { ...sse, lags: 9 },
        relay: { ...relay, lags: 4 },
      }),
    );
    const read = gauges.read();
    expect(read?.store?.appended).toBe(77);
    expect(read?.projections.map(({ lag, lagMax }) => [lag, lagMax])).toEqual(
      projections.map((_, index) => [index, 150 + index]),
    );
    expect([read?.sse?.lagsPerMinuteMax, read?.relay?.lagsPerMinuteMax]).toEqual([9, 4]);
  });
});
