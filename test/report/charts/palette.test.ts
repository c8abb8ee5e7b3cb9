import { describe, expect, it } from 'vitest';
import { HEAT_LEVELS, HEAT_PLATE, inkOf, PALETTE, TONES } from '../../../src/report/charts/palette.ts';

/** Contrast ratio of two colours, WCAG 2.2. */
function contrast(a: string, b: string): number {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('colours', () => {
  const all = [...PALETTE.map(({ color }) => color), ...Object.values(TONES)];

  it.each(['#ffffff', '#121212'])('stand out 3:1 from a page of %s', (page) => {
    for (const color of all) expect(contrast(color, page), color).toBeGreaterThanOrEqual(3);
  });

  it('stand out 3:1 from the plate of a heat map, from a single count on, brighter step by step', () => {
    for (const color of HEAT_LEVELS) expect(contrast(color, HEAT_PLATE), color).toBeGreaterThanOrEqual(3);
    const steps = HEAT_LEVELS.map(luminance);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it('come with a dash pattern each, so that none is told by its colour alone', () => {
    expect(new Set(PALETTE.map(({ dash }) => dash)).size).toBe(PALETTE.length);
  });

  it('begin again after the last', () => {
    expect(inkOf(PALETTE.length)).toBe(PALETTE[0]);
    expect(inkOf(Number.NaN)).toBe(PALETTE[0]);
  });
});
