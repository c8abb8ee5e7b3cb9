import { BOUNDARY_NAMES } from '../core/boundary.ts';
import type { Arm } from '../core/comparison.ts';

/** Whether both arms do the same at every boundary. */
export function haveSameStrategy(a: Pick<Arm, 'strategy'>, b: Pick<Arm, 'strategy'>): boolean {
  return BOUNDARY_NAMES.every((name) => a.strategy[name].text === b.strategy[name].text);
}
