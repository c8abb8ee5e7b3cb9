import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatColumn, formatQuantity, quantityOf, threeDigits } from '../../../src/report/html/quantity.ts';

describe('formatColumn', () => {
  it.each([
    ['ms', [136, 4086, 'inf', null], 'ms', ['136', '4,086', 'never', '–']],
    ['ms', [0.012, 0.4], 'µs', ['12', '400']],
    ['ms', [12_000, 400], 's', ['12', '0.4']],
    ['ms', [0, 0], 'ms', ['0', '0']],
    ['bytes', [0, 844_800, 3_534_848], 'MiB', ['0', '0.806', '3.37']],
    ['bytes', [1023 * 1024], 'MiB', ['0.999']],
    ['share', [0.36, 0, 0.0001], '%', ['36', '0', '0.01']],
    ['count', [75_271, 0], '', ['75,271', '0']],
    ['any', [0.5, 36.84], '', ['0.5', '36.8']],
    ['ms', [], 'ms', []],
  ] as const)('%s %j in one unit', (quantity, values, unit, cells) => {
    expect(formatColumn(values, quantity)).toEqual({ unit, cells });
  });

  it('never shows a value above 0 as 0, beside however large others', () => {
    expect(formatColumn([0.000_001, 5000], 'ms').cells).toEqual(['<0.001', '5,000']);
    expect(formatColumn([Number.NaN, undefined, Number.POSITIVE_INFINITY], 'ms').cells).toEqual([
      '–',
      '–',
      'never',
    ]);
  });

  it('is never NaN, never empty, never 0 for what is not 0', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.double({ min: -1e300, max: 1e300 }).filter((value) => value === 0 || Math.abs(value) > 1e-300),
            fc.constant(null),
            fc.constant('inf' as const),
          ),
        ),
        fc.constantFrom('ms', 'bytes', 'share', 'count', 'perSec', 'any'),
        (values, quantity) => {
          const { cells } = formatColumn(values, quantity);
          cells.forEach((cell, at) => {
            expect(cell).toMatch(/^(never|–|[<>]?−?[\d,.]+(e\+\d+)?)$/);
            if (typeof values[at] === 'number' && values[at] !== 0) expect(cell).not.toBe('0');
          });
        },
      ),
    );
  });
});

describe('threeDigits', () => {
  it.each([
    [1234.5, '1,235'],
    [38.74, '38.7'],
    [0.012_34, '0.0123'],
    [-0.5, '−0.5'],
    [999.95, '1,000'],
    [0.000_05, '<0.0001'],
  ])('%s → %s', (value, text) => expect(threeDigits(value)).toBe(text));
});

describe('formatQuantity', () => {
  it('sets the unit after the number and keeps them on one line', () => {
    expect(formatQuantity(38.74, 'ms')).toBe('38.7\u00a0ms');
    expect(formatQuantity(2000, 'ms')).toBe('2\u00a0s');
    expect(formatQuantity(null, 'ms')).toBe('–');
    expect(formatQuantity('inf', 'ms')).toBe('never');
    expect(formatQuantity(64, 'count')).toBe('64');
  });

  it.each([
    ['ratio', { quantity: 'share', word: '' }],
    ['perMin', { quantity: 'any', word: '1/min' }],
    ['cores', { quantity: 'any', word: 'cores' }],
    ['count', { quantity: 'any', word: '' }],
  ])('knows the unit %s of a record', (unit, expected) => expect(quantityOf(unit)).toEqual(expected));
});
