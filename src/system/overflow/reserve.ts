import { CLASS_CRITICAL, CLASS_SHEDDABLE } from '../channel/entry.ts';
import type { OverflowPolicy } from './policy.ts';

type Critical = 'fail' | 'block';

/**
 * Keeps room for what matters: an item of a lower class is taken in only while more than a reserve is free.
 *
 * When to use: a few critical events share a queue with many others, must not be lost, and must not wait for
 *   the others to be shed.
 * Details: nothing queued is ever evicted. The reserve is a share of both bounds, so that a few large items
 *   do not take it either. A critical item that finds no room is failed or waits, never dropped in silence.
 */
function createReserve(reserve: number, reserveNormal: number, critical: Critical): OverflowPolicy {
  const shareOf = (klass: number): number => {
    if (klass === CLASS_CRITICAL) return 0;
    return klass >= CLASS_SHEDDABLE ? reserve : reserveNormal;
  };
  return {
    name: 'reserve',
    stage: 'overflow',
    summary: 'keep a share of the queue for the higher classes',
    capacityFor: (queue, incoming) => lessShare(queue.capacityItems, shareOf(incoming.class)),
    capacityBytesFor: (queue, incoming) => lessShare(queue.capacityBytes, shareOf(incoming.class)),
    onFull: (_queue, incoming) => {
      if (incoming.class !== CLASS_CRITICAL) return 'drop-incoming';
      return critical === 'block' ? 'wait' : 'fail-incoming';
    },
    incomingReason: 'priority.shed',
    failReason: 'overflow.reserve',
    effects: { drops: true, readsClass: true, ...(critical === 'block' ? { holdsProducer: true } : {}) },
    reasons: [
      'priority.shed',
      ...(critical === 'block' ? ['waiters_full', 'cancelled'] : ['overflow.reserve']),
    ],
    configure: (params) =>
      createReserve(
        Number(params['reserve'] ?? reserve),
        Number(params['reserveNormal'] ?? reserveNormal),
        params['critical'] === 'block' ? 'block' : 'fail',
      ),
    findProblem(params) {
      const [sheddable, normal] = [Number(params['reserve']), Number(params['reserveNormal'])];
      if (!(sheddable < 1))
        return 'reserve must be below 100%, or nothing of class 2 and lower is ever taken in';
      if (!(normal < 1)) return 'reserveNormal must be below 100%, or nothing of class 1 is ever taken in';
      if (normal <= sheddable) return undefined;
      return 'reserveNormal must not be above reserve, or class 1 is shed before class 2';
    },
    params: [
      {
        key: 'reserve',
        name: 'reserve',
        unit: 'share',
        min: 0,
        max: 1,
        isMaxExcluded: true,
        default: DEFAULT_RESERVE,
        summary: 'share of the capacity that items of class 2 and more leave free',
      },
      {
        key: 'reserveNormal',
        name: 'reserveNormal',
        unit: 'share',
        min: 0,
        max: 1,
        isMaxExcluded: true,
        default: 0,
        summary: 'share of the capacity that class 1 leaves free; at most reserve',
      },
      {
        key: 'critical',
        name: 'critical',
        choices: ['fail', 'block'],
        default: 'fail',
        summary: 'what becomes of a critical item that finds no room: failed, or its producer waits',
      },
    ],
    details: {
      rule: 'An item of class i is taken in while fewer than K − ⌊K · share of i⌋ items are queued, and likewise for bytes. A lower one that finds no room is dropped as priority.shed; a critical one is failed as overflow.reserve or waits.',
      guarantees: [
        'order: delivered as offered; what was taken in is never evicted',
        'loss: arriving items of the lower classes first; a critical one is never dropped in silence',
        'nothing critical finds the queue full while its bursts are below the reserve and its rate below μ',
      ],
      prediction:
        'with R places reserved of K and load ρ, critical load ρ_h: π_n ∝ ρ^n up to K − R, then ρ^(K−R) · ρ_h^(n−K+R); loss of the lower Σ π_n from K − R on, of the critical π_K (random arrivals and service)',
      bestFor: 'headroom for critical events, without blocking any',
      alsoCalled: [
        { name: 'discardingThreshold', where: 'Logback, below 20 % free' },
        { name: 'Discard', where: 'Log4j2' },
        { name: 'drop-noncritical', where: 'termtap, when "depth is high"' },
        { name: 'trunk reservation', where: 'telephony' },
      ],
      namingTrap: null,
      gotchas: [
        'The reserve stands empty most of the time: that is its price.',
        'An item of a lower class that is larger than its share of the byte bound never gets in.',
        'A reserve that rounds down to no place at all reserves none: 20% of 4 items is 0.',
        'It decides who gets in, not who goes first: a critical item waits behind what is queued.',
      ],
    },
  };
}

const DEFAULT_RESERVE = 0.2;

/** What a share leaves of a bound, in whole units; 0 is no bound. */
function lessShare(capacity: number, share: number): number {
  if (capacity === 0) return Number.POSITIVE_INFINITY;
  // 29 % of 100 is 28.999… in binary: what is meant is 29.
  return capacity - Math.floor(capacity * share + 1e-9);
}

export default createReserve(DEFAULT_RESERVE, 0, 'fail');
