/**
 * What an overflow policy is: one pure decision about an item that does not fit.
 *
 * The policy sees a read-only view and answers with a word; the channel does the moving, waking and counting.
 * To add one: a file with a default export here, a line in `registry.ts`, a row in the contract suite.
 */

/** The queue at the moment a policy is asked. The object is the channel's own: read it, do not keep it. */
export interface QueueView {
  readonly depthItems: number;
  /** Cost of what is queued, in bytes. */
  readonly bytes: number;
  /** Infinity under a policy that declares `bounded: false`. */
  readonly capacityItems: number;
  /** 0 when bytes are not bounded. */
  readonly capacityBytes: number;
  /** Cost of the arriving item, in bytes. Never above `capacityBytes` where that binds. */
  readonly incomingBytes: number;
  /** Offers that wait already; any decision but `wait` overtakes them. */
  readonly waiters: number;
}

/**
 * - `wait`: the offer waits in line.
 * - `drop-incoming`: the arriving item is dropped.
 * - `evict-oldest`: queued items are dropped from the head until the arriving one fits both bounds.
 * - `accept`: it is queued above the bounds.
 * - `leak`: it is lost and counted nowhere; for specimens alone, which show that a ledger notices.
 */
export type OverflowDecision = 'wait' | 'drop-incoming' | 'evict-oldest' | 'accept' | 'leak';

/** What others call the same thing. `where` names libraries or products. */
export interface Synonym {
  readonly name: string;
  readonly where: string;
}

/** What `bpbench explain` tells. λ offered rate, μ service rate, B capacity of the queue in items. */
export interface PolicyFacts {
  /** The exact transition when an item does not fit. */
  readonly rule: string;
  /** Order and loss. */
  readonly guarantees: readonly string[];
  /** Under lasting overload, λ > μ. */
  readonly prediction: string;
  readonly bestFor: string;
  readonly alsoCalled: readonly Synonym[];
  /** Names that mean this in one library and something else in another. */
  readonly namingTrap: string | null;
  readonly gotchas: readonly string[];
}

/** A number that a user may set: `key=value`. */
export interface NumberParam {
  /** What the user types. */
  readonly key: string;
  /** Its name in a `StageSpec`, with the unit. */
  readonly name: string;
  readonly unit: 'items' | 'bytes' | 'offers';
  readonly min: number;
  /** `null`: the boundary has its own. */
  readonly default: number | null;
  readonly summary: string;
}

export interface OverflowPolicy {
  /** The word the user types. */
  readonly name: string;
  readonly summary: string;
  onFull(view: QueueView): OverflowDecision;
  readonly details: PolicyFacts;
  /** Beside the queue's own: capacity, bytes, maxWaiters. */
  readonly params: readonly NumberParam[];
  /** The same policy with these values, by `NumberParam.name`; needed only by a policy with `params`. */
  configure?(params: Readonly<Record<string, number>>): OverflowPolicy;
  readonly aliases?: readonly string[];
  /** False when it may `accept` above the capacity: that then only marks where pressure begins. Default true. */
  readonly bounded?: boolean;
  /** Asked about every item that would bring the queue above this, even where bytes are not bounded. */
  readonly guardBytes?: number;
  /** Reason of its drops. Default `overflow.<name>`. */
  readonly dropReason?: string;
  /** Wrong on purpose, to show that the checks notice. */
  readonly specimen?: boolean;
}
