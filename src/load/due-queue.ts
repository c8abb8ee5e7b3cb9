/** Due times that wait for a connection: a growing ring of numbers, first in, first out, 8 bytes each. */
export class DueQueue {
  #ring = new Float64Array(64);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(dueNs: number): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length++) & (this.#ring.length - 1)] = dueNs;
  }

  /** The oldest; only while `length` is above 0. */
  shift(): number {
    const dueNs = this.#ring[this.#head] as number;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return dueNs;
  }

  /** Forgets all, and answers how many they were. */
  clear(): number {
    const count = this.#length;
    this.#length = 0;
    return count;
  }

  #grow(): void {
    const bigger = new Float64Array(this.#ring.length * 2);
    const tail = this.#ring.subarray(this.#head);
    bigger.set(tail);
    bigger.set(this.#ring.subarray(0, this.#head), tail.length);
    this.#ring = bigger;
    this.#head = 0;
  }
}
