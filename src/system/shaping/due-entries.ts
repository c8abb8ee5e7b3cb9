import type { EntryView } from '../channel/entry.ts';
import type { ShaperPorts } from './shaper.ts';

/**
 * Entries that are due at the same moment: they leave in the order of their offers, whatever made them due.
 *
 * A reader that resumes after the last id it saw then misses nothing that was due with it.
 */
export class DueEntries<T> {
  private readonly entries: EntryView<T>[] = [];

  add(entry: EntryView<T>): void {
    this.entries.push(entry);
  }

  emit(ports: ShaperPorts<T>): void {
    if (this.entries.length > 1) this.entries.sort(newestFirst);
    for (let entry = this.entries.pop(); entry !== undefined; entry = this.entries.pop()) ports.emit(entry);
  }
}

function newestFirst(a: EntryView, b: EntryView): number {
  return b.seq - a.seq;
}
