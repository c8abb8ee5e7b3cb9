/** What policies that let items share a place do when the queue is full of items that cannot. */
import type { ChoiceParam, Params } from '../strategies/definition.ts';
import type { EntryView, OverflowDecision, QueueView } from './policy.ts';

export type Inner = 'drop-newest' | 'drop-oldest';

export const INNER_PARAM: ChoiceParam = {
  key: 'inner',
  name: 'inner',
  choices: ['drop-newest', 'drop-oldest'],
  default: 'drop-newest',
  summary: 'what is dropped when the queue is full of others: the arriving item or the oldest',
};

export const innerOf = (params: Params): Inner =>
  params['inner'] === 'drop-oldest' ? 'drop-oldest' : 'drop-newest';

export const INNER_RULES: Record<Inner, (queue: QueueView) => OverflowDecision> = {
  'drop-newest': () => 'drop-incoming',
  'drop-oldest': (queue) => queue.oldest ?? 'drop-incoming',
};

/** Whether `incoming` would fit in the place of `target` within the byte bound. */
export function fitsInPlaceOf(target: EntryView, queue: QueueView, incoming: EntryView): boolean {
  const { capacityBytes } = queue;
  return capacityBytes === 0 || queue.bytes - target.cost + incoming.cost <= capacityBytes;
}
