/** A relay by itself behind a real server, with everything of it at hand. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { type Clock, createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import type { LedgerSnapshot } from '../../../src/core/ledger.ts';
import { DEFAULT_SYSTEM_SETTINGS, type WsSettings } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import type { ConnectionAccount, RelaySample, WaitSample } from '../../../src/core/samples.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import { type NewEvent, PLAIN_EVENT } from '../../../src/system/event.ts';
import { ConnectionLimit } from '../../../src/system/resources/connection-limit.ts';
import { MemoryBudget } from '../../../src/system/resources/memory-budget.ts';
import { SilentPeers } from '../../../src/system/resources/silent-peers.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { WaitGraph } from '../../../src/system/resources/wait-graph.ts';
import type { EventStore } from '../../../src/system/store/store.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import type { Command } from '../../../src/system/ws/mailbox.ts';
import {
  decodeOutboundFrame,
  encodeOutboundFrame,
  type OutboundFrame,
} from '../../../src/system/ws/outbound-frame.ts';
import { WsRelay } from '../../../src/system/ws/ws-relay.ts';
import { until } from '../../helpers/system.ts';

export interface RelayOptions {
  readonly settings?: Partial<WsSettings>;
  /** At `ws.outbound`; default as found. */
  readonly strategy?: string;
  /** At `ws.mailbox`; default as found. */
  readonly mailbox?: string;
  readonly store?: EventStore | null;
  readonly clock?: Clock;
  readonly maxMemoryBytes?: number;
  readonly maxConnections?: number;
}

export class RunningRelay implements AsyncDisposable {
  readonly relay: WsRelay;
  readonly tasks = new TaskRegistry();
  readonly budget: MemoryBudget;
  readonly outbound: Boundary<OutboundFrame>;
  readonly mailbox: Boundary<Command>;
  readonly clock: Clock;
  readonly unixPath: string;
  readonly limit: ConnectionLimit;
  readonly #waits: WaitGraph;
  readonly #folder: string;
  readonly #servers = [createServer(), createServer()];
  readonly #store: EventStore | null;
  #published = 0;
  #clients: (WebSocket | Socket)[] = [];
  readonly #sockets = new Set<Socket>();
  /** By sockets that have closed. */
  #bytesReadBefore = 0;

  private constructor(options: RelayOptions) {
    this.#folder = mkdtempSync(join(tmpdir(), 'bpbench-test-relay-'));
    this.unixPath = join(this.#folder, 'relay.sock');
    this.clock = options.clock ?? createHostClock(takeEpochNs());
    const { clock } = this;
    const random = createRandom(1, 'relay');
    this.budget = new MemoryBudget(options.maxMemoryBytes ?? null);
    this.outbound = new Boundary({
      name: 'ws.outbound',
      strategy: parseStrategy(options.strategy ?? 'drop-newest', 'ws.outbound'),
      clock,
      random,
      budget: this.budget,
      disk: {
        folder: join(this.#folder, 'spill'),
        encode: encodeOutboundFrame,
        decode: decodeOutboundFrame,
      },
    });
    this.mailbox = new Boundary({
      name: 'ws.mailbox',
      strategy: parseStrategy(options.mailbox ?? 'unbounded', 'ws.mailbox'),
      clock,
      random,
    });
    this.#waits = new WaitGraph(clock);
    this.#store = options.store ?? null;
    this.limit = new ConnectionLimit(options.maxConnections ?? 10_000);
    this.relay = new WsRelay({
      settings: { ...DEFAULT_SYSTEM_SETTINGS.ws, ...options.settings },
      outbound: this.outbound,
      mailbox: this.mailbox,
      store: this.#store,
      budget: this.budget,
      tasks: this.tasks,
      maxTasks: 100_000,
      limit: this.limit,
      waits: this.#waits,
      silent: new SilentPeers(clock),
      clock,
    });
  }

  static async start(options: RelayOptions = {}): Promise<RunningRelay> {
    const running = new RunningRelay(options);
    const [tcp, unix] = running.#servers;
    for (const server of running.#servers) {
      server.on('upgrade', (request, socket, head) => {
        socket.on('error', () => {});
        running.#sockets.add(socket as Socket);
        socket.once('close', () => {
          running.#sockets.delete(socket as Socket);
          running.#bytesReadBefore += (socket as Socket).bytesRead;
        });
        running.relay.upgrade(new URL(request.url ?? '/', 'http://relay'), request, socket, head);
      });
    }
    tcp?.listen(0, '127.0.0.1');
    unix?.listen(running.unixPath);
    await Promise.all(running.#servers.map((server) => once(server, 'listening')));
    return running;
  }

  get url(): string {
    const [tcp] = this.#servers;
    return `ws://127.0.0.1:${(tcp?.address() as AddressInfo | undefined)?.port}`;
  }

  /** Bytes read from clients so far. */
  bytesRead(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.bytesRead, this.#bytesReadBefore);
  }

  /** A client of the library on TCP. */
  async open(path = '/ws', options: { perMessageDeflate?: boolean } = {}): Promise<Client> {
    const before = this.limit.sample().ws.open;
    const ws = new WebSocket(this.url + path, { perMessageDeflate: false, ...options });
    this.#clients.push(ws);
    const client = new Client(ws);
    await once(ws, 'open');
    await until(() => this.limit.sample().ws.open > before, 'it is admitted');
    return client;
  }

  /** A client on the Unix socket that reads nothing: little is hidden in the kernel there. */
  async openFrozen(path = '/ws'): Promise<FrozenClient> {
    const before = this.limit.sample().ws.open;
    const ws = new WebSocket(`ws+unix://${this.unixPath}:${path}`, { perMessageDeflate: false });
    this.#clients.push(ws);
    const client = new Client(ws);
    await once(ws, 'open');
    ws.pause();
    await until(() => this.limit.sample().ws.open > before, 'it is admitted');
    return client;
  }

  /** The raw socket of a client whose handshake is over. */
  async openRaw(path = '/ws'): Promise<Socket> {
    const before = this.limit.sample().ws.open;
    const socket = connect(this.unixPath);
    this.#clients.push(socket);
    socket.on('error', () => {});
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    await until(() => this.limit.sample().ws.open > before, 'it is admitted');
    return socket;
  }

  /** As the publisher does it: stored first where there is a store. */
  async publish(text: string, traits: Partial<NewEvent> = {}): Promise<void> {
    await this.publishNow(text, traits);
  }

  /** A promise where the publisher has to wait. Only without a store. */
  publishNow(text: string, traits: Partial<NewEvent> = {}): void | Promise<void> {
    const event = { ...PLAIN_EVENT, ...traits, text };
    if (this.#store !== null)
      return this.#store.append(event).then(async (stored) => {
        await this.relay.publish(stored);
      });
    return this.relay.publish({ ...event, id: ++this.#published, createdAtMs: 0 });
  }

  ledger(): LedgerSnapshot {
    return this.outbound.sample().ledger;
  }

  sample(): RelaySample {
    return this.relay.sample();
  }

  accounts(): ConnectionAccount[] {
    return this.relay.takeAccounts();
  }

  waits(): WaitSample[] {
    return this.#waits.sample();
  }

  /** Waits under way, however young. */
  get waiting(): number {
    return this.#waits.size;
  }

  /** Ends in order within `deadlineMs`, then cuts. */
  async finish(deadlineMs = 500): Promise<void> {
    const timer = setTimeout(() => this.relay.abandon(), deadlineMs);
    await this.relay.finish();
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) {
      if ('terminate' in client) client.terminate();
      else client.destroy();
    }
    await this.finish();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One client and what it has received. */
export class Client {
  readonly ws: WebSocket;
  readonly messages: string[] = [];
  readonly pongs: string[] = [];
  closed: { code: number; reason: string } | undefined;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => this.messages.push(data.toString()));
    ws.on('pong', (data) => this.pongs.push(data.toString()));
    ws.on('error', () => {});
    ws.once('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  send(text: string): void {
    this.ws.send(text);
  }

  async hears(count: number, timeoutMs?: number): Promise<string[]> {
    await until(() => this.messages.length >= count, `${count} messages are there`, timeoutMs);
    return this.messages;
  }
}

export type FrozenClient = Client;
