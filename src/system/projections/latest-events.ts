import type { FeedEvent } from '../event.ts';
import type { ProjectionState } from './state.ts';

/**
 * The newest event of each thing, in the order in which they came: a list as its readers see it. Of more than
 * `maxItems` the oldest goes first.
 */
export class LatestEvents implements ProjectionState {
  readonly #maxItems: number;
  readonly #aboutOf: (event: FeedEvent) => unknown;
  readonly #latest = new Map<unknown, FeedEvent>();

  /** `aboutOf`: what an event is about; a later one about the same takes its place, at the end of the list. */
  constructor(maxItems: number, aboutOf: (event: FeedEvent) => unknown) {
    this.#maxItems = maxItems;
    this.#aboutOf = aboutOf;
  }

  get size(): number {
    return this.#latest.size;
  }

  take(event: FeedEvent): void {
    const about = this.#aboutOf(event);
    this.#latest.delete(about);
    this.#latest.set(about, event);
    if (this.#latest.size <= this.#maxItems) return;
    const [oldest] = this.#latest.keys();
    this.#latest.delete(oldest);
  }

  [Symbol.iterator](): Iterator<FeedEvent> {
    return this.#latest.values();
  }
}

/** The latest of each key; an event without one is about itself alone, so it stands for nothing and nothing for it. */
export function latestOfEachKey(maxItems: number): LatestEvents {
  return new LatestEvents(maxItems, (event) => event.key ?? event);
}

export function latestOfEachFlow(maxItems: number): LatestEvents {
  return new LatestEvents(maxItems, ({ flow }) => flow);
}
