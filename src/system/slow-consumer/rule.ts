/** What a slow-consumer rule is: what happens to a consumer that does not keep up. */
import type { Definition, Params } from '../strategies/definition.ts';

/** One consumer, as seen from its queue. */
export interface ConsumerView {
  /** Held, waiting, queued and in flight. */
  readonly pendingItems: number;
  readonly pendingBytes: number;
  /** Of those, held by a shaper: not for the consumer to take yet. */
  readonly heldItems: number;
  readonly heldBytes: number;
  readonly inFlightItems: number;
  /** When the oldest pending item was offered; Infinity when nothing is pending. */
  readonly oldestNs: number;
  /** When the oldest write under way began; Infinity when none is. */
  readonly inFlightSinceNs: number;
  /** When it last finished a write, or was given something to do after having been idle. */
  readonly progressNs: number;
  /** Sequence number of the newest offer, and of the newest item it has finished. */
  readonly offeredSeq: number;
  readonly deliveredSeq: number;
  /** Ends this consumer, at the present moment; for rules that choose among several. */
  disconnect(): void;
}

/** `pause`: offers are taken in, and their producers wait until it says `ok` again. */
export type ConsumerVerdict = 'ok' | 'pause' | 'disconnect';

export interface SlowConsumerRule {
  /** Asked after each change and at `wakeAtNs`; not again once the consumer is disconnected. */
  observe(consumer: ConsumerView, nowNs: number): ConsumerVerdict;
  /** When it has to look again although nothing changes; Infinity for never. */
  readonly wakeAtNs: number;
  /** The consumer is gone: disconnected, or its queue closed and settled. Told once. */
  onLeave?(consumer: ConsumerView): void;
}

export interface SlowConsumerDefinition extends Definition {
  readonly stage: 'slow-consumer';
  /** What all consumers of a boundary share, where the rule compares them. */
  createShared?(params: Params): unknown;
  /** One per queue. */
  create(params: Params, shared: unknown): SlowConsumerRule;
}
