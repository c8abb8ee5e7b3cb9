/**
 * A queue of (item, tag) pairs in a ring whose size is a power of two, so that an index wraps with a mask:
 * `Array.shift` moves every element. The tag is a number its owner keeps beside the item.
 *
 * Memory is taken at the first push and doubles as needed; the ring bounds nothing, its owner does.
 */
export class Ring<T> {
  private items: (T | undefined)[] = [];
  private tags: number[] = [];
  private mask = -1;
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(item: T, tag: number): void {
    if (this.count > this.mask) this.grow();
    const at = (this.head + this.count) & this.mask;
    this.items[at] = item;
    this.tags[at] = tag;
    this.count++;
  }

  /** The tag of the oldest pair; only while `length` is above 0. */
  headTag(): number {
    return this.tags[this.head] as number;
  }

  /** Removes the oldest item and lets go of it; only while `length` is above 0. */
  shift(): T {
    const at = this.head;
    const item = this.items[at] as T;
    this.items[at] = undefined;
    this.head = (at + 1) & this.mask;
    this.count--;
    return item;
  }

  private grow(): void {
    const size = this.mask < 0 ? 8 : (this.mask + 1) * 2;
    const items = new Array<T | undefined>(size).fill(undefined);
    const tags = new Array<number>(size).fill(0);
    for (let i = 0; i < this.count; i++) {
      const at = (this.head + i) & this.mask;
      items[i] = this.items[at];
      tags[i] = this.tags[at] as number;
    }
    this.items = items;
    this.tags = tags;
    this.mask = size - 1;
    this.head = 0;
  }
}
