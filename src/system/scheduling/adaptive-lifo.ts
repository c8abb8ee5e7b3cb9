import { NS_PER_MS } from '../../core/clock.ts';
import type { Params } from '../strategies/definition.ts';
import type { QueueView, Scheduler, SchedulingDefinition } from './scheduler.ts';

/** Knows when the queue was last empty: a queue that never empties is overloaded. */
class AdaptiveLifo<T> implements Scheduler<T> {
  private readonly calmNs: number;
  private isEmpty = true;
  private lastEmptyNs = 0;

  constructor(calmNs: number) {
    this.calmNs = calmNs;
  }

  next(queue: QueueView<T>, nowNs: number) {
    return nowNs - this.lastEmptyNs <= this.calmNs ? queue.oldest : queue.newest;
  }

  onEnqueue(_entry: unknown, _queue: unknown, nowNs: number): void {
    if (!this.isEmpty) return;
    this.isEmpty = false;
    this.lastEmptyNs = nowNs;
  }

  onRemove(_entry: unknown, _taken: boolean, queue: QueueView<T>): void {
    if (queue.depthItems === 0) this.isEmpty = true;
  }
}

/**
 * In order of arrival while the queue empties now and then, the newest first once it has not for `within`.
 *
 * Details: it changes back as soon as the queue is empty, and with it the old items at the bottom leave.
 */
export default {
  name: 'adaptive-lifo',
  stage: 'scheduling',
  summary: 'the oldest first, and the newest first while the queue does not empty',
  create: <T>(params: Params): Scheduler<T> => new AdaptiveLifo<T>(Number(params['withinMs']) * NS_PER_MS),
  effects: { reorders: 'always' },
  reasons: [],
  params: [
    {
      key: 'within',
      name: 'withinMs',
      unit: 'ms',
      min: 0,
      default: 100,
      summary: 'time without an empty queue after which the newest goes first',
    },
  ],
  details: {
    rule: 'If the queue was empty within the last 100 ms (within), the oldest item leaves next, else the newest.',
    guarantees: [
      'order: as offered while the queue empties now and then; the reverse in overload',
      'loss: none of its own',
    ],
    prediction:
      'below capacity as fifo. In overload with drop-oldest the wait of what is delivered falls to about 1/(λ − μ)',
    bestFor: 'whole requests whose senders give up, with codel-service or ttl against the stale tail',
    alsoCalled: [{ name: 'adaptive LIFO', where: 'Facebook, "Fail at Scale", ACM Queue 2015' }],
    namingTrap: null,
    gotchas: [
      'What is at the bottom when overload begins waits until the queue is empty: give it a ttl or codel-service.',
      'A queue that is served slowly but evenly may be non-empty for 100 ms without any overload: make within longer than a few service times.',
      'Not for streams whose readers resume by the last id they saw.',
    ],
  },
} satisfies SchedulingDefinition as SchedulingDefinition;
