/** Items of several classes before one server: who waits, and who is shed. */
import { requireNotNegative, requirePositive, requireWhole } from './arguments.ts';
import { stationaryOf } from './stationary.ts';

export interface ClassLoad {
  readonly arrivalsPerSec: number;
  readonly serviceMeanSec: number;
  /** Var(S)/E(S)² of its service time: 1 for exponential, 0 for fixed. */
  readonly serviceVariation: number;
}

/**
 * Mean wait of each class in seconds under strict priority without interruption, the most urgent first:
 * W_k = R/((1−σ_{k−1})(1−σ_k)), R = Σ λᵢE[Sᵢ²]/2 over all classes, σ_k = Σ_{i≤k} λᵢE[Sᵢ]. Infinity for a class
 * that is starved (σ_k ≥ 1). Assumes Poisson arrivals and an unlimited queue; R is exact while σ < 1 in all.
 * Source: Cobham 1954.
 */
export function cobhamWaitsSec(classes: readonly ClassLoad[]): number[] {
  let residualSec = 0;
  for (const { arrivalsPerSec, serviceMeanSec, serviceVariation } of classes) {
    requireNotNegative('arrivalsPerSec', arrivalsPerSec);
    requirePositive('serviceMeanSec', serviceMeanSec);
    requireNotNegative('serviceVariation', serviceVariation);
    residualSec += (arrivalsPerSec * serviceMeanSec ** 2 * (1 + serviceVariation)) / 2;
  }
  let above = 0;
  return classes.map(({ arrivalsPerSec, serviceMeanSec }) => {
    const upTo = above + arrivalsPerSec * serviceMeanSec;
    const waitSec = upTo < 1 ? residualSec / ((1 - above) * (1 - upTo)) : Number.POSITIVE_INFINITY;
    above = upTo;
    return waitSec;
  });
}

export interface ReserveLoss {
  readonly highLossRatio: number;
  readonly lowLossRatio: number;
}

/**
 * `reserve`: of K places (the one in service included) R are kept for the high class; low ones are refused from
 * K − R on. π_n ∝ ρ^n up to K − R, then ∝ ρ_h^n; loss_low = Σ_{n≥K−R} π_n, loss_high = π_K. Rates per second,
 * exponential service of one mean for both, Poisson arrivals. Range: 0 ≤ R < K.
 */
export function reserveLoss(
  highPerSec: number,
  lowPerSec: number,
  servicesPerSec: number,
  capacity: number,
  reserved: number,
): ReserveLoss {
  requirePositive('highPerSec', highPerSec);
  requireNotNegative('lowPerSec', lowPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireWhole('reserved', reserved, 0);
  requireWhole('capacity', capacity, reserved + 1);
  const open = capacity - reserved;
  const shares = stationaryOf(
    capacity,
    (n) => (n < open ? highPerSec + lowPerSec : highPerSec) / servicesPerSec,
  );
  let lowLossRatio = 0;
  for (let n = open; n <= capacity; n++) lowLossRatio += shares[n] as number;
  return { highLossRatio: shares[capacity] as number, lowLossRatio };
}
