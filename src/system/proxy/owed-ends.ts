/**
 * Room in the queue of events for the ends of all requests whose start is in it or was shown: the ends that are
 * owed. While nothing is let in that would take that room, an end always finds it.
 */
import { type Channel, DEFAULT_ITEM_OVERHEAD_BYTES } from '../channel/channel.ts';

/** Places for what the proxies and the program say of themselves: few events, and all of them critical. */
const SYSTEM_ITEMS = 16;
const SYSTEM_EVENT_BYTES = 1024;
/** Share of a small queue that these may have at most. */
const SYSTEM_SHARE = 8;

export class OwedEnds {
  readonly #channel: Channel<unknown>;
  readonly #systemItems: number;
  readonly #systemBytes: number;
  #items = 0;
  #bytes = 0;

  constructor(channel: Channel<unknown>) {
    this.#channel = channel;
    this.#systemItems = Math.min(SYSTEM_ITEMS, Math.floor(channel.capacityItems / SYSTEM_SHARE));
    const bytes = channel.capacityBytes || Number.POSITIVE_INFINITY;
    this.#systemBytes = Math.min(this.#systemItems * SYSTEM_EVENT_BYTES, Math.floor(bytes / SYSTEM_SHARE));
  }

  /** Ends that are to come. */
  get items(): number {
    return this.#items;
  }

  /** Whether a start may be let in, with its end to follow: sizes in bytes, without the queue's overhead. */
  hasRoomForRequest(startBytes: number, endBytes: number): boolean {
    return this.#hasRoom(
      2 + this.#systemItems,
      startBytes + endBytes + 2 * DEFAULT_ITEM_OVERHEAD_BYTES + this.#systemBytes,
    );
  }

  /** Whether an event of no request may be let in. */
  hasRoomForEvent(bytes: number, isCritical: boolean): boolean {
    const cost = bytes + DEFAULT_ITEM_OVERHEAD_BYTES;
    if (isCritical) return this.#hasRoom(1, cost);
    return this.#hasRoom(1 + this.#systemItems, cost + this.#systemBytes);
  }

  /** A start was let in: its end is owed. */
  add(endBytes: number): void {
    this.#items++;
    this.#bytes += endBytes + DEFAULT_ITEM_OVERHEAD_BYTES;
  }

  /** The end is about to be told. */
  settle(endBytes: number): void {
    this.#items--;
    this.#bytes -= endBytes + DEFAULT_ITEM_OVERHEAD_BYTES;
  }

  #hasRoom(items: number, bytes: number): boolean {
    const { depthItems, heldItems, capacityItems, capacityBytes } = this.#channel;
    if (depthItems + heldItems + this.#items + items > capacityItems) return false;
    if (capacityBytes === 0) return true;
    const { bytes: queuedBytes, heldBytes } = this.#channel;
    return queuedBytes + heldBytes + this.#bytes + bytes <= capacityBytes;
  }
}
