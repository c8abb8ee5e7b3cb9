/** What an admission stage is: it refuses an item before anything is spent on it. */

import type { ItemEnd } from '../channel/end-notices.ts';
import type { EntryView } from '../channel/entry.ts';
import type { Definition, Params } from '../strategies/definition.ts';

export type { EntryView } from '../channel/entry.ts';

/** What is under way in the channel. */
export interface LoadView {
  /** Admitted and not ended: held, waiting, queued, spilled and in flight. */
  readonly pendingItems: number;
  readonly pendingBytes: number;
  /** Queued, without what is in flight. */
  readonly depthItems: number;
}

export interface Admission {
  /** `undefined` to admit; else the reason, such as `admission.rate`. A refused entry is not heard of again. */
  admit(entry: EntryView, load: LoadView, nowNs: number): string | undefined;
  /** An admitted item ended, `rttNs` after its offer; `load` no longer counts it. */
  onEnd?(entry: EntryView, end: ItemEnd, rttNs: number, load: LoadView, nowNs: number): void;
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
