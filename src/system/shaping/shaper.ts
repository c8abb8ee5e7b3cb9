/**
 * What a shaping stage is: it stands before the queue and acts on time or content, not on fullness.
 *
 * A shaper holds entries that the channel gave it, and passes each on exactly once: emitted to the queue,
 * or coalesced. The channel keeps the entries, counts them and wakes the shaper; the shaper decides.
 */
import type { EntryView } from '../channel/entry.ts';
import type { Definition, Params } from '../strategies/definition.ts';

export type { EntryView, Key } from '../channel/entry.ts';

export interface ShaperPorts<T> {
  /** Passes the entry on to the queue, which may evict, drop or hold it by its own rule. */
  emit(entry: EntryView<T>): void;
  /**
   * Ends the entry: it says nothing new, or `into` stands for it from now on and takes over its weight,
   * its class if that matters more, and since when it has been waiting.
   */
  coalesce(entry: EntryView<T>, reason: CoalesceReason, into?: EntryView<T>): void;
  /** Folds `from` into `into`, whose item becomes `merge(into, from)`; `from` ends as coalesced{merge}. */
  merge(into: EntryView<T>, from: EntryView<T>): void;
  /** Whether two items say the same; by the channel's `isSame`. */
  isSame(a: T, b: T): boolean;
}

export type CoalesceReason = 'key' | 'merge' | 'debounce' | 'sample' | 'same' | 'dedupe';

/** The channel never calls one of these while another is under way; `nowNs` never goes back. */
export interface Shaper<T> {
  /** A new entry, held from now on until it is emitted, merged away or coalesced, which may be at once. */
  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void;
  /** When it has to be woken; Infinity when it waits for nothing. Asked after each call. */
  readonly wakeAtNs: number;
  /** Called at `wakeAtNs` or later. */
  wake(nowNs: number, ports: ShaperPorts<T>): void;
  /** The channel closes: everything held is emitted now. */
  flush(nowNs: number, ports: ShaperPorts<T>): void;
  /** Everything held has been discarded by the channel: forget it. */
  reset(): void;
}

/** Decides when the next item may leave the queue: shaping on the way out. */
export interface DepartureGate<T> {
  /** When `head` may leave; at or before `nowNs` is now. */
  readyAtNs(head: EntryView<T>, nowNs: number): number;
  /** It left. */
  onTake(entry: EntryView<T>, nowNs: number): void;
}

export interface ShapingDefinition extends Definition {
  readonly stage: 'shaping';
  /** One per queue. Exactly one of the two is there. */
  create?<T>(params: Params): Shaper<T>;
  createGate?<T>(params: Params): DepartureGate<T>;
}
