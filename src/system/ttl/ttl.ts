import type { Definition } from '../strategies/definition.ts';

/**
 * Bounds the age of what is delivered: an item older than `ttl` when it is about to leave is dropped.
 *
 * Details: age counts from the offer. Expired items leave only when they reach the head: until then they
 *   take up room.
 */
export default {
  name: 'ttl',
  stage: 'ttl',
  summary: 'drop what is older than a limit when it is about to leave',
  reasons: ['ttl'],
  effects: { drops: true },
  params: [
    {
      key: 'ttl',
      name: 'ttlMs',
      unit: 'ms',
      min: 0.001,
      default: 5000,
      summary: 'age at which an item is no longer worth delivering',
    },
  ],
  details: {
    rule: 'When an item is about to leave and its age is above ttl, it is dropped as ttl and the next one is looked at.',
    guarantees: [
      'order: as without it',
      'loss: expired items alone; nothing older than ttl leaves the queue',
    ],
    prediction: 'age of the delivered ≤ ttl + service time',
    bestFor: 'any freshness target, beside any overflow policy',
    alsoCalled: [
      { name: 'message TTL', where: 'RabbitMQ, at the head of the queue' },
      { name: 'max_age', where: 'NATS JetStream' },
      { name: 'LIFESPAN', where: 'DDS' },
    ],
    namingTrap: null,
    gotchas: [
      'An expired item still takes up room until it reaches the head.',
      'What the kernel holds behind the queue ages further: ttl does not see it.',
    ],
  },
} satisfies Definition as Definition;
