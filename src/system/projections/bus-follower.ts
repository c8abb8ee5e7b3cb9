/**
 * Follows the bus, and puts the events into order again where the bus has lost some of them: what was missed comes
 * from the store first, then what was taken from the bus after it. So whoever takes from a follower gets each event
 * once and in the order of ids, however often it was lapped.
 *
 *   channel ─ take ─▶ next in line? ──── yes ───▶ live event
 *                          └ no: held ─ store.read, page by page ─▶ missed events, then the held one
 *
 * Events of before the start come from the store as well. Without a store, or with `skip`, it goes on at what it has.
 */
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import type { ProjectionSettings } from '../../core/plan.ts';
import type { Sized } from '../boundary.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import type { FeedEvent } from '../event.ts';
import type { PacedSource } from '../proxy/paced-consumer.ts';
import type { Wait, WaitGraph } from '../resources/wait-graph.ts';
import { type EventStore, StoreError } from '../store/store.ts';
import { BusSeat, type BusSeatParts } from './bus-seat.ts';

const PAGE_EVENTS = 500;
/** A store that could not be read is asked again after this time. */
const RETRY_MS = 1000;

export interface BusFollowerParts<T extends Sized> extends BusSeatParts<T> {
  readonly store: EventStore | null;
  readonly onLag: ProjectionSettings['onLag'];
  readonly clock: Clock;
  readonly waits: WaitGraph;
  /** As waits call it. */
  readonly name: string;
  /** An event of before the start. They come all at once, not one by one through {@link BusFollower.tryTake}. */
  readonly onRestored: (event: FeedEvent) => void;
}

export class BusFollower<T extends Sized> implements PacedSource<FeedEvent> {
  /** Events that it has read from the store instead of the bus. */
  recovered = 0;
  /** Events given out, whose work is done. */
  processed = 0;
  readonly #parts: BusFollowerParts<T>;
  readonly #seat: BusSeat<T>;
  readonly #readWait: Wait;
  readonly #restoreUntilId: number;
  /** The event with this id is done, and so are all before it. */
  #doneId: number;
  /** Up to here live events are duplicates of what the store has given. */
  #readUntilId = 0;
  /** Taken from the channel, before its turn. */
  #held: T | undefined;
  /** Given out; `undefined` for one from the store. */
  #live: T | undefined;
  #page: readonly FeedEvent[] = [];
  #pageAt = 0;
  #isReading = false;
  #retry: Timer | undefined;
  #isEnding = false;
  #isStopped = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(parts: BusFollowerParts<T>) {
    this.#parts = parts;
    this.#readWait = { who: parts.name, what: 'events from the store', freedBy: [], boundary: null };
    this.#restoreUntilId = parts.store?.headId ?? 0;
    this.#doneId = parts.store === null ? 0 : parts.store.oldestId - 1;
    this.#seat = new BusSeat(parts);
  }

  /** Live events that the bus did not bring: lost there, or replaced by a later one. */
  get missed(): number {
    return this.#seat.missed;
  }

  get doneId(): number {
    return this.#doneId;
  }

  /** For the publisher. Whoever takes is to be woken then. */
  offer(item: T): OfferOutcome | Promise<OfferOutcome> {
    return this.#isStopped ? 'failed' : this.#seat.channel.offer(item);
  }

  /** Takes no further offers; resolves once everything of before has been taken and done. */
  finish(): Promise<void> {
    this.#isEnding = true;
    this.#seat.channel.close();
    return this.#ended.promise;
  }

  /** Ends now: what is queued is dropped{shutdown}, what was taken and is not done is failed{shutdown}. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isEnding = true;
    this.#isStopped = true;
    this.#retry?.cancel();
    this.#parts.waits.end(this.#readWait);
    this.#giveUp('shutdown');
    this.#seat.leave();
    this.#ended.resolve();
  }

  tryTake(): FeedEvent | undefined {
    while (!this.#isReading && !this.#isStopped) {
      const recovered = this.#page[this.#pageAt];
      if (recovered !== undefined) {
        this.#pageAt++;
        return recovered;
      }
      const item = this.#takeNext();
      if (item === undefined) {
        if (this.#recover(Math.max(this.#restoreUntilId, this.#seat.lostUntilId))) return undefined;
        if (this.#isEnding) this.#ended.resolve();
        return undefined;
      }
      const event = this.#parts.eventOf(item);
      // Without an id it is in no store and has no place in the order.
      if (event.id !== 0 && this.#recover(event.id - 1)) return undefined;
      this.#held = undefined;
      if (event.id === 0 || event.id > this.#readUntilId) {
        this.#live = item;
        return event;
      }
      this.#seat.channel.delivered(item);
    }
    return undefined;
  }

  delivered(event: FeedEvent): void {
    this.processed++;
    if (event.id > this.#doneId) this.#doneId = event.id;
    const live = this.#live;
    this.#live = undefined;
    if (live === undefined) this.recovered++;
    else this.#seat.channel.delivered(live);
  }

  failed(_event: FeedEvent, reason: string): void {
    if (this.#live !== undefined) this.#seat.channel.failed(this.#live, reason);
    this.#live = undefined;
  }

  /** What is held until its turn, or the next one of the channel. */
  #takeNext(): T | undefined {
    if (this.#seat.channel.closed && !this.#isEnding) {
      // The bus has given it up: it comes back at once, and reads what it missed.
      this.#giveUp('disconnect.slow');
      this.#seat.renew();
    }
    this.#held ??= this.#seat.channel.tryTake();
    return this.#held;
  }

  #giveUp(reason: string): void {
    for (const item of [this.#live, this.#held]) {
      if (item !== undefined) this.#seat.channel.failed(item, reason);
    }
    this.#live = undefined;
    this.#held = undefined;
  }

  /** Whether events up to `untilId` have to be waited for; else they are there, or given up. */
  #recover(untilId: number): boolean {
    if (untilId <= this.#doneId) return false;
    const { store, onLag } = this.#parts;
    // Restored events are handed on at once, so they come alone.
    const isRestoring = this.#doneId < this.#restoreUntilId;
    if (store !== null && (isRestoring || onLag === 'replay')) {
      void this.#read(store, isRestoring ? this.#restoreUntilId : untilId);
      return true;
    }
    this.#doneId = untilId;
    return false;
  }

  async #read(store: EventStore, untilId: number): Promise<void> {
    this.#isReading = true;
    this.#parts.waits.begin(this.#readWait);
    try {
      this.#take(await store.read(this.#doneId, untilId, PAGE_EVENTS), untilId);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // The store itself tells what is wrong with it; what is missing is read when it works again.
      const { clock } = this.#parts;
      if (!this.#isStopped) {
        this.#retry = clock.setTimer(clock.nowNs() + RETRY_MS * NS_PER_MS, () => this.#goOn());
      }
    }
  }

  #take(page: readonly FeedEvent[], untilId: number): void {
    if (this.#isStopped) return;
    const lastId = page.at(-1)?.id ?? untilId;
    this.#readUntilId = lastId;
    if (page.length === 0) this.#doneId = untilId; // no longer kept
    this.#page = page;
    this.#pageAt = 0;
    if (lastId <= this.#restoreUntilId) {
      for (const event of page) this.#parts.onRestored(event);
      this.#page = [];
      this.#doneId = lastId;
    }
    this.#goOn();
  }

  #goOn(): void {
    this.#isReading = false;
    this.#parts.waits.end(this.#readWait);
    this.#parts.onReady();
  }
}
