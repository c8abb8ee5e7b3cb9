/** What a population knows of its clients, whatever they speak. */
import type { CloseReason } from './client-socket.ts';
import type { Subscription } from './subscription.ts';

/** `open`: admitted and not ended. `rejected`: the server said that it is full (503). */
export type SubscriberOutcome = 'open' | 'rejected' | 'failed';

export interface SubscriberOwner {
  /** The socket is connected, or has failed: it is no longer half open. Exactly once, before the others. */
  onSettled(subscriber: Subscriber): void;
  /** Exactly once; a connection that is destroyed before its answer has failed. */
  onOutcome(subscriber: Subscriber, outcome: SubscriberOutcome): void;
  /** Exactly once for each that was `open`. */
  onEnd(subscriber: Subscriber, endedCleanly: boolean): void;
}

export interface Subscriber {
  readonly subscription: Subscription;
  /** Reads at full speed from now on. */
  thaw(): void;
  /** Leaves: says goodbye where the protocol has a word for it. */
  leave(): void;
  /** Closes now. */
  destroy(reason?: CloseReason): void;
}
