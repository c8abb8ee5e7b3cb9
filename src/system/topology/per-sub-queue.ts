import type { TopologyDefinition } from './topology.ts';

/**
 * Each consumer has a queue of its own, with the bounds and the policy of the strategy.
 *
 * When to use: the default. What one consumer is too slow for costs no other one anything.
 */
export default {
  name: 'per-sub-queue',
  stage: 'topology',
  summary: 'each consumer has a queue of its own',
  params: [],
  effects: {},
  reasons: [],
  create: (_params, openQueue, options) => openQueue(options),
  details: {
    rule: 'Every consumer has its own queue; an item is offered to each of them in turn.',
    guarantees: ['order: that of the queue', 'loss: that of the overflow policy, for each consumer apart'],
    prediction: 'memory up to consumers × capacity; each queue follows the formulas of its policy',
    bestFor: 'almost everything; the choice when nothing else is asked for',
    alsoCalled: [
      { name: 'outbound queue', where: 'websocket, one per connection' },
      { name: 'PUB high-water mark', where: 'ZeroMQ, one queue per subscriber' },
    ],
    namingTrap: null,
    gotchas: [
      'With block the publisher still waits for the slowest consumer: separate queues, one producer.',
      'The bound counts per consumer: a thousand clients may hold a thousand times the capacity.',
    ],
  },
} satisfies TopologyDefinition as TopologyDefinition;
