import type { AdmissionDefinition } from './admission.ts';
import { clamp, LearnedLimit, type LimitRule } from './learned-limit.ts';

/** The shortest time seen is forgotten after this many samples per item of the limit, times the jitter. */
const PROBE_FACTOR = 30;

class Vegas implements LimitRule {
  limit: number;
  private readonly maxItems: number;
  private readonly random: () => number;
  private shortestNs = Number.POSITIVE_INFINITY;
  private samples = 0;
  private jitter: number;

  constructor(startItems: number, maxItems: number, random: () => number) {
    this.limit = startItems;
    this.maxItems = maxItems;
    this.random = random;
    this.jitter = this.drawJitter();
  }

  onSample(rttNs: number, inFlight: number, hasFailed: boolean): void {
    const step = digitsBeforeTheLast(this.limit);
    this.samples++;
    // The time of a lost item is no round trip: learnt from, a drop at the door would be the shortest of all.
    if (hasFailed) {
      this.limit = clamp(this.limit - step, 1, this.maxItems);
      return;
    }
    if (this.samples >= this.jitter * PROBE_FACTOR * this.limit) {
      this.jitter = this.drawJitter();
      this.samples = 0;
      this.shortestNs = rttNs;
      return;
    }
    if (rttNs < this.shortestNs) {
      this.shortestNs = rttNs;
      return;
    }
    if (2 * inFlight < this.limit) return;
    const queued = Math.ceil(this.limit * (1 - this.shortestNs / rttNs));
    let change = 0;
    if (queued <= step) change = 6 * step;
    else if (queued < 3 * step) change = step;
    else if (queued > 6 * step) change = -step;
    this.limit = clamp(this.limit + change, 1, this.maxItems);
  }

  private drawJitter(): number {
    return 0.5 + this.random() / 2;
  }
}

/** max(1, ⌊log₁₀ n⌋), without the rounding of logarithms. */
function digitsBeforeTheLast(n: number): number {
  let digits = 1;
  for (let power = 100; n >= power; power *= 10) digits++;
  return digits;
}

/**
 * Compares each round trip with the shortest one and reads from that how many items queue.
 *
 * Details: the rule and the defaults are those of VegasLimit in Netflix concurrency-limits, except that lost
 *   items teach nothing about time: there they end in a time-out, here many are dropped at once.
 */
export default {
  name: 'vegas',
  stage: 'admission',
  summary: 'a limit of items under way, from how much longer they take than the quickest one',
  reasons: ['admission.concurrency'],
  effects: { drops: true, adapts: true },
  params: [
    { key: 'start', name: 'startItems', unit: 'items', min: 1, default: 20, summary: 'limit at first' },
    { key: 'max', name: 'maxItems', unit: 'items', min: 1, default: 1000, summary: 'highest limit' },
  ],
  findProblem: ({ startItems, maxItems }) =>
    Number(startItems) <= Number(maxItems)
      ? undefined
      : `start must not be above max, got start=${startItems}, max=${maxItems}`,
  create: (params, random) =>
    new LearnedLimit(new Vegas(Number(params['startItems']), Number(params['maxItems']), random)),
  details: {
    rule: 'q = ⌈L·(1 − shortest/time)⌉ items are taken to queue; l = max(1, ⌊log₁₀ L⌋). Lost item: L − l. Fewer than L/2 under way: nothing. q ≤ l: L + 6l. q < 3l: L + l. q > 6l: L − l. The shortest time is forgotten every 15·L to 30·L samples. At the limit items are refused as admission.concurrency.',
    guarantees: ['order: as without it', 'loss: arriving items alone, as far as the limit is reached'],
    prediction: 'settles where 3l to 6l items queue: with one server and L < 100, at 3 to 6 items waiting',
    bestFor: 'short queues with steady service times',
    alsoCalled: [
      { name: 'VegasLimit', where: 'Netflix concurrency-limits' },
      { name: 'TCP Vegas', where: 'networks, with α = 3 and β = 6' },
    ],
    namingTrap: null,
    gotchas: [
      'It compares with the quickest item ever: where sizes differ a lot, it takes every large item for a queue.',
      'When the shortest time is learnt anew under load, it is too long, and the limit rises for a while.',
      'Time counts from the offer: what a shaper holds looks like a queue.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
