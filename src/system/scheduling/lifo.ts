import type { SchedulingDefinition } from './scheduler.ts';

/** The newest leaves first: short waits for most, endless ones for the tail. */
export default {
  name: 'lifo',
  stage: 'scheduling',
  summary: 'the newest leaves first',
  create: () => ({ next: (queue) => queue.newest }),
  effects: { reorders: 'always' },
  reasons: [],
  params: [],
  details: {
    rule: 'The item that was queued last leaves next.',
    guarantees: [
      'order: the reverse of arrival among what is queued; arrivals in between go first',
      'loss: none of its own; old items stay at the bottom until the queue is empty or the overflow policy evicts them',
    ],
    prediction:
      'Poisson arrivals, exponential service: mean wait as fifo, spread far wider. In overload with drop-oldest what is delivered has waited 1/(λ − μ) on average',
    bestFor: 'requests whose senders give up soon, together with drop-oldest or ttl',
    alsoCalled: [
      { name: 'last come, first served', where: 'queueing theory' },
      { name: 'stack', where: 'everyday speech' },
    ],
    namingTrap: null,
    gotchas: [
      'The tail starves: an item that is not served at once may wait until the queue is empty.',
      'Never for streams whose readers resume by the last id they saw: everything older would be lost to them.',
      'With drop-newest it delivers old items only when arrivals pause: pair it with drop-oldest.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
