import { backlogBytes } from './backlog.ts';
import { Patience, type SinceNs } from './patience.ts';
import type { SlowConsumerDefinition } from './rule.ts';

function aboveSince(softBytes: number): SinceNs {
  let sinceNs = Number.POSITIVE_INFINITY;
  return (consumer, nowNs) => {
    if (backlogBytes(consumer) <= softBytes) sinceNs = Number.POSITIVE_INFINITY;
    else if (sinceNs === Number.POSITIVE_INFINITY) sinceNs = nowNs;
    return sinceNs;
  };
}

export default {
  name: 'disconnect-soft',
  stage: 'slow-consumer',
  summary: 'disconnect a consumer whose backlog has been large for a whole while',
  reasons: ['disconnect.slow'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'soft',
      name: 'softBytes',
      unit: 'bytes',
      min: 1,
      default: 8 * 1024 ** 2,
      summary: 'bytes that may wait, be queued and in flight for as long as it takes',
    },
    {
      key: 'for',
      name: 'forMs',
      unit: 'ms',
      min: 0.001,
      default: 60_000,
      summary: 'time for which it may be more, without a break',
    },
  ],
  create: (params) => new Patience(Number(params['forMs']), aboveSince(Number(params['softBytes']))),
  details: {
    rule: 'Bytes that wait, are queued and in flight count as backlog. Once it has been above the soft limit for the whole time (for) without a break, the consumer is disconnected and what is left is dropped as disconnect.slow. At or below the soft limit the time starts anew.',
    guarantees: [
      'order: what was delivered is a gapless prefix of what would have been',
      'loss: everything pending; short bursts of any size cost nothing',
    ],
    prediction:
      'a stopped consumer goes after (soft limit + kernel buffers)/(bytes per second), and the time (for) more',
    bestFor: 'feeds with bursts: readers that catch up are spared',
    alsoCalled: [{ name: 'client-output-buffer-limit, soft', where: 'Redis, 8 MiB for 60 s' }],
    namingTrap: null,
    gotchas: [
      'It bounds no memory: until the time is over the backlog may be anything that the queue allows.',
      'One moment at or below the soft limit starts the time anew: a reader that dips now and then is never caught.',
      'The queue’s own byte bound must be larger than the soft limit, or this rule never acts.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
