import { describe, expect, it } from 'vitest';
import { mser5 } from '../../src/statistics/mser.ts';
import { expectClose, FIXTURES } from './fixtures.ts';
import { bandOf, createNoise, shareOf } from './noise.ts';

const { random, normal } = createNoise(1, 'mser');
const seconds = (count: number, valueAt: (second: number) => number) =>
  Array.from({ length: count }, (_, second) => valueAt(second));

describe('MSER-5', () => {
  it('cuts where a direct computation of the formula cuts', () => {
    for (const { values, discard, shift } of FIXTURES.mser) {
      const found = mser5(values, random.next, 1);
      expect(found?.discard).toBe(discard);
      if (shift === 0) expect(Math.abs(found?.shift as number)).toBeLessThan(1e-12);
      else expectClose(found?.shift as number, shift, 1e-9);
    }
  });

  it('finds a warm-up of 20 seconds, and says what it does to the mean', () => {
    const found = mser5(
      seconds(120, (second) => (second < 20 ? 30 : 10) + normal()),
      random.next,
    );
    expect(found?.hasSteadyState).toBe(true);
    expect([20, 25, 30]).toContain(found?.discard);
    expect(found?.p as number).toBeLessThan(0.01);
    expect(found?.shift as number).toBeCloseTo(20 / 6, 0);
  });

  it('sees no steady state where the value rises to the end', () => {
    const found = mser5(
      seconds(100, (second) => second + normal()),
      random.next,
    );
    expect(found?.hasSteadyState).toBe(false);
    expect(found?.discard).toBe(50);
    expect(found?.p as number).toBeLessThan(0.01);
  });

  it('leaves out the batch that is not full: a last wild second changes nothing', () => {
    const values = seconds(60, () => normal());
    const found = mser5(values, createNoise(2, 'same').random.next);
    expect(mser5([...values, 1e6], createNoise(2, 'same').random.next)).toEqual(found);
  });

  it('finds nothing in a constant series, and says nothing about a short one', () => {
    expect(mser5(new Array(60).fill(7), random.next)).toEqual({
      discard: 0,
      hasSteadyState: true,
      p: 1,
      shift: 0,
    });
    expect(mser5([], random.next)).toBeNull();
    expect(mser5(new Array(39).fill(1), random.next)).toBeNull();
    expect(() => mser5([1, Infinity], random.next)).toThrow('values[1]');
  });

  it('cuts two in five series of pure noise; its p-value does not fall for it', () => {
    const rounds = 1500;
    let cuts = 0;
    const alarms = shareOf(rounds, () => {
      const found = mser5(
        seconds(60, () => normal()),
        random.next,
        99,
      );
      if ((found?.discard as number) > 0) cuts++;
      return (found?.p as number) <= 0.05;
    });
    expect(Math.abs(alarms - 0.05)).toBeLessThan(bandOf(0.05, rounds));
    // Why `discard > 0` alone must not condemn a run.
    expect(cuts / rounds).toBeGreaterThan(0.35);
  });

  it('sees on the mean of ten runs what it rarely sees on one', () => {
    const run = () => seconds(60, (second) => (1 + 0.5 * Math.exp(-second / 4)) * Math.exp(0.15 * normal()));
    const seen = (runs: number) =>
      shareOf(150, () => {
        const series = Array.from({ length: runs }, run);
        const average = seconds(60, (s) => series.reduce((sum, one) => sum + (one[s] as number), 0) / runs);
        return (mser5(average, random.next, 99)?.p as number) <= 0.05;
      });
    const alone = seen(1);
    expect(seen(10)).toBeGreaterThan(alone + 0.2);
  });
});
