import { KeyedSlots } from './keyed-slots.ts';
import type { EntryView, Shaper, ShaperPorts } from './shaper.ts';

/** Emits a key's first item at once and nothing more of it until the key has been quiet. Holds nothing. */
export class LeadingDebounce<T> implements Shaper<T> {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly quietNs: number;
  private readonly maxKeys: number;
  private readonly busy = new KeyedSlots<never>();

  constructor(quietNs: number, maxKeys: number) {
    this.quietNs = quietNs;
    this.maxKeys = maxKeys;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    const { busy } = this;
    for (
      let slot = busy.longestUntouched;
      slot !== undefined && slot.touchedNs + this.quietNs <= nowNs;
      slot = busy.longestUntouched
    ) {
      busy.close(slot);
    }
    const slot = busy.get(entry.key);
    if (slot !== undefined) {
      busy.touch(slot, nowNs);
      ports.coalesce(entry, 'debounce');
      return;
    }
    const oldest = busy.longestUntouched;
    if (oldest !== undefined && busy.size >= this.maxKeys) busy.close(oldest);
    busy.open(entry.key, undefined, nowNs);
    ports.emit(entry);
  }

  wake(): void {}

  flush(): void {}

  reset(): void {
    this.busy.clear();
  }
}
