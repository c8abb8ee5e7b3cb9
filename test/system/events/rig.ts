/** A sink of events in virtual time, with requests and warnings that come at a rate. */
import { createVirtualClock, NS_PER_MS, type VirtualClock } from '../../../src/core/clock.ts';
import type { ConsumerSettings, LifecycleSettings } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import { EventSink } from '../../../src/system/proxy/event-sink.ts';
import type { LifecycleEvent } from '../../../src/system/proxy/lifecycle-event.ts';
import type { RequestFacts } from '../../../src/system/proxy/story.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';

export interface RigOptions {
  readonly strategy?: string;
  /** The strategy of `proxy.output`, where output has a queue of its own. */
  readonly output?: string;
  readonly consumer?: Partial<ConsumerSettings>;
  readonly lifecycle?: Partial<LifecycleSettings>;
  readonly requests?: LifecycleSettings['requests'];
}

export const FACTS: RequestFacts = {
  kind: 'request',
  method: 'GET',
  url: 'http://example.test/',
  rawHeaders: ['Host', 'example.test'],
};

export class Rig {
  readonly clock: VirtualClock = createVirtualClock();
  readonly tasks = new TaskRegistry();
  readonly events: Boundary<LifecycleEvent>;
  readonly output: Boundary<LifecycleEvent> | undefined;
  readonly sink: EventSink;
  /** Of every request that has ended, in order: how long its client waited. */
  readonly latenciesMs: number[] = [];
  /** Of every send that had to wait and is over. */
  readonly waitsMs: number[] = [];
  /** When the first send had to wait. */
  firstWaitMs: number | undefined;

  constructor(options: RigOptions = {}) {
    const { clock, tasks } = this;
    const random = createRandom(1, 'rig');
    this.events = new Boundary({
      name: 'proxy.events',
      strategy: parseStrategy(options.strategy ?? 'block', 'proxy.events'),
      clock,
      random,
    });
    this.output =
      options.output === undefined
        ? undefined
        : new Boundary({
            name: 'proxy.output',
            strategy: parseStrategy(options.output, 'proxy.output'),
            clock,
            random,
          });
    this.sink = new EventSink({
      events: this.events,
      ...(this.output === undefined ? {} : { output: this.output }),
      lifecycle: {
        previewBytes: 0,
        finishBlocksResponse: true,
        dropBy: 'event',
        output: this.output === undefined ? 'shared' : 'own',
        requests: options.requests ?? 'each',
        stopPath: 'bounded',
        ...options.lifecycle,
      },
      consumer: {
        serviceTimeMs: 5,
        freezeMs: 0,
        freezeEveryMs: 0,
        ticks: 'one',
        tickCostMs: 0,
        ...options.consumer,
      },
      clock,
      tasks,
      spend: (ms) => clock.advanceNs(ms * NS_PER_MS),
      later: (goOn) => void clock.setTimer(clock.nowNs(), goOn),
    });
  }

  get nowMs(): number {
    return this.clock.nowNs() / NS_PER_MS;
  }

  /** Lets time pass, and everything that waits for promises have its turn after each timer. */
  async runTo(atMs: number): Promise<void> {
    const atNs = atMs * NS_PER_MS;
    await settle();
    while (this.clock.nextTimerNs <= atNs) {
      this.clock.advanceTo(this.clock.nextTimerNs);
      await settle();
    }
    this.clock.advanceTo(atNs);
  }

  /** By the injected clock: no time of this machine passes. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimer(this.clock.nowNs() + ms * NS_PER_MS, resolve));
  }

  /** One request as a proxy tells it, with an upstream that takes `upstreamMs`. */
  async request(upstreamMs = 5, facts = FACTS): Promise<void> {
    const startedMs = this.nowMs;
    const story = this.sink.begin(facts);
    await this.send(story.start());
    await this.sleep(upstreamMs);
    await this.send(story.finish(200));
    this.latenciesMs.push(this.nowMs - startedMs);
  }

  /** Waits for a send, and keeps how long. */
  async send(sent: undefined | Promise<void>): Promise<void> {
    if (sent === undefined) return;
    const sinceMs = this.nowMs;
    this.firstWaitMs ??= sinceMs;
    await sent;
    this.waitsMs.push(this.nowMs - sinceMs);
  }

  /** Calls `act` so often per second from `fromMs` to `toMs`, whatever becomes of it. */
  atRate(perSec: number, fromMs: number, toMs: number, act: (index: number) => unknown): void {
    const everyNs = 1e9 / perSec;
    const arrive = (index: number): void => {
      const atNs = fromMs * NS_PER_MS + index * everyNs;
      if (atNs >= toMs * NS_PER_MS) return;
      this.clock.setTimer(atNs, () => {
        void act(index);
        arrive(index + 1);
      });
    };
    arrive(0);
  }

  /** `users` who send their next request once the last has ended, until `toMs`. */
  closedLoop(users: number, toMs: number): void {
    for (let user = 0; user < users; user++) {
      void (async () => {
        while (this.nowMs < toMs) await this.request();
      })();
    }
  }

  get droppedByClass(): Record<number, number> {
    const { classes } = this.events.sample();
    return Object.fromEntries(Object.entries(classes).map(([index, counts]) => [index, counts.dropped]));
  }

  async finish(): Promise<void> {
    await this.sink.finish();
    await settle();
    this.sink.retire();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await null;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
