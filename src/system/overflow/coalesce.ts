import { fitsInPlaceOf, INNER_PARAM, INNER_RULES, type Inner, innerOf } from './inner.ts';
import type { OverflowPolicy } from './policy.ts';

type Position = 'keep' | 'tail';

/**
 * One place for each key: an arriving item takes that of the queued one with its key, so that every key has
 * its last value and none is sent twice.
 *
 * When to use: many things change often and only their present state matters.
 * Details: replacing happens whether the queue is full or not. An item that is too large for the place of
 *   its elder, under inner drop-newest, is dropped itself: the old value is better than none.
 */
function createCoalesce(position: Position, inner: Inner): OverflowPolicy {
  return {
    name: 'coalesce',
    stage: 'overflow',
    summary: 'a queued item with the same key is replaced',
    needs: ['key'],
    absorb(queue, incoming) {
      const target = queue.ofKey(incoming.key);
      if (target === undefined || inner === 'drop-oldest') return target;
      return fitsInPlaceOf(target, queue, incoming) ? target : undefined;
    },
    absorbAs: position,
    onFull: INNER_RULES[inner],
    incomingReason: 'overflow.drop-newest',
    victimReason: 'overflow.drop-oldest',
    effects: {
      drops: true,
      coalesces: true,
      readsKey: true,
      reorders: position === 'keep' ? 'across-keys' : 'never',
    },
    reasons: ['key', `overflow.${inner}`],
    configure: (params) => createCoalesce(params['position'] === 'tail' ? 'tail' : 'keep', innerOf(params)),
    params: [
      {
        key: 'position',
        name: 'position',
        choices: ['keep', 'tail'],
        default: 'keep',
        summary: 'where the new value stands: in the place of the old one or at the end',
      },
      INNER_PARAM,
    ],
    details: {
      rule: 'If an item with the same key is queued, the arriving one replaces it, which counts as coalesced by key. Otherwise it is appended; in a queue full of other keys inner decides.',
      guarantees: [
        'order: per key as offered; across keys by first pending item (keep) or by last update (tail)',
        'loss: old values of a key; its last value is delivered as long as there are no more keys than places',
      ],
      prediction:
        'depth ≤ number of keys n; age of a key about n/λ + 1/μ + n/(2μ) (keep, uniform keys, λ far above μ)',
      bestFor: 'market data, presence, status',
      alsoCalled: [
        { name: 'conflate', where: 'market data' },
        { name: 'conflation', where: 'market data' },
        { name: 'conflate-key', where: 'messaging brokers' },
        { name: 'CoalescingRingBuffer', where: 'LMAX, position keep' },
        { name: 'KEEP_LAST 1', where: 'DDS, keyed topics' },
      ],
      namingTrap:
        'conflate keeps the last value of each key in market data; conflate of Akka folds all values into one, which is merge here.',
      gotchas: [
        'Where all items have the same key it is latest; where each has its own it is its inner policy.',
        'With position tail, a key that changes all the time never reaches the head while others are served.',
        'Readers that resume by id need position tail: with keep a newer id leaves before an older one.',
        'A value that has grown beyond the byte bound is dropped and the old one kept (inner drop-newest), or others are evicted for it (drop-oldest).',
      ],
    },
  };
}

export default createCoalesce('keep', 'drop-newest');
