import type { OverflowPolicy } from '../policy.ts';

/**
 * Wrong on purpose: ironstar's sketch of an unbounded queue as it was written.
 *
 * It says that the buffer grows and "for simplicity" awaits room in the bounded one: it is block.
 */
export default {
  name: 'as-written/ironstar-unbounded',
  stage: 'overflow',
  summary: 'claims to grow without a bound, is block',
  specimen: true,
  onFull: () => 'wait',
  effects: { holdsProducer: true },
  reasons: ['waiters_full', 'cancelled'],
  params: [],
  details: {
    rule: 'The offer waits for room in a bounded queue, as under block.',
    guarantees: ['order: delivered as offered', 'loss: none, but for cancelled offers and shutdown'],
    prediction: 'depth ≤ B and a waiting producer, where it says that depth grows by λ − μ and nobody waits',
    bestFor: 'showing that the checks tell a queue that grows from one that blocks',
    alsoCalled: [],
    namingTrap: 'Its sketch calls it Unbounded; what it does is Block.',
    gotchas: ['Safer than what it says, and still wrong: who chose it did not want to wait.'],
  },
} satisfies OverflowPolicy as OverflowPolicy;
