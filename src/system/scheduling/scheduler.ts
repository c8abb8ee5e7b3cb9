/**
 * What a scheduling stage is: which of the queued entries leaves next. Work-conserving: it answers an entry
 * whenever there is one.
 */
import type { EntryView } from '../channel/entry.ts';
import type { QueueView } from '../channel/ready-queue.ts';
import type { Definition, Params } from '../strategies/definition.ts';

export type { EntryView } from '../channel/entry.ts';
export type { LaneView, QueueView } from '../channel/ready-queue.ts';

export interface Scheduler<T> {
  /** The entry to leave next; it stays in the queue until the channel takes it. `undefined` only when empty. */
  next(queue: QueueView<T>, nowNs: number): EntryView<T> | undefined;
  /** An entry was queued (the view holds it already). */
  onEnqueue?(entry: EntryView<T>, queue: QueueView<T>, nowNs: number): void;
  /** An entry left the queue (the view no longer holds it): `taken` by the consumer, else evicted or dropped. */
  onRemove?(entry: EntryView<T>, taken: boolean, queue: QueueView<T>, nowNs: number): void;
  /** For schedulers with a queue management of their own: whether the entry that `next` answered is dropped instead. */
  shouldDrop?(entry: EntryView<T>, queue: QueueView<T>, nowNs: number): boolean;
}

export interface SchedulingDefinition extends Definition {
  readonly stage: 'scheduling';
  /** One per queue. */
  create<T>(params: Params): Scheduler<T>;
  /** Reason of what `shouldDrop` drops. */
  readonly dropReason?: string;
}
