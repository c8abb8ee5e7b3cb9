/** The outbound queue of one connection as those see it that put messages into it. */
import type { QueueHooks } from '../boundary.ts';
import type { Channel, OfferOutcome } from '../channel/channel.ts';
import type { Wait } from '../resources/wait-graph.ts';
import type { OutboundFrame } from './outbound-frame.ts';

export interface OpenedQueue {
  readonly channel: Channel<OutboundFrame>;
  /** Pays for the message and offers it; tells that `who` waits where somebody has to. */
  readonly offer: (frame: OutboundFrame, who: string) => OfferOutcome | Promise<OfferOutcome>;
  /** The connection has ended, for `reason`: nothing waits for memory any more. */
  readonly giveUp: (reason: string) => void;
}

/** `roomWait` is told while there is no room. */
export type OpenQueue = (
  hooks: Pick<QueueHooks<OutboundFrame>, 'onReady' | 'onDisconnect'>,
  roomWait: Wait,
) => OpenedQueue;

export interface OutboundQueueParts extends Omit<OpenedQueue, 'giveUp'> {
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

  /** A promise only when memory or room has to be waited for, by `who`. */
  offer(frame: OutboundFrame, who: string): OfferOutcome | Promise<OfferOutcome> {
    const outcome = this.#parts.offer(frame, who);
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
