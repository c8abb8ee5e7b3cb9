/** Where requests report their lifecycle: one shared queue and its one serial consumer. */
import type { Clock } from '../../core/clock.ts';
import type { LifecycleIntegrity } from '../../core/samples.ts';
import type { Boundary } from '../boundary.ts';
import type { Channel, OfferOutcome } from '../channel/channel.ts';
import type { Task, TaskRegistry } from '../resources/task-registry.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import { LifecycleTracker } from './lifecycle-integrity.ts';
import { PacedConsumer } from './paced-consumer.ts';

export class EventSink {
  readonly #boundary: Boundary<LifecycleEvent>;
  readonly #channel: Channel<LifecycleEvent>;
  readonly #consumer: PacedConsumer<LifecycleEvent>;
  readonly #task: Task;
  readonly #lifecycle = new LifecycleTracker();

  constructor(boundary: Boundary<LifecycleEvent>, serviceTimeMs: number, clock: Clock, tasks: TaskRegistry) {
    this.#boundary = boundary;
    this.#channel = boundary.open({
      onEnd: (event, end, reason) => this.#lifecycle.note(event, end, reason),
    });
    this.#task = tasks.begin('proxy.consumer');
    this.#consumer = new PacedConsumer(this.#channel, serviceTimeMs, clock);
  }

  /** The most bytes its queue may hold; 0 when it has no bound. */
  get capacityBytes(): number {
    return Number.isFinite(this.#channel.capacityItems) ? this.#channel.capacityBytes : 0;
  }

  /** A promise only when the request has to wait for the consumer: the coupling the noted system has. */
  emit(event: LifecycleEvent): OfferOutcome | Promise<OfferOutcome> {
    return this.#channel.offer(event);
  }

  /** Whether the observer will never see this request start: then its end has to tell the whole story. */
  isStartLost(requestId: number): boolean {
    return this.#lifecycle.isStartLost(requestId);
  }

  get integrity(): LifecycleIntegrity {
    return this.#lifecycle.sample();
  }

  /** Lets nothing wait any longer: what is queued is dropped{shutdown}, and the event in service failed. */
  async finish(): Promise<void> {
    this.#channel.discardQueued('shutdown');
    this.#channel.close();
    this.#consumer.stop();
    await this.#consumer.done;
    this.#task.end();
  }

  /** Books the queue, once nobody reports any more. */
  retire(): void {
    this.#boundary.retire(this.#channel, null, true);
  }
}
