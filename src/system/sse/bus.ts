/**
 * The bus from the publisher to everybody who follows the feed: each has a queue, or a cursor of the one ring, at
 * the boundary `sse.bus`. Under a strategy that blocks, the publisher waits for the slowest of them.
 *
 * Its bounds are those of its strategy. What a ring holds is taken from the memory budget all the same, so that the
 * clients' queues get what is left.
 */
import type { Boundary } from '../boundary.ts';
import type { Channel, OfferOutcome } from '../channel/channel.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import { type WaitGraph, whileWaiting } from '../resources/wait-graph.ts';
import { type Accept, Forwarder } from './forwarder.ts';
import type { BusEvent } from './frames.ts';

export interface FollowerOptions {
  /** As waits call its forwarder. */
  readonly name: string;
  readonly accept: Accept<BusEvent>;
  /** It has everything that the bus held for it. */
  readonly onEmpty: () => void;
  /** The bus gives it up. */
  readonly onDisconnect: (reason: string) => void;
}

/** Somebody who follows the bus. */
export class Follower {
  readonly name: string;
  readonly channel: Channel<BusEvent>;
  readonly forwarder: Forwarder<BusEvent>;
  /** Under a strategy that keeps the latest ones, what is gone is meant to be. */
  readonly #isLapLoss: (reason: string) => boolean;

  constructor(bus: Boundary<BusEvent>, options: FollowerOptions) {
    this.name = options.name;
    this.#isLapLoss = bus.coalesces
      ? (reason) => reason === 'lag'
      : (reason) => reason === 'lag' || reason.startsWith('overflow.');
    this.channel = bus.open({ onReady: () => this.forwarder.kick(), onDisconnect: options.onDisconnect });
    this.forwarder = new Forwarder(this.channel, options.accept, options.onEmpty);
  }

  offer(event: BusEvent): OfferOutcome | Promise<OfferOutcome> {
    const outcome = this.channel.offer(event);
    this.forwarder.kick();
    return outcome;
  }

  /** Events that the bus has lost of this follower's, for want of room. */
  countLost(): number {
    let lost = 0;
    for (const [reason, count] of Object.entries(this.channel.ledger().dropped)) {
      if (this.#isLapLoss(reason)) lost += count;
    }
    return lost;
  }
}

export class Bus {
  readonly #boundary: Boundary<BusEvent>;
  readonly #budget: MemoryBudget;
  readonly #waits: WaitGraph;
  readonly #followers = new Set<Follower>();
  #chargedBytes = 0;

  constructor(boundary: Boundary<BusEvent>, budget: MemoryBudget, waits: WaitGraph) {
    this.#boundary = boundary;
    this.#budget = budget;
    this.#waits = waits;
  }

  /** Follows from now on. */
  open(options: FollowerOptions): Follower {
    const follower = new Follower(this.#boundary, options);
    this.#followers.add(follower);
    return follower;
  }

  /** Offers no more to it; what it has can still be taken. */
  remove(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Takes from the budget what the ring holds now, and gives back what it no longer does. */
  settleBytes(): void {
    const bytes = this.#boundary.ringBytes ?? 0;
    const charged = this.#chargedBytes;
    this.#chargedBytes = bytes;
    if (bytes > charged) this.#budget.take(bytes - charged);
    else if (bytes < charged) this.#budget.release(charged - bytes);
  }

  publish(event: BusEvent): void | Promise<void> {
    let waiting: Promise<unknown>[] | undefined;
    for (const follower of this.#followers) {
      const outcome = follower.offer(event);
      if (!(outcome instanceof Promise)) continue;
      waiting ??= [];
      waiting.push(this.#wait(follower, outcome));
    }
    this.settleBytes();
    if (waiting !== undefined) return Promise.all(waiting).then(() => undefined);
  }

  async #wait(follower: Follower, outcome: Promise<OfferOutcome>): Promise<void> {
    const { name } = this.#boundary.isJoined ? this.#slowest(follower) : follower;
    await whileWaiting(
      this.#waits,
      { who: 'publisher', what: `room in sse.bus of ${name}`, freedBy: [name], boundary: 'sse.bus' },
      outcome,
    );
    follower.forwarder.kick(); // what waited is in only now
  }

  /** Whoever holds the slot that a ring's writer waits for. */
  #slowest(first: Follower): Follower {
    let slowest = first;
    for (const follower of this.#followers) {
      if (follower.channel.depthItems > slowest.channel.depthItems) slowest = follower;
    }
    return slowest;
  }
}
