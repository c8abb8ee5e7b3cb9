/** A series as one row of block characters, and the phases of the run as bands under it. */
import { displayWidth } from './text.ts';

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export interface SeriesPoint {
  readonly tMs: number;
  readonly value: number;
}

/** The time that a row of `columns` characters shows. */
export interface TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly columns: number;
}

/**
 * The largest value of each column's time, scaled so that `top` is the full block. Nothing but 0 prints
 * as the lowest block; a column without any point repeats the one before it, and is blank before the first. With `gap`
 * blank each such column is: for points that are no samples of one thing that goes on.
 */
export function renderSparkline(
  points: readonly SeriesPoint[],
  axis: TimeAxis,
  top: number,
  gap: 'held' | 'blank' = 'held',
): string {
  const highest: (number | undefined)[] = Array.from({ length: axis.columns }, () => undefined);
  for (const { tMs, value } of points) {
    if (tMs < axis.fromMs || tMs > axis.toMs) continue;
    const at = Math.min(axis.columns - 1, columnAt(tMs, axis));
    if (at >= 0) highest[at] = Math.max(highest[at] ?? 0, value);
  }
  let last = ' ';
  return highest
    .map((value) => {
      if (value !== undefined) last = levelOf(value, top);
      return value === undefined && gap === 'blank' ? ' ' : last;
    })
    .join('');
}

export interface Band {
  readonly name: string;
  readonly startedMs: number;
  readonly durationMs: number;
}

/** `├baseline─┤├burst┤├recovery────┤`; a band too short for its name shows its ends alone. */
export function renderBands(bands: readonly Band[], axis: TimeAxis): string {
  const row = Array.from({ length: axis.columns }, () => ' ');
  for (const band of bands) {
    const from = Math.max(0, columnAt(band.startedMs, axis));
    const to = Math.min(axis.columns - 1, columnAt(band.startedMs + band.durationMs, axis) - 1);
    if (to < from) continue;
    const inside = Math.max(0, to - from - 1);
    const fits = displayWidth(band.name) === [...band.name].length && band.name.length <= inside;
    const label = fits ? band.name.padEnd(inside, '─') : '─'.repeat(inside);
    const text = to === from ? '┤' : `├${label}┤`;
    row.splice(from, to - from + 1, ...text);
  }
  return row.join('').trimEnd();
}

/** The column whose time holds `tMs`; the axis' end is the first column behind it. */
function columnAt(tMs: number, axis: TimeAxis): number {
  const span = axis.toMs - axis.fromMs;
  if (span <= 0) return 0;
  return Math.floor(((tMs - axis.fromMs) / span) * axis.columns + 1e-9);
}

function levelOf(value: number, top: number): string {
  if (value <= 0) return LEVELS[0];
  const level = top <= 0 ? LEVELS.length - 1 : Math.ceil((value / top) * (LEVELS.length - 1));
  return LEVELS[Math.min(LEVELS.length - 1, Math.max(1, level))] as string;
}
