/** Counts values by bucket, in flat memory. */
import type { Distribution } from './samples.ts';

/**
 * The value below which a share `q` of all values lies, spread evenly within its bucket: exact where it is compared
 * with a bound. Infinite above the last bound, `null` without values. `step` is 1 for whole numbers, so that a bucket
 * from 1 to 2 holds 2 alone.
 */
export function quantileOf(
  { bounds, counts, count }: Distribution,
  q: number,
  step: 0 | 1 = 0,
): number | null {
  if (count === 0) return null;
  let below = 0;
  for (const [bucket, upper] of bounds.entries()) {
    const inside = counts[bucket] ?? 0;
    if (inside > 0 && below + inside >= q * count) {
      const lower = (bounds[bucket - 1] ?? 0) + step;
      return lower + (Math.max(upper, lower) - lower) * ((q * count - below) / inside);
    }
    below += inside;
  }
  return Number.POSITIVE_INFINITY;
}

export class DistributionCounter {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** `bounds`: the upper bounds of the buckets, rising; what is above the last one is counted apart. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  record(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
    this.#count++;
  }

  read(): Distribution {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum, count: this.#count };
  }
}
