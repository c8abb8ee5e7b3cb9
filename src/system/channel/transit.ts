const HOLE = -1;
/** Holes that may stand beside as many items in flight before they are swept. */
const HOLES_ALLOWED = 8;

/**
 * The items of one channel from the queue to the end of their flight, with their costs: one ring with three
 * marks, so that taking an item moves a mark and not the item.
 *
 *   first ≤ head ≤ tail      [first, head) in flight      [head, tail) queued
 *
 * Marks are 32-bit counters that wrap; the size is a power of two, so a mask makes them indices. Memory is
 * taken at the first push and doubles as needed; it bounds nothing, the channel does.
 *
 * An item that leaves from the middle (evicted while others fly, or landed out of order) leaves a hole among
 * those in flight. Holes are skipped when they come first and swept when they outnumber the items, so each
 * operation stays O(1) on average, but for finding an item that lands out of order.
 */
export class Transit<T> {
  private items: (T | undefined)[] = [];
  private costs: number[] = [];
  private mask = -1;
  private first = 0;
  private head = 0;
  private tail = 0;
  private holes = 0;

  get queued(): number {
    return (this.tail - this.head) | 0;
  }

  get inFlight(): number {
    return ((this.head - this.first) | 0) - this.holes;
  }

  /** Added up anew at each reading: O(items in flight). */
  get inFlightCost(): number {
    let sum = 0;
    for (let at = this.first; at !== this.head; at = (at + 1) | 0) {
      const cost = this.costs[at & this.mask] as number;
      if (cost !== HOLE) sum += cost;
    }
    return sum;
  }

  push(item: T, cost: number): void {
    if (((this.tail - this.first) | 0) > this.mask) this.grow();
    const tail = this.tail;
    this.items[tail & this.mask] = item;
    this.costs[tail & this.mask] = cost;
    this.tail = (tail + 1) | 0;
  }

  /** The cost of the oldest queued item; only while `queued` is above 0. */
  headCost(): number {
    return this.costs[this.head & this.mask] as number;
  }

  /** The oldest queued item, in flight from now on; only while `queued` is above 0. */
  take(): T {
    const at = this.head & this.mask;
    this.head = (this.head + 1) | 0;
    return this.items[at] as T;
  }

  /** Removes the oldest queued item; only while `queued` is above 0. */
  evict(): T {
    const item = this.take();
    this.vacate((this.head - 1) | 0);
    return item;
  }

  /** Removes this item from those in flight, the oldest of equal ones; false when it is not among them. */
  land(item: T): boolean {
    if (this.first !== this.head && this.items[this.first & this.mask] === item) {
      this.vacate(this.first);
      return true;
    }
    for (let at = this.first; at !== this.head; at = (at + 1) | 0) {
      if (this.costs[at & this.mask] === HOLE || !Object.is(this.items[at & this.mask], item)) continue;
      this.vacate(at);
      return true;
    }
    return false;
  }

  /** Empties one place in [first, head). */
  private vacate(place: number): void {
    this.items[place & this.mask] = undefined;
    if (place === this.first) {
      this.first = (place + 1) | 0;
      if (this.holes > 0) this.skipHoles();
      return;
    }
    this.costs[place & this.mask] = HOLE;
    this.holes++;
    if (this.holes > this.inFlight + HOLES_ALLOWED) this.sweepHoles();
  }

  private skipHoles(): void {
    while (this.first !== this.head && this.costs[this.first & this.mask] === HOLE) {
      this.first = (this.first + 1) | 0;
      this.holes--;
    }
  }

  /** Moves what is in flight together, up against the head. */
  private sweepHoles(): void {
    let to = this.head;
    for (let from = this.head; from !== this.first; ) {
      from = (from - 1) | 0;
      const cost = this.costs[from & this.mask] as number;
      if (cost === HOLE) continue;
      to = (to - 1) | 0;
      if (to === from) continue;
      this.items[to & this.mask] = this.items[from & this.mask];
      this.costs[to & this.mask] = cost;
      this.items[from & this.mask] = undefined;
    }
    this.first = to;
    this.holes = 0;
  }

  private grow(): void {
    const size = this.mask < 0 ? 8 : (this.mask + 1) * 2;
    const items = new Array<T | undefined>(size).fill(undefined);
    const costs = new Array<number>(size).fill(0);
    const used = (this.tail - this.first) | 0;
    for (let i = 0; i < used; i++) {
      const at = (this.first + i) & this.mask;
      items[i] = this.items[at];
      costs[i] = this.costs[at] as number;
    }
    this.head = (this.head - this.first) | 0;
    this.first = 0;
    this.tail = used;
    this.items = items;
    this.costs = costs;
    this.mask = size - 1;
  }
}
