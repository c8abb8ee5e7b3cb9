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
   * Rejects with a {@link StoreError} when the event is not in the store and never will be; only where the writer or
   * the device broke down in the midst of it may it be there all the same. Half a surrogate pair becomes U+FFFD.
   */
  append(event: NewEvent): Promise<FeedEvent>;
  /**
   * Events with `afterId` < id ≤ `untilId`, in order: at most `limit`, and fewer where they are large (about 1 MiB of
   * text; at least one if there is one). Rejects with a {@link StoreError}.
   */
  read(afterId: number, untilId: number, limit: number): Promise<FeedEvent[]>;
  /**
   * The newest event of each key, and every event without one, in order of ids: the newest `limit` of them, and fewer
   * where they are large (about 16 MiB of text). What a state is made of. Rejects with a {@link StoreError}.
   */
  readLatest(limit: number): Promise<FeedEvent[]>;
  sample(): StoreSample;
  /** Commits what was handed over, and closes the database. */
  close(): Promise<void>;
}

/** `foreign`: a database of another program, or of another version. */
export type StoreProblem =
  | 'locked'
  | 'read-only'
  | 'full'
  | 'corrupt'
  | 'io'
  | 'closed'
  | 'overloaded'
  | 'foreign';

/** Why an event could not be stored or read, in words that say what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: StoreProblem;

  constructor(problem: StoreProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
