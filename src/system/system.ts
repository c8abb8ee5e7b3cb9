/** The system under test, put together from its parts; `main.ts` runs it as a process of its own. */

import type { BoundaryName } from '../core/boundary.ts';
import { type Clock, NS_PER_MS } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import { startLoopProbe } from '../core/loop-probe.ts';
import { createRandom } from '../core/random.ts';
import type { ConnectionAccount, SystemSample } from '../core/samples.ts';
import { Boundary } from './boundary.ts';
import type { SystemAddresses, SystemConfig } from './control.ts';
import { decodeFrame, encodeFrame } from './frame-codec.ts';
import type { InterceptedEvent } from './intercept/intercepted-event.ts';
import { Program, type ProgramOutcome } from './program/program.ts';
import { EventSink } from './proxy/event-sink.ts';
import {
  decodeLifecycleEvent,
  encodeLifecycleEvent,
  isSameEvent,
  type LifecycleEvent,
} from './proxy/lifecycle-event.ts';
import { Proxies, type ProxyParts } from './proxy/proxies.ts';
import { RequestQueue, type Ticket } from './proxy/request-queue.ts';
import { Publisher } from './publish.ts';
import { PublishLimits } from './publish-limits.ts';
import { ConnectionLimit } from './resources/connection-limit.ts';
import { MemoryBudget } from './resources/memory-budget.ts';
import { SilentPeers } from './resources/silent-peers.ts';
import { TaskRegistry } from './resources/task-registry.ts';
import { WaitGraph } from './resources/wait-graph.ts';
import { SystemServer } from './server.ts';
import { type Frame, isSameFrame } from './socket-pump.ts';
import { isSameSseEvent } from './sse/encode.ts';
import type { BusEvent } from './sse/frames.ts';
import { SseFeed } from './sse/sse-feed.ts';
import { openEventStore } from './store/open-store.ts';
import type { EventStore } from './store/store.ts';
import type { Command } from './ws/mailbox.ts';
import { decodeOutboundFrame, encodeOutboundFrame, type OutboundFrame } from './ws/outbound-frame.ts';
import { WsRelay } from './ws/ws-relay.ts';

export class System {
  readonly #clock: Clock;
  readonly #tasks = new TaskRegistry();
  readonly #budget: MemoryBudget;
  readonly #limit: ConnectionLimit;
  readonly #waits: WaitGraph;
  readonly #store: EventStore | null;
  readonly #bus: Boundary<BusEvent>;
  readonly #clients: Boundary<Frame>;
  readonly #outbound: Boundary<OutboundFrame>;
  readonly #mailbox: Boundary<Command>;
  readonly #sse: SseFeed;
  readonly #ws: WsRelay;
  readonly #requests: Boundary<Ticket>;
  readonly #queue: RequestQueue;
  readonly #events: Boundary<LifecycleEvent>;
  readonly #sink: EventSink;
  readonly #publisher: Publisher;
  readonly #output: Boundary<LifecycleEvent>;
  readonly #pending: Boundary<InterceptedEvent>;
  readonly #proxies: Proxies;
  readonly #server: SystemServer;
  readonly #program: Program | null;
  readonly #config: SystemConfig;
  readonly #readLoop = startLoopProbe();

  /** Opens the event store, if there is one. `parts`: what the proxies use in place of the usual. Errors: StoreError. */
  static async open(config: SystemConfig, clock: Clock, parts?: ProxyParts): Promise<System> {
    const store =
      config.store.mode === 'none' ? null : await openEventStore(config.store, config.storePath, clock);
    const system = new System(config, clock, store, parts);
    await system.#sse.restore();
    return system;
  }

  private constructor(config: SystemConfig, clock: Clock, store: EventStore | null, parts?: ProxyParts) {
    this.#config = config;
    this.#clock = clock;
    this.#store = store;
    this.#waits = new WaitGraph(clock);
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
      isSame: isSameEvent,
    });
    this.#output = new Boundary(boundary('proxy.output'));
    this.#sink = new EventSink({
      events: this.#events,
      ...(config.lifecycle.output === 'own' ? { output: this.#output } : {}),
      lifecycle: config.lifecycle,
      consumer: config.consumer,
      clock,
      tasks: this.#tasks,
    });
    // The proxy's events have a bound of their own; the feeds share what is left of the limit.
    const feedsBytes =
      resources.maxMemoryBytes === null ? null : resources.maxMemoryBytes - this.#sink.capacityBytes;
    this.#budget = new MemoryBudget(feedsBytes);
    const budget = this.#budget;
    const frames = { folder, encode: encodeFrame, decode: decodeFrame };
    this.#bus = new Boundary<BusEvent>({ ...boundary('sse.bus'), isSame: isSameSseEvent });
    this.#clients = new Boundary({ ...boundary('sse.client'), budget, disk: frames, isSame: isSameSseEvent });
    this.#outbound = new Boundary({
      ...boundary('ws.outbound'),
      budget,
      disk: { folder, encode: encodeOutboundFrame, decode: decodeOutboundFrame },
      isSame: isSameFrame,
    });
    this.#mailbox = new Boundary(boundary('ws.mailbox'));
    this.#requests = new Boundary(boundary('proxy.requests'));
    this.#queue = new RequestQueue(this.#requests, config.upstream, clock);
    this.#pending = new Boundary({ ...boundary('intercept.pending'), budget });
    this.#proxies = new Proxies({
      settings: config,
      originUrl: config.originUrl,
      requests: this.#queue,
      events: this.#sink,
      pending: this.#pending,
      limit: this.#limit,
      tasks: this.#tasks,
      clock,
      random: createRandom(config.seed, 'proxies'),
      budget,
      ...(parts === undefined ? {} : { parts }),
    });
    this.#program =
      config.program === null
        ? null
        : new Program({
            settings: config.program,
            events: this.#sink,
            clock,
            tasks: this.#tasks,
            stopPath: config.lifecycle.stopPath,
          });
    const shared = {
      store,
      budget,
      tasks: this.#tasks,
      maxTasks: resources.maxTasks,
      limit: this.#limit,
      waits: this.#waits,
      silent: new SilentPeers(clock),
      clock,
    };
    this.#sse = new SseFeed({
      ...shared,
      settings: config,
      bus: this.#bus,
      clients: this.#clients,
      random: createRandom(config.seed, 'sse'),
    });
    this.#ws = new WsRelay({
      ...shared,
      settings: config.ws,
      outbound: this.#outbound,
      mailbox: this.#mailbox,
    });
    this.#publisher = new Publisher({
      paths: [this.#sse, this.#ws],
      store,
      isSentUnstored: config.store.onError === 'publish',
      tasks: this.#tasks,
      budget,
      limits: new PublishLimits(config.strategies),
    });
    this.#server = new SystemServer({
      sse: this.#sse,
      ws: this.#ws,
      publisher: this.#publisher,
      proxies: this.#proxies,
      sample: () => this.sample(),
    });
  }

  async listen(): Promise<SystemAddresses> {
    const hasSession = this.#program !== null; // without one nobody watches but the harness, which counts requests
    if (hasSession) void this.#sink.tell('proxy-starting');
    const { host, port, unixSocketPath } = this.#config;
    const addresses = await this.#server.listen(host, port, unixSocketPath);
    if (hasSession) void this.#sink.tell('proxy-started');
    const started = await this.#program?.start();
    if (started?.outcome === 'failed') {
      const { command } = this.#config.program as NonNullable<SystemConfig['program']>;
      throw new BenchError(
        'BPB_ERR_START_FAILED',
        `the program '${command}' could not be started: ${started.message}`,
      );
    }
    return addresses;
  }

  /** What a user asks of the program beside the proxy. */
  program(action: 'start' | 'stop' | 'restart'): Promise<ProgramOutcome> {
    if (this.#program === null) return Promise.resolve({ outcome: 'failed', message: 'no program is set' });
    return this.#program[action]();
  }

  /** Lets go on whatever an interceptor with `pause` holds. */
  release(): void {
    this.#proxies.release();
  }

  sample(): SystemSample {
    const memory = process.memoryUsage();
    const sse = this.#sse.sample();
    const boundaries: SystemSample['boundaries'] &
      Pick<Required<SystemSample['boundaries']>, 'proxy.requests' | 'proxy.events'> = {
      'sse.bus': this.#bus.sample(),
      'sse.client': this.#clients.sample(),
      'ws.outbound': this.#outbound.sample(),
      'proxy.requests': this.#requests.sample(),
      'proxy.events': this.#events.sample(),
      // Most systems have neither, and a row of zeros would say nothing.
      ...(this.#output.opened > 0 ? { 'proxy.output': this.#output.sample() } : {}),
      ...(this.#mailbox.opened > 0 ? { 'ws.mailbox': this.#mailbox.sample() } : {}),
      ...(this.#pending.opened > 0 ? { 'intercept.pending': this.#pending.sample() } : {}),
    };
    const { screen } = this.#sink.sample();
    const program = this.#program?.sample();
    return {
      tMs: this.#clock.nowNs() / NS_PER_MS,
      boundaries,
      published: this.#publisher.published,
      connections: this.#limit.sample(),
      proxied: { ...this.#proxies.counts },
      ...this.#proxies.sample(),
      program:
        program === undefined
          ? null
          : {
              state: program.isRunning ? 'running' : 'stopped',
              lines: program.lines.stdout + program.lines.stderr,
              pausedMs: program.pausedMs,
            },
      observer: {
        pendingRows: screen.pending,
        keptEvents: screen.events,
        keptRequests: screen.requests,
        keptBytes: screen.bytes,
        tickChains: screen.chains,
      },
      lifecycle: this.#sink.integrity,
      store: this.#store?.sample() ?? null,
      projections: this.#sse.sampleProjections(),
      sse,
      relay: this.#ws.sample(),
      waits: this.#waits.sample(),
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
          this.#budget.usedBytes +
          (this.#bus.isJoined ? 0 : (boundaries['sse.bus']?.bytes ?? 0)) +
          boundaries['proxy.requests'].bytes +
          boundaries['proxy.events'].bytes +
          (boundaries['proxy.output']?.bytes ?? 0) +
          (boundaries['ws.mailbox']?.bytes ?? 0) +
          (boundaries['intercept.pending']?.bytes ?? 0),
        socketBytes: this.#clients.inFlightBytes + this.#outbound.inFlightBytes,
      },
      loop: this.#readLoop(),
      backpressureEvents:
        this.#bus.pressureEvents +
        this.#clients.pressureEvents +
        this.#outbound.pressureEvents +
        this.#requests.pressureEvents +
        this.#events.pressureEvents +
        this.#output.pressureEvents +
        this.#pending.pressureEvents +
        this.#budget.denials +
        this.#publisher.refused,
    };
  }

  /** Events that the SSE feed has rendered and encoded so far. */
  get encodings(): number {
    return this.#sse.encodings;
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
    this.#proxies.refuseNew();
    const timer = setTimeout(() => {
      this.#publisher.abandon();
      this.#budget.refuseWaiting();
      this.#server.abandon();
    }, deadlineMs);
    await this.#publisher.close();
    clearTimeout(timer);
    await this.#server.finish(Math.max(0, (untilNs - this.#clock.nowNs()) / NS_PER_MS));
    this.#queue.close();
    this.#proxies.release();
    if (this.#program !== null) this.#sink.tellNow('proxy-stopped');
    await this.#program?.close();
    await this.#server.close();
    await this.#store?.close();
    await this.#proxies.close();
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
