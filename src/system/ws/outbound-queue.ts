/** The outbound queue of one connection as those see it that put messages into it. */
import type { Channel, OfferOutcome } from '../channel/channel.ts';
import type { OutboundFrame } from './outbound-frame.ts';

export interface OutboundQueueParts {
  readonly channel: Channel<OutboundFrame>;
  /** Pays for the message and offers it. */
  readonly offer: (frame: OutboundFrame) => OfferOutcome | Promise<OfferOutcome>;
  /** Told after each offer. */
  readonly onOffered: () => void;
}

export class OutboundQueue {
  readonly channel: Channel<OutboundFrame>;
  readonly #parts: OutboundQueueParts;
  #onRoom: (() => void)[] = [];

  constructor(parts: OutboundQueueParts) {
    this.#parts = parts;
    this.channel = parts.channel;
  }

  /** A promise only when memory or room has to be waited for. */
  offer(frame: OutboundFrame): OfferOutcome | Promise<OfferOutcome> {
    const outcome = this.#parts.offer(frame);
    this.#parts.onOffered();
    // What waited for memory is offered later, and has to be written then as well.
    if (outcome instanceof Promise) void outcome.then(this.#parts.onOffered, this.#parts.onOffered);
    return outcome;
  }

  /** `undefined` while there is room; otherwise resolves when there is, or when the queue is closed. */
  whenRoom(): Promise<void> | undefined {
    if (this.#hasRoom) return undefined;
    return new Promise((resolve) => {
      this.#onRoom.push(resolve);
    });
  }

  /** To be called when something has left the queue, and when it has been closed. */
  checkRoom(): void {
    if (this.#onRoom.length === 0 || !this.#hasRoom) return;
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  get #hasRoom(): boolean {
    const { channel } = this;
    return channel.closed || channel.depthItems + channel.heldItems < channel.capacityItems;
  }
}
