/**
 * How a client that is behind comes up to date: events from the store, page by page, and word of what the store no
 * longer has.
 *
 * Meanwhile it waits for room in the client's queue whatever the strategy there, so that a replay is not thrown away
 * by a policy that drops. Somebody too slow to come up to date ever gets `replayEvents` that way; then the policy has
 * its way. Under a strategy that blocks there is no such limit.
 */
import type { SseSettings } from '../../core/plan.ts';
import type { FeedEvent } from '../event.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import { type Wait, type WaitGraph, whileWaiting } from '../resources/wait-graph.ts';
import { type EventStore, StoreError } from '../store/store.ts';
import { encodeGap } from './encode.ts';
import type { BusEvent, FrameMaker } from './frames.ts';
import type { SseCounts } from './sse-counts.ts';
import type { SubscriptionTarget } from './subscription-target.ts';

/** Events of one reading of the store; few, for each client that catches up holds its own. */
const PAGE_EVENTS = 64;

export interface CatchUpParts {
  readonly settings: SseSettings;
  readonly store: EventStore | null;
  readonly frames: FrameMaker;
  readonly counts: SseCounts;
  readonly budget: MemoryBudget;
  readonly waits: WaitGraph;
}

export class CatchUp {
  isUnderWay = false;
  /** Everything up to this id was sent, lost, or told as missing. */
  lastId = 0;
  /** Everything up to this id that the store has was sent by a replay. */
  replayedId = 0;
  /** What was read from the store, and what of it was published after `sinceId`. */
  replayed = 0;
  replayedLive = 0;
  /** The last event of before the subscription. */
  sinceId = Number.POSITIVE_INFINITY;
  readonly #target: SubscriptionTarget;
  readonly #parts: CatchUpParts;
  readonly #roomWait: Wait;
  readonly #storeWait: Wait;
  #left = 0;

  /** `roomWait`: who waits for what while the client's queue is full. */
  constructor(target: SubscriptionTarget, parts: CatchUpParts, roomWait: Wait) {
    this.#target = target;
    this.#parts = parts;
    this.#roomWait = roomWait;
    this.#storeWait = { who: roomWait.who, what: 'events from the store', freedBy: [], boundary: null };
  }

  /** Whether one event may go out now; waits for room while it is behind. False when the client has gone. */
  async mayPass(bytes: number): Promise<boolean> {
    const target = this.#target;
    if (!this.isUnderWay || target.blocks) return target.isOpen;
    if (--this.#left >= 0) return this.#untilRoom(bytes);
    this.isUnderWay = false;
    return target.isOpen;
  }

  async offer(frame: BusEvent): Promise<void> {
    const outcome = this.#target.offer(frame);
    if (outcome instanceof Promise) await outcome;
  }

  /** Sends stored events up to `untilId`, and with `isOpenEnded` those that come meanwhile. What is gone is told. */
  async replay(untilId: number, isOpenEnded = false): Promise<void> {
    const { store, settings, counts, frames } = this.#parts;
    if (untilId <= this.lastId) return;
    if (store === null) {
      this.tellGap(untilId);
      return;
    }
    counts.replays++;
    if (!this.isUnderWay) this.#left = settings.replayEvents;
    this.isUnderWay = true;
    frames.beginReplay();
    try {
      this.tellGap(untilId - settings.replayEvents); // what is older than a replay may be
      let until = untilId;
      while (this.lastId < until && this.#left > 0 && (await this.#replayPage(store, until))) {
        if (isOpenEnded) until = store.headId;
      }
      if (!isOpenEnded) this.tellGap(untilId); // nothing is missing, but where it took too long
    } finally {
      frames.endReplay();
    }
  }

  /** Tells that everything up to `toId` is missing, if anything is. */
  tellGap(toId: number): void {
    const from = this.lastId + 1;
    if (toId < from || !this.#target.isOpen) return;
    this.lastId = toId;
    const wire = encodeGap({ from, to: toId, missed: toId - from + 1 });
    if (this.#target.announce({ wire, beforeId: toId + 1, toId })) this.#parts.counts.gaps++;
  }

  /** Whether there is room; false when the client has gone. */
  async #untilRoom(bytes: number): Promise<boolean> {
    const target = this.#target;
    while (target.isOpen && !target.hasRoomFor(bytes)) {
      await whileWaiting(this.#parts.waits, this.#roomWait, target.whenRoom());
    }
    return target.isOpen;
  }

  /** Whether there may be more. */
  async #replayPage(store: EventStore, untilId: number): Promise<boolean> {
    if (!(await this.#untilRoom(0))) return false;
    const page = await this.#read(store, untilId);
    if (page.length === 0) this.tellGap(untilId);
    if (page.length === 0 || !this.#target.isOpen) return false;
    const { budget } = this.#parts;
    const pageBytes = page.reduce((sum, { text }) => sum + text.length, 0);
    budget.take(pageBytes);
    try {
      return await this.#sendPage(page);
    } finally {
      budget.release(pageBytes);
    }
  }

  async #read(store: EventStore, untilId: number): Promise<readonly FeedEvent[]> {
    const reading = this.#target.orGone(store.read(this.lastId, untilId, PAGE_EVENTS));
    try {
      return (await whileWaiting(this.#parts.waits, this.#storeWait, reading)) ?? [];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return []; // what cannot be read is missing, as far as this client goes
    }
  }

  async #sendPage(page: readonly FeedEvent[]): Promise<boolean> {
    const { frames, counts } = this.#parts;
    for (const event of page) {
      this.tellGap(event.id - 1);
      const frame = frames.replayed(event);
      const { blocks } = this.#target;
      if (!blocks && !(await this.#untilRoom(frame.bytes))) return false;
      if (!this.#target.isOpen) return false;
      if (!blocks) this.#left--;
      this.lastId = event.id;
      this.replayedId = event.id;
      this.replayed++;
      if (event.id > this.sinceId) this.replayedLive++;
      counts.replayed++;
      await this.offer(frame);
    }
    return true;
  }
}
