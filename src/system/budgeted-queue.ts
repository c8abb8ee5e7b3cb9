/**
 * A queue whose items are paid for from the memory budget before they are offered; the boundary gives the bytes
 * back at the item's end.
 */
import type { Boundary, Sized } from './boundary.ts';
import type { Channel, OfferOutcome } from './channel/channel.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';

/** How long an item under a strategy that drops may wait for memory before it is refused. */
const MEMORY_WAIT_MS = 100;

export class BudgetedQueue<T extends Sized> {
  readonly channel: Channel<T>;
  readonly #budget: MemoryBudget;
  readonly #waitMs: number | null;

  /** `boundary` is the one that `channel` was opened at. */
  constructor(channel: Channel<T>, boundary: Boundary<T>, budget: MemoryBudget) {
    this.channel = channel;
    this.#budget = budget;
    this.#waitMs = boundary.blocks ? null : MEMORY_WAIT_MS;
  }

  /** A promise only when memory or room has to be waited for. */
  offer(item: T): OfferOutcome | Promise<OfferOutcome> {
    return this.#budget.tryReserve(item.bytes) ? this.channel.offer(item) : this.#offerWithRoom(item);
  }

  async #offerWithRoom(item: T): Promise<OfferOutcome> {
    if (await this.#budget.reserve(item.bytes, this.#waitMs)) return this.channel.offer(item);
    this.channel.refuse('admission.memory');
    return 'dropped';
  }
}
