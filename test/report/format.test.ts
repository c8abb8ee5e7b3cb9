import { describe, expect, it } from 'vitest';
import { formatClock, formatMs, formatReasons, formatSize, formatValue } from '../../src/report/format.ts';

describe('numbers for people', () => {
  it.each([
    [9.44, 'ms', '9.4 ms'],
    [0, 'ms', '0 ms'],
    [Number.POSITIVE_INFINITY, 'ms', 'never'],
    [1_572_864, 'bytes', '1.5 MiB'],
    [0.638, 'ratio', '63.8 %'],
    [0.00001, 'ratio', '<0.01 %'],
    [81_200, 'count', '81,200'],
    [0.12345, 'cores', '0.123 cores'],
    [3, 'connections', '3 connections'],
    [null, 'ms', 'n/a'],
    [undefined, 'count', 'n/a'],
    [Number.NaN, 'count', 'n/a'],
  ])('prints %s %s as %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text);
  });

  it('prints work that was never served as never, and absence as what the caller says', () => {
    expect(formatMs('inf')).toBe('never');
    expect(formatMs(null, '–')).toBe('–');
    expect(formatSize(null)).toBe('n/a');
  });

  it('lists reasons, the largest first, zeros left out', () => {
    expect(formatReasons({ shutdown: 2, none: 0, 'overflow.drop-oldest': 5170 })).toBe(
      'overflow.drop-oldest 5,170, shutdown 2',
    );
    expect(formatReasons({})).toBe('');
  });

  it.each([
    [0, '00:00'],
    [61_999, '01:01'],
    [7_325_000, '2:02:05'],
  ])('shows %i ms as %s on a clock', (ms, text) => {
    expect(formatClock(ms)).toBe(text);
  });
});
