/** Appends on their way to the writer: one batch is with it, the others wait for the next. */
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import { DistributionCounter } from '../../core/distribution.ts';
import { messageOf } from '../../core/errors.ts';
import { APPEND_BOUNDS_MS, type Distribution, SIZE_BOUNDS } from '../../core/samples.ts';
import type { FeedEvent, NewEvent } from '../event.ts';
import { type Committed, type EventColumns, emptyColumns } from './messages.ts';
import { StoreError } from './store.ts';

const MAX_BATCH_EVENTS = 500;
const MAX_BATCH_CHARS = 4 * 1024 * 1024;

export interface AppendLimits {
  readonly maxPendingEvents: number;
  /** One event is always let in. */
  readonly maxPendingChars: number;
  /** From the call to the failure, where another process holds the lock. */
  readonly busyTimeoutMs: number;
}

interface Append {
  readonly event: NewEvent;
  readonly calledNs: number;
  resolve(event: FeedEvent): void;
  reject(error: unknown): void;
}

export class AppendQueue {
  readonly #commit: (events: EventColumns, patienceMs: number) => Promise<Committed>;
  readonly #clock: Clock;
  readonly #limits: AppendLimits;
  readonly #appendMs = new DistributionCounter(APPEND_BOUNDS_MS);
  readonly #commitSizes = new DistributionCounter(SIZE_BOUNDS);
  readonly #waiting: Append[] = [];
  #pumping: Promise<void> | undefined;
  #pendingChars = 0;
  pending = 0;
  appended = 0;
  failed = 0;
  /** Why the last commit failed; `null` when it did not. */
  error: string | null = null;

  constructor(
    commit: (events: EventColumns, patienceMs: number) => Promise<Committed>,
    clock: Clock,
    limits: AppendLimits,
  ) {
    this.#commit = commit;
    this.#clock = clock;
    this.#limits = limits;
  }

  get appendMs(): Distribution {
    return this.#appendMs.read();
  }

  get commitSizes(): Distribution {
    return this.#commitSizes.read();
  }

  /** Errors: StoreError. */
  append(given: NewEvent): Promise<FeedEvent> {
    const event = wellFormed(given);
    const { maxPendingEvents, maxPendingChars } = this.#limits;
    const isFull =
      this.pending >= maxPendingEvents || this.#pendingChars + event.text.length > maxPendingChars;
    if (isFull && this.pending > 0) {
      return this.refuse(
        new StoreError(
          'overloaded',
          `the event store is behind: ${this.pending} events wait for it; try later`,
        ),
      );
    }
    this.pending++;
    this.#pendingChars += event.text.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, calledNs: this.#clock.nowNs(), resolve, reject });
      this.#pumping ??= this.#pump();
    });
  }

  /** Counts an event that is not taken. */
  refuse(error: StoreError): Promise<never> {
    this.failed++;
    return Promise.reject(error);
  }

  /** Resolves once nothing is under way. */
  async idle(): Promise<void> {
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    // What is appended in the same turn goes into the same commit.
    await undefined;
    while (this.#waiting.length > 0) await this.#commitBatch(this.#takeBatch());
    this.#pumping = undefined;
  }

  #takeBatch(): Append[] {
    let count = 0;
    let chars = 0;
    for (const { event } of this.#waiting) {
      chars += event.text.length;
      if (count === MAX_BATCH_EVENTS || (count > 0 && chars > MAX_BATCH_CHARS)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commitBatch(batch: readonly Append[]): Promise<void> {
    try {
      const committed = await this.#commit(columnsOf(batch), this.#patienceMs(batch));
      this.error = null;
      this.appended += batch.length;
      this.#commitSizes.record(batch.length);
      const nowNs = this.#clock.nowNs();
      let id = committed.firstId;
      for (const append of batch) {
        this.#end(append);
        this.#appendMs.record((nowNs - append.calledNs) / NS_PER_MS);
        append.resolve({ ...append.event, id: id++, createdAtMs: committed.createdAtMs });
      }
    } catch (error) {
      this.error = messageOf(error);
      this.failed += batch.length;
      for (const append of batch) {
        this.#end(append);
        append.reject(error);
      }
    }
  }

  #end(append: Append): void {
    this.pending--;
    this.#pendingChars -= append.event.text.length;
  }

  /** Of the one that has waited longest, so that nobody waits longer than the limit. */
  #patienceMs(batch: readonly Append[]): number {
    const first = batch[0] as Append;
    return Math.max(0, this.#limits.busyTimeoutMs - (this.#clock.nowNs() - first.calledNs) / NS_PER_MS);
  }
}

function columnsOf(batch: readonly Append[]): EventColumns {
  const columns = emptyColumns();
  for (const { event } of batch) {
    columns.texts.push(event.text);
    columns.types.push(event.type);
    columns.keys.push(event.key);
    columns.classes.push(event.class);
    columns.flows.push(event.flow);
  }
  return columns;
}

/** As UTF-8 will carry it: half a surrogate pair becomes U+FFFD now, so that live and replayed events are alike. */
function wellFormed({ text, type, key, class: eventClass, flow }: NewEvent): NewEvent {
  return {
    text: text.toWellFormed(),
    type: type.toWellFormed(),
    key: key === null ? null : key.toWellFormed(),
    class: eventClass,
    flow: flow.toWellFormed(),
  };
}
