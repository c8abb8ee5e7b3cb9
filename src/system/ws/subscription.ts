/**
 * What one connection gets of the live events: follows the ring, filters, and offers to the outbound queue. It is
 * pulled by the publisher, and goes on by itself only while it waits for room, tries again, or sends history.
 */

import { NS_PER_MS } from '../../core/clock.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import { Lagged } from '../channel/ring-core.ts';
import type { FeedEvent } from '../event.ts';
import type { EventStore } from '../store/store.ts';
import { History } from './history.ts';
import { type Line, type Roles, waitForRoom } from './line.ts';
import type { LiveEvent, LiveEvents, LiveReader } from './live-events.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import type { OutboundQueue } from './outbound-queue.ts';
import type { Pauses } from './pauses.ts';
import { type Filter, matches } from './subscription-filter.ts';

const FIRST_RETRY_MS = 10;
const MAX_RETRY_MS = 1000;
const MAX_RETRIES = 10;
/** Subscriptions that one connection may have. */
const MAX_SUBSCRIPTIONS = 100;

export interface SubscriptionParts {
  readonly line: Line;
  readonly roles: Roles;
  readonly live: LiveEvents;
  readonly queue: OutboundQueue;
  readonly pauses: Pauses;
  readonly store: EventStore | null;
  /** A message about a subscription, ready to be queued. */
  readonly encode: (message: object) => OutboundFrame;
  /** The strategy's reaction to a full queue: the connection ends. */
  readonly disconnect: () => void;
}

interface Subscribed {
  readonly filter: Filter;
  /** Live events up to this one are part of its history. */
  afterId: number;
}

export class Subscription {
  readonly who: string;
  readonly #parts: SubscriptionParts;
  readonly #history: History;
  readonly #subscribed = new Map<string, Subscribed>();
  #reader: LiveReader | undefined;
  /** Goes on by itself now: nobody pulls. */
  #isBusy = false;
  #isStopped = false;
  /** How many stored events are still to be sent, by subscription: one history each, however often it is asked for. */
  readonly #owed = new Map<string, number>();
  #isSendingOwed = false;
  #alone: Promise<void> | undefined;
  /** The newest event taken from the ring. */
  #lastId = 0;
  /** The ring has gone on while history was sent: what it overwrote meanwhile is in the store. */
  #mayCatchUp = false;
  /** The event before the ones to be caught up with, and how many the ring has overwritten since. */
  #missedSince: number | undefined;
  #missed = 0;

  constructor(parts: SubscriptionParts) {
    const { line, roles } = parts;
    this.#parts = parts;
    this.who = `${line.name} subscription`;
    this.#history = new History(parts, waitForRoom(line, this.who, roles));
  }

  get names(): string[] {
    return [...this.#subscribed.keys()];
  }

  /** Whether it follows the live events. */
  get isLive(): boolean {
    return this.#reader !== undefined;
  }

  /** False where there are too many. One of the same name is replaced. */
  add(name: string, filter: Filter, history: number): boolean {
    if (this.#isStopped) return true;
    if (this.#subscribed.size >= MAX_SUBSCRIPTIONS && !this.#subscribed.has(name)) return false;
    const { live, store } = this.#parts;
    const subscribed: Subscribed = { filter, afterId: history > 0 ? (store?.headId ?? 0) : 0 };
    this.#subscribed.set(name, subscribed);
    if (this.#reader === undefined) {
      this.#reader = live.subscribe();
      this.#lastId = store?.headId ?? 0;
    }
    if (history > 0) this.#owe(name, history);
    else this.#owed.delete(name);
    return true;
  }

  remove(name: string): boolean {
    const isKnown = this.#subscribed.delete(name);
    this.#owed.delete(name);
    if (this.#subscribed.size === 0) this.#unfollow();
    return isKnown;
  }

  /** Takes what the ring has. A promise while an offer has to wait: whoever publishes waits as well. */
  pull(): Promise<void> | undefined {
    while (!this.#isBusy && this.#reader !== undefined) {
      const taken = this.#reader.tryTake();
      if (taken === undefined) {
        this.#mayCatchUp = false;
        return undefined;
      }
      if (taken instanceof Lagged) this.#lag(taken.missed);
      else {
        const sent = this.#sendLive(taken);
        if (sent !== undefined) return this.#goAlone(() => sent);
      }
    }
    return undefined;
  }

  /** Takes nothing more; resolves when nothing goes on by itself. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#countLost(this.#missed); // nothing came any more to tell how far to catch up
    this.#missed = 0;
    this.#subscribed.clear();
    this.#owed.clear();
    this.#unfollow();
    while (this.#alone !== undefined) await this.#alone.catch(() => {});
  }

  #unfollow(): void {
    this.#reader?.unsubscribe();
    this.#reader = undefined;
  }

  /** One thing at a time; what has been published meanwhile is taken afterwards. */
  #goAlone(work: () => Promise<void>): Promise<void> {
    const endTask = this.#parts.line.beginTask('ws.subscription');
    const before = this.#alone;
    this.#isBusy = true;
    const done = (async () => {
      await before;
      await work();
    })();
    this.#alone = done;
    const free = (): void => {
      endTask();
      if (this.#alone !== done) return;
      this.#alone = undefined;
      this.#isBusy = false;
    };
    return done.finally(free).then(() => this.pull());
  }

  readonly #wants = (event: FeedEvent): boolean => {
    const { id } = event;
    for (const { filter, afterId } of this.#subscribed.values()) {
      // What could not be stored has no id, and is no part of any history.
      if ((id === 0 || id > afterId) && matches(filter, event)) return true;
    }
    return false;
  };

  #sendLive(live: LiveEvent): Promise<void> | undefined {
    const { event, frame } = live;
    // What could not be stored does not tell how far to catch up: it waits for nobody, and nobody for it.
    if (this.#missedSince !== undefined && event.id > 0) return this.#catchUp(this.#missedSince, live);
    if (event.id > 0) this.#lastId = event.id;
    if (!this.#wants(event)) return undefined;
    // Still behind for having sent history: what comes in one go would not find room in one go.
    return this.#mayCatchUp ? this.#history.offer(frame).then(() => {}) : this.#offer(frame);
  }

  #offer(frame: OutboundFrame): Promise<void> | undefined {
    const { queue } = this.#parts;
    const before = queue.channel.pressureEvents;
    const offered = queue.offer(frame, this.who);
    const wasFull = queue.channel.pressureEvents > before;
    if (offered instanceof Promise) {
      return offered.then((outcome) => this.#react(outcome, true, frame));
    }
    this.#react(offered, wasFull, frame);
    return undefined;
  }

  /** What the relay makes of a live event that found no room. */
  #react(outcome: OfferOutcome, wasFull: boolean, frame: OutboundFrame): void {
    if (outcome !== 'dropped' || !wasFull || this.#isStopped) return;
    const { line, disconnect } = this.#parts;
    switch (line.settings.onFull) {
      case 'drop':
        return;
      case 'retry':
        void this.#goAlone(() => this.#retry(frame));
        return;
      case 'kill-subscription':
        line.counters.feedsKilled++;
        return this.#unfollow();
      case 'disconnect':
        return disconnect();
    }
  }

  /** Each attempt is an offer of its own in the ledger. The publisher goes on meanwhile, and the ring may lap this. */
  async #retry(frame: OutboundFrame): Promise<void> {
    const { line, queue, pauses } = this.#parts;
    for (let attempt = 0; attempt < MAX_RETRIES; attempt++) {
      const backOffMs = Math.min(FIRST_RETRY_MS * 2 ** attempt, MAX_RETRY_MS);
      await pauses.until(line.clock.nowNs() + backOffMs * NS_PER_MS);
      if (this.#isStopped) return;
      line.counters.retried++;
      if ((await queue.offer(frame, this.who)) === 'queued') return;
    }
  }

  #lag(missed: number): void {
    const { line, store } = this.#parts;
    const { counters, settings } = line;
    counters.lags++;
    counters.missed += missed;
    if (store !== null && (this.#mayCatchUp || this.#missedSince !== undefined)) {
      this.#missedSince ??= this.#lastId;
      this.#missed += missed;
      return;
    }
    if (settings.onLag === 'end-feed') {
      counters.feedsEndedByLag++;
      return this.#unfollow();
    }
    this.#countLost(missed);
  }

  /** All that the ring has overwritten, since nobody knows any more what the filters would have taken of it. */
  #countLost(events: number): void {
    for (let i = 0; i < events; i++) this.#parts.queue.channel.refuse('lag');
  }

  /** Reads from the store what the ring has overwritten while history was sent, and goes on with `next`. */
  async #catchUp(since: number, next: LiveEvent): Promise<void> {
    this.#missedSince = undefined;
    const inStore = next.event.id - 1 - since; // ids have no holes
    this.#countLost(this.#missed - inStore);
    this.#missed = 0;
    await this.#history.send(since, next.event.id - 1, this.#wants, () => this.isLive);
    this.#lastId = next.event.id;
    if (this.#wants(next.event)) await this.#history.offer(next.frame);
  }

  #owe(name: string, events: number): void {
    this.#owed.set(name, events);
    if (this.#isSendingOwed) return;
    this.#isSendingOwed = true;
    void this.#goAlone(() => this.#sendOwed());
  }

  async #sendOwed(): Promise<void> {
    for (const [name, events] of this.#owed) {
      this.#owed.delete(name);
      const subscribed = this.#subscribed.get(name);
      if (subscribed !== undefined) await this.#sendHistory(name, subscribed, events);
    }
    this.#isSendingOwed = false;
  }

  async #sendHistory(name: string, subscribed: Subscribed, events: number): Promise<void> {
    const isPaged = this.#parts.line.settings.history === 'paged';
    this.#mayCatchUp = isPaged;
    const isSubscribed = (): boolean => this.#subscribed.get(name) === subscribed;
    const wants = (event: FeedEvent): boolean => isSubscribed() && matches(subscribed.filter, event);
    if (isPaged) await this.#history.sendLast(events, subscribed.afterId, wants, isSubscribed);
    else await this.#history.sendHalf(events, subscribed.afterId, wants, isSubscribed);
    if (isSubscribed()) await this.#history.tell({ eose: name });
  }
}
