/** The reading side of an intercepted stream: bytes of the upstream in, events into the pending queue. */

import type { Channel, OfferOutcome } from '../channel/channel.ts';
import { CLASS_NORMAL } from '../channel/entry.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import { EventFramer } from './event-framer.ts';
import { type EventFields, EventReader } from './event-reader.ts';
import type { InterceptedEvent } from './intercepted-event.ts';
import { MAX_ID_CHARS, type SeenIds } from './seen-ids.ts';

export interface IntakeOptions {
  readonly channel: Channel<InterceptedEvent>;
  /** Where the bytes of each event are reserved before it is offered; whoever opened `channel` gives them back. */
  readonly budget: MemoryBudget;
  /** How long an event may wait for memory before it is refused; `null`: as long as it takes. */
  readonly memoryWaitMs: number | null;
  /** An event that was to wait as long as it takes will never have room. */
  readonly onNoMemory: () => void;
  readonly seen: SeenIds;
  readonly lastEventId: string;
  /** Comments, and blocks without data, that came since the event before. */
  readonly takeAside: () => Buffer | undefined;
  readonly onAside: (bytes: Buffer) => void;
  /** A new event is in the queue. */
  readonly onQueued: () => void;
  readonly onRetry: (retryMs: number) => void;
  /** An offer no longer waits: `pump` again. */
  readonly onRoom: () => void;
}

export class EventIntake {
  readonly #options: IntakeOptions;
  readonly #framer = new EventFramer();
  readonly #reader = new EventReader();
  #lastEventId: string;
  #events = 0;
  #isWaiting = false;
  #isStopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#lastEventId = options.lastEventId;
  }

  /** An offer waits for room: what came behind it stays here, unread. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  get isTooLarge(): boolean {
    return this.#framer.isTooLarge;
  }

  /**
   * The id of the last event that went into the queue, or of a block without data: from there on to resume.
   * What the queue drops afterwards is not asked for again: that would undo what its strategy decided.
   */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  push(bytes: Uint8Array): void {
    this.#framer.push(bytes);
  }

  /** Forgets half an event, as the standard says: a new connection begins. */
  reset(): void {
    this.#framer.reset();
  }

  stop(): void {
    this.#isStopped = true;
    this.#framer.reset();
  }

  /** Offers all events that are complete, until one has to wait. */
  pump(): void {
    while (!this.#isWaiting && !this.#isStopped) {
      const frame = this.#framer.next();
      if (frame === undefined) return;
      if (frame.hasFields) this.#take(frame.bytes);
      else this.#options.onAside(frame.bytes);
    }
  }

  #take(wire: Buffer): void {
    const { channel, seen, onAside, onRetry, takeAside } = this.#options;
    const fields = this.#reader.read(wire);
    const { id, retry, type } = fields;
    if (retry !== undefined) onRetry(retry);
    if (!fields.isEvent) {
      this.#remember(id);
      onAside(wire);
      return;
    }
    if (id !== undefined && seen.has(id)) {
      channel.refuse('duplicate');
      return;
    }
    const preface = takeAside();
    const number = ++this.#events;
    const outcome = this.#offer({
      wire,
      preface,
      number,
      type,
      id,
      retry,
      bytes: wire.length + (preface?.length ?? 0),
      class: CLASS_NORMAL,
      key: number,
      flow: 0,
    });
    if (outcome instanceof Promise) this.#wait(outcome, fields);
    else this.#settle(outcome, fields);
  }

  /** A promise only when memory or room has to be waited for. */
  #offer(event: InterceptedEvent): OfferOutcome | Promise<OfferOutcome> {
    const { channel, budget } = this.#options;
    return budget.tryReserve(event.bytes) ? channel.offer(event) : this.#offerWithRoom(event);
  }

  async #offerWithRoom(event: InterceptedEvent): Promise<OfferOutcome> {
    const { channel, budget, memoryWaitMs, onNoMemory } = this.#options;
    const hasRoom = await budget.reserve(event.bytes, memoryWaitMs);
    if (hasRoom && !this.#isStopped) return channel.offer(event);
    if (hasRoom) budget.release(event.bytes);
    else if (!this.#isStopped) {
      channel.refuse('admission.memory');
      if (memoryWaitMs === null) onNoMemory();
    }
    return 'dropped';
  }

  #wait(waiting: Promise<OfferOutcome>, fields: EventFields): void {
    this.#isWaiting = true;
    void waiting.then((outcome) => {
      this.#isWaiting = false;
      this.#settle(outcome, fields);
      this.#options.onRoom();
    });
  }

  #settle(outcome: OfferOutcome, { id }: EventFields): void {
    if (outcome !== 'queued') return;
    // An id that resets the last one (`''`) names no event.
    if (id !== undefined && id !== '') this.#options.seen.add(id);
    this.#remember(id);
    this.#options.onQueued();
  }

  /** An id that is too long for a header field leaves the place before, from which more is sent again. */
  #remember(id: string | undefined): void {
    if (id !== undefined && id.length <= MAX_ID_CHARS) this.#lastEventId = id;
  }
}
