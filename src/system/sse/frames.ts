/** Events as the bus and the clients' queues carry them: each is encoded once, however many clients it has. */
import type { Clock } from '../../core/clock.ts';
import type { SseSettings } from '../../core/plan.ts';
import type { FeedEvent } from '../event.ts';
import { type LatestEvents, latestOfEachKey } from '../projections/latest-events.ts';
import type { Frame } from '../socket-pump.ts';
import { encodeSseEvent } from './encode.ts';

/** One event on the bus, and the same object in the queue of every client. */
export interface BusEvent extends Frame {
  readonly event: FeedEvent;
  /** Its place among everything that was put on the bus, from 1; 0 for what was read from the store. */
  readonly seq: number;
  readonly id: number;
  /** On the system's clock; 0 for what was read from the store. */
  readonly publishedNs: number;
}

/** Frames of one replay serve others that read the same range at about the same time: a storm of reconnects. */
const KEPT_BYTES = 1024 * 1024;
const STATE_KEY = 'state';

export class FrameMaker {
  /** Events rendered and encoded so far. */
  encodings = 0;
  readonly #clock: Clock;
  /** What a state is rendered of; `null` where each event stands for itself. */
  readonly #list: LatestEvents | null;
  #listId = 0;
  #seq = 0;
  readonly #kept = new Map<number, BusEvent>();
  #keptBytes = 0;
  #replays = 0;

  constructor(settings: Pick<SseSettings, 'render' | 'stateItems'>, clock: Clock) {
    this.#clock = clock;
    this.#list = settings.render === 'state' ? latestOfEachKey(settings.stateItems) : null;
  }

  /** Whether each frame holds all that came before it. */
  get rendersState(): boolean {
    return this.#list !== null;
  }

  /** The number of the last live frame. */
  get seq(): number {
    return this.#seq;
  }

  /** Events of before the start, in order: parts of the state. */
  restore(events: readonly FeedEvent[], headId: number): void {
    for (const event of events) this.#list?.take(event);
    this.#listId = headId;
  }

  /** The frame of an event that has just been published. Where nobody is there to get it, no state is rendered. */
  live(event: FeedEvent, hasClients: boolean): BusEvent {
    this.#seq++;
    const nowNs = this.#clock.nowNs();
    if (this.#list === null) return this.#encode(event, event.text, this.#seq, nowNs);
    this.#list.take(event);
    if (event.id > 0) this.#listId = event.id;
    return this.#encode(event, hasClients ? renderState(this.#list) : event.text, this.#seq, nowNs);
  }

  /** The whole state as it is now, or `null` where there is none. */
  state(): BusEvent | null {
    const newest = this.#list === null ? undefined : [...this.#list].at(-1);
    if (this.#list === null || newest === undefined) return null;
    return this.#encode({ ...newest, id: this.#listId }, renderState(this.#list), 0, 0);
  }

  /** The frame of a stored event. */
  replayed(event: FeedEvent): BusEvent {
    const kept = this.#kept.get(event.id);
    if (kept !== undefined) return kept;
    const frame = this.#encode(event, event.text, 0, 0);
    this.#kept.set(event.id, frame);
    this.#keptBytes += frame.bytes;
    for (const [id, oldest] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#kept.delete(id);
      this.#keptBytes -= oldest.bytes;
    }
    return frame;
  }

  /** Frames are kept while anybody replays, and not a moment longer. */
  beginReplay(): void {
    this.#replays++;
  }

  endReplay(): void {
    if (--this.#replays > 0) return;
    this.#kept.clear();
    this.#keptBytes = 0;
  }

  #encode(event: FeedEvent, text: string, seq: number, publishedNs: number): BusEvent {
    this.encodings++;
    const { id, key, class: klass, flow } = event;
    const wire = encodeSseEvent(id, text, event.type);
    return {
      wire,
      bytes: wire.length,
      // A state stands for every state before it, an event without a key for itself alone.
      key: this.#list === null ? (key ?? (id > 0 ? id : -seq)) : STATE_KEY,
      class: klass,
      flow,
      id,
      publishedNs,
      seq,
      event,
    };
  }
}

/** The newest first: one text after the other, a line or more each. */
function renderState(list: LatestEvents): string {
  return Array.from(list, ({ text }) => text)
    .reverse()
    .join('\n');
}
