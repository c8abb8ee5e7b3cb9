import { createSharedRing, openReader, RING_PARAMS } from './shared-ring-params.ts';
import type { TopologyDefinition } from './topology.ts';

/**
 * One ring for all consumers, a cursor for each. The writer never overwrites what somebody has not taken: the
 * slowest consumer holds it.
 *
 * When to use: a fixed set of consumers that must all see everything.
 * Gotchas: one consumer that stalls stops all, until it reads on or is disconnected.
 */
export default {
  name: 'ring-gated',
  stage: 'topology',
  summary: 'one ring for all consumers; the slowest one holds the producer',
  params: RING_PARAMS,
  effects: { holdsProducer: true, replacesQueue: true, joinsConsumers: true },
  reasons: ['waiters_full', 'cancelled'],
  createShared: (params) => createSharedRing(params, true),
  create: (params, _openQueue, options, shared = createSharedRing(params, true)) =>
    openReader(shared, options),
  details: {
    rule: 'An item takes the next slot of the ring. While some consumer has not taken what is in that slot, the offer waits, and all later ones behind it, in order.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: none but by cancelling, by a line of waiting offers that is full, and at the end',
    ],
    prediction:
      'all consumers get min(λ, μ of the slowest); share of blocked time 1 − μ/λ; wait ≤ R/μ, R slots',
    bestFor: 'pipelines of one process whose consumers are equally fast and must all see everything',
    alsoCalled: [
      { name: 'Disruptor', where: 'LMAX, with gating sequences' },
      { name: 'bounded PubSub', where: 'Effect' },
    ],
    namingTrap: null,
    gotchas: [
      'One stalled consumer stops everybody: combine it with a rule that disconnects slow ones.',
      'The capacity is rounded up to a power of two: 100 keeps 128.',
      'A fast consumer may be a whole ring ahead of the slowest one, never more.',
    ],
  },
} satisfies TopologyDefinition as TopologyDefinition;
