import type { SchedulingDefinition } from './scheduler.ts';

/** In order of arrival: what a queue does without a scheduler, for comparisons that name it. */
export default {
  name: 'fifo',
  stage: 'scheduling',
  summary: 'the oldest leaves first',
  create: () => ({ next: (queue) => queue.oldest }),
  effects: { reorders: 'never' },
  reasons: [],
  params: [],
  details: {
    rule: 'The item that has been in the queue longest leaves next.',
    guarantees: ['order: as offered', 'loss: none of its own'],
    prediction:
      'Poisson arrivals, exponential service, unlimited queue: wait ρ/(μ − λ), which grows without end towards ρ = 1',
    bestFor: 'the baseline; whatever has ids that must rise',
    alsoCalled: [
      { name: 'first come, first served', where: 'queueing theory' },
      { name: 'pfifo', where: 'Linux tc' },
    ],
    namingTrap: null,
    gotchas: [
      'In lasting overload everything that is delivered has waited through the whole queue.',
      'One large or greedy flow delays all others: see drr and fq-codel.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
