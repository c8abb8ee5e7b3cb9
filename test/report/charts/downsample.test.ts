import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepExtremes, MAX_POINTS, pick } from '../../../src/report/charts/downsample.ts';

describe('keepExtremes', () => {
  it('keeps everything where there is room', () => {
    expect(keepExtremes([[3, 1, 2]])).toEqual([0, 1, 2]);
    expect(keepExtremes([])).toEqual([]);
  });

  it('keeps a spike of one sample in a hundred thousand, up and down', () => {
    const values = Array.from({ length: 100_000 }, () => 5);
    values[31_415] = 900;
    values[77_777] = -1;
    const kept = pick(values, keepExtremes([values]));
    expect(kept).toContain(900);
    expect(kept).toContain(-1);
  });

  it('keeps the largest and the smallest of each column, rising, and not more than asked for', () => {
    const column = fc.array(fc.option(fc.integer(), { nil: null }), { minLength: 3000, maxLength: 3000 });
    fc.assert(
      fc.property(fc.array(column, { minLength: 1, maxLength: 3 }), (columns) => {
        const rows = keepExtremes(columns, 300);
        expect(rows.length).toBeLessThanOrEqual(300);
        expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
        for (const values of columns) {
          const known = (list: (number | null)[]) => list.filter((value) => value !== null);
          const kept = known(pick(values, rows));
          const all = known(values);
          if (all.length === 0) continue;
          expect(Math.max(...kept)).toBe(Math.max(...all));
          expect(Math.min(...kept)).toBe(Math.min(...all));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('leaves a gap where there was one', () => {
    const values = Array.from({ length: 9000 }, (_, at) => (at > 4000 && at < 4100 ? null : 1));
    expect(pick<number | null>(values, keepExtremes([values], MAX_POINTS))).toContain(null);
  });
});
