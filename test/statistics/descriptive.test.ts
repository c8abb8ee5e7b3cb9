import { describe, expect, it } from 'vitest';
import { mean, median, midpoint, standardDeviation } from '../../src/statistics/descriptive.ts';

describe('middle and spread', () => {
  it('of a few values', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(median([6, 1, 2])).toBe(2);
    expect(median([10, 9, 2, 1])).toBe(5.5);
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(standardDeviation([5, 5])).toBe(0);
  });

  it('is nothing where there are too few', () => {
    expect([mean([]), median([]), standardDeviation([]), standardDeviation([4])]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('keeps small differences of large values', () => {
    expect(standardDeviation([1e9, 1e9 + 1, 1e9 + 2])).toBe(1);
    expect(midpoint(Number.MAX_VALUE, Number.MAX_VALUE)).toBe(Number.MAX_VALUE);
  });

  it('orders infinities, and meets in the middle between two of them', () => {
    expect(median([Infinity, 1, 2])).toBe(2);
    expect(median([Infinity, 1])).toBe(Infinity);
    expect(median([Infinity, -Infinity])).toBe(0);
  });

  it('refuses what has no mean', () => {
    expect(() => mean([1, Infinity])).toThrow('values[1] must be a finite number, got Infinity');
    expect(() => standardDeviation([Number.NaN, 1])).toThrow('values[0]');
    expect(() => median([1, 2, Number.NaN])).toThrow('values[2]');
  });

  it('leaves the values as they were', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});
