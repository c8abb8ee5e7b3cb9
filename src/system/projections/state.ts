/** What a projection makes of the events: the same events in the same order make the same state. */
import type { FeedEvent } from '../event.ts';

export interface ProjectionState {
  take(event: FeedEvent): void;
}
