import { describe, expect, it } from 'vitest';
import { findChangePoints } from '../../src/statistics/change-points.ts';
import { bandOf, createNoise, shareOf } from './noise.ts';

const { random, normal, heavy } = createNoise(1, 'change points');
const row = (count: number, levelAt: (index: number) => number, noise = normal) =>
  Array.from({ length: count }, (_, index) => levelAt(index) + noise());
const indices = (values: number[]) => findChangePoints(values, random.next).map(({ index }) => index);

describe('change points', () => {
  it('finds a step, where it is and from what to what', () => {
    const values = row(30, (index) => (index < 18 ? 100 : 110));
    const found = findChangePoints(values, random.next);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ index: 18, p: 0.002 });
    expect(found[0]?.before).toBeCloseTo(100, 0);
    expect(found[0]?.after).toBeCloseTo(110, 0);
  });

  it('finds a change and its return, although the two ends are alike', () => {
    expect(indices(row(45, (index) => (index >= 15 && index < 28 ? 8 : 0)))).toEqual([15, 28]);
  });

  it('lists changes as they come, however large they are', () => {
    expect(indices(row(45, (index) => (index < 15 ? 0 : index < 30 ? 9 : 60)))).toEqual([15, 30]);
  });

  it('takes the medians between one change and the next', () => {
    const found = findChangePoints(
      [...row(15, () => 0), ...row(15, () => 50), ...row(15, () => 9)],
      random.next,
    );
    expect(found.map(({ before, after }) => [Math.round(before / 5), Math.round(after / 5)])).toEqual([
      [0, 10],
      [10, 2],
    ]);
  });

  it('does not take one wild result for a change', () => {
    const values = row(30, () => 0);
    values[14] = 1e6;
    values[15] = Infinity;
    expect(indices(values)).toEqual([]);
  });

  it.each([12, 30])('%i results of heavy-tailed noise: cries wolf in one row of a hundred', (count) => {
    const rounds = 500;
    const alarms = shareOf(rounds, () => indices(row(count, () => 0, heavy)).length > 0);
    expect(alarms).toBeLessThan(0.01 + bandOf(0.01, rounds));
  });

  it('finds four in five steps of two standard deviations all the same', () => {
    const sd = Math.sqrt(3);
    const found = shareOf(40, () => {
      const values = row(30, (index) => (index < 20 ? 0 : 2 * sd), heavy);
      return indices(values).some((index) => Math.abs(index - 20) <= 2);
    });
    expect(found).toBeGreaterThan(0.8);
  });

  it('finds a step between values that are all equal, and one to infinity', () => {
    expect(indices([...new Array(12).fill(5), ...new Array(6).fill(7)])).toEqual([12]);
    expect(indices([...new Array(9).fill(5), ...new Array(9).fill(Infinity)])).toEqual([9]);
    expect(indices([...new Array(9).fill(-Infinity), ...new Array(9).fill(Infinity)])).toEqual([9]);
  });

  it('has none in a short row, a constant one and an empty one', () => {
    expect(indices([])).toEqual([]);
    expect(indices([1, 1, 9, 9])).toEqual([]);
    expect(indices(new Array(30).fill(5))).toEqual([]);
    expect(() => findChangePoints([1, Number.NaN], random.next)).toThrow('values[1]');
    expect(() => findChangePoints([1, 2], random.next, { shortest: 1 })).toThrow('shortest');
  });

  it('keeps both sides as long as asked for', () => {
    const values = row(40, (index) => (index < 35 ? 0 : 20));
    expect(findChangePoints(values, random.next, { shortest: 5 }).map(({ index }) => index)).toEqual([35]);
    const [found] = findChangePoints(values, random.next, { shortest: 8, level: 0.2 });
    expect(found?.index).toBe(32);
  });
});
