/** One offered item with what the stages need to know of it, and the lists that such entries stand in. */

/** What a key or a flow may be: compared with `===`. */
export type Key = string | number;

/** Classes are 0 (critical) to 7; a lower number matters more. */
export const CLASS_COUNT = 8;
export const CLASS_CRITICAL = 0;
export const CLASS_NORMAL = 1;
export const CLASS_SHEDDABLE = 2;

/** What a stage may read of an item. The object is the channel's and is used again: do not keep it past its end. */
export interface EntryView<T = unknown> {
  readonly item: T;
  /** Size and overhead, in bytes. */
  readonly cost: number;
  /** 0 is critical, 1 normal, 2 and more may be shed first. */
  readonly class: number;
  readonly key: Key;
  readonly flow: Key;
  /** When it was offered; 0 in a channel that has no use for time. */
  readonly offeredNs: number;
  /** Since when its place in the queue is taken: for a replaced item, by the first one. Once taken: since when. */
  readonly sinceNs: number;
  /** Offered items that it stands for. */
  readonly weight: number;
  /** Its number among the channel's offers, from 1. */
  readonly seq: number;
  /** The next older and newer entry of the same list. */
  readonly older: EntryView<T> | undefined;
  readonly newer: EntryView<T> | undefined;
  /** The next older and newer one of its class, where classes are indexed. */
  readonly olderOfClass: EntryView<T> | undefined;
  readonly newerOfClass: EntryView<T> | undefined;
  /** The next older and newer one of its flow, where flows are indexed. */
  readonly olderOfFlow: EntryView<T> | undefined;
  readonly newerOfFlow: EntryView<T> | undefined;
}

export class Entry<T> implements EntryView<T> {
  item: T;
  cost = 0;
  class = CLASS_NORMAL;
  key: Key = '';
  flow: Key = '';
  offeredNs = 0;
  sinceNs = 0;
  weight = 1;
  seq = 0;
  /** Passed admission, which hears of its end. */
  isAdmitted = false;
  list: EntryList<T> | undefined = undefined;
  older: Entry<T> | undefined = undefined;
  newer: Entry<T> | undefined = undefined;
  olderOfClass: Entry<T> | undefined = undefined;
  newerOfClass: Entry<T> | undefined = undefined;
  olderOfFlow: Entry<T> | undefined = undefined;
  newerOfFlow: Entry<T> | undefined = undefined;

  constructor(item: T) {
    this.item = item;
  }
}

/** Entries in order, linked through themselves: any of them leaves in O(1), and nothing is allocated. */
export class EntryList<T> {
  items = 0;
  bytes = 0;
  oldest: Entry<T> | undefined = undefined;
  newest: Entry<T> | undefined = undefined;

  push(entry: Entry<T>): void {
    const newest = this.newest;
    entry.list = this;
    entry.older = newest;
    entry.newer = undefined;
    if (newest === undefined) this.oldest = entry;
    else newest.newer = entry;
    this.newest = entry;
    this.items++;
    this.bytes += entry.cost;
  }

  remove(entry: Entry<T>): void {
    const { older, newer } = entry;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    entry.list = undefined;
    this.items--;
    this.bytes -= entry.cost;
  }

  /** Moves an entry of this list to just before `newer`, another one of it. */
  moveBefore(entry: Entry<T>, newer: Entry<T>): void {
    this.remove(entry);
    const older = newer.older;
    entry.list = this;
    entry.older = older;
    entry.newer = newer;
    newer.older = entry;
    if (older === undefined) this.oldest = entry;
    else older.newer = entry;
    this.items++;
    this.bytes += entry.cost;
  }

  /** Puts `fresh` where `old` stands, and takes that out. */
  replace(old: Entry<T>, fresh: Entry<T>): void {
    const { older, newer } = old;
    fresh.list = this;
    fresh.older = older;
    fresh.newer = newer;
    if (older === undefined) this.oldest = fresh;
    else older.newer = fresh;
    if (newer === undefined) this.newest = fresh;
    else newer.older = fresh;
    old.list = undefined;
    old.older = undefined;
    old.newer = undefined;
    this.bytes += fresh.cost - old.cost;
  }
}

/** Entries to be used again, so that a queue in a steady state allocates nothing. */
export class EntryPool<T> {
  private free: Entry<T> | undefined = undefined;

  take(item: T): Entry<T> {
    const entry = this.free;
    if (entry === undefined) return new Entry(item);
    this.free = entry.newer;
    entry.item = item;
    return entry;
  }

  give(entry: Entry<T>): void {
    entry.item = undefined as T;
    entry.newer = this.free;
    this.free = entry;
  }
}
