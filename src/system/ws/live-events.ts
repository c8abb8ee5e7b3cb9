/**
 * The one ring of live events that every connection reads at its own pace. An event is encoded once; what everybody
 * has read is let go at once, so the ring keeps bytes only for those who are behind.
 */
import type { Clock } from '../../core/clock.ts';
import { type BroadcastRing, createBroadcastRing } from '../channel/broadcast-ring.ts';
import type { Lagged, RingReceiver } from '../channel/ring-core.ts';
import type { FeedEvent } from '../event.ts';
import { encodeTextFrame } from './encode.ts';
import type { OutboundFrame } from './outbound-frame.ts';

export interface LiveEvent {
  readonly event: FeedEvent;
  readonly frame: OutboundFrame;
}

/** One place of the ring; `live` until the last reader has taken it. */
interface Slot {
  live: LiveEvent | undefined;
  readers: number;
}

/** As text message; the outbound chain runs backwards from `middleware`. */
export function toFrame(event: FeedEvent, middleware: number, queuedNs: number): OutboundFrame {
  const wire = encodeTextFrame(event.text);
  const { id, key, class: klass, flow } = event;
  // An event without a key is about itself alone: no later one stands for it.
  return { wire, bytes: wire.length, key: key ?? id, class: klass, flow, middleware, queuedNs };
}

export class LiveEvents {
  readonly #ring: BroadcastRing<Slot>;
  readonly #clock: Clock;
  readonly #middleware: number;

  constructor(items: number, clock: Clock, middleware: number) {
    this.#ring = createBroadcastRing<Slot>({ capacityItems: items });
    this.#clock = clock;
    this.#middleware = middleware;
  }

  get readers(): number {
    return this.#ring.receivers;
  }

  publish(event: FeedEvent): void {
    const frame = toFrame(event, this.#middleware, this.#clock.nowNs());
    this.#ring.publish({ live: { event, frame }, readers: this.#ring.receivers });
  }

  /** Sees what is published from now on. */
  subscribe(): LiveReader {
    return new LiveReader(this.#ring.subscribe());
  }
}

export class LiveReader {
  readonly #receiver: RingReceiver<Slot>;

  constructor(receiver: RingReceiver<Slot>) {
    this.#receiver = receiver;
  }

  /** The next one, or how many were missed before it, or `undefined` when there is nothing new. */
  tryTake(): LiveEvent | Lagged | undefined {
    const taken = this.#receiver.tryTake();
    if (taken === undefined || !('readers' in taken)) return taken;
    const { live } = taken;
    if (--taken.readers === 0) taken.live = undefined;
    return live;
  }

  unsubscribe(): void {
    // Takes what is left, so that nobody waits for this reader to let it go.
    while (this.tryTake() !== undefined);
    this.#receiver.unsubscribe();
  }
}
