import { requireFinite } from './arguments.ts';
import { median } from './descriptive.ts';

export interface Point {
  x: number;
  y: number;
}

/**
 * Slope in y per x: the median of the slopes of all pairs of points that differ in x (Theil 1950, Sen 1968); a quarter
 * of the points may be wild. `null` where no two points differ in x. Quadratic: thin out beyond a thousand points.
 */
export function theilSen(points: readonly Point[]): number | null {
  requireFinite(
    'x',
    points.map(({ x }) => x),
  );
  requireFinite(
    'y',
    points.map(({ y }) => y),
  );
  const slopes: number[] = [];
  for (const [i, a] of points.entries()) {
    for (const b of points.slice(0, i)) if (a.x !== b.x) slopes.push((a.y - b.y) / (a.x - b.x));
  }
  return median(slopes);
}
