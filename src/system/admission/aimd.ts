import { NS_PER_MS } from '../../core/clock.ts';
import type { AdmissionDefinition } from './admission.ts';
import { clamp, findRangeProblem, LearnedLimit, type LimitRule } from './learned-limit.ts';

class Aimd implements LimitRule {
  limit: number;
  private readonly minItems: number;
  private readonly maxItems: number;
  private readonly backoff: number;
  private readonly timeoutNs: number;

  constructor(startItems: number, minItems: number, maxItems: number, backoff: number, timeoutMs: number) {
    this.limit = startItems;
    this.minItems = minItems;
    this.maxItems = maxItems;
    this.backoff = backoff;
    this.timeoutNs = timeoutMs * NS_PER_MS;
  }

  onSample(rttNs: number, inFlight: number, hasFailed: boolean): void {
    let limit = this.limit;
    if (hasFailed || rttNs > this.timeoutNs) limit = Math.floor(limit * this.backoff);
    else if (2 * inFlight >= limit) limit++;
    this.limit = clamp(limit, this.minItems, this.maxItems);
  }
}

/**
 * A limit that creeps up while things go well and falls by a tenth at each loss.
 *
 * Details: the rule and the defaults are those of AIMDLimit in Netflix concurrency-limits.
 */
export default {
  name: 'aimd',
  stage: 'admission',
  summary: 'a limit of items under way: one up per success, a tenth down per loss',
  reasons: ['admission.concurrency'],
  effects: { drops: true, adapts: true },
  params: [
    { key: 'start', name: 'startItems', unit: 'items', min: 1, default: 20, summary: 'limit at first' },
    { key: 'min', name: 'minItems', unit: 'items', min: 1, default: 20, summary: 'lowest limit' },
    { key: 'max', name: 'maxItems', unit: 'items', min: 1, default: 200, summary: 'highest limit' },
    {
      key: 'backoff',
      name: 'backoffRatio',
      unit: 'share',
      min: 0.5,
      max: 0.999,
      default: 0.9,
      summary: 'what is left of the limit after a loss',
    },
    {
      key: 'timeout',
      name: 'timeoutMs',
      unit: 'ms',
      min: 0.001,
      default: 5000,
      summary: 'an item that takes longer counts as lost',
    },
  ],
  findProblem: findRangeProblem,
  create: (params) =>
    new LearnedLimit(
      new Aimd(
        Number(params['startItems']),
        Number(params['minItems']),
        Number(params['maxItems']),
        Number(params['backoffRatio']),
        Number(params['timeoutMs']),
      ),
    ),
  details: {
    rule: 'An item that fails, is dropped or takes longer than timeout: limit ← ⌊backoff · limit⌋. One that succeeds while at least half of the limit is in use: limit + 1. Always between min and max. At the limit items are refused as admission.concurrency.',
    guarantees: ['order: as without it', 'loss: arriving items alone, as far as the limit is reached'],
    prediction:
      'a saw-tooth between backoff · L and L around the level at which losses begin; without any loss it ends at max',
    bestFor: 'consumers that say clearly when they are overloaded: by dropping, failing or timing out',
    alsoCalled: [
      { name: 'AIMDLimit', where: 'Netflix concurrency-limits' },
      { name: 'congestion avoidance', where: 'TCP Reno' },
    ],
    namingTrap: null,
    gotchas: [
      'It feels nothing before the first loss: with a deep queue and a long timeout it fills the queue first.',
      'One overflow can drop many items in a row, and each takes its tenth.',
      'A limit above the capacity of the queue never acts: the queue overflows first.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
