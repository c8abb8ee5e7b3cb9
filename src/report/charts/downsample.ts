/** Fewer points that look the same: of each stretch the smallest and the largest stay, so that no spike is lost. */

/** As many as a chart ever holds. */
export const MAX_POINTS = 2000;

/**
 * Which rows to keep so that every column keeps the minimum and maximum of each stretch, and its gaps.
 * Columns are as long as each other; `null` is no value. Rising indices, at most `maxPoints`.
 */
export function keepExtremes(
  columns: readonly (readonly (number | null)[])[],
  maxPoints = MAX_POINTS,
): number[] {
  const length = columns[0]?.length ?? 0;
  if (length <= maxPoints) return Array.from({ length }, (_, at) => at);
  const stretches = Math.max(1, Math.floor((maxPoints - 2) / (3 * Math.max(1, columns.length))));
  const kept = new Set<number>([0, length - 1]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * length) / stretches);
    const to = Math.floor(((stretch + 1) * length) / stretches);
    for (const column of columns) {
      let low = -1;
      let high = -1;
      let gap = -1;
      for (let at = from; at < to; at++) {
        const value = column[at];
        if (value === null || value === undefined || Number.isNaN(value)) {
          // One of them, so that the line stays broken there.
          if (gap < 0) gap = at;
          continue;
        }
        if (low < 0 || value < (column[low] as number)) low = at;
        if (high < 0 || value > (column[high] as number)) high = at;
      }
      if (low >= 0) kept.add(low).add(high);
      if (gap >= 0) kept.add(gap);
    }
  }
  return [...kept].sort((a, b) => a - b);
}

export function pick<T>(values: readonly T[], rows: readonly number[]): T[] {
  return rows.map((row) => values[row] as T);
}
