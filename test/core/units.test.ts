import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDurationMs,
  formatRate,
  formatShare,
  parseByteRate,
  parseBytes,
  parseDurationMs,
  parseRatePerSec,
  parseShare,
} from '../../src/core/units.ts';

describe('units', () => {
  it.each([
    ['300ms', 300],
    ['2s', 2000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['250us', 0.25],
    ['10', 10_000],
    [10, 10_000],
    ['0', 0],
    ['10 s', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['', undefined],
    [-1, undefined],
    [Number.NaN, undefined],
  ])('reads the duration %s as %s ms', (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });

  it.each([
    ['500', 500],
    ['500/s', 500],
    ['1k', 1000],
    ['1.5k/s', 1500],
    ['30/min', 0.5],
    ['36/h', 0.01],
    [250, 250],
    ['-5/s', undefined],
    ['fast', undefined],
    ['5/day', undefined],
  ])('reads the rate %s as %s per second', (text, expected) => {
    expect(parseRatePerSec(text)).toBe(expected);
  });

  it.each([
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['1MB', 1_000_000],
    ['1.5kb', 1500],
    ['512', 512],
    [512, 512],
    [1.5, undefined],
    ['1 TB', undefined],
    ['-1', undefined],
  ])('reads the size %s as %s bytes', (text, expected) => {
    expect(parseBytes(text)).toBe(expected);
  });

  it('tells binary from decimal byte rates', () => {
    expect(parseByteRate('20KiB/s')).toBe(20_480);
    expect(parseByteRate('20KB/s')).toBe(20_000);
    expect(parseByteRate('20KiB')).toBe(20_480);
    expect(parseByteRate('20/parsec')).toBeUndefined();
  });

  it.each([
    ['5%', 0.05],
    ['100%', 1],
    ['0.05', 0.05],
    [0.5, 0.5],
    ['101%', undefined],
    [1.5, undefined],
    ['half', undefined],
  ])('reads the share %s as %s', (text, expected) => {
    expect(parseShare(text)).toBe(expected);
  });

  it('prints about three figures and always a unit', () => {
    expect([0.0123, 0.5, 1.149, 9.44, 31, 140.4, 2000, 12_345, 300_000].map(formatDurationMs)).toEqual([
      '12.3 µs',
      '500 µs',
      '1.1 ms',
      '9.4 ms',
      '31 ms',
      '140 ms',
      '2 s',
      '12.3 s',
      '5 min',
    ]);
    expect(formatDurationMs(Number.POSITIVE_INFINITY)).toBe('never');
    expect([0, 999, 1024, 1_572_864, 5e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1 KiB',
      '1.5 MiB',
      '4.66 GiB',
    ]);
    expect([0, 999, 81_200, 1_234_567].map(formatCount)).toEqual(['0', '999', '81,200', '1,234,567']);
    expect([0, 0.00001, 0.0123, 1].map(formatShare)).toEqual(['0 %', '<0.01 %', '1.23 %', '100 %']);
    expect([0.5, 500, 1500].map(formatRate)).toEqual(['0.5/s', '500/s', '1,500/s']);
  });
});
