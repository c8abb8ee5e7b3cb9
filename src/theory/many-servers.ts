/** Several equal servers before one queue, Poisson arrivals. a = λ/μ is the offered load in servers. */
import { requireBelow, requireNotNegative, requirePositive, requireWhole } from './arguments.ts';
import { figuresOf, type QueueFigures } from './single-server.ts';
import { expectation, stationaryOf } from './stationary.ts';

/**
 * Erlang B: share of arrivals that find all N servers busy where nothing waits. B₀ = 1, B_k = aB_{k−1}/(k + aB_{k−1}).
 * It depends on the mean service time alone, not on its law. Range: N ≥ 1, any a ≥ 0; O(N).
 */
export function erlangB(servers: number, offeredLoad: number): number {
  requireWhole('servers', servers, 1);
  requireNotNegative('offeredLoad', offeredLoad);
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (offeredLoad * blocked) / (k + offeredLoad * blocked);
  return blocked;
}

/**
 * Erlang C: share of arrivals that have to wait in M/M/c with an unlimited queue, C = B/(1 − ρ(1 − B)) with ρ = a/c.
 * Range: a < c.
 */
export function erlangC(servers: number, offeredLoad: number): number {
  requireWhole('servers', servers, 1);
  requireNotNegative('offeredLoad', offeredLoad);
  requireBelow('offeredLoad', offeredLoad, 'servers', servers);
  const blocked = erlangB(servers, offeredLoad);
  return blocked / (1 - (offeredLoad / servers) * (1 - blocked));
}

/** M/M/c: mean wait of all items in seconds, W = C(c, a)/(cμ − λ). Range: λ < cμ. */
export function mmcWaitSec(arrivalsPerSec: number, servicesPerSec: number, servers: number): number {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  return erlangC(servers, arrivalsPerSec / servicesPerSec) / (servers * servicesPerSec - arrivalsPerSec);
}

/**
 * M/M/c/K: c servers, room for K with those in service. π_n ∝ a^n/n! up to c, then ∝ (a/c)^n; loss = π_K.
 * Range: K ≥ c ≥ 1, any load; O(K).
 */
export function mmck(
  arrivalsPerSec: number,
  servicesPerSec: number,
  servers: number,
  capacity: number,
): QueueFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireWhole('servers', servers, 1);
  requireWhole('capacity', capacity, servers);
  const offeredLoad = arrivalsPerSec / servicesPerSec;
  const shares = stationaryOf(capacity, (n) => offeredLoad / Math.min(n + 1, servers));
  return figuresOf(
    shares[capacity] as number,
    expectation(shares, (n) => n),
    arrivalsPerSec,
    servicesPerSec,
  );
}
