/** A consumer's place at the bus: a channel, another one whenever the bus has given it up, and what it lost in them. */
import { type LedgerSnapshot, sumReasons } from '../../core/ledger.ts';
import type { Boundary, Sized } from '../boundary.ts';
import type { Channel } from '../channel/channel.ts';
import type { FeedEvent } from '../event.ts';

/** Why items end that nobody has lost: the consumer itself has gone. */
const SHUTDOWN = 'shutdown';

export interface BusSeatParts<T extends Sized> {
  readonly bus: Pick<Boundary<T>, 'open' | 'book'>;
  readonly eventOf: (item: T) => FeedEvent;
  /** There may be something to take that was not there before. */
  readonly onReady: () => void;
}

export class BusSeat<T extends Sized> {
  readonly #parts: BusSeatParts<T>;
  #channel: Channel<T>;
  /** In channels that it has left. */
  #missedBefore = 0;
  #lostUntilId = 0;

  constructor(parts: BusSeatParts<T>) {
    this.#parts = parts;
    this.#channel = this.#open();
  }

  get channel(): Channel<T> {
    return this.#channel;
  }

  /** Items that were offered and will not be taken: lost at the bus, or replaced by a later one. */
  get missed(): number {
    return this.#missedBefore + countMissed(this.#channel.ledger());
  }

  /** The highest id of those; 0 for none. */
  get lostUntilId(): number {
    return this.#lostUntilId;
  }

  /** Gives the place up; everything that was taken must be settled by now. */
  leave(reason = SHUTDOWN): void {
    this.#channel.discardQueued(reason);
    this.#channel.close();
    this.#parts.bus.book(this.#channel);
  }

  /** Comes back after the bus has closed the channel. */
  renew(): void {
    this.leave('disconnect.slow');
    this.#missedBefore = this.missed;
    this.#channel = this.#open();
  }

  #open(): Channel<T> {
    const { bus, eventOf, onReady } = this.#parts;
    const channel = bus.open({
      onReady,
      onEnd: (item, end) => {
        if (end !== 'delivered') this.#lostUntilId = Math.max(this.#lostUntilId, eventOf(item).id);
      },
      onDisconnect: (reason) => {
        channel.discardQueued(reason);
        channel.close();
        onReady();
      },
    });
    return channel;
  }
}

function countMissed({ dropped, coalesced, failed }: LedgerSnapshot): number {
  const all = sumReasons(dropped) + sumReasons(coalesced) + sumReasons(failed);
  return all - (dropped[SHUTDOWN] ?? 0) - (failed[SHUTDOWN] ?? 0);
}
