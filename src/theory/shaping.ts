/** What shapers make of Poisson input at λ `arrivalsPerSec` (per key). Exact for Poisson arrivals. */
import { requireNotNegative, requirePositive } from './arguments.ts';

export interface DebounceFigures {
  /** Emissions per second: λe^{−λq}. */
  readonly emissionsPerSec: number;
  /** Share of items that another one stands for: 1 − e^{−λq}. */
  readonly suppressedRatio: number;
  /** From the first item of a burst to its emission: (e^{λq} − 1)/λ. */
  readonly firstToEmissionSec: number;
}

/** Trailing debounce with quiet time q and no longest wait: starves as e^{λq}. */
export function debounce(arrivalsPerSec: number, quietSec: number): DebounceFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requireNotNegative('quietSec', quietSec);
  const exponent = arrivalsPerSec * quietSec;
  return {
    emissionsPerSec: arrivalsPerSec * Math.exp(-exponent),
    suppressedRatio: -Math.expm1(-exponent),
    firstToEmissionSec: Math.expm1(exponent) / arrivalsPerSec,
  };
}

export interface BatchFigures {
  /** Mean delay of all items: W(1 + λW/2)/(1 + λW). */
  readonly delaySec: number;
  /** Items per batch: 1 + λW. */
  readonly items: number;
  /** Batches per second: λ/(1 + λW). */
  readonly batchesPerSec: number;
}

/** A batch opened by its first item and closed W later; assumes that neither items nor bytes close it earlier. */
export function batch(arrivalsPerSec: number, windowSec: number): BatchFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requireNotNegative('windowSec', windowSec);
  const inWindow = arrivalsPerSec * windowSec;
  return {
    delaySec: (windowSec * (1 + inWindow / 2)) / (1 + inWindow),
    items: 1 + inWindow,
    batchesPerSec: arrivalsPerSec / (1 + inWindow),
  };
}

/** Emissions per second of `sample` with period T, which is silent while nothing new came: (1 − e^{−λT})/T. */
export function sampleEmissionsPerSec(arrivalsPerSec: number, periodSec: number): number {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('periodSec', periodSec);
  return -Math.expm1(-arrivalsPerSec * periodSec) / periodSec;
}
