/** Arrival gaps and service times in whole nanoseconds of virtual time. */
import { NS_PER_SEC } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { ArrivalLaw, ServiceLaw } from './plan.ts';

/** The time until the next arrival. */
export type GapSource = () => number;
/** The service time of an item that now begins to be served. */
export type ServiceSource = (item: number) => number;

const HYPEREXPONENTIAL_VARIATION = 4;

export function createGaps({ law, perSec }: ArrivalLaw, random: Random): GapSource {
  const meanNs = NS_PER_SEC / perSec;
  if (law === 'poisson') return () => Math.round(random.exponential(meanNs));
  // Each arrival is rounded by itself, so that the rate is exact.
  let count = 0;
  let lastNs = 0;
  return () => {
    count++;
    const atNs = Math.round(count * meanNs);
    const gapNs = atNs - lastNs;
    lastNs = atNs;
    return gapNs;
  };
}

/**
 * Service times are drawn when service starts, whatever the item: so policies that differ only in which item
 * dies meet the same times on the same seed.
 */
export function createService({ law, perSec }: ServiceLaw, random: Random): ServiceSource {
  const meanNs = NS_PER_SEC / perSec;
  switch (law) {
    case 'fixed':
      return () => Math.round(meanNs);
    case 'exponential':
      return () => Math.round(random.exponential(meanNs));
    case 'hyperexponential': {
      const c2 = HYPEREXPONENTIAL_VARIATION;
      const quick = (1 + Math.sqrt((c2 - 1) / (c2 + 1))) / 2;
      return () => {
        const share = random.next() < quick ? quick : 1 - quick;
        return Math.round(random.exponential(meanNs / (2 * share)));
      };
    }
  }
}

/** The class of each item, or `undefined` where all are of one. */
export function drawClasses(
  { classShares }: ArrivalLaw,
  items: number,
  random: Random,
): Uint8Array | undefined {
  if (classShares === undefined) return undefined;
  return Uint8Array.from({ length: items }, () => {
    let left = random.next();
    const klass = classShares.findIndex((share) => {
      left -= share;
      return left < 0;
    });
    return klass < 0 ? classShares.length - 1 : klass;
  });
}

/** The key of each item, or `undefined` where all have one. */
export function drawKeys({ keys = 1 }: ArrivalLaw, items: number, random: Random): Uint32Array | undefined {
  return keys === 1 ? undefined : Uint32Array.from({ length: items }, () => random.int(keys));
}
