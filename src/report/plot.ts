/** A band over time in a few rows of characters: braille dots, two by four to each; `#` where there is no UTF-8. */
import type { TimeAxis } from './sparkline.ts';

export interface BandPoint {
  readonly tMs: number;
  readonly low: number;
  readonly high: number;
}

/** Logarithmic; both above 0. Values outside are drawn at the edge. */
export interface LogScale {
  readonly min: number;
  readonly max: number;
}

export interface BandOptions {
  /** Of the row of `axis.columns` characters. */
  readonly rows: number;
  readonly isUnicode: boolean;
  /** A column without a point repeats the one before it for so long; then nothing is drawn: nothing was there. */
  readonly holdMs: number;
}

/** The bit of each dot, from the top left down, then the right column. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BLANK_BRAILLE = 0x2800;

/** Rows from the top, each `axis.columns` characters wide. Of several points in one column the widest band. */
export function renderBand(
  points: readonly BandPoint[],
  axis: TimeAxis,
  scale: LogScale,
  { rows, isUnicode, holdMs }: BandOptions,
): string[] {
  const [across, down] = isUnicode ? [2, 4] : [1, 1];
  const columns = axis.columns * across;
  const steps = rows * down;
  const bands = columnBands(points, { ...axis, columns }, holdMs);
  /** From the top; inside of the picture. */
  const stepOf = (value: number): number => {
    const share = Math.log(Math.max(value, scale.min) / scale.min) / Math.log(scale.max / scale.min);
    return Math.max(0, Math.min(steps - 1, Math.floor((1 - share) * steps)));
  };
  const isInside = (column: number, step: number): boolean => {
    const band = bands[column];
    return band !== undefined && step >= stepOf(band.high) && step <= stepOf(band.low);
  };
  return Array.from({ length: rows }, (_, row) => {
    const cells = Array.from({ length: axis.columns }, (__, column) => {
      if (!isUnicode) return isInside(column, row) ? '#' : ' ';
      let bits = 0;
      DOTS.forEach((dots, right) => {
        dots.forEach((bit, dot) => {
          if (isInside(2 * column + right, 4 * row + dot)) bits |= bit;
        });
      });
      return bits === 0 ? ' ' : String.fromCodePoint(BLANK_BRAILLE + bits);
    });
    return cells.join('');
  });
}

function columnBands(
  points: readonly BandPoint[],
  axis: TimeAxis,
  holdMs: number,
): ({ low: number; high: number } | undefined)[] {
  const span = axis.toMs - axis.fromMs;
  const bands: ({ low: number; high: number } | undefined)[] = Array.from({ length: axis.columns });
  if (span <= 0) return bands;
  for (const { tMs, low, high } of points) {
    if (tMs < axis.fromMs || tMs > axis.toMs) continue;
    const at = Math.min(axis.columns - 1, Math.floor(((tMs - axis.fromMs) / span) * axis.columns));
    const band = bands[at];
    bands[at] =
      band === undefined ? { low, high } : { low: Math.min(band.low, low), high: Math.max(band.high, high) };
  }
  const hold = Math.ceil((holdMs / span) * axis.columns);
  let lastAt = Number.NEGATIVE_INFINITY;
  return bands.map((band, at) => {
    if (band !== undefined) lastAt = at;
    return band ?? (at - lastAt <= hold ? bands[lastAt] : undefined);
  });
}
