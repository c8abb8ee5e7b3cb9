import { describe, expect, it } from 'vitest';
import { renderBands, renderSparkline } from '../../src/report/sparkline.ts';

const AXIS = { fromMs: 100, toMs: 1100, columns: 10 };

describe('sparkline', () => {
  it('shows the largest value of each column, scaled to the top', () => {
    const points = [0, 1, 8, 16, 24, 32, 40, 48, 56, 64].map((value, at) => ({ tMs: 100 + at * 100, value }));
    expect(renderSparkline(points, AXIS, 64)).toBe('▁▂▂▃▄▅▆▇██');
    expect(renderSparkline([...points, { tMs: 150, value: 64 }], AXIS, 64)[0]).toBe('█');
  });

  it('prints only 0 as the lowest block and keeps values above the top inside', () => {
    expect(renderSparkline([{ tMs: 100, value: 0.001 }], AXIS, 64)[0]).toBe('▂');
    expect(renderSparkline([{ tMs: 100, value: 0 }], AXIS, 64)[0]).toBe('▁');
    expect(renderSparkline([{ tMs: 100, value: 999 }], AXIS, 64)[0]).toBe('█');
  });

  it('is blank before the first point, holds the last value over gaps, and counts the end itself', () => {
    const points = [
      { tMs: 300, value: 64 },
      { tMs: 1100, value: 0 },
      { tMs: 1101, value: 64 },
    ];
    expect(renderSparkline(points, AXIS, 64)).toBe('  ███████▁');
    expect(renderSparkline(points, AXIS, 64, 'blank')).toBe('  █      ▁');
  });

  it('draws phases under it, without a name where there is no room', () => {
    const bands = [
      { name: 'calm', startedMs: 100, durationMs: 600 },
      { name: 'burst', startedMs: 700, durationMs: 300 },
      { name: 'end', startedMs: 1000, durationMs: 100 },
    ];
    expect(renderBands(bands, AXIS)).toBe('├calm┤├─┤┤');
    expect(renderBands([{ name: 'late', startedMs: 5000, durationMs: 100 }], AXIS)).toBe('');
    expect(renderBands([{ name: 'over', startedMs: 0, durationMs: 9000 }], AXIS)).toBe('├over────┤');
  });
});
