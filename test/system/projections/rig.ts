/** Projections in virtual time, on a bus of any strategy and with a store that answers when it is told to. */

import { createVirtualClock, NS_PER_MS, type VirtualClock } from '../../../src/core/clock.ts';
import type { ProjectionSettings } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import { APPEND_BOUNDS_MS, SIZE_BOUNDS, type StoreSample } from '../../../src/core/samples.ts';
import { Boundary, type Sized } from '../../../src/system/boundary.ts';
import { type FeedEvent, type NewEvent, PLAIN_EVENT } from '../../../src/system/event.ts';
import { Projection } from '../../../src/system/projections/projection.ts';
import { Projections } from '../../../src/system/projections/projections.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { WaitGraph } from '../../../src/system/resources/wait-graph.ts';
import { type EventStore, StoreError } from '../../../src/system/store/store.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';

export interface BusItem extends Sized {
  readonly event: FeedEvent;
}

/** The contract of the event store in memory. Reads are answered by {@link answer}, or at once with `isPrompt`. */
export class HeldStore implements EventStore {
  readonly events: FeedEvent[] = [];
  /** Events of one answer at most. */
  pageEvents = 3;
  /** What is older is gone. */
  keepEvents = Number.POSITIVE_INFINITY;
  isPrompt = false;
  reads = 0;
  readonly #asked: ((problem?: StoreError) => void)[] = [];

  get headId(): number {
    return this.events.length;
  }

  get oldestId(): number {
    return Math.max(1, this.headId + 1 - this.keepEvents);
  }

  get asked(): number {
    return this.#asked.length;
  }

  add(event: NewEvent): FeedEvent {
    const stored: FeedEvent = { ...event, id: this.headId + 1, createdAtMs: 0 };
    this.events.push(stored);
    return stored;
  }

  append(event: NewEvent): Promise<FeedEvent> {
    return Promise.resolve(this.add(event));
  }

  read(afterId: number, untilId: number, limit: number): Promise<FeedEvent[]> {
    this.reads++;
    return new Promise((resolve, reject) => {
      this.#asked.push((problem) => {
        if (problem !== undefined) return reject(problem);
        const found = this.events.filter(({ id }) => id > afterId && id <= untilId && id >= this.oldestId);
        resolve(found.slice(0, Math.min(limit, this.pageEvents)));
      });
      if (this.isPrompt) this.answer();
    });
  }

  /** Answers the oldest read that is not answered yet. */
  answer(problem?: StoreError): void {
    this.#asked.shift()?.(problem);
  }

  readLatest(): Promise<FeedEvent[]> {
    return Promise.reject(new Error('no projection asks for that'));
  }

  sample(): StoreSample {
    const none = (bounds: readonly number[]) => ({ bounds, counts: [], sum: 0, count: 0 });
    return {
      appended: this.headId,
      failed: 0,
      pending: 0,
      headId: this.headId,
      oldestId: this.oldestId,
      appendMs: none(APPEND_BOUNDS_MS),
      commitSizes: none(SIZE_BOUNDS),
      error: null,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const LOCKED = new StoreError('locked', 'the database is locked');

export interface RigOptions {
  readonly strategy?: string;
  readonly settings?: Partial<ProjectionSettings>;
  readonly stateItems?: number;
  /** `null`: no store. Default: an empty one. */
  readonly store?: HeldStore | null;
}

export class Rig {
  readonly clock: VirtualClock = createVirtualClock();
  readonly tasks = new TaskRegistry();
  readonly waits = new WaitGraph(this.clock);
  readonly store: HeldStore | null;
  readonly bus: Boundary<BusItem>;
  readonly settings: ProjectionSettings;
  readonly stateItems: number;
  /** All that was published, in order. */
  readonly published: FeedEvent[] = [];
  /** Where they go: whatever was opened. */
  readonly #takers: ((item: BusItem) => unknown)[] = [];

  constructor({ strategy = 'ring-lag', settings, stateItems = 100, store }: RigOptions = {}) {
    this.store = store === undefined ? new HeldStore() : store;
    this.settings = { serviceTimeMs: 0, onLag: 'replay', ...settings };
    this.stateItems = stateItems;
    this.bus = new Boundary<BusItem>({
      name: 'sse.bus',
      strategy: parseStrategy(strategy, 'sse.bus'),
      clock: this.clock,
      random: createRandom(1, 'bus'),
    });
  }

  get #shared() {
    const { clock, waits, store, settings, bus, tasks } = this;
    const later = (goOn: () => void): void => void clock.setTimer(clock.nowNs(), goOn);
    return { clock, waits, store, settings, bus, tasks, later, eventOf: ({ event }: BusItem) => event };
  }

  openAll(): Projections<BusItem> {
    const projections = new Projections<BusItem>({ ...this.#shared, stateItems: this.stateItems });
    this.#takers.push((item) => projections.publish(item));
    return projections;
  }

  /** One projection that keeps what it is given, in order. */
  openOne(): { projection: Projection<BusItem>; given: FeedEvent[] } {
    const given: FeedEvent[] = [];
    const projection = new Projection<BusItem>({
      ...this.#shared,
      name: 'projection test',
      task: this.tasks.begin('sse.projection'),
      state: { take: (event) => void given.push(event) },
    });
    this.#takers.push((item) => projection.offer(item));
    return { projection, given };
  }

  /** Stores an event, where there is a store, and offers it to all. A promise where somebody has to wait. */
  publish(traits: Partial<NewEvent> = {}): Promise<unknown> | undefined {
    const id = this.published.length + 1;
    const event: NewEvent = { ...PLAIN_EVENT, text: `event ${id}`, ...traits };
    return this.offer(this.store?.add(event) ?? { ...event, id, createdAtMs: 0 });
  }

  /** Offers what may not be in the store. */
  offer(event: FeedEvent): Promise<unknown> | undefined {
    this.published.push(event);
    const { key, class: klass, flow, id } = event;
    const item: BusItem = { event, bytes: 100, key: key ?? id, class: klass, flow };
    const waiting = this.#takers.map((take) => take(item)).filter((taken) => taken instanceof Promise);
    return waiting.length === 0 ? undefined : Promise.all(waiting);
  }

  /** Lets time pass, and everything that waits for promises have its turn after each timer. */
  async runFor(ms: number): Promise<void> {
    const untilNs = this.clock.nowNs() + Math.round(ms * NS_PER_MS);
    await settle();
    while (this.clock.nextTimerNs <= untilNs) {
      this.clock.advanceTo(this.clock.nextTimerNs);
      await settle();
    }
    this.clock.advanceTo(untilNs);
  }

  /** Publishes evenly at `perSec` for `ms`. */
  async publishFor(ms: number, perSec: number, traitsOf: (index: number) => Partial<NewEvent> = () => ({})) {
    for (let index = 0; index < (ms * perSec) / 1000; index++) {
      void this.publish(traitsOf(index));
      await this.runFor(1000 / perSec);
    }
  }
}

/** Everything that waits for promises alone has its turn, however long the chain. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
