import { backlogBytes } from './backlog.ts';
import type { SlowConsumerDefinition } from './rule.ts';

export default {
  name: 'disconnect-bytes',
  stage: 'slow-consumer',
  summary: 'disconnect a consumer as soon as too many bytes wait for it',
  reasons: ['disconnect.slow'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'limit',
      name: 'limitBytes',
      unit: 'bytes',
      min: 1,
      default: 1024 ** 2,
      summary: 'bytes that may wait, be queued and in flight, overhead included',
    },
  ],
  create(params) {
    const limitBytes = Number(params['limitBytes']);
    return {
      wakeAtNs: Number.POSITIVE_INFINITY,
      observe: (consumer) => (backlogBytes(consumer) > limitBytes ? 'disconnect' : 'ok'),
    };
  },
  details: {
    rule: 'Once more than limit bytes wait, are queued and in flight, the consumer is disconnected and what is left is dropped as disconnect.slow.',
    guarantees: [
      'order: what was delivered is a gapless prefix of what would have been',
      'loss: everything pending, at once; the client knows, because its connection ends',
    ],
    prediction: 'a stopped consumer goes after (limit + kernel buffers)/(bytes per second)',
    bestFor: 'a hard bound on memory per connection, where clients can reconnect and resume',
    alsoCalled: [
      { name: 'client_queue_max_size, code 3008', where: 'Centrifuge, 1 MiB' },
      { name: 'max_pending', where: 'NATS, 64 MiB' },
      { name: 'client-output-buffer-limit, hard', where: 'Redis, 32 MiB for pub/sub' },
    ],
    namingTrap: null,
    gotchas: [
      'It judges by size, not by progress: one message above the limit ends healthy consumers, again and again.',
      'The queue’s own byte bound must be larger, or its policy acts first and this rule never.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
