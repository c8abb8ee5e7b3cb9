/**
 * The one serial consumer of the proxies' events: takes one event, spends its service time on it, hands it to
 * its screen, and only then asks for the next. Redraws without an event are its work too: whoever has waited
 * longer, event or redraw, goes first.
 *
 * Services are planned on an absolute schedule and late timers are made up for, so the mean service time is
 * exact though a timer is never earlier than 1 ms. Where it takes from several queues, they take turns.
 */
import { type Clock, NS_PER_MS, type Timer } from '../../core/clock.ts';
import type { ConsumerSettings } from '../../core/plan.ts';
import type { Channel } from '../channel/channel.ts';
import { FreezeSchedule } from './freeze-schedule.ts';

/** What the consumer does with an event. */
export interface Screen<T> {
  receive(item: T): void;
  /** When something is to be done without an event; Infinity for never. */
  readonly nextTickNs: number;
  /** Does it; answers the time that it took, in nanoseconds. */
  tick(): number;
}

/** Where it takes from: a channel, or whatever stands before one. */
export type PacedSource<T> = Pick<Channel<T>, 'tryTake' | 'delivered' | 'failed'>;

export interface PacedConsumerOptions<T> {
  readonly queues: readonly PacedSource<T>[];
  readonly screen: Screen<T>;
  readonly settings: Pick<ConsumerSettings, 'serviceTimeMs' | 'freezeMs' | 'freezeEveryMs'>;
  readonly clock: Clock;
  /** Lets everybody else have their turn, then goes on. Default `setImmediate`. */
  readonly later?: (goOn: () => void) => void;
}

/** Events or redraws after which everybody else has a turn. */
const MAX_RUN = 64;

export class PacedConsumer<T> {
  readonly #queues: readonly PacedSource<T>[];
  readonly #screen: Screen<T>;
  readonly #serviceNs: number;
  readonly #freezes: FreezeSchedule;
  readonly #clock: Clock;
  readonly #later: (goOn: () => void) => void;
  #item: T | undefined;
  /** Where `#item` comes from. */
  #turn = 0;
  /** By plan: when the work in hand ends, or the last one ended. */
  #freeAtNs: number;
  /** When it asked for the event that it takes next. */
  #askedNs = 0;
  #isIdle = true;
  #isRunning = false;
  #isYielding = false;
  #isStopped = false;
  #timer: Timer | undefined;
  #timerNs = 0;

  constructor(options: PacedConsumerOptions<T>) {
    const { serviceTimeMs, freezeMs, freezeEveryMs } = options.settings;
    this.#queues = options.queues;
    this.#screen = options.screen;
    this.#clock = options.clock;
    this.#serviceNs = serviceTimeMs * NS_PER_MS;
    this.#freeAtNs = this.#clock.nowNs();
    this.#freezes = new FreezeSchedule(this.#freeAtNs, freezeMs * NS_PER_MS, freezeEveryMs * NS_PER_MS);
    this.#later = options.later ?? ((goOn) => void setImmediate(goOn));
  }

  /** To be called when something may have come to be taken. */
  kick(): void {
    if (!this.#isIdle || this.#isRunning || this.#isYielding || this.#isStopped) return;
    this.#freeAtNs = Math.max(this.#freeAtNs, this.#clock.nowNs()); // it was idle: service begins now
    this.#askedNs = this.#freeAtNs;
    this.#run();
  }

  /** Takes nothing any more; the service in hand ends as failed{shutdown}. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timer?.cancel();
    if (this.#item !== undefined) this.#queues[this.#turn]?.failed(this.#item, 'shutdown');
    this.#item = undefined;
  }

  readonly #goOn = (): void => {
    this.#isYielding = false;
    if (!this.#isStopped) this.#run();
  };

  readonly #onTime = (): void => {
    this.#timer = undefined;
    if (!this.#isRunning && !this.#isYielding && !this.#isStopped) this.#run();
  };

  #run(): void {
    this.#isRunning = true;
    try {
      for (let steps = 0; !this.#isStopped; steps++) {
        if (steps === MAX_RUN) {
          this.#yield();
          return;
        }
        const waitsUntilNs = this.#step();
        if (waitsUntilNs === undefined) continue;
        if (this.#isYielding) return;
        this.#wakeAt(waitsUntilNs);
        return;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #wakeAt(atNs: number): void {
    if (this.#timer !== undefined && this.#timerNs === atNs) return; // mostly a redraw that is to come
    this.#timer?.cancel();
    this.#timerNs = atNs;
    this.#timer = atNs === Number.POSITIVE_INFINITY ? undefined : this.#clock.setTimer(atNs, this.#onTime);
  }

  /** Does what is to be done next; answers until when there is nothing, or `undefined` for a step done. */
  #step(): number | undefined {
    const nowNs = this.#clock.nowNs();
    if (this.#item !== undefined) {
      if (nowNs < this.#freeAtNs) return this.#freeAtNs;
      this.#endService(this.#item);
      return undefined;
    }
    const goesOnNs = this.#freezes.goesOnNs(nowNs);
    const tickNs = this.#screen.nextTickNs;
    const isTickDue = tickNs <= nowNs && goesOnNs === nowNs;
    // What was due when it asked for an event goes first; what has come due since waits for that event.
    if (isTickDue && tickNs <= this.#askedNs) return this.#tick();
    if (this.#beginService()) return undefined;
    if (isTickDue) {
      this.#freeAtNs = Math.max(this.#freeAtNs, tickNs);
      return this.#tick();
    }
    this.#isIdle = true;
    return tickNs <= nowNs ? goesOnNs : tickNs;
  }

  #beginService(): boolean {
    for (let i = 1; i <= this.#queues.length; i++) {
      const turn = (this.#turn + i) % this.#queues.length;
      const item = this.#queues[turn]?.tryTake();
      if (item === undefined) continue;
      this.#item = item;
      this.#turn = turn;
      this.#isIdle = false;
      this.#freeAtNs = this.#freezes.endOfWorkNs(this.#freeAtNs, this.#serviceNs);
      return true;
    }
    return false;
  }

  #endService(item: T): void {
    this.#item = undefined;
    this.#askedNs = this.#freeAtNs;
    this.#screen.receive(item);
    this.#queues[this.#turn]?.delivered(item);
  }

  #tick(): number | undefined {
    this.#isIdle = false;
    const tookNs = this.#screen.tick();
    this.#freeAtNs += tookNs;
    if (tookNs === 0) return undefined;
    this.#yield(); // it has held up everybody
    return Number.POSITIVE_INFINITY;
  }

  #yield(): void {
    this.#isIdle = false;
    this.#isYielding = true;
    this.#later(this.#goOn);
  }
}
