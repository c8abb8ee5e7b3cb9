/** The WebSocket relay: everybody who connected, and the way of an event to each of them. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Server, WebSocketServer } from 'ws';
import type { Clock } from '../../core/clock.ts';
import type { WsSettings } from '../../core/plan.ts';
import type { ConnectionAccount, RelaySample } from '../../core/samples.ts';
import { connectionName } from '../../core/wait-names.ts';
import type { Boundary } from '../boundary.ts';
import { BudgetedQueue } from '../budgeted-queue.ts';
import type { FeedEvent } from '../event.ts';
import type { FeedPath } from '../feed-path.ts';
import type { ConnectionLimit } from '../resources/connection-limit.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import type { SilentPeers } from '../resources/silent-peers.ts';
import type { TaskOwner, TaskRegistry } from '../resources/task-registry.ts';
import { type Wait, type WaitGraph, whileWaiting } from '../resources/wait-graph.ts';
import type { EventStore } from '../store/store.ts';
import { createEcho, RelayApplication } from './application.ts';
import type { Architecture, ArchitectureParts } from './architectures/architecture.ts';
import { createArchitecture } from './architectures/create.ts';
import { ChainPool } from './chain-pool.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { echoQueueOf } from './echo-queue.ts';
import { keepOffers, refuseUpgrade, refuseVersion, serverOptions } from './handshake.ts';
import type { Line } from './line.ts';
import { LiveEvents } from './live-events.ts';
import type { Command } from './mailbox.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import { RelayCounters } from './relay-counters.ts';
import type { RelaySocket } from './relay-socket.ts';
import { Subscription } from './subscription.ts';
import { readWish, type Wish } from './subscription-filter.ts';

/** How exactly the time of a ping is kept. */
const LOOKS_PER_PING = 20;

export interface WsRelayParts {
  readonly settings: WsSettings;
  readonly outbound: Boundary<OutboundFrame>;
  readonly mailbox: Boundary<Command>;
  /** `null`: no history. */
  readonly store: EventStore | null;
  readonly budget: MemoryBudget;
  readonly tasks: TaskRegistry;
  readonly maxTasks: number;
  readonly limit: ConnectionLimit;
  readonly silent: SilentPeers;
  readonly waits: WaitGraph;
  readonly clock: Clock;
}

export class WsRelay implements FeedPath {
  readonly #parts: WsRelayParts;
  readonly #live: LiveEvents;
  readonly #counters = new RelayCounters();
  readonly #connections = new Set<Connection>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #wss: Server<typeof RelaySocket>;
  #pool: ChainPool | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #opened = 0;
  #isClosed = false;
  #onEmpty: () => void = () => {};

  constructor(parts: WsRelayParts) {
    const { settings, clock } = parts;
    this.#parts = parts;
    this.#live = new LiveEvents(settings.broadcastItems, clock, settings.outbound.middlewares - 1);
    this.#wss = new WebSocketServer(serverOptions(settings));
  }

  /** A promise while a subscription waits for room: the publisher waits for the slowest of them. */
  publish(event: FeedEvent): void | Promise<void> {
    if (this.#live.readers === 0) return;
    this.#live.publish(event);
    let waiting: Promise<void>[] | undefined;
    for (const subscription of this.#subscriptions) {
      const pulled = subscription.pull();
      if (pulled === undefined) continue;
      const wait: Wait = {
        who: 'publisher',
        what: `${subscription.who} to take the event`,
        freedBy: [subscription.who],
        boundary: null,
      };
      waiting ??= [];
      waiting.push(whileWaiting(this.#parts.waits, wait, pulled));
    }
    if (waiting !== undefined) return Promise.all(waiting).then(() => undefined);
  }

  /** `GET /ws` and `GET /echo`, as an upgrade. */
  upgrade(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (refuseVersion(request, socket)) return;
    const wish = readWish(url.searchParams);
    if (wish === undefined) return refuseUpgrade(socket, '400 Bad Request');
    if (!this.#admit()) return refuseUpgrade(socket, '503 Service Unavailable');
    let upgraded = false;
    socket.once('close', () => {
      if (!upgraded) this.#parts.limit.leave('ws');
    });
    keepOffers(request);
    this.#wss.handleUpgrade(request, socket, head, (ws) => {
      upgraded = true;
      const isEcho = url.pathname === '/echo';
      const line = this.#createLine();
      this.#startLooking();
      this.#connections.add(
        isEcho
          ? this.#echo(line, ws, socket as Socket)
          : this.#relay(line, ws, socket as Socket, url.searchParams.get('client'), wish),
      );
    });
  }

  refuseNew(): void {
    this.#isClosed = true;
  }

  async finish(): Promise<void> {
    this.#isClosed = true;
    const ended = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of this.#connections) void connection.finish();
    if (this.#connections.size > 0) await ended;
    await this.#pool?.close();
  }

  abandon(): void {
    for (const connection of this.#connections) connection.abandon();
  }

  takeAccounts(): ConnectionAccount[] {
    this.#parts.mailbox.takeAccounts(); // commands are nobody's to receive
    return this.#parts.outbound.takeAccounts();
  }

  sample(): RelaySample {
    return this.#counters.read(this.#parts.outbound.pressureEvents);
  }

  #relay(line: Line, ws: RelaySocket, socket: Socket, clientId: string | null, wish: Wish): Connection {
    const { outbound, budget, store } = this.#parts;
    let subscription: Subscription | undefined;
    const connection = new Connection({
      ...this.#connectionParts(line, ws, socket),
      openQueue: (hooks, roomWait) => {
        const channel = outbound.open(hooks);
        const { waits } = line;
        const queue = new BudgetedQueue({ channel, boundary: outbound, budget, waits, roomWait });
        return {
          channel,
          offer: (frame, who) => queue.offer(frame, who),
          giveUp: (reason) => queue.giveUp(reason),
        };
      },
      createApplication: (own, send) => {
        const encode = (message: object): OutboundFrame => application.encode(JSON.stringify(message));
        subscription = new Subscription({
          line,
          roles: own.architecture,
          live: this.#live,
          queue: own.queue,
          pauses: own.pauses,
          store,
          encode,
          disconnect: () => own.cut('disconnect.slow'),
        });
        const application = new RelayApplication({
          line,
          send,
          state: own.architecture.state,
          subscription,
          isOpen: () => own.isOpen,
          refuseBinary: () => own.refuseBinary(),
        });
        return application.apply;
      },
      onEnd: (ended, endedCleanly) => {
        outbound.retire(ended.queue.channel, clientId, endedCleanly);
        this.#leave(ended);
      },
    });
    this.#follow(connection, subscription as unknown as Subscription, wish);
    return connection;
  }

  /** A consumer that was not let in gets nothing. */
  #follow(connection: Connection, subscription: Subscription, { isSubscribed, history }: Wish): void {
    if (connection.queue.channel.refusal !== null) return;
    this.#subscriptions.add(subscription);
    connection.onLeave = () => {
      this.#subscriptions.delete(subscription);
      return subscription.stop();
    };
    if (isSubscribed) subscription.add('all', {}, history);
  }

  #echo(line: Line, ws: RelaySocket, socket: Socket): Connection {
    return new Connection({
      ...this.#connectionParts(line, ws, socket),
      openQueue: echoQueueOf(line),
      createApplication: (_own, send) => createEcho(line, send),
      onEnd: (ended) => this.#leave(ended),
    });
  }

  #connectionParts(
    line: Line,
    ws: RelaySocket,
    socket: Socket,
  ): Pick<ConnectionParts, 'line' | 'ws' | 'socket' | 'silent' | 'createArchitecture'> {
    const { silent } = this.#parts;
    return { line, ws, socket, silent, createArchitecture: (parts) => this.#createArchitecture(parts) };
  }

  #createArchitecture(parts: ArchitectureParts): Architecture {
    const { settings, mailbox, clock } = this.#parts;
    return createArchitecture(parts, {
      mailbox,
      pool: () => {
        this.#pool ??= new ChainPool(settings.inbound, settings.workers, clock);
        return this.#pool;
      },
    });
  }

  #createLine(): Line {
    const { settings, clock, waits, tasks } = this.#parts;
    const owner: TaskOwner = { tasks: 0 };
    return {
      name: connectionName('ws', ++this.#opened),
      settings,
      clock,
      waits,
      counters: this.#counters,
      beginTask: (kind) => tasks.begin(kind, owner).end,
    };
  }

  /** All connections are looked at together, while there are any. */
  #startLooking(): void {
    const { settings, silent, clock } = this.#parts;
    const { pingEveryMs } = settings;
    if (pingEveryMs === null || this.#lookTimer !== undefined) return;
    const everyMs = pingEveryMs / LOOKS_PER_PING;
    this.#lookTimer = setInterval(() => {
      const nowNs = clock.nowNs();
      for (const connection of this.#connections) connection.look(nowNs);
      void silent.refresh(everyMs);
    }, everyMs);
  }

  #admit(): boolean {
    const { limit, tasks, maxTasks } = this.#parts;
    return !this.#isClosed && tasks.open < maxTasks && limit.admit('ws');
  }

  #leave(connection: Connection): void {
    this.#parts.limit.leave('ws');
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
    this.#onEmpty();
  }
}
