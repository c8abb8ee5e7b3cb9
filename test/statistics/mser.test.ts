import { describe, expect, it } from 'vitest';
import { mser5 } from '../../src/statistics/mser.ts';
import { expectClose, FIXTURES } from './fixtures.ts';
import { bandOf, createNoise, shareOf } from './noise.ts';

const { random, normal, heavy } = createNoise(1, 'mser');
const seconds = (count: number, valueAt: (second: number) => number) =>
  Array.from({ length: count }, (_, second) => valueAt(second));
const runs = (count: number, make: () => number[]) => Array.from({ length: count }, make);

/** Noise of which each value keeps `share` of the one before. */
function chained(count: number, share: number, draw: () => number): number[] {
  let value = draw() / Math.sqrt(1 - share ** 2);
  return seconds(count, (second) => {
    if (second > 0) value = share * value + draw();
    return value;
  });
}

describe('MSER-5', () => {
  it('cuts where a direct computation of the formula cuts', () => {
    for (const { values, discard, shift } of FIXTURES.mser) {
      const found = mser5([values, values], random.next, { rounds: 1 });
      expect(found?.discard).toBe(discard);
      if (shift === 0) expect(Math.abs(found?.shift as number)).toBeLessThan(1e-12);
      else expectClose(found?.shift as number, shift, 1e-9);
    }
  });

  it('finds a warm-up of 20 seconds, and says what it does to the mean', () => {
    const found = mser5(
      runs(3, () => seconds(120, (second) => (second < 20 ? 30 : 10) + normal())),
      random.next,
    );
    expect(found?.hasSteadyState).toBe(true);
    expect(found?.discard as number).toBeGreaterThanOrEqual(20);
    expect(found?.settledAfter).toBe(20);
    expect(found?.early as number).toBeCloseTo(20, 0);
    expect(found?.p as number).toBeLessThan(0.01);
    expect(found?.shift as number).toBeCloseTo(20 / 6, 0);
  });

  it('finds one that is over with the first batch, which batches in random order never show', () => {
    const found = mser5(
      runs(5, () => seconds(60, (second) => (second < 5 ? 14 : 10) + normal())),
      random.next,
    );
    expect(found?.settledAfter).toBe(5);
    expect(found?.p as number).toBeLessThan(0.005);
  });

  it('sees no steady state where the value rises to the end', () => {
    const found = mser5(
      runs(3, () => seconds(100, (second) => second + normal())),
      random.next,
    );
    expect(found?.hasSteadyState).toBe(false);
    expect(found?.discard).toBe(50);
    expect(found?.p as number).toBeLessThan(0.01);
  });

  it('takes what each run does at another time for noise', () => {
    const late = [0, 15, 30, 45].map((start) =>
      seconds(60, (second) => (second >= start && second < start + 5 ? 14 : 10) + normal() / 10),
    );
    expect(mser5(late, random.next)?.p as number).toBeGreaterThan(0.1);
  });

  it('leaves out the batch that is not full: a last wild second changes nothing', () => {
    const values = runs(2, () => seconds(60, () => normal()));
    const found = mser5(values, createNoise(2, 'same').random.next);
    const longer = values.map((run) => [...run, 1e6]);
    expect(mser5(longer, createNoise(2, 'same').random.next)).toEqual(found);
  });

  it('finds nothing in a constant series, and says nothing about one that is short or alone', () => {
    const constant = new Array(60).fill(7);
    expect(mser5([constant, constant], random.next)).toEqual({
      discard: 0,
      hasSteadyState: true,
      p: 1,
      shift: 0,
      settledAfter: 0,
      early: 0,
    });
    expect(mser5([], random.next)).toBeNull();
    expect(mser5([constant], random.next)).toBeNull();
    expect(mser5([new Array(39).fill(1), new Array(39).fill(2)], random.next)).toBeNull();
    expect(() => mser5([constant, [1, Infinity]], random.next)).toThrow('runs[1][1]');
    expect(() => mser5([constant, [1, 2]], random.next)).toThrow('runs[1] must have 60 values');
  });

  it('cuts two in five series of pure noise; its p-value does not fall for it', () => {
    const rounds = 1000;
    let cuts = 0;
    const alarms = shareOf(rounds, () => {
      const found = mser5(
        runs(3, () => seconds(60, () => normal())),
        random.next,
        { rounds: 99 },
      );
      if ((found?.discard as number) > 0) cuts++;
      return (found?.p as number) <= 0.05;
    });
    expect(Math.abs(alarms - 0.05)).toBeLessThan(bandOf(0.05, rounds));
    // Why `discard > 0` alone must not condemn a run.
    expect(cuts / rounds).toBeGreaterThan(0.35);
  });

  it('holds its level where seconds hang together, and where some lie far out', () => {
    const rounds = 600;
    for (const [share, draw] of [
      [0.5, normal],
      [0, heavy],
      [0.5, heavy],
    ] as const) {
      const alarms = shareOf(
        rounds,
        () =>
          (mser5(
            runs(5, () => chained(60, share, draw)),
            random.next,
            { rounds: 99 },
          )?.p as number) <= 0.05,
      );
      expect(alarms, `${share} ${draw.name}`).toBeLessThan(0.05 + bandOf(0.05, rounds));
    }
  });

  it('sees on ten runs what it rarely sees on two', () => {
    const run = () => seconds(60, (second) => (1 + 0.3 * Math.exp(-second / 4)) * Math.exp(0.15 * normal()));
    const seen = (count: number) =>
      shareOf(150, () => (mser5(runs(count, run), random.next, { rounds: 99 })?.p as number) <= 0.05);
    const two = seen(2);
    expect(seen(10)).toBeGreaterThan(two + 0.2);
  });
});
