import { describe, expect, it } from 'vitest';
import { findChanges, isSearched } from '../../../src/report/trend/find-changes.ts';
import { describeChange, describeMove } from '../../../src/report/trend/words.ts';
import { createSeries, pointAt } from './trends.ts';

describe('findChanges', () => {
  it('counts in points of the series, past those without a value', () => {
    const series = createSeries(30, 18);
    expect(findChanges(series, 'rss').map(({ index }) => index)).toEqual([18]);
    expect(findChanges(series, 'queueMax')).toEqual([]);
    expect(findChanges(series, 'rss')).toBe(findChanges(series, 'rss'));
  });

  it('says how many it needs', () => {
    const six = { ...createSeries(0), points: [0, 1, 2, 3, 4, 5].map((at) => pointAt(at, { rss: at })) };
    expect(isSearched(six, 'rss')).toBe(true);
    expect(isSearched({ ...six, points: six.points.slice(1) }, 'rss')).toBe(false);
  });

  it('looks at the newest 200 alone', () => {
    const old = Array.from({ length: 100 }, (_, at) => pointAt(at, { rss: at < 50 ? 1 : 9 }));
    const recent = Array.from({ length: 200 }, (_, at) => pointAt(100 + at, { rss: 9 }));
    expect(findChanges({ ...createSeries(0), points: [...old, ...recent] }, 'rss')).toEqual([]);
  });
});

describe('a change in words', () => {
  const series = createSeries(12);
  it.each([
    ['all.p99', 10, 12, '+20.0 %, from about 10 ms to 12 ms'],
    ['loss', 0, 0.01, '+1.00 pp, from about 0 % to 1 %'],
    ['all.p99', 10, Number.POSITIVE_INFINITY, 'from about 10 ms to never'],
    ['queueMax', 0, 64, 'from about 0 to 64'],
  ])('%s from %d to %d', (metric, before, after, expected) => {
    const words = describeChange({ index: 6, p: 0.002, before, after }, series, metric);
    expect(words).toBe(`seems to have changed at 2026-03-07 00:00 (4f2c1ef): ${expected} (p 0.002)`);
  });

  it('names no figure that is none', () => {
    expect(describeMove({ before: 0, after: 3 }, 'rss')).toBeNull();
    expect(describeMove({ before: Number.POSITIVE_INFINITY, after: 3 }, 'all.p99')).toBeNull();
  });
});
