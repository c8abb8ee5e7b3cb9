import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PlotChart } from '../../../src/report/charts/chart.ts';
import { isInteractive, renderPageData, toClientData } from '../../../src/report/html/page-data.ts';

const xs = [0, 100, 200];

function plotOf(part: Partial<PlotChart> = {}): PlotChart {
  return {
    ...{ kind: 'plot', id: 'a', title: 'A', caption: 'Rises.', table: null, heat: null },
    x: { label: 'time', unit: 'ms', scale: 'time', min: 0, max: 200 },
    y: { label: 'age', unit: 'ms', scale: 'linear', min: 0, max: 10 },
    series: [{ name: 'one', color: 0, shape: 'line', weight: 'strong', xs, ys: [1.234_56, null, Infinity] }],
    ...{ bands: [{ name: 'one', color: 0, xs, low: [0, 0, 0], high: [1, 1, 1] }], spans: [], rules: [] },
    ...part,
  };
}

describe('toClientData', () => {
  it('keeps times that are shared once, shortens numbers, and says what is infinite', () => {
    const data = toClientData(
      new Map([
        ['a', plotOf()],
        ['b', plotOf({ id: 'b' })],
      ]),
    );
    expect(data.xs).toEqual([xs]);
    expect(data.charts['a']?.series[0]?.ys).toEqual([1.235, null, 'inf']);
    expect(data.charts['b']?.bands[0]).toMatchObject({ xs: 0, high: [1, 1, 1] });
  });

  it.each([
    ['lines over time', plotOf(), true],
    [
      'points',
      plotOf({ series: [{ name: 'p', color: 0, shape: 'dots', weight: 'strong', xs, ys: [1, 2, 3] }] }),
      false,
    ],
    [
      'one moment alone',
      plotOf({ series: [{ name: 'p', color: 0, shape: 'line', weight: 'thin', xs: [1], ys: [1] }] }),
      false,
    ],
    [
      'what has no time axis',
      plotOf({ x: { label: 'loss', unit: 'share', scale: 'linear', min: 0, max: 1 } }),
      false,
    ],
    [
      'a chart without data',
      { kind: 'empty', id: 'e', title: 'E', caption: 'None.', table: null } as const,
      false,
    ],
  ])('makes %s interactive, or not', (_what, chart, expected) => expect(isInteractive(chart)).toBe(expected));
});

describe('renderPageData', () => {
  it('cannot be ended or decoded by what is in it', () => {
    const title = '</template>&lt;\u2028<script>';
    const { text } = renderPageData(new Map([['a', plotOf({ title })]]));
    expect(text.match(/<\/template>/g)).toHaveLength(1);
    const [, json = ''] = /<template id="bpb-data">([^<>&]*)<\/template>/.exec(text) ?? [];
    expect((JSON.parse(json) as { charts: { a: PlotChart } }).charts.a.title).toBe(title);
  });

  it('is compressed above 1 MB', () => {
    const long = Array.from({ length: 2000 }, (_, at) => at);
    const series = Array.from({ length: 90 }, (_, at) => ({
      ...({ name: `${at}`, color: at, shape: 'line', weight: 'thin' } as const),
      ...{ xs: long, ys: long.map((x) => Math.sin(x + at)) },
    }));
    const { text } = renderPageData(new Map([['a', plotOf({ series })]]));
    const [, packed = ''] = /data-encoding="gzip">([\w+/=]*)</.exec(text) ?? [];
    const json = gunzipSync(Buffer.from(packed, 'base64')).toString();
    expect(json.length).toBeGreaterThan(1024 ** 2);
    expect((JSON.parse(json) as { charts: { a: PlotChart } }).charts.a.series).toHaveLength(90);
    expect(text.length).toBeLessThan(json.length / 2);
  });
});
