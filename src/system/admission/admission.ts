/** What an admission stage is: it refuses an item before anything is spent on it. */

import type { ItemEnd } from '../channel/end-notices.ts';
import type { EntryView } from '../channel/entry.ts';
import type { Definition, Params } from '../strategies/definition.ts';

export type { ItemEnd } from '../channel/end-notices.ts';
export type { EntryView } from '../channel/entry.ts';

/** What is under way in one queue; the same object for as long as the queue lives. */
export interface LoadView {
  /** Admitted and not ended: held, waiting, queued, spilled and in flight. */
  readonly pendingItems: number;
  readonly pendingBytes: number;
  /** Queued, without what is in flight. */
  readonly depthItems: number;
}

/**
 * Per admitted item the calls are: `admit`, then either `onWithdraw` or, once it is over, `onEnd`; between
 * them any number of `onResize`. A refused entry is not heard of again.
 */
export interface Admission {
  /** `undefined` to admit; else the reason, such as `admission.rate`. */
  admit(entry: EntryView, load: LoadView, nowNs: number): string | undefined;
  /** A later stage refused what this one had just admitted: what that cost comes back. */
  onWithdraw?(entry: EntryView, load: LoadView, nowNs: number): void;
  /** An admitted item has become larger or smaller, by merging with another one. */
  onResize?(entry: EntryView, beforeBytes: number, load: LoadView, nowNs: number): void;
  /** An admitted item ended, `rttNs` after its offer; `load` no longer counts it. */
  onEnd?(entry: EntryView, end: ItemEnd, rttNs: number, load: LoadView, nowNs: number): void;
  /**
   * A queue is opened: `undefined` to let it in; else the reason for which each of its offers is dropped and
   * its consumer sent away. A refused queue never leaves.
   */
  onOpen?(load: LoadView): string | undefined;
  /** A queue is closed, and everything in it has ended. */
  onLeave?(load: LoadView): void;
  /** When it would admit again, for a `Retry-After`; in nanoseconds from `nowNs`. */
  retryAfterNs?(nowNs: number): number;
  /** Its limit or level now, for reports. */
  readonly level?: number;
}

export interface AdmissionDefinition extends Definition {
  readonly stage: 'admission';
  /** `queue`: one for each queue. `boundary`: all queues of a boundary share one. Default `queue`. */
  readonly scope?: 'queue' | 'boundary';
  /** `random` is seeded; only few need it. */
  create(params: Params, random: () => number): Admission;
}
