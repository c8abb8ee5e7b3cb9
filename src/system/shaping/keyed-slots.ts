/** What a shaper remembers per key: bounded by its owner, found by key, and in order of age. */
import type { Key } from '../channel/entry.ts';

/** Where a slot stands in one order. */
class Place<V> {
  readonly slot: Slot<V>;
  older: Place<V> | undefined = undefined;
  newer: Place<V> | undefined = undefined;

  constructor(slot: Slot<V>) {
    this.slot = slot;
  }
}

class Order<V> {
  oldest: Place<V> | undefined = undefined;
  private newest: Place<V> | undefined = undefined;

  append(place: Place<V>): void {
    place.older = this.newest;
    if (this.newest === undefined) this.oldest = place;
    else this.newest.newer = place;
    this.newest = place;
  }

  remove(place: Place<V>): void {
    const { older, newer } = place;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    place.older = undefined;
    place.newer = undefined;
  }

  clear(): void {
    this.oldest = undefined;
    this.newest = undefined;
  }
}

export class Slot<V> {
  key: Key = '';
  value: V | undefined = undefined;
  openedNs = 0;
  /** When it was opened or touched last. */
  touchedNs = 0;
  readonly opened: Place<V> = new Place(this);
  readonly touched: Place<V> = new Place(this);
}

/** Slots by key. Closed ones are used again, so that nothing is allocated once there have been as many. */
export class KeyedSlots<V> {
  private readonly byKey = new Map<Key, Slot<V>>();
  private readonly byOpening = new Order<V>();
  private readonly byTouch = new Order<V>();
  private readonly closed: Slot<V>[] = [];

  get size(): number {
    return this.byKey.size;
  }

  /** The slot that has been open for longest. */
  get firstOpened(): Slot<V> | undefined {
    return this.byOpening.oldest?.slot;
  }

  /** The slot that has been left alone for longest. */
  get longestUntouched(): Slot<V> | undefined {
    return this.byTouch.oldest?.slot;
  }

  get(key: Key): Slot<V> | undefined {
    return this.byKey.get(key);
  }

  /** For a key without one. */
  open(key: Key, value: V | undefined, nowNs: number): Slot<V> {
    const slot = this.closed.pop() ?? new Slot<V>();
    slot.key = key;
    slot.value = value;
    slot.openedNs = nowNs;
    slot.touchedNs = nowNs;
    this.byKey.set(key, slot);
    this.byOpening.append(slot.opened);
    this.byTouch.append(slot.touched);
    return slot;
  }

  touch(slot: Slot<V>, nowNs: number): void {
    slot.touchedNs = nowNs;
    this.byTouch.remove(slot.touched);
    this.byTouch.append(slot.touched);
  }

  /** Forgets the slot; answers what it held. */
  close(slot: Slot<V>): V | undefined {
    const { value } = slot;
    this.byKey.delete(slot.key);
    this.byOpening.remove(slot.opened);
    this.byTouch.remove(slot.touched);
    slot.value = undefined;
    this.closed.push(slot);
    return value;
  }

  clear(): void {
    this.byKey.clear();
    this.byOpening.clear();
    this.byTouch.clear();
  }
}
