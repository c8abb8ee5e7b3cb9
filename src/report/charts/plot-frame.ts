/** The frame of a plot: where its area is, and what goes around it. */
import type { Axis, PlotChart } from './chart.ts';
import { createScale, type Scale } from './scale.ts';
import { textWidth } from './text-width.ts';

/** Font size of everything in a chart. */
export const TEXT = 11;
/** Height of one row of text. */
export const ROW = 15;

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Of the whole picture. */
  readonly width: number;
  readonly xScale: Scale;
  readonly yScale: Scale;
  /** Pixels from a value; always inside the area. */
  x(value: number): number;
  y(value: number): number;
  /** Where values that are infinite are drawn: above the area. */
  readonly infinityY: number | null;
}

export interface Margins {
  /** Rows above the area: what the axis shows, legend, names of phases and events. */
  readonly rowsAbove: number;
  /** Whether the lowest row is as wide as the area alone; else the topmost tick needs room. */
  readonly isInset: boolean;
  /** Beside the area, for names of series. */
  readonly rightWidth: number;
}

const INFINITY_ROOM = 26;

/** Time charts stand under each other and share their time: so their areas begin and end together. */
export const ALIGNED_FROM = 480;
const ALIGNED_LEFT = 66;
export const ALIGNED_RIGHT = 150;

export function createFrame(chart: PlotChart, width: number, height: number, margins: Margins): Frame {
  const hasInfinity = [...chart.series.map(({ ys }) => ys), ...chart.bands.map(({ high }) => high)].some(
    (values) => values.includes(Number.POSITIVE_INFINITY),
  );
  const top = (margins.isInset ? 6 : 13) + margins.rowsAbove * ROW + (hasInfinity ? INFINITY_ROOM : 0);
  const bottom = Math.max(top + 60, height - 18 - (hasXLabel(chart.x) ? ROW : 0));
  const yScale = createScale(chart.y, (bottom - top) / 28);
  const tickWidth = Math.max(16, ...yScale.ticks.map(({ label }) => textWidth(label, TEXT)));
  const isStacked = chart.x.scale === 'time' && width >= ALIGNED_FROM;
  const left = Math.max(isStacked ? ALIGNED_LEFT : 0, Math.ceil(Math.min(tickWidth, width / 3)) + 8);
  const right = Math.max(left + 60, width - 8 - margins.rightWidth);
  const xScale = createScale(chart.x, (right - left) / 64);
  return {
    ...{ left, right, top, bottom, width, xScale, yScale },
    x: (value) => left + xScale.position(value) * (right - left),
    y: (value) =>
      value === Number.POSITIVE_INFINITY && hasInfinity
        ? top - INFINITY_ROOM / 2
        : bottom - yScale.position(value) * (bottom - top),
    infinityY: hasInfinity ? top - INFINITY_ROOM / 2 : null,
  };
}

/** The unit of time stands at its ticks; categories say themselves what they are. */
export function hasXLabel(axis: Axis): boolean {
  return axis.scale !== 'time' && axis.scale !== 'category' && axis.label !== '';
}
