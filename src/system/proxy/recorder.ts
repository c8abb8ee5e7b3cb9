/**
 * What the reverse proxy writes down of each request: to a store whose every write takes its time, as many
 * at once as there are. `inline`, as found, makes the request wait for both of its records; `async` puts
 * them into a bounded queue, which one worker empties, and keeps the newest when the store is too slow.
 */
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { RecorderSettings } from '../../core/plan.ts';
import { type Channel, createChannel } from '../channel/channel.ts';
import dropOldest from '../overflow/drop-oldest.ts';
import type { Task, TaskRegistry } from '../resources/task-registry.ts';

/** One record; `status` with the answer. */
export interface RecordEntry {
  readonly at: 'request' | 'response';
  readonly method: string;
  readonly path: string;
  readonly status?: number;
}

/** The noted system's queue before its one worker. */
const QUEUE_ITEMS = 1000;
/** The store keeps as many records as its reader shows, newest last. */
const KEPT_RECORDS = 256;

export function createRecorder(settings: RecorderSettings, clock: Clock, tasks: TaskRegistry): Recorder {
  return new Recorder(settings, clock, tasks);
}

export class Recorder {
  readonly isOn: boolean;
  readonly #mode: RecorderSettings['mode'];
  readonly #writeMs: number;
  readonly #clock: Clock;
  readonly #queue: Channel<RecordEntry>;
  readonly #task: Task | undefined;
  #worker: Promise<void> | undefined;
  readonly #stored: RecordEntry[] = [];
  /** Writes under way, each with who waits for it. */
  readonly #writing = new Map<Timer, () => void>();
  #written = 0;
  #isClosed = false;

  constructor({ mode, writeMs }: RecorderSettings, clock: Clock, tasks: TaskRegistry) {
    this.#mode = mode;
    this.#writeMs = writeMs;
    this.#clock = clock;
    this.isOn = mode !== 'off';
    this.#queue = createChannel<RecordEntry>({
      overflow: dropOldest,
      capacityItems: QUEUE_ITEMS,
      clock,
      sizeOf: (entry) => entry.path.length,
    });
    if (mode !== 'async') return;
    this.#task = tasks.begin('proxy.recorder');
    this.#worker = this.#work();
  }

  /** Records in the store. */
  get written(): number {
    return this.#written;
  }

  /** Those of them that it keeps, newest last. */
  get stored(): readonly RecordEntry[] {
    return this.#stored;
  }

  /** Of the queue before the worker; empty unless `async`. */
  ledger(): LedgerSnapshot {
    return this.#queue.ledger();
  }

  /** `undefined` where nobody has to wait; never rejects. A closed recorder writes nothing. */
  record(entry: RecordEntry): undefined | Promise<void> {
    if (this.#mode === 'off' || this.#isClosed) return undefined;
    if (this.#mode === 'inline') return this.#write(entry);
    this.#queue.offer(entry); // drops, never waits
    return undefined;
  }

  /** Nobody waits any longer: writes under way are given up, what is queued is dropped{shutdown}. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.discardQueued('shutdown');
    this.#queue.close();
    for (const [timer, letGo] of [...this.#writing]) {
      timer.cancel();
      letGo();
    }
    this.#writing.clear();
    await this.#worker;
    this.#task?.end();
  }

  async #work(): Promise<void> {
    for (;;) {
      const entry = await this.#queue.take();
      if (entry === undefined) return;
      await this.#write(entry);
      if (this.#isClosed) this.#queue.failed(entry, 'shutdown');
      else this.#queue.delivered(entry);
    }
  }

  #write(entry: RecordEntry): undefined | Promise<void> {
    if (this.#writeMs === 0) {
      this.#keep(entry);
      return undefined;
    }
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(this.#clock.nowNs() + this.#writeMs * NS_PER_MS, () => {
        this.#writing.delete(timer);
        this.#keep(entry);
        resolve();
      });
      this.#writing.set(timer, resolve);
    });
  }

  #keep(entry: RecordEntry): void {
    this.#written++;
    this.#stored.push(entry);
    if (this.#stored.length > KEPT_RECORDS) this.#stored.shift();
  }
}
