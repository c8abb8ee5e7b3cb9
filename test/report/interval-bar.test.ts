import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barWidth, renderBarHeader, renderIntervalBar } from '../../src/report/interval-bar.ts';

describe('interval bar', () => {
  it.each([
    [{ low: -1, high: 1 }, 0, '······━━━━━━●━━━━━━······'],
    [{ low: 0, high: 0 }, 0, '······[·····●·····]······'],
    [{ low: 1.2, high: 9 }, 1.5, '······[·····│·····]━━●━━>'],
    [{ low: -9, high: 9 }, 0, '<━━━━━━━━━━━●━━━━━━━━━━━>'],
    [{ low: 3, high: 4 }, 3.5, '······[·····│·····]·····>'],
    [{ low: Number.NEGATIVE_INFINITY, high: -3 }, -5, '<·····[·····│·····]······'],
    [{ low: 0.5, high: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY, '······[·····│··━━━━━━━━━>'],
  ])('draws %j', (interval, estimate, row) => {
    expect(renderIntervalBar(interval, estimate, 1, 6, true)).toBe(row);
  });

  it('compares because its axis is the margin: the same share of it looks the same', () => {
    const one = renderIntervalBar({ low: 0.01, high: 0.05 }, 0.03, 0.1, 6, true);
    expect(renderIntervalBar({ low: 0.1, high: 0.5 }, 0.3, 1, 6, true)).toBe(one);
  });

  it('has a header whose labels stand above their places', () => {
    for (const step of [3, 6] as const) {
      const header = renderBarHeader(step);
      expect(header.length).toBeLessThanOrEqual(barWidth(step));
      expect(header.indexOf('0')).toBe(2 * step);
    }
  });

  it('is empty without an interval or a margin, and ASCII where there is nothing else', () => {
    expect(renderIntervalBar(null, 0, 1, 6, true)).toBe('');
    expect(renderIntervalBar({ low: 0, high: 1 }, 0, 0, 6, true)).toBe('');
    expect(renderIntervalBar({ low: Number.NaN, high: 1 }, 0, 1, 6, true)).toBe('');
    expect(renderIntervalBar({ low: -0.5, high: 0.5 }, 0, 1, 3, false)).toBe('...[==o==]...');
  });

  it('is always as wide as it says', () => {
    const value = fc.double({ noNaN: true });
    fc.assert(
      fc.property(value, value, value, fc.constantFrom(3 as const, 6 as const), (a, b, estimate, step) => {
        const interval = { low: Math.min(a, b), high: Math.max(a, b) };
        const row = renderIntervalBar(interval, estimate, 1, step, true);
        expect([...row]).toHaveLength(barWidth(step));
      }),
    );
  });
});
