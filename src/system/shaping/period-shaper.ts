import type { Key } from '../channel/entry.ts';
import { KeyedSlots, type Slot } from './keyed-slots.ts';
import type { EntryView, Shaper, ShaperPorts } from './shaper.ts';

/** Puts a further entry of the same key and period into the slot: of the two, exactly one stays held. */
export type Fold<T> = (
  slots: KeyedSlots<EntryView<T>>,
  slot: Slot<EntryView<T>>,
  entry: EntryView<T>,
  nowNs: number,
  ports: ShaperPorts<T>,
) => void;

/**
 * Holds one entry per key and emits them all at the end of each period.
 *
 * The periods lie on a fixed grid that starts with the first offer. The end of one is worked out from the
 * grid and the time of what is held: an idle stream costs no timers, and a late timer is not made up for.
 */
export class PeriodShaper<T> implements Shaper<T> {
  wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly periodNs: number;
  private readonly maxKeys: number;
  private readonly keyOf: (entry: EntryView<T>) => Key;
  private readonly fold: Fold<T>;
  private readonly slots = new KeyedSlots<EntryView<T>>();
  private originNs: number | undefined = undefined;

  constructor(periodNs: number, maxKeys: number, keyOf: (entry: EntryView<T>) => Key, fold: Fold<T>) {
    this.periodNs = periodNs;
    this.maxKeys = maxKeys;
    this.keyOf = keyOf;
    this.fold = fold;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    // What came before the tick leaves with it, even if the timer is late.
    if (nowNs >= this.wakeAtNs) this.wake(nowNs, ports);
    const key = this.keyOf(entry);
    const slot = this.slots.get(key);
    if (slot !== undefined) {
      this.fold(this.slots, slot, entry, nowNs, ports);
      return;
    }
    if (this.slots.size >= this.maxKeys) this.releaseOldest(ports);
    this.slots.open(key, entry, nowNs);
    this.originNs ??= nowNs;
    this.wakeAtNs = nowNs + this.periodNs - ((nowNs - this.originNs) % this.periodNs);
  }

  wake(_nowNs: number, ports: ShaperPorts<T>): void {
    this.wakeAtNs = Number.POSITIVE_INFINITY;
    while (this.slots.size > 0) this.releaseOldest(ports);
  }

  flush(nowNs: number, ports: ShaperPorts<T>): void {
    this.wake(nowNs, ports);
  }

  reset(): void {
    this.slots.clear();
    this.wakeAtNs = Number.POSITIVE_INFINITY;
  }

  private releaseOldest(ports: ShaperPorts<T>): void {
    const oldest = this.slots.longestUntouched;
    if (oldest !== undefined) ports.emit(this.slots.close(oldest) as EntryView<T>);
  }
}
