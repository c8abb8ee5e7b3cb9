import type { OverflowPolicy } from '../policy.ts';

/**
 * Wrong on purpose: ironstar's sketch of drop-oldest as it was written.
 *
 * It says "evict the oldest" and answers the producer as if it had, but the arriving item is gone and no
 * counter knows. Its runs must come out invalid: the ledger does not add up.
 */
export default {
  name: 'as-written/ironstar-drop-oldest',
  stage: 'overflow',
  effects: { drops: true },
  reasons: [],
  summary: 'claims to evict the oldest, loses the arriving item uncounted',
  specimen: true,
  onFull: () => 'leak',
  params: [],
  details: {
    rule: 'The arriving item is discarded and counted nowhere; the queue stays as it is and the producer hears "queued".',
    guarantees: ['order: what is delivered keeps the order of its offers', 'loss: silent'],
    prediction: 'loss 1 − μ/λ, all of it unaccounted; age of the delivered about B/μ, as drop-newest',
    bestFor: 'showing that the ledger notices',
    alsoCalled: [],
    namingTrap: 'Its sketch calls it DropOldest; what it does is drop-newest without a count.',
    gotchas: ['A run with it is invalid, whatever else it shows.'],
  },
} satisfies OverflowPolicy as OverflowPolicy;
