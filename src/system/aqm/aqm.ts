/** What active queue management is: whether an entry that is about to leave has waited too long. */
import type { EntryView } from '../channel/entry.ts';
import type { QueueView } from '../channel/ready-queue.ts';
import type { Definition, Params } from '../strategies/definition.ts';

export type { EntryView } from '../channel/entry.ts';
export type { QueueView } from '../channel/ready-queue.ts';

export interface Aqm<T> {
  /** Asked about each entry that is about to leave; the view still holds it. A dropped one is followed by the next. */
  shouldDrop(entry: EntryView<T>, queue: QueueView<T>, nowNs: number): boolean;
  /** The last entry has left the queue, in whatever way: nothing waits now. */
  onEmpty?(): void;
}

export interface AqmDefinition extends Definition {
  readonly stage: 'aqm';
  /** One per queue. */
  create<T>(params: Params): Aqm<T>;
  readonly dropReason: string;
}
