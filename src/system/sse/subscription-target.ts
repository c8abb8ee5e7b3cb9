/** The client, as far as its subscription knows it. */
import type { OfferOutcome } from '../channel/channel.ts';
import type { BusEvent } from './frames.ts';
import type { Notice } from './notices.ts';

export interface SubscriptionTarget {
  /** Neither cut off nor left. */
  readonly isOpen: boolean;
  /** Whether its queue makes whoever offers wait where it is full. */
  readonly blocks: boolean;
  /** Tells itself who waits, where somebody has to. */
  offer(frame: BusEvent): OfferOutcome | Promise<OfferOutcome>;
  /** False where there is no memory for it. */
  announce(notice: Notice): boolean;
  hasRoomFor(bytes: number): boolean;
  /** Resolves when the socket has taken something, or the client has gone. */
  whenRoom(): Promise<void>;
  /** As `promise`, or `undefined` as soon as the client has gone. */
  orGone<T>(promise: Promise<T>): Promise<T | undefined>;
  cut(reason: string): void;
  /** Ends the stream without a word, after what is queued. */
  endSilently(): void;
}
