/** One consumer beside the clients: follows the bus at its own pace and keeps a state of what it has seen. */
import type { ProjectionSettings } from '../../core/plan.ts';
import type { ProjectionSample } from '../../core/samples.ts';
import type { Sized } from '../boundary.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import type { FeedEvent } from '../event.ts';
import { PacedConsumer } from '../proxy/paced-consumer.ts';
import type { Task } from '../resources/task-registry.ts';
import { BusFollower, type BusFollowerParts } from './bus-follower.ts';
import type { ProjectionState } from './state.ts';

export interface ProjectionParts<T extends Sized>
  extends Omit<BusFollowerParts<T>, 'onLag' | 'onRestored' | 'onReady'> {
  readonly settings: ProjectionSettings;
  readonly state: ProjectionState;
  readonly task: Task;
  /** Lets everybody else have their turn, then goes on. Default `setImmediate`. */
  readonly later?: (goOn: () => void) => void;
}

export class Projection<T extends Sized> {
  readonly #follower: BusFollower<T>;
  readonly #consumer: PacedConsumer<FeedEvent>;
  readonly #task: Task;

  constructor(parts: ProjectionParts<T>) {
    const { settings, state, task, clock, later } = parts;
    this.#task = task;
    this.#follower = new BusFollower({
      ...parts,
      onLag: settings.onLag,
      onRestored: (event) => state.take(event),
      onReady: () => this.#consumer.kick(),
    });
    this.#consumer = new PacedConsumer<FeedEvent>({
      queues: [this.#follower],
      screen: {
        receive: (event) => state.take(event),
        nextTickNs: Number.POSITIVE_INFINITY,
        tick: () => 0,
      },
      settings: { serviceTimeMs: settings.serviceTimeMs, freezeMs: 0, freezeEveryMs: 0 },
      clock,
      ...(later === undefined ? {} : { later }),
    });
    this.#consumer.kick(); // events of before the start
  }

  /** The id of the last event in its state; those before it are in it too. */
  get doneId(): number {
    return this.#follower.doneId;
  }

  offer(item: T): OfferOutcome | Promise<OfferOutcome> {
    const outcome = this.#follower.offer(item);
    this.#consumer.kick();
    return outcome;
  }

  /** Works off what the bus holds for it, and ends. */
  async finish(): Promise<void> {
    const ended = this.#follower.finish();
    this.#consumer.kick();
    await ended;
    this.stop();
  }

  /** Ends now; a second call does nothing. */
  stop(): void {
    this.#follower.stop();
    this.#consumer.stop();
    this.#task.end();
  }

  /** `headId`: the newest event that was published. */
  sample(headId: number): Omit<ProjectionSample, 'name'> {
    const { doneId, processed, missed, recovered } = this.#follower;
    return { lag: Math.max(0, headId - doneId), processed, missed, recovered };
  }
}
