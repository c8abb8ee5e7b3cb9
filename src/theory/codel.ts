/**
 * CoDel against sources that do not respond, from an empty queue: excess e = λ − μ in items/s, interval I. Fluid;
 * simulations agree within 10 %. The target delay is neglected beside I·e.
 */
import { requireNotNegative, requirePositive } from './arguments.ts';

export interface CodelFigures {
  readonly peakItems: number;
  readonly peakAtSec: number;
}

/** `codel`: the drop rate grows as T/(2I²) and equals e only at T = 2I²e, with I²e² queued. */
export function codelTransient(excessPerSec: number, intervalSec: number): CodelFigures {
  requirePositive('excessPerSec', excessPerSec);
  requirePositive('intervalSec', intervalSec);
  return {
    peakItems: (intervalSec * excessPerSec) ** 2,
    peakAtSec: 2 * intervalSec ** 2 * excessPerSec,
  };
}

/** Items that `codel` has dropped `elapsedSec` after it began to: (T/2I)². */
export function codelDropsItems(elapsedSec: number, intervalSec: number): number {
  requireNotNegative('elapsedSec', elapsedSec);
  requirePositive('intervalSec', intervalSec);
  return (elapsedSec / (2 * intervalSec)) ** 2;
}

/** `codel-service`: it notices after two intervals, with 2I·e queued, and from then on drops exactly e per second. */
export function codelServiceTransient(excessPerSec: number, intervalSec: number): CodelFigures {
  requirePositive('excessPerSec', excessPerSec);
  requirePositive('intervalSec', intervalSec);
  return { peakItems: 2 * intervalSec * excessPerSec, peakAtSec: 2 * intervalSec };
}
