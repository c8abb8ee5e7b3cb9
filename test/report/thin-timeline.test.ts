import { describe, expect, it } from 'vitest';
import { thinTimeline } from '../../src/report/thin-timeline.ts';
import { rowAt } from './fixtures.ts';

describe('thinned timeline', () => {
  it.each([
    [0, 0],
    [1000, 1000],
    [1001, 501],
    [2000, 1000],
    [2001, 501],
    [9000, 563],
  ])('has of %i rows %i, evenly and with the first one', (count, kept) => {
    const rows = Array.from({ length: count }, (_, at) => rowAt(at, {}));
    const thin = thinTimeline(rows);
    expect(thin).toHaveLength(kept);
    const steps = thin.slice(1).map((row, at) => row.tMs - (thin[at]?.tMs ?? 0));
    expect(new Set(steps).size).toBeLessThanOrEqual(1);
    expect(thin[0]).toEqual(rows[0]);
  });
});
