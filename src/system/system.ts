/** The system under test, put together from its parts; `main.ts` runs it as a process of its own. */

import type { BoundaryName } from '../core/boundary.ts';
import { type Clock, NS_PER_MS } from '../core/clock.ts';
import { startLoopProbe } from '../core/loop-probe.ts';
import { createRandom } from '../core/random.ts';
import type { ConnectionAccount, SystemSample } from '../core/samples.ts';
import { Boundary } from './boundary.ts';
import type { SystemAddresses, SystemConfig } from './control.ts';
import { Feed } from './feed.ts';
import { decodeFrame, encodeFrame } from './frame-codec.ts';
import { EventSink } from './proxy/event-sink.ts';
import { decodeLifecycleEvent, encodeLifecycleEvent, type LifecycleEvent } from './proxy/lifecycle-event.ts';
import { RequestQueue, type Ticket } from './proxy/request-queue.ts';
import { ReverseProxy } from './proxy/reverse.ts';
import { Publisher } from './publish.ts';
import { ConnectionLimit } from './resources/connection-limit.ts';
import { MemoryBudget } from './resources/memory-budget.ts';
import { TaskRegistry } from './resources/task-registry.ts';
import { SystemServer } from './server.ts';
import { type Frame, isSameFrame } from './socket-pump.ts';
import { isSameSseEvent } from './sse/encode.ts';

export class System {
  readonly #clock: Clock;
  readonly #tasks = new TaskRegistry();
  readonly #budget: MemoryBudget;
  readonly #limit: ConnectionLimit;
  readonly #sse: Boundary<Frame>;
  readonly #ws: Boundary<Frame>;
  readonly #requests: Boundary<Ticket>;
  readonly #queue: RequestQueue;
  readonly #events: Boundary<LifecycleEvent>;
  readonly #sink: EventSink;
  readonly #publisher: Publisher;
  readonly #proxy: ReverseProxy;
  readonly #server: SystemServer;
  readonly #config: SystemConfig;
  readonly #readLoop = startLoopProbe();

  constructor(config: SystemConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    const { strategies, resources, spillFolder: folder } = config;
    this.#limit = new ConnectionLimit(resources.maxConnections);
    const boundary = (name: BoundaryName) => ({
      name,
      strategy: strategies[name],
      clock,
      random: createRandom(config.seed, `strategy/${name}`),
    });
    this.#events = new Boundary({
      ...boundary('proxy.events'),
      disk: { folder, encode: encodeLifecycleEvent, decode: decodeLifecycleEvent },
    });
    this.#sink = new EventSink(this.#events, config.consumer.serviceTimeMs, clock, this.#tasks);
    // The proxy's events have a bound of their own; the feeds share what is left of the limit.
    const feedsBytes =
      resources.maxMemoryBytes === null ? null : resources.maxMemoryBytes - this.#sink.capacityBytes;
    this.#budget = new MemoryBudget(feedsBytes);
    const budget = this.#budget;
    const frames = { folder, encode: encodeFrame, decode: decodeFrame };
    this.#sse = new Boundary({ ...boundary('sse.client'), budget, disk: frames, isSame: isSameSseEvent });
    this.#ws = new Boundary({ ...boundary('ws.outbound'), budget, disk: frames, isSame: isSameFrame });
    this.#requests = new Boundary(boundary('proxy.requests'));
    this.#queue = new RequestQueue(this.#requests, config.upstream.connections);
    this.#proxy = new ReverseProxy({
      originUrl: config.originUrl,
      requests: this.#queue,
      connections: config.upstream.connections,
      events: this.#sink,
      tasks: this.#tasks,
      clock,
    });
    const sse = new Feed(this.#sse, this.#budget);
    const ws = new Feed(this.#ws, this.#budget);
    this.#publisher = new Publisher({ sse, ws }, this.#tasks, this.#budget);
    this.#server = new SystemServer({
      sse,
      ws,
      publisher: this.#publisher,
      proxy: this.#proxy,
      limit: this.#limit,
      tasks: this.#tasks,
      maxTasks: resources.maxTasks,
      sample: () => this.sample(),
    });
  }

  listen(): Promise<SystemAddresses> {
    return this.#server.listen(this.#config.host, this.#config.port, this.#config.unixSocketPath);
  }

  sample(): SystemSample {
    const memory = process.memoryUsage();
    const boundaries = {
      'sse.client': this.#sse.sample(),
      'ws.outbound': this.#ws.sample(),
      'proxy.requests': this.#requests.sample(),
      'proxy.events': this.#events.sample(),
    };
    return {
      tMs: this.#clock.nowNs() / NS_PER_MS,
      boundaries,
      published: this.#publisher.published,
      connections: this.#limit.sample(),
      proxied: { ...this.#proxy.counts },
      lifecycle: this.#sink.integrity,
      tasks: {
        open: this.#tasks.open,
        byKind: this.#tasks.byKind(),
        maxPerConnection: this.#tasks.maxPerOwner,
      },
      memory: {
        rssBytes: memory.rss,
        heapUsedBytes: memory.heapUsed,
        externalBytes: memory.external + memory.arrayBuffers,
        accountedBytes:
          this.#budget.usedBytes + boundaries['proxy.requests'].bytes + boundaries['proxy.events'].bytes,
        socketBytes: this.#sse.inFlightBytes + this.#ws.inFlightBytes,
      },
      loop: this.#readLoop(),
      backpressureEvents:
        this.#sse.pressureEvents +
        this.#ws.pressureEvents +
        this.#requests.pressureEvents +
        this.#events.pressureEvents +
        this.#budget.denials +
        this.#publisher.refused,
    };
  }

  takeAccounts(): ConnectionAccount[] {
    return [...this.#sse.takeAccounts(), ...this.#ws.takeAccounts()];
  }

  /**
   * Delivers what is queued, ends every stream in order and settles every queue; what takes longer than
   * `deadlineMs` is cut off. Resolves with the kinds of tasks that still live.
   */
  async finish(deadlineMs: number): Promise<Record<string, number>> {
    const untilNs = this.#clock.nowNs() + deadlineMs * NS_PER_MS;
    this.#server.refuseNew();
    const timer = setTimeout(() => {
      this.#publisher.abandon();
      this.#budget.refuseWaiting();
      this.#server.abandon();
    }, deadlineMs);
    await this.#publisher.close();
    clearTimeout(timer);
    await this.#server.finish(Math.max(0, (untilNs - this.#clock.nowNs()) / NS_PER_MS));
    this.#queue.close();
    await this.#server.close();
    await this.#proxy.close();
    await nextTurn(); // requests cut off just now tell their end
    await this.#sink.finish();
    await nextTurn(); // and so do those that waited at the sink
    this.#sink.retire();
    this.#queue.retire();
    return this.#tasks.byKind();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
