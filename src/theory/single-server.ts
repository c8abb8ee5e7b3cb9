/**
 * One server and a queue in order of arrival, Poisson arrivals. λ `arrivalsPerSec`, μ `servicesPerSec`,
 * ρ = λ/μ. K `capacity` counts the item in service: a queue of B items before one server has K = B + 1.
 */
import { requireBelow, requireNotNegative, requirePositive, requireWhole } from './arguments.ts';
import { expectation, stationaryOf } from './stationary.ts';

export interface QueueFigures {
  /** Share of arrivals that is lost. */
  readonly lossRatio: number;
  /** Mean number in the system, the one in service included. */
  readonly inSystem: number;
  /** Mean number that waits. */
  readonly waiting: number;
  /** Mean time of an accepted item in the system, in seconds. */
  readonly sojournSec: number;
  /** The part of it before service begins. */
  readonly waitSec: number;
}

/**
 * M/M/1: exponential service, unlimited queue. L = ρ/(1−ρ), T = 1/(μ−λ); T is exponential itself.
 * Range: λ < μ. Source: textbook (Kleinrock, Queueing Systems I).
 */
export function mm1(arrivalsPerSec: number, servicesPerSec: number): QueueFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireBelow('arrivalsPerSec', arrivalsPerSec, 'servicesPerSec', servicesPerSec);
  const inSystem = arrivalsPerSec / (servicesPerSec - arrivalsPerSec);
  return figuresOf(0, inSystem, arrivalsPerSec, servicesPerSec);
}

/**
 * Percentile of a time that is exponential, as a multiple of its mean: −ln(1 − p). 4.605 for p = 0.99, 6.908
 * for 0.999. It holds for the sojourn of M/M/1 at every load. Range: 0 ≤ p < 1.
 */
export function exponentialPercentile(probability: number): number {
  requireNotNegative('probability', probability);
  requireBelow('probability', probability, 'one', 1);
  return -Math.log1p(-probability);
}

/**
 * M/M/1/K: exponential service, room for K. π_n ∝ ρ^n, loss = π_K = (1−ρ)ρ^K/(1−ρ^{K+1}), 1/(K+1) at ρ = 1.
 * Summed and not subtracted, so it is exact next to ρ = 1 and does not overflow. Range: K ≥ 1, any ρ > 0; O(K).
 */
export function mm1k(arrivalsPerSec: number, servicesPerSec: number, capacity: number): QueueFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireWhole('capacity', capacity, 1);
  const load = arrivalsPerSec / servicesPerSec;
  const shares = stationaryOf(capacity, () => load);
  const lossRatio = shares[capacity] as number;
  return figuresOf(
    lossRatio,
    expectation(shares, (n) => n),
    arrivalsPerSec,
    servicesPerSec,
  );
}

/**
 * M/G/1: any service law, unlimited queue. Lq = ρ²(1 + c²)/(2(1−ρ)) with c² = Var(S)/E(S)² of the service
 * time: 1 for exponential, 0 for fixed (M/D/1, half of M/M/1). Range: λ < μ.
 * Source: Pollaczek and Khinchine.
 */
export function mg1(arrivalsPerSec: number, servicesPerSec: number, serviceVariation: number): QueueFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireNotNegative('serviceVariation', serviceVariation);
  requireBelow('arrivalsPerSec', arrivalsPerSec, 'servicesPerSec', servicesPerSec);
  const load = arrivalsPerSec / servicesPerSec;
  const waiting = (load ** 2 * (1 + serviceVariation)) / (2 * (1 - load));
  return figuresOf(0, waiting + load, arrivalsPerSec, servicesPerSec);
}

/**
 * G/G/1, an approximation: W ≈ ρ/(1−ρ) · (c_a² + c_s²)/2 / μ in seconds, to be fed with *measured* variations
 * of interarrival and service times. Good under heavy load, exact for M/G/1. Range: λ < μ. Source: Kingman.
 */
export function kingmanWaitSec(
  arrivalsPerSec: number,
  servicesPerSec: number,
  arrivalVariation: number,
  serviceVariation: number,
): number {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireNotNegative('arrivalVariation', arrivalVariation);
  requireNotNegative('serviceVariation', serviceVariation);
  requireBelow('arrivalsPerSec', arrivalsPerSec, 'servicesPerSec', servicesPerSec);
  const load = arrivalsPerSec / servicesPerSec;
  return ((load / (1 - load)) * ((arrivalVariation + serviceVariation) / 2)) / servicesPerSec;
}

/**
 * P(T ≤ d) of an item that finds `ahead` others in the system: 1 − e^{−μd} Σ_{i≤ahead} (μd)^i/i!. Exponential
 * service. It sizes queues: one as long as μd fails half the time near its tail. Range: μd ≤ 700.
 */
export function meetsDeadlineRatio(servicesPerSec: number, deadlineSec: number, ahead: number): number {
  requirePositive('servicesPerSec', servicesPerSec);
  requireNotNegative('deadlineSec', deadlineSec);
  requireWhole('ahead', ahead, 0);
  const mean = servicesPerSec * deadlineSec;
  requireBelow('servicesPerSec · deadlineSec', mean, 'the range of e^x', 700);
  let term = Math.exp(-mean);
  let sum = term;
  for (let i = 1; i <= ahead; i++) {
    term *= mean / i;
    sum += term;
  }
  return Math.max(0, 1 - sum);
}

/** The rest of the figures by Little's law: L = λ(1 − loss)·T. */
export function figuresOf(
  lossRatio: number,
  inSystem: number,
  arrivalsPerSec: number,
  servicesPerSec: number,
): QueueFigures {
  const acceptedPerSec = arrivalsPerSec * (1 - lossRatio);
  const waiting = inSystem - acceptedPerSec / servicesPerSec;
  return {
    lossRatio,
    inSystem,
    waiting,
    sojournSec: inSystem / acceptedPerSec,
    waitSec: waiting / acceptedPerSec,
  };
}
