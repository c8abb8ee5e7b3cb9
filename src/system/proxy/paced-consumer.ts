/**
 * The one serial consumer of the proxy's events (the noted system's text interface): takes one event,
 * spends its service time on it, takes the next. Service ends are planned on an absolute schedule and
 * late timers are made up for, so the mean service time is exact though a timer is never earlier than 1 ms.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { Channel } from '../channel/channel.ts';

export class PacedConsumer<T> {
  readonly #channel: Channel<T>;
  readonly #serviceNs: number;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly done: Promise<void>;

  constructor(channel: Channel<T>, serviceTimeMs: number, clock: Clock) {
    this.#channel = channel;
    this.#serviceNs = serviceTimeMs * NS_PER_MS;
    this.#clock = clock;
    this.done = this.#run();
  }

  /** Ends the service in hand, as failed{shutdown}. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let freeAtNs = this.#clock.nowNs();
    let sinceYield = 0;
    for (;;) {
      let item = this.#channel.tryTake();
      if (item === undefined) {
        item = await this.#channel.take();
        if (item === undefined) return;
        freeAtNs = Math.max(freeAtNs, this.#clock.nowNs()); // it was idle: service begins now
      }
      freeAtNs += this.#serviceNs;
      const waitMs = (freeAtNs - this.#clock.nowNs()) / NS_PER_MS;
      if (waitMs > 0) {
        await wait(waitMs, undefined, { signal }).catch(() => {});
        sinceYield = 0;
      } else if (++sinceYield >= 64) {
        await new Promise((resolve) => setImmediate(resolve));
        sinceYield = 0;
      }
      if (signal.aborted) {
        this.#channel.failed(item, 'shutdown');
        continue;
      }
      this.#channel.delivered(item);
    }
  }
}
