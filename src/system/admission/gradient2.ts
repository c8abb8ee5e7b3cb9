import type { AdmissionDefinition } from './admission.ts';
import { clamp, findRangeProblem, LearnedLimit, type LimitRule } from './learned-limit.ts';
import { SmoothedMean } from './smoothed-mean.ts';

const QUEUE_ITEMS = 4;
const SMOOTHING = 0.2;
const WARM_UP_SAMPLES = 10;
/** Long means this far above the present time are left over from an overload, and shrink faster. */
const STALE_RATIO = 2;
const STALE_FACTOR = 0.95;

class Gradient2 implements LimitRule {
  limit: number;
  private readonly minItems: number;
  private readonly maxItems: number;
  private readonly tolerance: number;
  private readonly long: SmoothedMean;

  constructor(startItems: number, minItems: number, maxItems: number, window: number, tolerance: number) {
    this.limit = startItems;
    this.minItems = minItems;
    this.maxItems = maxItems;
    this.tolerance = tolerance;
    this.long = new SmoothedMean(window, WARM_UP_SAMPLES);
  }

  onSample(rttNs: number, inFlight: number, hasFailed: boolean): void {
    if (hasFailed) return;
    this.long.add(rttNs);
    const longNs = this.long.value;
    if (longNs / rttNs > STALE_RATIO) this.long.scale(STALE_FACTOR);
    if (inFlight < this.limit / 2) return;
    const gradient = clamp((this.tolerance * longNs) / rttNs, 0.5, 1);
    const target = gradient * this.limit + QUEUE_ITEMS;
    this.limit = clamp((1 - SMOOTHING) * this.limit + SMOOTHING * target, this.minItems, this.maxItems);
  }
}

/**
 * Compares each round trip with a long mean of them: a limit that falls while things get slower.
 *
 * Details: the rule and the defaults are those of Gradient2Limit in Netflix concurrency-limits. Lost items
 *   are left out: there they bring a time-out as their time, here often none.
 */
export default {
  name: 'gradient2',
  stage: 'admission',
  summary: 'a limit of items under way, lower while they take longer than on average',
  reasons: ['admission.concurrency'],
  effects: { drops: true, adapts: true },
  params: [
    { key: 'start', name: 'startItems', unit: 'items', min: 1, default: 20, summary: 'limit at first' },
    { key: 'min', name: 'minItems', unit: 'items', min: 1, default: 20, summary: 'lowest limit' },
    { key: 'max', name: 'maxItems', unit: 'items', min: 1, default: 200, summary: 'highest limit' },
    {
      key: 'window',
      name: 'windowCount',
      unit: 'count',
      min: 1,
      default: 600,
      summary: 'items that the long mean looks back on',
    },
    {
      key: 'tolerance',
      name: 'toleranceRatio',
      unit: 'number',
      min: 1,
      default: 1.5,
      summary: 'how much slower than the long mean is still taken for normal',
    },
  ],
  findProblem: findRangeProblem,
  create: (params) =>
    new LearnedLimit(
      new Gradient2(
        Number(params['startItems']),
        Number(params['minItems']),
        Number(params['maxItems']),
        Number(params['windowCount']),
        Number(params['toleranceRatio']),
      ),
    ),
  details: {
    rule: 'Per delivered item, unless fewer than L/2 are under way: g = tolerance · long mean / time, between 0.5 and 1; L ← 0.8·L + 0.2·(g·L + 4), between min and max. A long mean above twice the time shrinks by 5 %. At the limit items are refused as admission.concurrency.',
    guarantees: ['order: as without it', 'loss: arriving items alone, as far as the limit is reached'],
    prediction:
      'grows by 0.8 per item while times are steady, shrinks towards L = 4/(1 − g) while they are 1/g above tolerance',
    bestFor: 'services whose times vary, where the quickest one says little',
    alsoCalled: [{ name: 'Gradient2Limit', where: 'Netflix concurrency-limits' }],
    namingTrap: null,
    gotchas: [
      'A slow-down that lasts becomes the new normal: the long mean follows within a few hundred items.',
      'With steady times it climbs to max: only slower items stop it.',
      'Time counts from the offer: what a shaper holds looks slow.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
