import { DueEntries } from './due-entries.ts';
import { KeyedSlots, type Slot } from './keyed-slots.ts';
import type { EntryView, Shaper, ShaperPorts } from './shaper.ts';

/** Emits a key's last item once the key has been quiet, or once its first item has waited for too long. */
export class TrailingDebounce<T> implements Shaper<T> {
  private readonly quietNs: number;
  private readonly maxWaitNs: number;
  private readonly maxKeys: number;
  private readonly slots = new KeyedSlots<EntryView<T>>();
  private readonly due = new DueEntries<T>();

  constructor(quietNs: number, maxWaitNs: number, maxKeys: number) {
    this.quietNs = quietNs;
    this.maxWaitNs = maxWaitNs;
    this.maxKeys = maxKeys;
  }

  get wakeAtNs(): number {
    const { longestUntouched, firstOpened } = this.slots;
    if (longestUntouched === undefined || firstOpened === undefined) return Number.POSITIVE_INFINITY;
    return Math.min(longestUntouched.touchedNs + this.quietNs, firstOpened.openedNs + this.maxWaitNs);
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    // Due is due, even if the timer is late: or this item would swallow one whose time has come.
    this.wake(nowNs, ports);
    const slot = this.slots.get(entry.key);
    if (slot !== undefined) {
      ports.coalesce(slot.value as EntryView<T>, 'debounce', entry);
      slot.value = entry;
      this.slots.touch(slot, nowNs);
      return;
    }
    if (this.slots.size >= this.maxKeys) this.release(this.slots.longestUntouched, ports);
    this.slots.open(entry.key, entry, nowNs);
  }

  wake(nowNs: number, ports: ShaperPorts<T>): void {
    const { slots } = this;
    for (
      let slot = slots.longestUntouched;
      slot !== undefined && slot.touchedNs + this.quietNs <= nowNs;
      slot = slots.longestUntouched
    ) {
      this.due.add(slots.close(slot) as EntryView<T>);
    }
    for (
      let slot = slots.firstOpened;
      slot !== undefined && slot.openedNs + this.maxWaitNs <= nowNs;
      slot = slots.firstOpened
    ) {
      this.due.add(slots.close(slot) as EntryView<T>);
    }
    this.due.emit(ports);
  }

  flush(_nowNs: number, ports: ShaperPorts<T>): void {
    while (this.slots.size > 0) this.release(this.slots.longestUntouched, ports);
  }

  reset(): void {
    this.slots.clear();
  }

  private release(slot: Slot<EntryView<T>> | undefined, ports: ShaperPorts<T>): void {
    if (slot !== undefined) ports.emit(this.slots.close(slot) as EntryView<T>);
  }
}
