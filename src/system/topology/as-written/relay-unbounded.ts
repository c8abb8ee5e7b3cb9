import unbounded from '../../overflow/unbounded.ts';
import relay from '../relay.ts';
import type { TopologyDefinition } from '../topology.ts';

/**
 * Wrong on purpose: a relay whose own queue has no bound.
 *
 * It says that the relay decouples. It moves the bound: what the consumer cannot take grows in the relay.
 */
export default {
  name: 'as-written/relay-unbounded',
  stage: 'topology',
  summary: 'claims to decouple; moves the bound, and memory grows',
  specimen: true,
  params: [],
  effects: {},
  reasons: [],
  create: (_params, openQueue, options) =>
    relay.create(
      { capacityItems: 1, windowItems: 0, batchItems: 1 },
      openQueue,
      { ...options, overflow: unbounded },
      undefined,
    ),
  details: {
    rule: 'Offers go to a queue without a bound; one forwarder moves items on to the main queue as long as they fit.',
    guarantees: ['order: kept', 'loss: none, until memory is gone'],
    prediction: 'memory grows by λ − μ items per second; age t(1 − μ/λ)',
    bestFor: 'showing that a relay only moves the bound',
    alsoCalled: [{ name: 'unbounded_channel', where: 'websocket, before each subscription' }],
    namingTrap: null,
    gotchas: ['The main queue looks healthy: it never holds more than its capacity.'],
  },
} satisfies TopologyDefinition as TopologyDefinition;
