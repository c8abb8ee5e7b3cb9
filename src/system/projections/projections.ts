/**
 * The consumers beside the clients: `todo_list`, `user_profile` and `analytics`. Each follows the bus by a channel of
 * its own, as a client does, and takes `serviceTimeMs` for an event.
 */
import type { ProjectionSettings } from '../../core/plan.ts';
import type { ProjectionSample } from '../../core/samples.ts';
import type { Boundary, Sized } from '../boundary.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { type Wait, whileWaiting } from '../resources/wait-graph.ts';
import { EventCounts } from './event-counts.ts';
import { type LatestEvents, latestOfEachFlow, latestOfEachKey } from './latest-events.ts';
import { Projection, type ProjectionParts } from './projection.ts';
import type { ProjectionState } from './state.ts';

export interface ProjectionsParts<T extends Sized>
  extends Pick<ProjectionParts<T>, 'eventOf' | 'store' | 'clock' | 'waits' | 'later'> {
  readonly settings: ProjectionSettings;
  /** Entries of the lists at most, the newest ones. */
  readonly stateItems: number;
  readonly bus: Boundary<T>;
  readonly tasks: TaskRegistry;
}

interface Named<T extends Sized> {
  readonly name: string;
  readonly projection: Projection<T>;
  readonly roomWait: Wait;
}

export class Projections<T extends Sized> {
  /** The latest event of each key, in order. */
  readonly todoList: LatestEvents;
  /** The latest event of each flow, in order. */
  readonly userProfile: LatestEvents;
  readonly analytics = new EventCounts();
  readonly #parts: ProjectionsParts<T>;
  readonly #todo: Named<T>;
  readonly #all: readonly Named<T>[];
  #headId: number;

  /** Opens a channel of `bus` for each of them, and begins to take in what the store has already. */
  constructor(parts: ProjectionsParts<T>) {
    this.#parts = parts;
    this.#headId = parts.store?.headId ?? 0;
    this.todoList = latestOfEachKey(parts.stateItems);
    this.userProfile = latestOfEachFlow(parts.stateItems);
    this.#todo = this.#open('todo_list', this.todoList);
    this.#all = [
      this.#todo,
      this.#open('user_profile', this.userProfile),
      this.#open('analytics', this.analytics),
    ];
  }

  /** The id of the last event that {@link todoList} holds; all before it have been in it. */
  get todoListId(): number {
    return this.#todo.projection.doneId;
  }

  /** Offers one event to each. A promise only when somebody has to be waited for. */
  publish(item: T): void | Promise<void> {
    const { eventOf, waits } = this.#parts;
    this.#headId = Math.max(this.#headId, eventOf(item).id);
    let waiting: Promise<unknown>[] | undefined;
    for (const { projection, roomWait } of this.#all) {
      const outcome = projection.offer(item);
      if (!(outcome instanceof Promise)) continue;
      waiting ??= [];
      waiting.push(whileWaiting(waits, roomWait, outcome));
    }
    if (waiting !== undefined) return Promise.all(waiting).then(() => undefined);
  }

  sample(): ProjectionSample[] {
    return this.#all.map(({ name, projection }) => ({ name, ...projection.sample(this.#headId) }));
  }

  /** Ends in order: what the bus holds for them is worked off first, however long that takes. */
  async finish(): Promise<void> {
    await Promise.all(this.#all.map(({ projection }) => projection.finish()));
  }

  /** Ends now: what is queued for them is dropped{shutdown}. */
  abandon(): void {
    for (const { projection } of this.#all) projection.stop();
  }

  #open(name: string, state: ProjectionState): Named<T> {
    const who = `projection ${name}`;
    return {
      name,
      projection: new Projection<T>({
        ...this.#parts,
        name: who,
        state,
        task: this.#parts.tasks.begin('sse.projection'),
      }),
      roomWait: {
        who: 'publisher',
        what: `room in sse.bus of ${who}`,
        // In one ring for all it may be anybody who holds the slot.
        freedBy: this.#parts.bus.isJoined ? [] : [who],
        boundary: 'sse.bus',
      },
    };
  }
}
