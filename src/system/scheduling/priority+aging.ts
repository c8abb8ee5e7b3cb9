import { NS_PER_MS } from '../../core/clock.ts';
import { CLASS_COUNT } from '../channel/entry.ts';
import type { Params } from '../strategies/definition.ts';
import type { EntryView, QueueView, Scheduler, SchedulingDefinition } from './scheduler.ts';

/** Within a class the oldest is the most urgent, so only the heads of the classes are compared. */
function createAging<T>(agingNs: number): Scheduler<T> {
  return {
    next(queue: QueueView<T>, nowNs: number) {
      let best: EntryView<T> | undefined;
      let bestUrgency = Number.POSITIVE_INFINITY;
      for (let index = 0; index < CLASS_COUNT; index++) {
        const head = queue.ofClass(index)?.oldest;
        if (head === undefined) continue;
        const urgency = index - Math.floor((nowNs - head.sinceNs) / agingNs);
        // Of two equals the one of the less critical class has aged more: it is the older one.
        if (urgency > bestUrgency) continue;
        best = head;
        bestUrgency = urgency;
      }
      return best;
    },
  };
}

/**
 * As strict-priority, but an item becomes one class more critical for each `aging` it has waited, without
 * end: so nobody starves.
 */
export default {
  name: 'priority+aging',
  stage: 'scheduling',
  summary: 'the most critical class first, where waiting makes more critical',
  needs: ['class'],
  create: <T>(params: Params): Scheduler<T> => createAging<T>(Number(params['agingMs']) * NS_PER_MS),
  effects: { reorders: 'across-classes', readsClass: true },
  reasons: [],
  params: [
    {
      key: 'aging',
      name: 'agingMs',
      unit: 'ms',
      min: 0.001,
      default: 500,
      summary: 'wait that counts as much as one class',
    },
  ],
  details: {
    rule: 'The item with the lowest class − ⌊age/aging⌋ leaves next, the older one of two equals. The result may fall below 0.',
    guarantees: [
      'order: as offered within a class; items overtake less critical ones that have not waited long enough',
      'loss: none of its own; every class is served in the end',
    ],
    prediction:
      'nothing that arrives later than (class + 1) · aging goes before an item: its wait is at most classes · aging and the time to drain what arrived by then',
    bestFor: 'mixed classes where the low ones must arrive too',
    alsoCalled: [{ name: 'aging', where: 'schedulers of operating systems' }],
    namingTrap: null,
    gotchas: [
      'In lasting overload every item is old: the order becomes nearly that of arrival, and priority is lost. Bound the queue, or drop by class.',
      'Choose aging well above the usual wait of the critical class.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
