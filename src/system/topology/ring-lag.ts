import { createSharedRing, openReader, RING_PARAMS } from './shared-ring-params.ts';
import type { TopologyDefinition } from './topology.ts';

/**
 * One ring for all consumers, a cursor for each. The writer never waits: who is a whole ring behind is lapped.
 *
 * When to use: live feeds to many, where one slow reader must cost nobody else anything.
 * Gotchas: with resume=oldest a lapped reader stays a whole ring behind and is lapped again at once.
 */
export default {
  name: 'ring-lag',
  stage: 'topology',
  summary: 'one ring for all consumers; who falls a whole ring behind loses items',
  params: [
    ...RING_PARAMS,
    {
      key: 'resume',
      name: 'resume',
      choices: ['oldest', 'latest'],
      default: 'oldest',
      summary: 'where a lapped consumer reads on: at the oldest item still there, or at the newest',
    },
  ],
  effects: { drops: true, replacesQueue: true, joinsConsumers: true },
  reasons: ['lag'],
  createShared: (params) => createSharedRing(params, false),
  create: (params, _openQueue, options, shared = createSharedRing(params, false)) =>
    openReader(shared, options),
  details: {
    rule: 'An item takes the next slot of the ring, over the oldest one if need be. A consumer that had not taken the overwritten item has lost it as lag; it reads on at the oldest item still there, or (resume=latest) at the newest one alone.',
    guarantees: [
      'order: what is delivered keeps the order of its offers',
      'loss: the oldest items of a consumer that is a whole ring behind; the others lose nothing',
    ],
    prediction:
      'for one slow consumer: first loss after R/(λ−μ), R slots; loss (λ−μ)/λ; resume=oldest: up to min(μ, λ−μ) lags per second, age R/λ; resume=latest: (λ−μ)/R lags per second, age R/(2λ)',
    bestFor: 'the same live feed for many consumers; memory is that of one ring, however many they are',
    alsoCalled: [
      { name: 'broadcast', where: 'tokio, which tells Lagged(n) and resumes at the oldest' },
      { name: 'broadcast ring', where: 'ironstar' },
      { name: 'sliding PubSub', where: 'Effect, which counts nothing' },
    ],
    namingTrap: null,
    gotchas: [
      'The capacity is rounded up to a power of two: 100 keeps 128.',
      'Both ways to resume lose the same share; oldest lags up to R times as often, so one reload per lag is a storm.',
      'The bound is one for all: items for single consumers, such as replies, use up slots of the others too.',
      'What is counted as lost may be more than what this consumer was lapped by: resume=latest gives up the rest.',
    ],
  },
} satisfies TopologyDefinition as TopologyDefinition;
