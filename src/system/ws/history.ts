/** Stored events for one connection, before the live ones. */
import type { FeedEvent } from '../event.ts';
import { type Wait, whileWaiting } from '../resources/wait-graph.ts';
import { type EventStore, StoreError } from '../store/store.ts';
import type { Line } from './line.ts';
import { toFrame } from './live-events.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import type { OutboundQueue } from './outbound-queue.ts';

const PAGE_EVENTS = 100;

export interface HistoryParts {
  readonly line: Line;
  readonly queue: OutboundQueue;
  readonly store: EventStore | null;
  readonly encode: (message: object) => OutboundFrame;
}

type Wants = (event: FeedEvent) => boolean;
/** Whether anybody still waits for it; nothing more is read once it is false. */
type IsAsked = () => boolean;

export class History {
  readonly #parts: HistoryParts;
  readonly #wait: Wait;

  constructor(parts: HistoryParts, wait: Wait) {
    this.#parts = parts;
    this.#wait = wait;
  }

  /** Of the newest `events` up to `untilId` those that are wanted, page by page as there is room. */
  async sendLast(events: number, untilId: number, wants: Wants, isAsked: IsAsked): Promise<void> {
    this.#parts.line.counters.histories++;
    await this.send(Math.max(0, untilId - events), untilId, wants, isAsked);
  }

  /** As found: at most half of the places that are free now, and not a word about the rest. */
  async sendHalf(events: number, untilId: number, wants: Wants, isAsked: IsAsked): Promise<void> {
    const { line, queue } = this.#parts;
    const { counters } = line;
    counters.histories++;
    const found: FeedEvent[] = [];
    await this.#read(Math.max(0, untilId - events), untilId, isAsked, (event) => {
      if (wants(event)) found.push(event);
    });
    const { capacityItems, depthItems } = queue.channel;
    const places = Math.max(0, Math.floor((capacityItems - depthItems) / 2));
    const sent = found.slice(Math.max(0, found.length - places));
    counters.historyTruncated += found.length - sent.length;
    for (const event of sent)
      if ((await queue.offer(this.#frame(event), this.#wait.who)) === 'queued') counters.historyEvents++;
  }

  /** Everything wanted with `afterId` < id ≤ `untilId`, as there is room. */
  async send(afterId: number, untilId: number, wants: Wants, isAsked: IsAsked): Promise<void> {
    const { counters } = this.#parts.line;
    await this.#read(afterId, untilId, isAsked, async (event) => {
      if (!wants(event)) return;
      if (await this.offer(this.#frame(event))) counters.historyEvents++;
      else counters.historyTruncated++;
    });
  }

  /** Waits for room whatever the strategy does without it. False where the connection has ended. */
  async offer(frame: OutboundFrame): Promise<boolean> {
    const { line, queue } = this.#parts;
    const room = queue.whenRoom();
    if (room !== undefined) await whileWaiting(line.waits, this.#wait, room);
    return (await queue.offer(frame, this.#wait.who)) === 'queued';
  }

  async tell(message: object): Promise<void> {
    await this.offer(this.#parts.encode(message));
  }

  async #read(
    afterId: number,
    untilId: number,
    isAsked: IsAsked,
    take: (event: FeedEvent) => void | Promise<void>,
  ): Promise<void> {
    const { store, queue } = this.#parts;
    if (store === null) return;
    try {
      const isOver = (): boolean => queue.channel.closed || !isAsked();
      for (let from = afterId; from < untilId && !isOver(); ) {
        const page = await store.read(from, untilId, PAGE_EVENTS);
        if (page.length === 0) return;
        for (const event of page) {
          if (isOver()) return;
          await take(event);
        }
        from = (page.at(-1) as FeedEvent).id;
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await this.tell({ error: `the history could not be read: ${error.message}` });
    }
  }

  #frame(event: FeedEvent): OutboundFrame {
    const { line } = this.#parts;
    return toFrame(event, line.settings.outbound.middlewares - 1, line.clock.nowNs());
  }
}
