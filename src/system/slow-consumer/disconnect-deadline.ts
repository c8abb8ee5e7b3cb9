import { Patience } from './patience.ts';
import type { SlowConsumerDefinition } from './rule.ts';

export default {
  name: 'disconnect-deadline',
  stage: 'slow-consumer',
  summary: 'disconnect a consumer that does not take one write in time',
  reasons: ['disconnect.slow'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'deadline',
      name: 'deadlineMs',
      unit: 'ms',
      min: 0.001,
      default: 10_000,
      summary: 'time that one write may take',
    },
  ],
  create: (params) => new Patience(Number(params['deadlineMs']), (consumer) => consumer.inFlightSinceNs),
  details: {
    rule: 'Once the oldest write under way has lasted for deadline, the consumer is disconnected and what is left is dropped as disconnect.slow.',
    guarantees: [
      'order: what was delivered is a gapless prefix of what would have been',
      'loss: everything pending; the write under way is failed, and may have arrived in part',
    ],
    prediction: 'a stopped consumer goes deadline after the kernel’s buffers have filled',
    bestFor: 'dead peers, and two that each wait for the other to read',
    alsoCalled: [
      { name: 'write_deadline', where: 'NATS, 10 s' },
      { name: 'SetWriteDeadline', where: 'Go' },
      { name: 'send_timeout', where: 'nginx, 60 s' },
    ],
    namingTrap: 'deadline is an admission stage that refuses items; this one ends connections.',
    gotchas: [
      'The kernel takes megabytes before a write waits at all: a stopped reader is noticed only then.',
      'One very large item to a slow but honest reader may take longer than the deadline.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
