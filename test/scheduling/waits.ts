/** Mean waits that theory gives in closed form, for any scheduler to be measured against. */
import { createRandom } from '../../src/core/random.ts';
import dropOldest from '../../src/system/overflow/drop-oldest.ts';
import { type Making, SEED } from './queue.ts';
import { findZ, simulate } from './simulate.ts';

const SEC = 1e9;

/** Cobham, M/M/1 without interruption: R/((1 − σ_{k−1})(1 − σ_k)), R = Σ λᵢE[Sᵢ²]/2, for λ = (.3, .5), μ = 1. */
export const COBHAM_SEC: readonly number[] = [0.8 / 0.7, 0.8 / (0.7 * 0.2)];

/** z of the mean wait of classes 0 and 1 under λ = (.3, .5), μ = 1. */
export function findPriorityZs(making: Making, seconds: number, seed = SEED): number[] {
  const arrivals = createRandom(seed, 'arrivals');
  const classes = createRandom(seed, 'classes');
  const service = createRandom(seed, 'service');
  const waits: number[][] = [[], []];
  simulate(
    { scheduling: making },
    {
      gapNs: () => arrivals.exponential(SEC / 0.8),
      arrive: (id) => ({ id, class: classes.next() < 0.3 / 0.8 ? 0 : 1, flow: 0, size: 1 }),
      serviceNs: () => service.exponential(SEC),
      untilNs: seconds * SEC,
    },
    { onTake: (job, waitNs) => waits[job.class]?.push(waitNs / SEC) },
  );
  return waits.map((samples, index) => findZ(samples, COBHAM_SEC[index] as number));
}

/** Waits in seconds of what is delivered, with drop-oldest and room for 20 at λ = 3, μ = 1. */
export function measureOverloadWaits(making: Making, seconds: number): number[] {
  const arrivals = createRandom(SEED, 'arrivals');
  const service = createRandom(SEED, 'service');
  const waits: number[] = [];
  simulate(
    { scheduling: making, channel: { overflow: dropOldest, capacityItems: 20 } },
    {
      gapNs: () => arrivals.exponential(SEC / 3),
      arrive: (id) => ({ id, class: 1, flow: 0, size: 1 }),
      serviceNs: () => service.exponential(SEC),
      untilNs: seconds * SEC,
    },
    { onTake: (_job, waitNs) => waits.push(waitNs / SEC) },
  );
  return waits;
}
