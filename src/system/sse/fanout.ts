/** Who takes from the bus for the clients: a forwarder for each of them, or a single one for all. */
import type { Boundary } from '../boundary.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { BusShare } from './account.ts';
import type { Bus, Follower } from './bus.ts';
import type { Seat, SseClient } from './client.ts';
import type { BusEvent } from './frames.ts';

export interface FanoutParts {
  readonly bus: Bus;
  readonly boundary: Boundary<BusEvent>;
  readonly tasks: TaskRegistry;
}

/** Where the live events of a new subscriber begin: behind this one. */
export interface LastPublished {
  readonly seq: number;
  readonly id: number;
}

export interface Fanout {
  /** Live events go to `client` from now on; why not, where the bus does not let it in. */
  join(client: SseClient, last: LastPublished): Seat | { readonly refusal: string };
  /** As waits call what serves the client of this name. */
  forwarderOf(name: string): string;
  /** Nothing more is published: what the bus holds goes out. Resolves when it has. */
  finish(): Promise<void>;
  /** Ends now. */
  abandon(): void;
}

/** Whoever is slow waits alone. */
export class ForwarderPerClient implements Fanout {
  readonly #parts: FanoutParts;

  constructor(parts: FanoutParts) {
    this.#parts = parts;
  }

  forwarderOf(name: string): string {
    return `${name} forwarder`;
  }

  join(client: SseClient, { seq, id }: LastPublished): Seat | { readonly refusal: string } {
    const { bus, tasks, boundary } = this.#parts;
    const { subscription } = client;
    const follower = bus.open({
      name: client.forwarder,
      accept: (item) => subscription.accept(item),
      onEmpty: () => subscription.caughtUp(),
      onDisconnect: (reason) => client.cut(reason),
    });
    const task = tasks.begin('sse.forwarder', client.owner);
    subscription.join(seq, id, () => follower.countLost());
    const seat: Seat = {
      finish: () => finishFollower(bus, follower),
      leave: (reason) => leaveFollower(bus, follower, reason),
      settle: async () => {
        await follower.forwarder.whenIdle();
        task.end();
        return boundary.book(follower.channel) as BusShare;
      },
    };
    const { refusal } = follower.channel;
    if (refusal === null) return seat;
    seat.leave(refusal);
    void seat.settle();
    return { refusal };
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  abandon(): void {}
}

/** One for all, in turn: whoever is slow holds up everybody. */
export class SharedForwarder implements Fanout {
  readonly #parts: FanoutParts;
  readonly #follower: Follower;
  readonly #clients = new Set<SseClient>();
  readonly #endTask: () => void;

  constructor(parts: FanoutParts) {
    this.#parts = parts;
    this.#endTask = parts.tasks.begin('sse.forwarder').end;
    this.#follower = parts.bus.open({
      name: this.forwarderOf(),
      accept: (item) => this.#offerToAll(item),
      onEmpty: () => {
        for (const { subscription } of this.#clients) subscription.caughtUp();
      },
      // Whoever gives up the one consumer gives up all that it serves.
      onDisconnect: (reason) => {
        for (const client of this.#clients) client.cut(reason);
        leaveFollower(parts.bus, this.#follower, reason);
      },
    });
  }

  forwarderOf(): string {
    return 'sse forwarder';
  }

  join(client: SseClient, { seq, id }: LastPublished): Seat | { readonly refusal: string } {
    const { channel, forwarder } = this.#follower;
    if (channel.refusal !== null) return { refusal: channel.refusal };
    const { subscription } = client;
    subscription.join(seq, id, () => this.#follower.countLost());
    this.#clients.add(client);
    return {
      finish: () => forwarder.whenIdle(),
      leave: () => {
        this.#clients.delete(client);
      },
      settle: () => {
        const { live, lost } = subscription.counts;
        const dropped = lost > 0 ? { lag: lost } : {};
        return Promise.resolve({ offered: live + lost, dropped, coalesced: {}, failed: {} });
      },
    };
  }

  async finish(): Promise<void> {
    await finishFollower(this.#parts.bus, this.#follower);
    this.#leave();
  }

  abandon(): void {
    leaveFollower(this.#parts.bus, this.#follower, 'shutdown');
    this.#leave();
  }

  #leave(): void {
    this.#endTask();
    void this.#follower.forwarder.whenIdle().then(() => this.#parts.boundary.book(this.#follower.channel));
  }

  #offerToAll(item: BusEvent): boolean | Promise<boolean> {
    const clients = this.#clients.values();
    for (const { subscription } of clients) {
      if (item.seq <= subscription.sinceSeq) continue;
      const accepted = subscription.accept(item);
      if (accepted instanceof Promise) return this.#offerToRest(accepted, clients, item);
    }
    return true;
  }

  async #offerToRest(
    first: Promise<boolean>,
    rest: IterableIterator<SseClient>,
    item: BusEvent,
  ): Promise<boolean> {
    await first;
    for (const { subscription } of rest) {
      if (item.seq > subscription.sinceSeq) await subscription.accept(item);
    }
    return true;
  }
}

async function finishFollower(bus: Bus, { channel, forwarder }: Follower): Promise<void> {
  channel.close();
  forwarder.kick();
  await forwarder.whenIdle();
  bus.settleBytes();
}

function leaveFollower(bus: Bus, follower: Follower, reason: string): void {
  bus.remove(follower);
  follower.forwarder.stop(reason);
  follower.channel.discardQueued(reason);
  follower.channel.close();
  bus.settleBytes();
}
