import { backlogItems } from './backlog.ts';
import { Patience } from './patience.ts';
import type { SlowConsumerDefinition } from './rule.ts';

export default {
  name: 'disconnect-stalled',
  stage: 'slow-consumer',
  summary: 'disconnect a consumer that has finished nothing for a while though items wait',
  reasons: ['disconnect.slow'],
  effects: { drops: true, disconnects: true },
  params: [
    {
      key: 'after',
      name: 'afterMs',
      unit: 'ms',
      min: 0.001,
      default: 5000,
      summary: 'time without progress',
    },
  ],
  create: (params) =>
    new Patience(Number(params['afterMs']), (consumer) =>
      backlogItems(consumer) > 0 ? consumer.progressNs : Number.POSITIVE_INFINITY,
    ),
  details: {
    rule: 'Progress is each finished write, and the first item after an idle time. When there has been none for the time limit (after) while items wait, are queued or in flight, the consumer is disconnected and what is left is dropped as disconnect.slow.',
    guarantees: [
      'order: what was delivered is a gapless prefix of what would have been',
      'loss: everything pending; a consumer that goes on finishing items is never disconnected, however slow',
    ],
    prediction: 'a stopped consumer goes after the kernel’s buffers have filled, and the time more',
    bestFor: 'telling the dead from the slow',
    alsoCalled: [{ name: 'stall timeout', where: 'media servers, download clients' }],
    namingTrap: null,
    gotchas: [
      'A reader that trickles is spared for ever: bound its backlog by the queue.',
      'It sees whole items: one very large one that takes longer looks like a stall.',
      'With pace, a rate below one item per time limit looks like a stall too.',
    ],
  },
} satisfies SlowConsumerDefinition as SlowConsumerDefinition;
