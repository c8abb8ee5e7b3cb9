/**
 * Publishes events to every subscriber of a path, each through its own queue. Under a strategy that
 * blocks, one event is finished before the next begins: the publisher waits for the slowest
 * subscriber, and so do all others (the noted systems' FIFO per subscriber).
 */
import type { Boundary } from './boundary.ts';
import type { Channel, OfferOutcome } from './channel/channel.ts';
import type { MemoryBudget } from './resources/memory-budget.ts';
import type { TaskRegistry } from './resources/task-registry.ts';
import type { Frame } from './socket-pump.ts';

export interface Subscriber {
  readonly channel: Channel<Frame>;
  /** Starts writing what was offered. */
  kick(): void;
}

/** How long one event of a dropping strategy may wait for memory before its remaining copies are refused. */
const MEMORY_WAIT_MS = 100;

export class Feed {
  readonly boundary: Boundary<Frame>;
  readonly #budget: MemoryBudget;
  readonly #subscribers = new Set<Subscriber>();

  constructor(boundary: Boundary<Frame>, budget: MemoryBudget) {
    this.boundary = boundary;
    this.#budget = budget;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  /** Offers one frame to every subscriber. A promise only when somebody has to wait. */
  publish(frame: Frame): void | Promise<void> {
    let waiting: Promise<unknown>[] | undefined;
    let withoutRoom: Subscriber[] | undefined;
    for (const subscriber of this.#subscribers) {
      if (withoutRoom !== undefined || !this.#budget.tryReserve(frame.bytes)) {
        withoutRoom ??= [];
        withoutRoom.push(subscriber);
        continue;
      }
      const outcome = this.offerReserved(subscriber, frame);
      if (outcome instanceof Promise) {
        waiting ??= [];
        waiting.push(outcome);
      }
    }
    if (withoutRoom !== undefined) return this.#publishAsRoomComes(frame, withoutRoom, waiting ?? []);
    if (waiting !== undefined) return Promise.all(waiting).then(() => undefined);
  }

  /** Offers one frame whose bytes are already reserved. */
  offerReserved(subscriber: Subscriber, frame: Frame): OfferOutcome | Promise<OfferOutcome> {
    const outcome = subscriber.channel.offer(frame);
    subscriber.kick();
    return outcome;
  }

  /** Reserves and offers one frame to one subscriber, waiting for memory as the strategy allows. */
  async offer(subscriber: Subscriber, frame: Frame): Promise<void> {
    const timeoutMs = this.boundary.blocks ? null : MEMORY_WAIT_MS;
    if (this.#budget.tryReserve(frame.bytes) || (await this.#budget.reserve(frame.bytes, timeoutMs))) {
      await this.offerReserved(subscriber, frame);
    } else {
      this.#refuse(subscriber);
    }
  }

  async #publishAsRoomComes(
    frame: Frame,
    subscribers: Subscriber[],
    waiting: Promise<unknown>[],
  ): Promise<void> {
    // One wait for the whole event: a dropping strategy must not cost the publisher 100 ms per subscriber.
    let refusing = false;
    for (const subscriber of subscribers) {
      if (!this.#subscribers.has(subscriber)) continue;
      const granted =
        this.#budget.tryReserve(frame.bytes) ||
        (!refusing &&
          (await this.#budget.reserve(frame.bytes, this.boundary.blocks ? null : MEMORY_WAIT_MS)));
      if (granted && this.#subscribers.has(subscriber)) {
        const outcome = this.offerReserved(subscriber, frame);
        if (outcome instanceof Promise) waiting.push(outcome);
      } else if (granted) {
        this.#budget.release(frame.bytes); // it left while we waited: nothing was offered to it
      } else {
        refusing = true;
        if (this.#subscribers.has(subscriber)) this.#refuse(subscriber);
      }
    }
    await Promise.all(waiting);
  }

  #refuse(subscriber: Subscriber): void {
    subscriber.channel.refuse('admission.memory');
  }
}

/** What a connection that subscribes to a feed is given. */
export interface StreamOptions {
  readonly feed: Feed;
  readonly tasks: TaskRegistry;
  /** The id that the client named itself with, or `null`. */
  readonly clientId: string | null;
  /** Runs once, when the connection has ended and its account is closed. */
  readonly onEnd: (stream: Subscriber) => void;
}
