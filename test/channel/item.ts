/** What goes through a channel on trial, and what the reference keeps of it. */

export interface Item {
  readonly id: number;
  readonly size: number;
  readonly class: number;
  readonly key: string;
  readonly flow: string;
  /** Offered items that it stands for. */
  readonly weight: number;
}

/** A queued or waiting item, with what the queue knows of it. */
export interface Held {
  /** Of the offer that brought it; `item.id` differs once it is a sum. */
  readonly offerId: number;
  item: Item;
  class: number;
  readonly key: string;
  readonly flow: string;
  sinceNs: number;
  offeredNs: number;
  waitsSinceNs: number;
  deadlineNs: number;
  /** Its place among those of its class and of its flow. */
  rank: number;
}

export const OVERHEAD_BYTES = 10;
export const costOf = (item: Item): number => item.size + OVERHEAD_BYTES;
export const bytesOf = (held: readonly Held[]): number =>
  held.reduce((total, { item }) => total + costOf(item), 0);

/** What two items are together: it has the id of the older one. */
export const mergeItems = (older: Item, newer: Item): Item => ({
  ...older,
  size: older.size + newer.size,
  weight: older.weight + newer.weight,
});
