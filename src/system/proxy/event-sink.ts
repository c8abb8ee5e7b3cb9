/** Where the proxies, and the program beside them, report to: one shared queue and its one serial consumer. */
import type { Clock } from '../../core/clock.ts';
import type { ConsumerSettings, LifecycleSettings } from '../../core/plan.ts';
import type { LifecycleIntegrity } from '../../core/samples.ts';
import type { Boundary } from '../boundary.ts';
import type { Channel, OfferOutcome } from '../channel/channel.ts';
import type { ItemEnd } from '../channel/end-notices.ts';
import type { Task, TaskRegistry } from '../resources/task-registry.ts';
import type { DurationSample } from './duration-totals.ts';
import {
  createSystemEvent,
  type LifecycleEvent,
  type LifecycleType,
  mergeEvents,
  type SystemEventDetails,
  type SystemEventType,
} from './lifecycle-event.ts';
import { LifecycleTracker } from './lifecycle-integrity.ts';
import { PacedConsumer } from './paced-consumer.ts';
import { RequestDesk } from './request-desk.ts';
import { type Told, ToldStory } from './request-story.ts';
import type { RequestFacts, RequestStory, Storyteller } from './story.ts';
import { type ScreenSample, TextInterface } from './text-interface.ts';
import { createBusyWait, TickChains } from './tick-chains.ts';

export interface EventSinkOptions {
  /** `proxy.events`. */
  readonly events: Boundary<LifecycleEvent>;
  /** `proxy.output`, where the program's lines have a queue of their own. */
  readonly output?: Boundary<LifecycleEvent>;
  readonly lifecycle: LifecycleSettings;
  readonly consumer: ConsumerSettings;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** How a redraw takes its time. Default: it keeps the processor busy, and everybody waiting. */
  readonly spend?: (ms: number) => void;
  /** How the consumer lets others have their turn. Default `setImmediate`. */
  readonly later?: (goOn: () => void) => void;
}

/** Counts by type; what became of events that are not listed is that they wait, or were received. */
export interface EventSinkSample {
  readonly told: Partial<Record<LifecycleType, number>>;
  readonly dropped: Partial<Record<LifecycleType, number>>;
  readonly coalesced: Partial<Record<LifecycleType, number>>;
  /** Requests given up whole, ends that are owed, and ends that went without previews for want of room. */
  readonly givenUp: number;
  readonly owedEnds: number;
  readonly previewsCut: number;
  /** Three views of the same requests: what is behind the proxy, what the observer is shown, what the client waited. */
  readonly durations: {
    readonly upstreamMs: DurationSample;
    readonly displayedMs: DurationSample;
    readonly clientMs: DurationSample;
  };
  readonly screen: ScreenSample;
}

/** The reason of the ledger for events that would take the room of an end that is owed. */
const NO_ROOM = 'request';

export class EventSink implements Storyteller {
  readonly #options: EventSinkOptions;
  readonly #events: Channel<LifecycleEvent>;
  readonly #output: Channel<LifecycleEvent> | undefined;
  readonly #consumer: PacedConsumer<LifecycleEvent>;
  readonly #screen: TextInterface;
  readonly #desk: RequestDesk;
  readonly #task: Task;
  readonly #lifecycle = new LifecycleTracker();
  readonly #told: Partial<Record<LifecycleType, number>> = {};
  readonly #dropped: Partial<Record<LifecycleType, number>> = {};
  readonly #coalesced: Partial<Record<LifecycleType, number>> = {};
  #requests = 0;
  /** Counts down: keys of events that nothing else may stand for. */
  #ownKey = 0;

  constructor(options: EventSinkOptions) {
    const { events, output, consumer, clock, tasks, spend = createBusyWait(clock), later } = options;
    this.#options = options;
    const hooks = {
      onEnd: (event: LifecycleEvent, end: ItemEnd, reason: string) => this.#note(event, end, reason),
      onReady: () => this.#consumer.kick(),
      merge: mergeEvents,
    };
    this.#events = events.open(hooks);
    this.#output = output?.open(hooks);
    this.#screen = new TextInterface(new TickChains(consumer, clock, spend));
    this.#task = tasks.begin('proxy.consumer');
    this.#consumer = new PacedConsumer({
      queues: this.#output === undefined ? [this.#events] : [this.#events, this.#output],
      screen: this.#screen,
      settings: consumer,
      clock,
      ...(later === undefined ? {} : { later }),
    });
    this.#desk = new RequestDesk({
      channel: this.#events,
      offer: (event) => this.#offer(this.#events, event),
      tracker: this.#lifecycle,
      settings: options.lifecycle,
      requests: options.lifecycle.requests,
      blocks: events.blocks,
      clock,
    });
  }

  /** The most bytes its queues may hold; 0 when one has no bound. */
  get capacityBytes(): number {
    const queues = this.#output === undefined ? [this.#events] : [this.#events, this.#output];
    const bounds = queues.map((queue) => (Number.isFinite(queue.capacityItems) ? queue.capacityBytes : 0));
    return bounds.includes(0) ? 0 : bounds.reduce((sum, bytes) => sum + bytes, 0);
  }

  get integrity(): LifecycleIntegrity {
    return this.#lifecycle.sample();
  }

  begin(facts: RequestFacts): RequestStory {
    return new ToldStory(++this.#requests, facts, this.#desk);
  }

  warn(text: string): undefined | Promise<void> {
    return this.tell('warn', { text });
  }

  /** An event of no request. A promise when whoever tells it has to wait. */
  tell(type: SystemEventType, details?: SystemEventDetails): undefined | Promise<void> {
    const told = this.#tellEvent(this.#createEvent(type, details));
    return typeof told === 'string' ? undefined : told.then(forget);
  }

  /** The same for those who must not wait: where there is no room the event is dropped{cancelled}. Whether it got in. */
  tellNow(type: SystemEventType, details?: SystemEventDetails): boolean {
    const cancelling = new AbortController();
    const told = this.#tellEvent(this.#createEvent(type, details), cancelling.signal);
    if (typeof told === 'string') return told === 'queued';
    cancelling.abort();
    return false;
  }

  sample(): EventSinkSample {
    const { durations, givenUp, owedEnds, previewsCut } = this.#desk;
    return {
      told: { ...this.#told },
      dropped: { ...this.#dropped },
      coalesced: { ...this.#coalesced },
      givenUp,
      owedEnds,
      previewsCut,
      durations: {
        upstreamMs: durations.upstreamMs.sample(),
        displayedMs: durations.displayedMs.sample(),
        clientMs: durations.clientMs.sample(),
      },
      screen: this.#screen.sample(),
    };
  }

  /** Lets nothing wait any longer: what is queued is dropped{shutdown}, and the event in service failed. */
  async finish(): Promise<void> {
    for (const queue of [this.#events, this.#output]) {
      queue?.discardQueued('shutdown');
      queue?.close();
    }
    this.#consumer.stop();
    this.#task.end();
  }

  /** Books the queues, once nobody reports any more. */
  retire(): void {
    const { events, output } = this.#options;
    events.retire(this.#events, null, true);
    if (this.#output !== undefined) output?.retire(this.#output, null, true);
  }

  #createEvent(type: SystemEventType, details: SystemEventDetails | undefined): LifecycleEvent {
    return createSystemEvent(type, this.#options.clock.nowNs(), --this.#ownKey, details);
  }

  #tellEvent(event: LifecycleEvent, signal?: AbortSignal): Told {
    const isOutput = event.type === 'process-stdout' || event.type === 'process-stderr';
    if (isOutput && this.#output !== undefined) return this.#offer(this.#output, event, signal);
    if (this.#desk.hasRoomFor(event) || this.#events.closed) return this.#offer(this.#events, event, signal);
    count(this.#told, event.type);
    count(this.#dropped, event.type);
    this.#events.refuse(NO_ROOM);
    return 'dropped';
  }

  #offer(channel: Channel<LifecycleEvent>, event: LifecycleEvent, signal?: AbortSignal): Told {
    count(this.#told, event.type);
    const outcome: OfferOutcome | Promise<OfferOutcome> = channel.offer(event, signal);
    this.#consumer.kick();
    return outcome;
  }

  #note(event: LifecycleEvent, end: ItemEnd, reason: string): void {
    if (end === 'dropped') count(this.#dropped, event.type);
    else if (end === 'coalesced') count(this.#coalesced, event.type);
    this.#lifecycle.note(event, end, reason);
  }
}

function count(counts: Partial<Record<LifecycleType, number>>, type: LifecycleType): void {
  counts[type] = (counts[type] ?? 0) + 1;
}

function forget(): void {}
