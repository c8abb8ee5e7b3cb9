/** What happens on the way: filling, bursts, draining, collapse. Fluid (means alone) unless said otherwise. */
import {
  requireBelow,
  requireNotNegative,
  requirePositive,
  requireRatio,
  requireWhole,
} from './arguments.ts';
import { mm1k } from './single-server.ts';

/** Seconds until a queue with room for `room` more items is full: room/(λ−μ). Range: λ > μ. */
export function fillSec(arrivalsPerSec: number, servicesPerSec: number, room: number): number {
  checkOverload(arrivalsPerSec, servicesPerSec);
  requireNotNegative('room', room);
  return room / (arrivalsPerSec - servicesPerSec);
}

/** Items lost in a burst of `burstSec` into a queue with `room`: max(0, (λ−μ)t − room). 0 while it is absorbed. */
export function burstLossItems(
  arrivalsPerSec: number,
  servicesPerSec: number,
  burstSec: number,
  room: number,
): number {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireNotNegative('burstSec', burstSec);
  requireNotNegative('room', room);
  return Math.max(0, (arrivalsPerSec - servicesPerSec) * burstSec - room);
}

export interface DrainFigures {
  readonly meanSec: number;
  readonly standardDeviationSec: number;
}

/**
 * Time for a backlog of N to be worked off while arrivals go on: mean N/(μ−λ), standard deviation
 * √(N(λ+μ)/(μ−λ)³) for M/M/1. With λ = 0 it is N/μ. Range: λ < μ.
 */
export function drain(arrivalsPerSec: number, servicesPerSec: number, backlog: number): DrainFigures {
  requireNotNegative('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireBelow('arrivalsPerSec', arrivalsPerSec, 'servicesPerSec', servicesPerSec);
  requireNotNegative('backlog', backlog);
  const surplus = servicesPerSec - arrivalsPerSec;
  return {
    meanSec: backlog / surplus,
    standardDeviationSec: Math.sqrt((backlog * (arrivalsPerSec + servicesPerSec)) / surplus ** 3),
  };
}

/** Seconds of overload after which an unbounded FIFO serves nothing within its deadline: μd/(λ−μ). Range: λ > μ. */
export function collapseSec(arrivalsPerSec: number, servicesPerSec: number, deadlineSec: number): number {
  checkOverload(arrivalsPerSec, servicesPerSec);
  requireNotNegative('deadlineSec', deadlineSec);
  return (servicesPerSec * deadlineSec) / (arrivalsPerSec - servicesPerSec);
}

/** Backlog of an unbounded queue after `elapsedSec` of overload: (λ−μ)t items. Range: λ > μ. */
export function unboundedBacklogItems(
  arrivalsPerSec: number,
  servicesPerSec: number,
  elapsedSec: number,
): number {
  checkOverload(arrivalsPerSec, servicesPerSec);
  requireNotNegative('elapsedSec', elapsedSec);
  return (arrivalsPerSec - servicesPerSec) * elapsedSec;
}

/** Age of what an unbounded queue delivers after `elapsedSec` of overload: t(1 − μ/λ). Range: λ > μ. */
export function unboundedAgeSec(arrivalsPerSec: number, servicesPerSec: number, elapsedSec: number): number {
  checkOverload(arrivalsPerSec, servicesPerSec);
  requireNotNegative('elapsedSec', elapsedSec);
  return elapsedSec * (1 - servicesPerSec / arrivalsPerSec);
}

/** Share of time that one saturating producer is blocked: 1 − μ/λ. Range: λ > μ. */
export function blockedRatio(arrivalsPerSec: number, servicesPerSec: number): number {
  checkOverload(arrivalsPerSec, servicesPerSec);
  return 1 - servicesPerSec / arrivalsPerSec;
}

export interface RetryFigures {
  /** Attempts per second that the server sees. */
  readonly attemptsPerSec: number;
  /** Share of requests that fail for good. */
  readonly finalLossRatio: number;
}

/**
 * Up to m `retries` of each lost attempt before M/M/1/K: the fixpoint λ_e = λ(1 − p^{m+1})/(1 − p) with
 * p = loss(λ_e); final loss p^{m+1}. Assumes that retries come back as if they were new Poisson arrivals. Both
 * sides grow with λ_e and the right one is bounded by λ(m + 1), so the iteration from below converges on the
 * smallest fixpoint.
 */
export function retries(
  arrivalsPerSec: number,
  servicesPerSec: number,
  capacity: number,
  retriesMax: number,
): RetryFigures {
  requireWhole('retriesMax', retriesMax, 0);
  let attemptsPerSec = arrivalsPerSec;
  let lossRatio = 0;
  for (let round = 0; round < 10_000; round++) {
    lossRatio = mm1k(attemptsPerSec, servicesPerSec, capacity).lossRatio;
    requireRatio('loss', lossRatio);
    let attempts = 0;
    for (let n = 0; n <= retriesMax; n++) attempts += lossRatio ** n;
    const next = arrivalsPerSec * attempts;
    const isSettled = Math.abs(next - attemptsPerSec) <= 1e-12 * next;
    attemptsPerSec = next;
    if (isSettled) break;
  }
  return { attemptsPerSec, finalLossRatio: lossRatio ** (retriesMax + 1) };
}

function checkOverload(arrivalsPerSec: number, servicesPerSec: number): void {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
}
