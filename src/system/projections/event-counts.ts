import type { FeedEvent } from '../event.ts';
import type { ProjectionState } from './state.ts';

/** Types are what publishers say: whoever sends a new one each time must not fill the memory. */
const MAX_TYPES = 1000;

/** Events by type, each by class. What comes after {@link MAX_TYPES} types is counted under `null`. */
export class EventCounts implements ProjectionState {
  readonly #byType = new Map<string | null, number[]>();

  take({ type, class: klass }: FeedEvent): void {
    const named = this.#byType.has(type) || this.#byType.size < MAX_TYPES ? type : null;
    let counts = this.#byType.get(named);
    if (counts === undefined) {
      counts = [];
      this.#byType.set(named, counts);
    }
    counts[klass] = (counts[klass] ?? 0) + 1;
  }

  countOf(type: string | null, klass: number): number {
    return this.#byType.get(type)?.[klass] ?? 0;
  }

  get total(): number {
    let sum = 0;
    for (const counts of this.#byType.values()) for (const count of counts) sum += count ?? 0;
    return sum;
  }
}
