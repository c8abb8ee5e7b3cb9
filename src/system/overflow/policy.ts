/**
 * What an overflow policy is: pure decisions about an item that does not fit.
 *
 * The policy sees a read-only view and answers with a word or with a victim; the channel does the moving,
 * waking and counting. To add one: a file with a default export here and a line in `registry.ts`.
 */
import type { EntryView } from '../channel/entry.ts';
import type { QueueView } from '../channel/ready-queue.ts';
import type { Definition, Params } from '../strategies/definition.ts';

export type { EntryView } from '../channel/entry.ts';
export type { LaneView, QueueView } from '../channel/ready-queue.ts';

/**
 * - `wait`: the offer waits in line; for at most `waitLimitMs`, where the policy has one.
 * - `drop-incoming`: the arriving item is dropped.
 * - `fail-incoming`: it is failed, so that its producer hears of it.
 * - `accept`: it is queued above the bounds.
 * - `spill`: it goes to disk, behind what is there.
 * - `break`: it is dropped and the channel closes with an overflow error.
 * - `leak`: it is lost and counted nowhere; for specimens alone, which show that a ledger notices.
 * - an entry of the queue: that one is evicted, and the policy asked again while the item does not fit.
 */
export type OverflowDecision<T = unknown> =
  | 'wait'
  | 'drop-incoming'
  | 'fail-incoming'
  | 'accept'
  | 'spill'
  | 'break'
  | 'leak'
  | EntryView<T>;

export interface OverflowPolicy extends Definition {
  readonly stage: 'overflow';
  /** The same policy with these values; needed only by a policy with `params`. */
  configure?(params: Params): OverflowPolicy;

  /** Asked when `incoming` does not fit, or would overtake what waits or lies on disk. */
  onFull(queue: QueueView, incoming: EntryView): OverflowDecision;
  /** Items that the queue may hold once `incoming` is in it; default its capacity. Asked on each arrival. */
  capacityFor?(queue: QueueView, incoming: EntryView): number;
  /** The same for bytes; Infinity for no bound. Never above the capacity. */
  capacityBytesFor?(queue: QueueView, incoming: EntryView): number;
  /** The queued entry that `incoming` goes into, whatever room there is; `undefined` when it goes its own way. */
  absorb?(queue: QueueView, incoming: EntryView): EntryView | undefined;
  /**
   * How an item goes into another. `keep`: takes its place, the old one is coalesced{key}. `tail`: the same
   * at the end of the queue. `merge`: both become `merge(old, incoming)` in the old place, coalesced{merge}.
   */
  readonly absorbAs?: 'keep' | 'tail' | 'merge';
  /** Asked after each eviction, with how many this arrival has cost so far: one more victim, or `undefined`. */
  evictMore?(queue: QueueView, victim: EntryView, evicted: number): EntryView | undefined;
  /** For `wait`: how long; then the item is dropped{block_timeout}, or goes as `onWaitOver` decides. */
  readonly waitLimitMs?: number;
  onWaitOver?(queue: QueueView, incoming: EntryView): OverflowDecision;
  /** For `break`: what is queued is still delivered. Default false: it is failed{closed}. */
  readonly drainBeforeFail?: boolean;
  /** For `spill`. */
  readonly spill?: SpillSettings;

  /** False when it may `accept` above the capacity: that then only marks where pressure begins. Default true. */
  readonly bounded?: boolean;
  /** Asked about every item that would bring the queue above this, even where bytes are not bounded. */
  readonly guardBytes?: number;
  /** The capacity, whatever the boundary has. */
  readonly fixedCapacityItems?: number;
  /** Reason for an arriving item that it drops. Default `overflow.<name>`. */
  readonly incomingReason?: string;
  /** Reason for an arriving item that it fails. Default: as `incomingReason`. */
  readonly failReason?: string;
  /** Reason for a queued item that it evicts. Default `overflow.<name>`. */
  readonly victimReason?: string;
}

export interface SpillSettings {
  readonly diskBytes: number;
  readonly segmentBytes: number;
  readonly fsync: 'never' | 'interval' | 'always';
  readonly onDiskFull: 'block' | 'drop';
}
