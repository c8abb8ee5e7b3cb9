/**
 * One intercepted stream: the intake, the pending queue and the writer, and how it ends.
 *
 *   upstream ─▶ intake ─▶ pending queue ─▶ interceptors ─▶ client
 *      ▲ setReading          │
 *      └─────────────────────┘
 *
 * With `pull`, as found, the upstream is read only while nothing is pending, so what is pending came in one
 * chunk, and a slow client stops the upstream. With `push` only an offer that waits stops it.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { InterceptSettings } from '../../core/plan.ts';
import type { Random } from '../../core/random.ts';
import type { Boundary } from '../boundary.ts';
import type { Channel } from '../channel/channel.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import type { Task, TaskRegistry } from '../resources/task-registry.ts';
import { effectsOfStage } from '../strategies/effects.ts';
import { encodeComment } from './event-encoder.ts';
import { MAX_EVENT_BYTES } from './event-framer.ts';
import { EventIntake } from './event-intake.ts';
import type { EventPipe, EventPipeHooks, OpenEventPipe } from './event-pipe.ts';
import { EventWriter } from './event-writer.ts';
import type { InterceptedEvent } from './intercepted-event.ts';
import type { Interceptors } from './interceptors.ts';
import { KeepAlive } from './keep-alive.ts';
import { ReconnectBackOff } from './reconnect-backoff.ts';
import { SeenIds } from './seen-ids.ts';

export interface EventPipeOptions {
  readonly settings: InterceptSettings;
  /** `intercept.pending`, with `budget`. */
  readonly boundary: Boundary<InterceptedEvent>;
  readonly budget: MemoryBudget;
  readonly interceptors: Interceptors;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** Jitters reconnects. */
  readonly random: Random;
}

/** The tasks of the noted system: three for a stream of its own, one for the answer to a request. */
const SERVER_INITIATED_TASKS = ['intercept.reader', 'intercept.keep-alive', 'intercept.writer'];
const ANSWER_TASKS = ['intercept.writer'];

const KEEP_ALIVE = encodeComment('keep-alive');

/** How long an event of a stream that may have gaps waits for memory; any other waits, and its upstream with it. */
const MEMORY_WAIT_MS = 100;

type Ending =
  | { readonly kind: 'end' }
  | { readonly kind: 'fail'; readonly code: string; readonly message: string };

export class StreamPipe implements EventPipe {
  readonly #options: EventPipeOptions;
  readonly #hooks: EventPipeHooks;
  readonly #reconnects: boolean;
  readonly #channel: Channel<InterceptedEvent>;
  readonly #intake: EventIntake;
  readonly #writer: EventWriter;
  readonly #backOff: ReconnectBackOff;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #tasks: Task[];
  #reconnectTimer: Timer | undefined;
  #isReading = true;
  /** The connection to the upstream is over, which was not acted upon yet. */
  #upstreamEnd: { readonly error: Error | undefined } | undefined;
  /** Nothing comes any more: it ends so once everything pending has gone out. */
  #ending: Ending | undefined;
  #isOver = false;

  constructor(stream: Parameters<OpenEventPipe>[0], hooks: EventPipeHooks, options: EventPipeOptions) {
    const { settings, boundary, budget, interceptors, clock, tasks, random } = options;
    const { path, isServerInitiated, lastEventId } = stream;
    this.#options = options;
    this.#hooks = hooks;
    this.#reconnects = isServerInitiated && hooks.reconnect !== undefined;
    this.#backOff = new ReconnectBackOff(settings.reconnect, random);
    this.#channel = boundary.open({
      onReady: () => this.#writer.drain(),
      onDisconnect: (reason) => this.#onDisconnect(reason),
      onEnd: (_, end, reason) => this.#onEventEnd(end, reason),
    });
    this.#writer = new EventWriter({
      channel: this.#channel,
      interceptors,
      method: isServerInitiated ? 'GET' : 'POST',
      path,
      write: hooks.write,
      onSent: () => this.#keepAlive?.touch(),
      onSettled: () => this.#settle(),
      onFail: (thrown) => this.#fail('intercept.unfit', messageOf(thrown)),
    });
    this.#intake = new EventIntake({
      channel: this.#channel,
      budget,
      memoryWaitMs: settings.stream === 'push' && this.#mayLeaveGaps ? MEMORY_WAIT_MS : null,
      onNoMemory: () => this.#fail('admission.memory', 'there is no memory for the next event'),
      seen: new SeenIds(isServerInitiated ? settings.dedupeIds : 0),
      lastEventId,
      takeAside: () => this.#writer.takeAside(),
      onAside: (bytes) => this.#writer.addAside(bytes),
      onQueued: () => this.#backOff.succeed(),
      onRetry: (retryMs) => this.#backOff.setFirst(retryMs),
      onRoom: () => this.#flow(),
    });
    if (isServerInitiated)
      this.#keepAlive = new KeepAlive(clock, settings.keepAliveMs, () => this.#onQuiet());
    this.#tasks = (isServerInitiated ? SERVER_INITIATED_TASKS : ANSWER_TASKS).map((kind) =>
      tasks.begin(kind),
    );
  }

  chunk(bytes: Uint8Array): void {
    if (this.#isOver || this.#ending !== undefined) return;
    this.#intake.push(bytes);
    this.#flow();
  }

  upstreamEnded(error?: Error): void {
    if (this.#isOver || this.#ending !== undefined) return;
    this.#upstreamEnd = { error };
    this.#flow();
  }

  clientDrained(): void {
    if (!this.#isOver) this.#writer.clientDrained();
  }

  stop(reason: string): void {
    this.#close(reason, false);
  }

  /** Events of a whole chunk go into the queue before the first one leaves it, as found. */
  #flow(): void {
    this.#intake.pump();
    if (this.#isOver) return;
    if (this.#intake.isTooLarge || this.#writer.asideBytes > MAX_EVENT_BYTES) {
      this.#fail('intercept.too-large', `the upstream sent an event of more than ${MAX_EVENT_BYTES} bytes`);
      return;
    }
    this.#writer.drain();
  }

  /** After each step of the writer: reads on or not, and ends what has come to its end. */
  #settle(): void {
    if (this.#upstreamEnd !== undefined && !this.#intake.isWaiting)
      this.#actOnUpstreamEnd(this.#upstreamEnd.error);
    if (this.#isOver) return;
    if (this.#ending !== undefined) this.#endWhenEmpty(this.#ending);
    else this.#setReading(this.#wantsMore);
  }

  get #wantsMore(): boolean {
    if (this.#intake.isWaiting) return false;
    if (this.#options.settings.stream === 'push') return true;
    return this.#writer.isReady && this.#channel.depthItems === 0;
  }

  #setReading(isReading: boolean): void {
    if (isReading === this.#isReading) return;
    this.#isReading = isReading;
    this.#hooks.setReading(isReading);
  }

  #actOnUpstreamEnd(error: Error | undefined): void {
    this.#upstreamEnd = undefined;
    this.#intake.reset();
    if (!this.#reconnects || error === undefined) {
      this.#endWith(
        error === undefined ? { kind: 'end' } : { kind: 'fail', code: 'upstream', message: messageOf(error) },
      );
      return;
    }
    const waitMs = this.#backOff.next();
    if (waitMs === undefined) {
      const { attempts } = this.#options.settings.reconnect;
      const why = messageOf(error);
      this.#endWith({ kind: 'fail', code: 'upstream', message: `${attempts} reconnects in vain: ${why}` });
      return;
    }
    const { clock } = this.#options;
    this.#reconnectTimer = clock.setTimer(clock.nowNs() + Math.round(waitMs * NS_PER_MS), () => {
      this.#reconnectTimer = undefined;
      this.#hooks.reconnect?.(this.#intake.lastEventId);
      // The new connection is read at first.
      if (!this.#isOver && !this.#isReading) this.#hooks.setReading(false);
    });
  }

  #endWith(ending: Ending): void {
    this.#ending ??= ending;
    this.#channel.close(); // lets go what shapers hold
    this.#writer.drain();
  }

  #endWhenEmpty(ending: Ending): void {
    const { depthItems, heldItems, spilledItems, waiters } = this.#channel;
    if (
      !this.#writer.isReady ||
      this.#writer.asideBytes + depthItems + heldItems + spilledItems + waiters > 0
    )
      return;
    this.#close(ending.kind === 'end' ? 'shutdown' : ending.code, ending.kind === 'end');
    if (ending.kind === 'end') this.#hooks.onEnd();
    else this.#hooks.onFail(ending.code, ending.message);
  }

  /** The strategy gives the stream up; one that drains before has left what it keeps in a closed queue. */
  #onDisconnect(reason: string): void {
    if (this.#isOver) return;
    const message = `intercept.pending gave the stream up: ${reason}`;
    if (!this.#channel.closed || this.#channel.depthItems === 0) this.#fail(reason, message);
    else this.#ending ??= { kind: 'fail', code: reason, message };
  }

  /** A strategy that promises a stream without a gap cannot keep it for an event above its bound of bytes. */
  #onEventEnd(end: string, reason: string): void {
    if (end !== 'dropped' || reason !== 'too_large' || this.#mayLeaveGaps) return;
    this.#fail(reason, 'an event is larger than intercept.pending may hold (bytes=)');
  }

  /** Whether the strategy may drop an event and go on. */
  get #mayLeaveGaps(): boolean {
    const { blocks, strategy } = this.#options.boundary;
    return !(
      blocks ||
      strategy.stages.some((stage) => stage.stage === 'overflow' && effectsOfStage(stage).disconnects)
    );
  }

  #onQuiet(): void {
    if (!this.#isOver) this.#writer.say(KEEP_ALIVE);
  }

  #fail(code: string, message: string): void {
    if (this.#isOver) return;
    this.#close(code, false);
    this.#hooks.onFail(code, message);
  }

  #close(reason: string, isClean: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reconnectTimer?.cancel();
    this.#keepAlive?.stop();
    this.#intake.stop();
    this.#writer.stop(reason);
    this.#channel.discardQueued(reason);
    this.#channel.close();
    this.#options.boundary.retire(this.#channel, null, isClean);
    for (const task of this.#tasks) task.end();
  }
}
