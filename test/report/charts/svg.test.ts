import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlotChart, Series } from '../../../src/report/charts/chart.ts';
import { renderSvg } from '../../../src/report/charts/svg.ts';
import { anyChart, anyPlot } from './any-chart.ts';
import { findOverlaps, readSvg, textBoxes } from './svg-reader.ts';

/** Everything that a strict content policy blocks, or that could run or load something. */
const FORBIDDEN_ATTRIBUTE = /^(style|on.*|href|xlink:href|src)$/;
const KNOWN_ELEMENTS = new Set(['svg', 'title', 'desc', 'g', 'path', 'rect', 'circle', 'text']);

describe('renderSvg', () => {
  it('is well-formed and self-contained, whatever the numbers and texts', () => {
    fc.assert(
      fc.property(anyChart, fc.constantFrom(240, 340, 720, 1400), (chart, width) => {
        const nodes = readSvg(renderSvg(chart, { width }));
        for (const { name, attributes } of nodes) {
          expect(KNOWN_ELEMENTS).toContain(name);
          for (const [key, value] of attributes) {
            expect(key).not.toMatch(FORBIDDEN_ATTRIBUTE);
            if (key === 'aria-labelledby' || key === 'id') continue;
            if (!value.startsWith('#'))
              expect(value, key).not.toMatch(/NaN|Infinity|undefined|null|\de[+-]?\d/);
            if (key !== 'xmlns') expect(value, key).not.toMatch(/url|:\/\//);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('keeps every text and every line of any plot inside of the picture', () => {
    fc.assert(
      fc.property(anyPlot, fc.constantFrom(240, 340, 720), (chart, width) => {
        const nodes = readSvg(renderSvg(chart, { width }));
        const [, , , height = 0] = (nodes.at(-1)?.attributes.get('viewBox') ?? '').split(' ').map(Number);
        for (const box of textBoxes(nodes)) {
          expect(box.left, box.text).toBeGreaterThanOrEqual(-0.5);
          expect(box.right, box.text).toBeLessThanOrEqual(width + 0.5);
          expect(box.top, box.text).toBeGreaterThanOrEqual(-0.5);
          expect(box.bottom, box.text).toBeLessThanOrEqual(height + 0.5);
        }
        for (const { name, attributes } of nodes) {
          if (name !== 'rect') continue;
          const [x, w] = ['x', 'width'].map((key) => Number(attributes.get(key)));
          expect(x).toBeGreaterThanOrEqual(-0.5);
          expect((x ?? 0) + (w ?? 0)).toBeLessThanOrEqual(width + 2);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('writes no text of a plot over another', () => {
    fc.assert(
      fc.property(anyPlot, fc.constantFrom(240, 340, 720), (chart, width) => {
        expect(findOverlaps(textBoxes(readSvg(renderSvg(chart, { width }))))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  const series: Series = {
    ...{ name: 'a', color: 0, shape: 'line', weight: 'strong' },
    ...{ xs: [0, 1000, 2000, 3000], ys: [1, 2, null, 4] },
  };
  const plot: PlotChart = {
    ...{ kind: 'plot', id: 'test', title: 'Title', caption: 'Caption.', table: null, heat: null },
    x: { label: '', unit: 'ms', scale: 'time', min: 0, max: 4000 },
    y: { label: 'values', unit: 'none', scale: 'linear', min: 0, max: 4 },
    ...{ series: [series], bands: [], spans: [], rules: [] },
  };

  it('says in words what it shows', () => {
    const nodes = readSvg(renderSvg(plot, { idPrefix: 'x-' }));
    const root = nodes.at(-1);
    expect(root?.attributes.get('role')).toBe('img');
    expect(root?.attributes.get('aria-labelledby')).toBe('x-test-title x-test-desc');
    expect(nodes.slice(0, 2).map(({ attributes, text }) => [attributes.get('id'), text])).toEqual([
      ['x-test-title', 'Title'],
      ['x-test-desc', 'Caption.'],
    ]);
  });

  it('breaks a line where a value is missing, and shows a value that stands alone', () => {
    const svg = renderSvg(plot, { width: 720 });
    expect(svg).toMatch(/ d="M66 \d+(\.\d)?L190 [\d.]+M438 [\d.]+h0"/);
  });

  it('draws what is infinite above everything else, and marks it', () => {
    const svg = renderSvg({ ...plot, series: [{ ...series, ys: [1, 2, Number.POSITIVE_INFINITY, 4] }] });
    const texts = textBoxes(readSvg(svg));
    const infinite = texts.find(({ text }) => text === '∞');
    const four = texts.find(({ text }) => text === '4');
    expect(infinite?.bottom).toBeLessThan(four?.top ?? 0);
  });

  it('names lines beside them where there is room, above them where there is not', () => {
    const at = (width: number) =>
      textBoxes(readSvg(renderSvg(plot, { width }))).find(({ text }) => text === 'a');
    expect(at(720)?.left).toBeGreaterThan(570);
    expect(at(320)?.top).toBeLessThan(40);
  });

  it('draws nothing for a chart without data', () => {
    expect(renderSvg({ kind: 'empty', id: 'e', title: 't', caption: 'why', table: null })).toBe('');
  });

  it('shows a spike among a hundred thousand points in a few kilobytes', () => {
    const xs = Array.from({ length: 100_000 }, (_, at) => at / 25);
    const ys = xs.map((_, at) => (at === 44_444 ? 4 : Math.sin(at) + 1));
    const svg = renderSvg({ ...plot, series: [{ ...series, xs, ys }] });
    expect(svg.length).toBeLessThan(30_000);
    const highest = Math.min(...[...svg.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y)));
    const four = textBoxes(readSvg(svg)).find(({ text }) => text === '4');
    expect(highest).toBeCloseTo((four?.bottom ?? 0) - 6, 0);
  });
});
