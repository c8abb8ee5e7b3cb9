/** One server with a fixed service time and room for K: M/D/1/K. Also the token bucket, which is the same thing. */
import { requireBelow, requirePositive, requireWhole } from './arguments.ts';
import { figuresOf, type QueueFigures } from './single-server.ts';

/** e^{−ρ} must not underflow. */
const MAX_LOAD = 700;

/**
 * M/D/1/K. States are the numbers left behind by departures. Flow across the cut between j and j + 1 gives
 * p_{j+1} a₀ = p₀ T_{j+1} + Σ_{i=1..j} p_i T_{j−i+2}, with a_j = e^{−ρ}ρ^j/j! and T_k = Σ_{j≥k} a_j: sums of
 * positive terms alone. The same chain written with differences loses digits wherever the loss is small. Loss
 * likewise: per departure ℓ = Σ_i p_i E[(A − (K − max(i, 1)))⁺] items are lost, so the share is ℓ/(1 + ℓ).
 * Time shares: P_j = p_j/(p₀ + ρ).
 *
 * K counts the item in service. Range: K ≥ 1, ρ < 700; O(K²). Source: embedded chain of M/G/1/K (textbook); the
 * closed form of Brun and Garcia (2000) is the same number where double precision carries it, K ≤ 20 or so.
 */
export function md1k(arrivalsPerSec: number, servicesPerSec: number, capacity: number): QueueFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireWhole('capacity', capacity, 1);
  const load = arrivalsPerSec / servicesPerSec;
  requireBelow('arrivalsPerSec / servicesPerSec', load, 'the range of e^x', MAX_LOAD);
  const { atLeast, surplusAbove } = poissonTails(load, capacity);
  const left = departureStates(capacity, Math.exp(-load), atLeast);
  let lostPerDeparture = 0;
  for (let i = 0; i < capacity; i++) {
    lostPerDeparture += (left[i] as number) * (surplusAbove[capacity - Math.max(i, 1)] as number);
  }
  const lossRatio = lostPerDeparture / (1 + lostPerDeparture);
  let inSystem = capacity * lossRatio;
  for (let j = 1; j < capacity; j++) inSystem += (j * (left[j] as number)) / ((left[0] as number) + load);
  return figuresOf(lossRatio, inSystem, arrivalsPerSec, servicesPerSec);
}

/**
 * Share of Poisson arrivals that a token bucket refuses: the loss of M/D/1/K with K = b and ρ = λ/r, since
 * missing tokens drain at a fixed rate as work does. Range: as {@link md1k}, whole b ≥ 1, cost 1 each.
 */
export function tokenBucketRefusalRatio(
  arrivalsPerSec: number,
  tokensPerSec: number,
  burstTokens: number,
): number {
  return md1k(arrivalsPerSec, tokensPerSec, burstTokens).lossRatio;
}

/** p₀ … p_{K−1}, adding up to 1. */
function departureStates(capacity: number, none: number, atLeast: Float64Array): Float64Array {
  const p = new Float64Array(capacity);
  p[0] = 1;
  let sum = 1;
  for (let j = 0; j + 1 < capacity; j++) {
    let up = (p[0] as number) * (atLeast[j + 1] as number);
    for (let i = 1; i <= j; i++) up += (p[i] as number) * (atLeast[j - i + 2] as number);
    const next = up / none;
    p[j + 1] = next;
    sum += next;
    if (next > 1e200) {
      for (let i = 0; i <= j + 1; i++) p[i] = (p[i] as number) / next;
      sum /= next;
    }
  }
  for (let j = 0; j < capacity; j++) p[j] = (p[j] as number) / sum;
  return p;
}

/** P(A ≥ k) and E[(A − k)⁺] for k ≤ capacity, A Poisson: added up from the far end, where terms are smallest. */
function poissonTails(mean: number, capacity: number): { atLeast: Float64Array; surplusAbove: Float64Array } {
  const far = Math.ceil(Math.max(capacity, mean) + 40 + 12 * Math.sqrt(mean));
  const terms = new Float64Array(far + 1);
  terms[0] = Math.exp(-mean);
  for (let j = 1; j <= far; j++) terms[j] = ((terms[j - 1] as number) * mean) / j;
  const atLeast = new Float64Array(far + 2);
  const surplusAbove = new Float64Array(far + 2);
  for (let k = far; k >= 0; k--) {
    atLeast[k] = (atLeast[k + 1] as number) + (terms[k] as number);
    surplusAbove[k] = (surplusAbove[k + 1] as number) + (atLeast[k + 1] as number);
  }
  return { atLeast, surplusAbove };
}
