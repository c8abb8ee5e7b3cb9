/** What the rest of the system knows of a way in which events reach subscribers. */
import type { ConnectionAccount } from '../core/samples.ts';
import type { FeedEvent } from './event.ts';

export interface FeedPath {
  /** Offers one event to every subscriber. A promise only when the publisher has to wait for somebody. */
  publish(event: FeedEvent): void | Promise<void>;
  /** Takes no new subscribers from now on. */
  refuseNew(): void;
  /** Ends every stream in order: what is queued goes out first. Resolves when the last one has gone. */
  finish(): Promise<void>;
  /** Cuts every stream now. */
  abandon(): void;
  /** The accounts of the connections that ended since the last call. */
  takeAccounts(): ConnectionAccount[];
}
