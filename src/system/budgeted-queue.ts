/**
 * A queue whose items are paid for from the memory budget before they are offered; the boundary gives the bytes
 * back at the item's end. It tells who has to wait, and whether for memory or for room.
 */
import { MEMORY } from '../core/wait-names.ts';
import type { Boundary, Sized } from './boundary.ts';
import type { Channel, OfferOutcome } from './channel/channel.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import { type Wait, type WaitGraph, whileWaiting } from './resources/wait-graph.ts';

/** How long an item under a strategy that drops may wait for memory before it is refused. */
const MEMORY_WAIT_MS = 100;

export interface BudgetedQueueParts<T extends Sized> {
  /** Opened at `boundary`. */
  readonly channel: Channel<T>;
  readonly boundary: Boundary<T>;
  readonly budget: MemoryBudget;
  readonly waits: WaitGraph;
  /** What is told while an offer has no room; `who` unless an offer names somebody else. */
  readonly roomWait: Wait;
}

export class BudgetedQueue<T extends Sized> {
  readonly #parts: BudgetedQueueParts<T>;
  /** Made for the first one that waits. */
  #ended: AbortController | undefined;
  #waiting = 0;

  constructor(parts: BudgetedQueueParts<T>) {
    this.#parts = parts;
  }

  /** A promise only when memory or room has to be waited for. */
  offer(item: T, who = this.#parts.roomWait.who): OfferOutcome | Promise<OfferOutcome> {
    return this.#parts.budget.tryReserve(item.bytes)
      ? this.#offerPaid(item, who)
      : this.#offerWithMemory(item, who);
  }

  /** The connection has ended: who waits for memory waits no more, and the item is dropped for `reason`. */
  giveUp(reason: string): void {
    // Counted now: whoever waited comes round only after the books have been closed.
    for (; this.#waiting > 0; this.#waiting--) this.#parts.channel.refuse(reason);
    this.#ended?.abort();
  }

  #offerPaid(item: T, who: string): OfferOutcome | Promise<OfferOutcome> {
    const { channel, waits, roomWait } = this.#parts;
    const offered = channel.offer(item);
    return offered instanceof Promise ? whileWaiting(waits, { ...roomWait, who }, offered) : offered;
  }

  async #offerWithMemory(item: T, who: string): Promise<OfferOutcome> {
    const { channel, boundary, budget, waits } = this.#parts;
    if (channel.closed) return this.#refuse('admission.memory');
    this.#ended ??= new AbortController();
    const { signal } = this.#ended;
    this.#waiting++;
    const hasMemory = await whileWaiting(
      waits,
      { who, what: MEMORY, freedBy: [], boundary: null },
      budget.reserve(item.bytes, boundary.blocks ? null : MEMORY_WAIT_MS, signal),
    );
    if (signal.aborted) {
      if (hasMemory) budget.release(item.bytes);
      return 'dropped';
    }
    this.#waiting--;
    return hasMemory ? this.#offerPaid(item, who) : this.#refuse('admission.memory');
  }

  #refuse(reason: string): OfferOutcome {
    this.#parts.channel.refuse(reason);
    return 'dropped';
  }
}
