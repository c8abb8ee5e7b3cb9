/** A chart as uPlot wants it: one table of aligned values, and how its columns are drawn. */
import type UPlot from 'uplot';
import type { Axis } from '../../charts/chart.ts';
import { inkOf } from '../../charts/palette.ts';
import { createScale } from '../../charts/scale.ts';
import { drawAbove, drawBelow } from './chart-marks.ts';
import type { ClientChart, ClientValue } from './client-data.ts';
import { colorOf } from './theme.ts';

declare const uPlot: typeof UPlot;

type Column = (number | null | undefined)[];

/** Pixels that a label needs along its axis. */
const LABEL_PX = { x: 62, y: 34 };
const AXIS_PX = { x: 26, y: 62 };
const LINE_WIDTH = { strong: 2, thin: 1.2 };
/** Over any cell; its dark rim is drawn with the cells. */
const HEAT_LINE = '#ffffff';
const BAND_ALPHA = '2e';
const EDGE_ALPHA = 'b3';
const EDGE_WIDTH = 0.8;
const FONT = '12px system-ui, sans-serif';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The columns in the order of {@link createOptions}: x, the series, then low and high of each band. */
export function alignData(chart: ClientChart, pool: readonly (readonly number[])[]): UPlot.AlignedData {
  const columns = [
    ...chart.series.map(({ xs, ys }) => ({ xs, values: ys })),
    ...chart.bands.flatMap(({ xs, low, high }) => [
      { xs, values: low },
      { xs, values: high },
    ]),
  ];
  const drawable = (values: readonly ClientValue[]): Column => values.map((value) => toDrawn(value, chart.y));
  const places = [...new Set(columns.map(({ xs }) => xs))];
  // A heat map alone still needs positions for its cursor.
  if (places.length === 0) return [[...(chart.heat?.xEdges ?? [chart.x.min, chart.x.max])]];
  const tables = places.map((place) => [
    [...(pool[place] ?? [])],
    ...columns.filter(({ xs }) => xs === place).map(({ values }) => drawable(values)),
  ]);
  const joined = tables.length === 1 ? tables[0] : uPlot.join(tables as UPlot.AlignedData[]);
  // Joining orders columns by table: back to the order of the chart.
  const order = places.flatMap((place) =>
    columns.map((column, at) => ({ column, at })).filter(({ column }) => column.xs === place),
  );
  const [x, ...rest] = joined as Column[];
  const sorted: Column[] = new Array(columns.length);
  order.forEach(({ at }, position) => {
    sorted[at] = rest[position] ?? [];
  });
  return [x, ...sorted] as UPlot.AlignedData;
}

/** What cannot be drawn where it is stands at the edge: infinity above, 0 of a log scale below. */
function toDrawn(value: ClientValue, y: Axis): number | null {
  if (value === null) return null;
  if (value === 'inf') return y.max;
  return y.scale === 'log' ? Math.max(value, y.min) : value;
}

export function createOptions(chart: ClientChart, size: Size, hooks: UPlot.Hooks.Arrays): UPlot.Options {
  const { x, y, series, bands } = chart;
  const muted = (): string => colorOf('--muted');
  const grid = { stroke: () => colorOf('--grid'), width: 1 };
  const axis = (of: Axis, side: 'x' | 'y'): UPlot.Axis => {
    let labels = new Map<number, string>();
    return {
      scale: side,
      stroke: muted,
      font: FONT,
      // On a heat map lines of a grid would look like data.
      grid: side === 'x' || chart.heat !== null ? { show: false } : grid,
      ticks: { ...grid, size: 4 },
      size: AXIS_PX[side],
      gap: 4,
      splits: (u, _axis, min, max) => {
        const length = side === 'x' ? u.width - AXIS_PX.y : u.height - AXIS_PX.x;
        const { ticks } = createScale({ ...of, min, max }, length / LABEL_PX[side]);
        labels = new Map(ticks.map(({ value, label }) => [value, label]));
        return ticks.map(({ value }) => value);
      },
      values: (_u, splits) => splits.map((value) => labels.get(value) ?? ''),
      filter: (_u, splits) => splits,
    };
  };
  return {
    ...size,
    padding: [
      chart.spans.some(({ label, tone }) => label !== '' && tone !== 'unmeasured') ? 20 : 10,
      12,
      0,
      0,
    ],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false, dist: 6 },
      points: { size: 7, show: chart.heat === null },
      bind: { dblclick: () => () => null },
    },
    scales: {
      x: { time: false, auto: false, min: x.min, max: x.max },
      y: { auto: false, distr: y.scale === 'log' ? 3 : 1, min: y.min, max: y.max, range: [y.min, y.max] },
    },
    axes: [axis(x, 'x'), axis(y, 'y')],
    series: [
      {},
      ...series.map(({ color, isSolid, isStep, isThin }): UPlot.Series => {
        const ink = inkOf(color);
        return {
          scale: 'y',
          stroke: chart.heat === null ? ink.color : HEAT_LINE,
          width: isThin ? LINE_WIDTH.thin : LINE_WIDTH.strong,
          ...(isSolid || ink.dash === '' ? {} : { dash: ink.dash.split(' ').map(Number) }),
          ...(isStep ? { paths: uPlot.paths.stepped?.({ align: 1 }) as UPlot.Series.PathBuilder } : {}),
          points: { show: false },
        };
      }),
      ...bands.flatMap(({ color, hasEdges }): UPlot.Series[] => {
        const hidden: UPlot.Series = { scale: 'y', width: 0, points: { show: false } };
        if (!hasEdges) return [hidden, hidden];
        const ink = inkOf(color);
        const dash = ink.dash === '' ? {} : { dash: ink.dash.split(' ').map(Number) };
        const edge: UPlot.Series = { ...hidden, width: EDGE_WIDTH, stroke: ink.color + EDGE_ALPHA, ...dash };
        return [edge, edge];
      }),
    ],
    bands: bands.map(({ color }, at): UPlot.Band => {
      const low = 1 + series.length + 2 * at;
      return { series: [low + 1, low], fill: inkOf(color).color + BAND_ALPHA };
    }),
    hooks: {
      ...hooks,
      drawClear: [(u) => drawBelow(u, chart)],
      draw: [(u) => drawAbove(u, chart)],
    },
  };
}
