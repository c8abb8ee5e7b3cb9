/** What the rest of the system knows of the event store. */
import type { StoreSample } from '../../core/samples.ts';
import type { FeedEvent, NewEvent } from '../event.ts';

export interface EventStore {
  /** The highest id there is; 0 for none. Never falls, also from one start to the next. */
  readonly headId: number;
  /** The lowest id that can still be read; headId + 1 for none. */
  readonly oldestId: number;
  /**
   * Resolves once the event is committed, as `synchronous` says. Calls resolve in their order, and ids rise in it.
   * Rejects with a {@link StoreError} when the event is not in the store and never will be.
   */
  append(event: NewEvent): Promise<FeedEvent>;
  /**
   * Events with `afterId` < id ≤ `untilId`, in order: at most `limit`, and fewer where they are large (about 1 MiB of
   * text; at least one if there is one). Rejects with a {@link StoreError}.
   */
  read(afterId: number, untilId: number, limit: number): Promise<FeedEvent[]>;
  /** The newest event of each key, in order of ids, at most `limit` of them: what a state is made of. */
  readLatest(limit: number): Promise<FeedEvent[]>;
  sample(): StoreSample;
  /** Commits what was handed over, and closes the database. */
  close(): Promise<void>;
}

export type StoreProblem = 'locked' | 'read-only' | 'full' | 'corrupt' | 'io' | 'closed' | 'overloaded';

/** Why an event could not be stored or read, in words that say what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: StoreProblem;

  constructor(problem: StoreProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
