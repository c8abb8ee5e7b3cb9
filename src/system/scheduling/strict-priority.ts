import { CLASS_COUNT } from '../channel/entry.ts';
import type { EntryView, QueueView, SchedulingDefinition } from './scheduler.ts';

function next<T>(queue: QueueView<T>): EntryView<T> | undefined {
  for (let index = 0; index < CLASS_COUNT; index++) {
    const lane = queue.ofClass(index);
    if (lane !== undefined) return lane.oldest;
  }
  return undefined;
}

/** The most critical class that has items goes first, in order of arrival within it. */
export default {
  name: 'strict-priority',
  stage: 'scheduling',
  summary: 'the most critical class first',
  needs: ['class'],
  create: () => ({ next }),
  effects: { reorders: 'across-classes', readsClass: true },
  reasons: [],
  params: [],
  details: {
    rule: 'The oldest item of the lowest class number that has any leaves next (0 is critical). What is being served is never interrupted.',
    guarantees: [
      'order: as offered within a class; a more critical item overtakes all less critical ones',
      'loss: none of its own; a class gets only what the more critical ones leave',
    ],
    prediction:
      'Poisson arrivals (Cobham): wait of class k = R/((1 − σ_{k−1})(1 − σ_k)), R = Σ λᵢE[Sᵢ²]/2, σ_k = load of class k and all above it',
    bestFor: 'few critical items beside many that can wait',
    alsoCalled: [
      { name: 'prio', where: 'Linux tc' },
      { name: 'head-of-line priority', where: 'queueing theory' },
      { name: 'drain High first', where: 'websocket' },
    ],
    namingTrap: null,
    gotchas: [
      'Low classes starve for as long as the higher ones alone fill the consumer: use priority+aging against that.',
      'With block one low item at the door keeps critical ones waiting outside: the order applies only to what is queued.',
      'It chooses who leaves, not who is dropped: pair it with evict-lowest-priority or reserve.',
      'With codel the waits of all classes count together, and prompt critical items hide a standing low class.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
