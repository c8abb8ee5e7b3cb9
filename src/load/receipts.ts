/** What one subscriber received of a numbered sequence, in memory that does not grow. */

/** Numbers this far behind the newest are still told apart exactly. */
export const SEQUENCE_WINDOW = 1024;

/**
 * Counts gaps, duplicates and reorders of the numbers it is given.
 *
 * `missing` are the numbers between the first and the last that never came, `gaps` the number of jumps
 * that make them up; a late number fills its place again and counts as `reordered`. Always
 * received = last − first + 1 − missing + duplicates.
 *
 * Gotchas: a number more than {@link SEQUENCE_WINDOW} behind the newest counts as reordered while
 * anything is missing and as a duplicate otherwise; `gaps` then stays an upper bound.
 */
export class SequenceTracker {
  /** -1 before the first number. */
  first = -1;
  last = -1;
  missing = 0;
  gaps = 0;
  duplicates = 0;
  reordered = 0;
  /** All numbers from here to `last` came: what comes in order touches nothing else. */
  #runFrom = 0;
  /** Bit n mod window: whether n came, for numbers of the window before the run. Made at the first jump. */
  #seen: Uint32Array | undefined;

  /** Takes the next number, a whole one from 0. False when it is a duplicate. */
  add(seq: number): boolean {
    if (seq === this.last + 1 && this.last >= 0) {
      this.last = seq;
      return true;
    }
    if (this.last < 0) {
      this.first = seq;
      this.last = seq;
      this.#runFrom = seq;
      return true;
    }
    return seq > this.last ? this.#jump(seq) : this.#takeLate(seq);
  }

  #jump(seq: number): boolean {
    this.gaps++;
    this.missing += seq - this.last - 1;
    if (seq - this.last >= SEQUENCE_WINDOW) this.#seen?.fill(0);
    else {
      for (let came = Math.max(this.#runFrom, seq - SEQUENCE_WINDOW + 1); came <= this.last; came++) {
        this.#mark(came, true);
      }
      for (let skipped = this.last + 1; skipped < seq; skipped++) this.#mark(skipped, false);
    }
    this.last = seq;
    this.#runFrom = seq;
    return true;
  }

  #takeLate(seq: number): boolean {
    const isInWindow = seq > this.last - SEQUENCE_WINDOW + 1;
    if (seq < this.first) {
      const skipped = this.first - seq - 1;
      this.reordered++;
      this.missing += skipped;
      if (skipped > 0) this.gaps++;
      this.first = seq;
    } else if (isInWindow ? this.#has(seq) : this.missing === 0) {
      this.duplicates++;
      return false;
    } else {
      this.reordered++;
      this.missing--;
      // Filling a hole of one closes a gap, filling the middle of a wider one makes two of it.
      if (isInWindow) this.gaps += 1 - (this.#has(seq - 1) ? 1 : 0) - (this.#has(seq + 1) ? 1 : 0);
      this.gaps = Math.min(this.gaps, this.missing);
    }
    if (isInWindow) this.#mark(seq, true);
    return true;
  }

  /** Only for numbers in the window. */
  #has(seq: number): boolean {
    if (seq >= this.#runFrom) return true;
    const word = this.#seen?.[(seq % SEQUENCE_WINDOW) >>> 5] ?? 0;
    return ((word >>> (seq & 31)) & 1) === 1;
  }

  #mark(seq: number, came: boolean): void {
    this.#seen ??= new Uint32Array(SEQUENCE_WINDOW / 32);
    const index = (seq % SEQUENCE_WINDOW) >>> 5;
    const bit = 1 << (seq & 31);
    const word = this.#seen[index] as number;
    this.#seen[index] = came ? word | bit : word & ~bit;
  }
}
