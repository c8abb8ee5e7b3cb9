/** Words to a client that are no events: they go before the first event that they are older than. */
import type { MemoryBudget } from '../resources/memory-budget.ts';
import { encodeGap } from './encode.ts';

export interface Notice {
  readonly wire: Uint8Array;
  /** Goes before the first event with this id or a higher one. */
  readonly beforeId: number;
  /** The client knows of everything up to here. */
  readonly toId: number;
}

/** Notices above this pay for their memory, as events do. */
const FREE_BYTES = 1024;

export class Notices {
  readonly #budget: MemoryBudget;
  #waiting: Notice[] = [];
  /** Everything up to this id was sent, or told as missing. */
  #toldId = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The client has everything up to `id`, or never asked for it. */
  beginAt(id: number): void {
    this.#toldId = id;
  }

  /** False where there is no memory for it. */
  add(notice: Notice): boolean {
    const { length } = notice.wire;
    if (length > FREE_BYTES && !this.#budget.tryReserve(length)) return false;
    this.#waiting.push(notice);
    return true;
  }

  /** Those that go before the event `id`; without one, all. */
  take(id = Number.POSITIVE_INFINITY): Uint8Array[] {
    if (this.isEmpty) return [];
    const due = this.#waiting.filter(({ beforeId }) => beforeId <= id);
    this.#waiting = this.#waiting.filter(({ beforeId }) => beforeId > id);
    for (const { wire, toId } of due) {
      if (wire.length > FREE_BYTES) this.#budget.release(wire.length);
      this.told(toId);
    }
    return due.map(({ wire }) => wire);
  }

  /** The event `id` goes out. */
  told(id: number): void {
    if (id > this.#toldId) this.#toldId = id;
  }

  /** Word of what is missing before the event `id`; `undefined` for nothing. */
  gapBefore(id: number): Uint8Array | undefined {
    const from = this.#toldId + 1;
    if (id <= from) return undefined;
    return encodeGap({ from, to: id - 1, missed: id - from });
  }
}
