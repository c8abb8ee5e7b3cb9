/**
 * The feed of server-sent events: what is published goes over the bus to the projections and to a forwarder for each
 * client, and from there through the client's own queue to its socket.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import type { SystemSettings } from '../../core/plan.ts';
import type { Random } from '../../core/random.ts';
import type { ConnectionAccount, ProjectionSample, SseSample } from '../../core/samples.ts';
import { connectionName } from '../../core/wait-names.ts';
import type { Boundary } from '../boundary.ts';
import type { FeedEvent } from '../event.ts';
import type { FeedPath } from '../feed-path.ts';
import { Projections } from '../projections/projections.ts';
import type { ConnectionLimit } from '../resources/connection-limit.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import type { SilentPeers } from '../resources/silent-peers.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { WaitGraph } from '../resources/wait-graph.ts';
import type { Frame } from '../socket-pump.ts';
import type { EventStore } from '../store/store.ts';
import { Bus } from './bus.ts';
import { SseClient } from './client.ts';
import { type Fanout, ForwarderPerClient, SharedForwarder } from './fanout.ts';
import { type BusEvent, FrameMaker } from './frames.ts';
import { acceptsEvents, readResumePoint } from './resume-point.ts';
import { Snapshots } from './snapshot.ts';
import { SseCounts } from './sse-counts.ts';
import type { SubscriptionParts } from './subscription.ts';

/** All clients are looked at together this often, or often enough for the shortest of their times. */
const LOOK_EVERY_MS = 250;
const SHORTEST_LOOK_MS = 5;
/** The kernel's tables hold every connection of this machine: they are not read at each look. */
const LOOKS_PER_DEADLINE = 20;

export interface SseFeedParts {
  readonly settings: Pick<SystemSettings, 'sse' | 'projections'>;
  readonly bus: Boundary<BusEvent>;
  readonly clients: Boundary<Frame>;
  /** `null`: no history, no resume. */
  readonly store: EventStore | null;
  readonly budget: MemoryBudget;
  readonly tasks: TaskRegistry;
  readonly maxTasks: number;
  readonly limit: ConnectionLimit;
  readonly silent: SilentPeers;
  readonly waits: WaitGraph;
  readonly clock: Clock;
  readonly random: Random;
}

export class SseFeed implements FeedPath {
  readonly #parts: SseFeedParts;
  readonly #frames: FrameMaker;
  readonly #bus: Bus;
  readonly #projections: Projections<BusEvent>;
  readonly #fanout: Fanout;
  readonly #counts = new SseCounts();
  readonly #shared: SubscriptionParts;
  readonly #clients = new Set<SseClient>();
  readonly #timer: NodeJS.Timeout;
  #accounts: ConnectionAccount[] = [];
  /** The last event on the bus that is in the store, or would be. */
  #lastId: number;
  #opened = 0;
  #isClosed = false;
  #onEmpty: () => void = () => {};

  constructor(parts: SseFeedParts) {
    this.#parts = parts;
    const { settings, bus, budget, waits, clock, store, tasks } = parts;
    const { sse } = settings;
    this.#frames = new FrameMaker(sse, clock);
    this.#lastId = store?.headId ?? 0;
    this.#bus = new Bus(bus, budget, waits);
    this.#projections = new Projections<BusEvent>({
      settings: settings.projections,
      stateItems: sse.stateItems,
      bus,
      eventOf: (item) => item.event,
      store,
      tasks,
      clock,
      waits,
    });
    this.#shared = {
      settings: sse,
      store,
      frames: this.#frames,
      states: new Snapshots(this.#projections),
      counts: this.#counts,
      budget,
      waits,
      clock,
    };
    const fanout = { bus: this.#bus, boundary: bus, tasks };
    this.#fanout = sse.fanout === 'shared' ? new SharedForwarder(fanout) : new ForwarderPerClient(fanout);
    const shortestMs = Math.min(sse.keepAliveMs, sse.writeDeadlineMs ?? Number.POSITIVE_INFINITY) / 4;
    this.#timer = setInterval(
      () => this.#look(),
      Math.max(SHORTEST_LOOK_MS, Math.min(LOOK_EVERY_MS, shortestMs)),
    );
  }

  /** Reads what a rendered state is made of. Errors: StoreError. */
  async restore(): Promise<void> {
    const { store, settings } = this.#parts;
    if (store === null || !this.#frames.rendersState) return;
    const headId = store.headId;
    this.#frames.restore(await store.readLatest(settings.sse.stateItems), headId);
  }

  publish(event: FeedEvent): void | Promise<void> {
    const frame = this.#frames.live(event, this.#clients.size > 0);
    if (event.id > 0) this.#lastId = event.id;
    const projected = this.#projections.publish(frame);
    const offered = this.#bus.publish(frame);
    if (projected === undefined || offered === undefined) return projected ?? offered;
    return Promise.all([projected, offered]).then(() => undefined);
  }

  /** `GET /events`. */
  subscribe(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (response.socket === null) {
      // Another answer of the same connection comes first, and a stream has no end to wait for.
      return refuse(response, 400, 'events need a connection of their own: do not pipeline');
    }
    if (!acceptsEvents(request.headers.accept)) {
      return refuse(response, 406, 'expected a client that accepts text/event-stream');
    }
    const resumeAfter = readResumePoint(url, request);
    if (typeof resumeAfter === 'string') return refuse(response, 400, resumeAfter);
    if (!this.#admit()) return refuse(response, 503, 'at capacity, try again later', { 'retry-after': '1' });
    const { clients, tasks, budget, silent, settings, store } = this.#parts;
    const name = connectionName('sse', ++this.#opened);
    const client: SseClient = new SseClient(request, {
      boundary: clients,
      tasks,
      clientId: url.searchParams.get('client'),
      onEnd: () => this.#leave(client),
      name,
      forwarder: this.#fanout.forwarderOf(name),
      owner: { tasks: 0 },
      budget,
      silent,
      parts: this.#shared,
      onAccount: (account, { clientId }, endedCleanly) =>
        this.#accounts.push({ clientId, boundary: 'sse.client', endedCleanly, ...account }),
    });
    this.#clients.add(client);
    const isResumed = resumeAfter !== null && settings.sse.resume !== 'none';
    const isReplayedFirst = isResumed && store !== null && settings.sse.resume === 'replay-first';
    const refusal = client.refusal ?? (isReplayedFirst ? null : this.#join(client));
    if (refusal !== null) return client.refuse(response, refusal);
    if (!client.open(response, isResumed ? resumeAfter : this.#lastId) || !isResumed) return;
    if (isReplayedFirst) void this.#replayThenJoin(client, resumeAfter);
    else void client.subscription.resume(resumeAfter);
  }

  refuseNew(): void {
    this.#isClosed = true;
  }

  async finish(): Promise<void> {
    this.#isClosed = true;
    const ended = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    await Promise.all([this.#projections.finish(), this.#fanout.finish()]);
    for (const client of this.#clients) void client.finish();
    if (this.#clients.size > 0) await ended;
    clearInterval(this.#timer);
    this.#bus.settleBytes();
  }

  abandon(): void {
    for (const client of this.#clients) client.abandon();
    this.#projections.abandon();
    this.#fanout.abandon();
  }

  takeAccounts(): ConnectionAccount[] {
    this.#parts.bus.takeAccounts(); // of the projections, which nobody asks for
    return this.#accounts.splice(0);
  }

  sample(): SseSample {
    this.#bus.settleBytes();
    return this.#counts.sample();
  }

  sampleProjections(): ProjectionSample[] {
    return this.#projections.sample();
  }

  /** Events rendered and encoded so far: one for each published one, however many clients it had. */
  get encodings(): number {
    return this.#frames.encodings;
  }

  /** As found: what is published between the replay and the subscription is lost. */
  async #replayThenJoin(client: SseClient, afterId: number): Promise<void> {
    await client.subscription.resume(afterId);
    if (!client.isOpen) return;
    const refusal = this.#join(client);
    if (refusal !== null) client.cut(refusal);
  }

  #join(client: SseClient): string | null {
    const seat = this.#fanout.join(client, { seq: this.#frames.seq, id: this.#lastId });
    if ('refusal' in seat) return seat.refusal;
    client.sit(seat);
    return null;
  }

  #look(): void {
    const { clock, settings, silent } = this.#parts;
    const nowNs = clock.nowNs();
    for (const client of this.#clients) {
      const reason = client.isOpen ? client.look(nowNs) : null;
      if (reason === null) continue;
      this.#counts.endedByDeadline++;
      client.cut(reason);
    }
    const { writeDeadlineMs } = settings.sse;
    if (this.#clients.size > 0 && writeDeadlineMs !== null)
      void silent.refresh(writeDeadlineMs / LOOKS_PER_DEADLINE);
    this.#bus.settleBytes();
  }

  #admit(): boolean {
    const { limit, tasks, maxTasks } = this.#parts;
    return !this.#isClosed && tasks.open < maxTasks && limit.admit('sse');
  }

  #leave(client: SseClient): void {
    this.#parts.limit.leave('sse');
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#onEmpty();
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...headers });
  response.end(`${text}\n`);
}
