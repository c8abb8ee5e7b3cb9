import { INNER_PARAM, INNER_RULES, type Inner, innerOf } from './inner.ts';
import type { OverflowPolicy } from './policy.ts';

type Scope = 'tail' | 'key';

/**
 * Nothing is forgotten, it is added up: an arriving item is folded into the queued one of its group.
 *
 * When to use: counters, sums and warnings, where two items can be said as one.
 * Details: the owner of the queue says how two items become one. Folding happens whether the queue is full
 *   or not. A sum that would not fit is not made: the arriving item goes its own way.
 */
function createMerge(scope: Scope, inner: Inner): OverflowPolicy {
  return {
    name: 'merge',
    stage: 'overflow',
    summary: 'fold the new item into the queued one of its group',
    ...(scope === 'key' ? { needs: ['key'] as const } : {}),
    absorb: (queue, incoming) => (scope === 'key' ? queue.ofKey(incoming.key) : queue.newest),
    absorbAs: 'merge',
    onFull: INNER_RULES[inner],
    incomingReason: 'overflow.drop-newest',
    victimReason: 'overflow.drop-oldest',
    effects: {
      drops: true,
      coalesces: true,
      ...(scope === 'key' ? { readsKey: true, reorders: 'across-keys' } : {}),
    },
    reasons: ['merge', `overflow.${inner}`],
    configure: (params) => createMerge(params['scope'] === 'tail' ? 'tail' : 'key', innerOf(params)),
    params: [
      {
        key: 'scope',
        name: 'scope',
        choices: ['key', 'tail'],
        default: 'key',
        summary: 'what is one group: items with the same key, or everything that is queued',
      },
      INNER_PARAM,
    ],
    details: {
      rule: 'The arriving item and the queued one of its group become one item in the old place, which counts as coalesced by merge. Otherwise it is appended; in a queue full of other groups inner decides.',
      guarantees: [
        'order: groups by their first pending item',
        'loss: none while there are no more groups than places; what was folded in is part of what is delivered',
      ],
      prediction: 'depth ≤ 1 for each group; the sum of the weights delivered is that of the weights offered',
      bestFor: 'counters, repeated warnings',
      alsoCalled: [
        { name: 'onBackpressureReduce', where: 'Rx' },
        { name: 'conflateWithSeed', where: 'Akka' },
        { name: 'conflate', where: 'Akka' },
      ],
      namingTrap: null,
      gotchas: [
        'Merging must be associative: which items meet depends on timing.',
        'Where the items have no merge of their own the newer one stands for both, and it is coalesce.',
        'The age of a merged item is that of its oldest part.',
        'A sum that would be above the byte bound is not made: the new item is appended beside its group or dropped.',
      ],
    },
  };
}

export default createMerge('key', 'drop-newest');
