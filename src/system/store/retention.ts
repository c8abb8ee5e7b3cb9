/** What is kept: the newest events, by count and by age. Deletes from the oldest on, so that no holes come about. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export class Retention {
  readonly #keepEvents: number | null;
  readonly #keepMs: number | null;
  readonly #oldest: StatementSync;
  readonly #firstFresh: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync, keepEvents: number | null, keepMs: number | null) {
    this.#keepEvents = keepEvents;
    this.#keepMs = keepMs;
    this.#oldest = database.prepare('SELECT min(sequence) AS id FROM events');
    this.#firstFresh = database.prepare(
      'SELECT sequence AS id FROM events WHERE sequence >= ? AND sequence < ? AND created_at >= ? ORDER BY sequence LIMIT 1',
    );
    this.#delete = database.prepare('DELETE FROM events WHERE sequence < ?');
  }

  /** The lowest id there is; `headId` + 1 for none. */
  oldestId(headId: number): number {
    return (this.#oldest.get() as { id: number | null }).id ?? headId + 1;
  }

  /** Deletes what is not to be kept, at most `limit` events; answers the lowest id that is left. */
  trim(oldestId: number, headId: number, nowMs: number, limit: number): number {
    const end = Math.min(oldestId + limit, headId + 1);
    const floor = Math.min(end, Math.max(this.#byCount(headId), this.#byAge(oldestId, end, nowMs)));
    if (floor <= oldestId) return oldestId;
    this.#delete.run(floor);
    return this.oldestId(headId);
  }

  #byCount(headId: number): number {
    return this.#keepEvents === null ? 0 : headId - this.#keepEvents + 1;
  }

  #byAge(oldestId: number, end: number, nowMs: number): number {
    if (this.#keepMs === null) return 0;
    const fresh = this.#firstFresh.get(oldestId, end, nowMs - this.#keepMs) as { id: number } | undefined;
    return fresh?.id ?? end;
  }
}
