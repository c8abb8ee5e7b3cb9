/** An interval beside the margins of its metric, in one row of characters. */
import type { Interval } from '../core/comparison.ts';

/** Columns from 0 to one margin; the row shows two margins on either side. */
export type BarStep = 3 | 6;

/** Two margins on either side of 0. */
export function barWidth(step: BarStep): number {
  return 4 * step + 1;
}

/** `-2δ   -δ    0    +δ   +2δ`, each above its place; on the short bar without the outer two. */
export function renderBarHeader(step: BarStep): string {
  const row = Array.from({ length: barWidth(step) }, () => ' ');
  const put = (label: string, column: number): void => {
    const from = Math.max(0, Math.min(row.length - label.length, column - Math.floor(label.length / 2)));
    row.splice(from, label.length, ...label);
  };
  if (step === 6) {
    put('-2δ', 0);
    put('+2δ', 4 * step);
  }
  put('-δ', step);
  put('0', 2 * step);
  put('+δ', 3 * step);
  return row.join('').trimEnd();
}

const MARKS = {
  unicode: { empty: '·', line: '━', estimate: '●', zero: '│' },
  ascii: { empty: '.', line: '=', estimate: 'o', zero: '|' },
} as const;

/**
 * `······[··━━●━━··]······`: the brackets are the margin, the stroke the interval, the dot the estimate. `<` and `>`
 * where it leaves the picture. The axis of each bar is its own margin, so all bars compare. Empty without an interval,
 * or where any change counts.
 */
export function renderIntervalBar(
  interval: Interval | null,
  estimate: number | null,
  margin: number,
  step: BarStep,
  isUnicode: boolean,
): string {
  if (interval === null || !(margin > 0) || Number.isNaN(interval.low) || Number.isNaN(interval.high))
    return '';
  const marks = isUnicode ? MARKS.unicode : MARKS.ascii;
  const last = barWidth(step) - 1;
  // Halves away from 0, so that an interval around it looks as it is.
  const columnOf = (value: number): number =>
    2 * step + Math.sign(value) * Math.round((Math.abs(value) / margin) * step);
  const inside = (column: number): number => Math.max(0, Math.min(last, column));
  const row = Array.from({ length: last + 1 }, (): string => marks.empty);
  row[step] = '[';
  row[2 * step] = marks.zero;
  row[3 * step] = ']';
  const [from, to] = [columnOf(interval.low), columnOf(interval.high)];
  for (let column = inside(from); column <= inside(to); column++) row[column] = marks.line;
  if (estimate !== null && !Number.isNaN(estimate)) row[inside(columnOf(estimate))] = marks.estimate;
  if (from < 0) row[0] = '<';
  if (to > last) row[last] = '>';
  return row.join('');
}
