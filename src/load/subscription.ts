/** The account of one subscriber: what came, in which order, how late. The protocols feed it. */
import type { Clock } from '../core/clock.ts';
import type { ClientReceipt } from '../core/samples.ts';
import type { EventStamps } from '../core/wire.ts';
import type { GroupTotals } from './group-totals.ts';
import { SequenceTracker } from './receipts.ts';
import type { Recorder } from './recorder.ts';

/** What a publisher knows of the events that subscribers wait for. */
export interface Published {
  /** The number of the newest event that was sent. */
  newestSeq(): number;
  /** How many of the events with a number above `seq` the target has taken. */
  countTakenAfter(seq: number): number;
}

/** What all subscriptions of a group share. */
export interface SubscriptionContext {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly totals: GroupTotals;
  /** Series of the group's events, and of the replies to its messages. */
  readonly series: number;
  readonly replySeries: number;
  /** `null` where nobody publishes, or where the target itself tells what it was offered. */
  readonly published: Published | null;
}

export class Subscription {
  readonly clientId: string;
  readonly #context: SubscriptionContext;
  readonly #tracker = new SequenceTracker();
  #received = 0;
  /** What was sent before the connection was open may come or not; it is not waited for. */
  #openedAtSeq: number | null = null;
  /** Events that came of those. */
  #earlier = 0;
  #hasLeft = false;
  /** The latest intended time of any event received; -1 before the first. */
  newestIntendedUs = -1;

  constructor(clientId: string, context: SubscriptionContext) {
    this.clientId = clientId;
    this.#context = context;
  }

  /** The target has said that the connection is one. */
  open(): void {
    this.#openedAtSeq = this.#context.published?.newestSeq() ?? null;
  }

  /** The client ends it: what comes after the newest event that it has is nobody's loss. */
  leave(): void {
    this.#hasLeft = true;
  }

  /** One published event, `null` for one without the harness's stamps, received at `nowUs`. */
  takeEvent(stamps: EventStamps | null, nowUs: number): void {
    const { totals, series } = this.#context;
    this.#received++;
    totals.received++;
    if (stamps === null) return;
    const tracker = this.#tracker;
    const { seq } = stamps;
    if (!(seq === tracker.last + 1 ? tracker.add(seq) : this.#addOutOfOrder(seq))) return; // a duplicate
    if (this.#openedAtSeq !== null && seq <= this.#openedAtSeq) this.#earlier++;
    if (stamps.intendedUs > this.newestIntendedUs) this.newestIntendedUs = stamps.intendedUs;
    this.#record(series, stamps, nowUs);
  }

  /** The reply to one of the client's own messages. */
  takeReply(stamps: EventStamps, nowUs: number): void {
    const { totals, replySeries } = this.#context;
    this.#received++;
    totals.received++;
    this.#record(replySeries, stamps, nowUs);
  }

  receipt(endedCleanly: boolean): ClientReceipt {
    const { first, last, missing, gaps, duplicates, reordered } = this.#tracker;
    const { group } = this.#context.totals;
    return {
      clientId: this.clientId,
      group: group.name,
      path: group.path,
      received: this.#received,
      missing,
      gaps,
      duplicates,
      reordered,
      firstSeq: first < 0 ? null : first,
      lastSeq: last < 0 ? null : last,
      missed: this.#countMissed(),
      endedCleanly,
    };
  }

  #countMissed(): number | null {
    const { published } = this.#context;
    const from = this.#openedAtSeq;
    if (published === null || from === null) return null;
    const { first, last, missing } = this.#tracker;
    const came = last < 0 ? 0 : last - first + 1 - missing - this.#earlier;
    const afterwards = this.#hasLeft ? published.countTakenAfter(Math.max(from, last)) : 0;
    return Math.max(0, published.countTakenAfter(from) - afterwards - came);
  }

  #record(series: number, { intendedUs, sentUs }: EventStamps, nowUs: number): void {
    const { totals, recorder } = this.#context;
    const responseUs = nowUs - intendedUs;
    if (responseUs <= totals.deadlineUs && !recorder.isFrozen) totals.inTime++;
    recorder.recordDelivery(series, intendedUs, responseUs, nowUs - sentUs);
  }

  #addOutOfOrder(seq: number): boolean {
    const tracker = this.#tracker;
    const { totals } = this.#context;
    const { gaps, reordered } = tracker;
    const isNew = tracker.add(seq);
    totals.gaps += tracker.gaps - gaps;
    totals.reordered += tracker.reordered - reordered;
    if (!isNew) totals.duplicates++;
    return isNew;
  }
}
