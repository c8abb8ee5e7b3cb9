/** The account of one subscriber: what came, in which order, how late. The protocols feed it. */
import type { Clock } from '../core/clock.ts';
import type { ClientReceipt } from '../core/samples.ts';
import type { EventStamps } from '../core/wire.ts';
import type { GroupTotals } from './group-totals.ts';
import { SequenceTracker } from './receipts.ts';
import type { Recorder } from './recorder.ts';

/** What all subscriptions of a group share. */
export interface SubscriptionContext {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly totals: GroupTotals;
  /** Series of the group's events, and of the replies to its messages. */
  readonly series: number;
  readonly replySeries: number;
}

export class Subscription {
  readonly clientId: string;
  readonly #context: SubscriptionContext;
  readonly #tracker = new SequenceTracker();
  #received = 0;
  /** The latest intended time of any event received; -1 before the first. */
  newestIntendedUs = -1;

  constructor(clientId: string, context: SubscriptionContext) {
    this.clientId = clientId;
    this.#context = context;
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
      endedCleanly,
    };
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
