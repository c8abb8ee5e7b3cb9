/** One SSE client: its response, its queue, its place on the bus, and what goes out beside its events. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NS_PER_MS } from '../../core/clock.ts';
import { BudgetedQueue } from '../budgeted-queue.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import type { MemoryBudget } from '../resources/memory-budget.ts';
import { drop, type SilentPeers } from '../resources/silent-peers.ts';
import type { TaskOwner } from '../resources/task-registry.ts';
import type { Wait } from '../resources/wait-graph.ts';
import type { Frame } from '../socket-pump.ts';
import { type BusShare, joinAccount } from './account.ts';
import { encodeRetry, SSE_END, SSE_KEEP_ALIVE } from './encode.ts';
import { type Notice, Notices } from './notices.ts';
import { QueuedStream, type QueuedStreamOptions } from './queued-stream.ts';
import { Subscription, type SubscriptionParts } from './subscription.ts';
import type { SubscriptionTarget } from './subscription-target.ts';
import { WriteWatch } from './write-watch.ts';

/** Its place on the bus, as whoever runs the fan-out made it. */
export interface Seat {
  /** Resolves once everything that was published has been handed on. */
  finish(): Promise<void>;
  /** Takes nothing more; what is queued there is dropped for `reason`. */
  leave(reason: string): void;
  /** Resolves once nothing is in hand; then what the bus did for this client. */
  settle(): Promise<BusShare>;
}

export interface SseClientOptions extends QueuedStreamOptions {
  /** As waits call it: `sse 17`. */
  readonly name: string;
  /** As waits call whoever serves it. */
  readonly forwarder: string;
  readonly owner: TaskOwner;
  readonly budget: MemoryBudget;
  readonly silent: SilentPeers;
  readonly parts: SubscriptionParts;
  readonly onAccount: (
    account: ReturnType<typeof joinAccount>,
    client: SseClient,
    isFinished: boolean,
  ) => void;
}

export class SseClient extends QueuedStream<SseClientOptions> implements SubscriptionTarget {
  readonly subscription: Subscription;
  readonly #queue: BudgetedQueue<Frame>;
  readonly #watch: WriteWatch;
  readonly #endTask: () => void;
  #seat: Seat | undefined;
  readonly #notices: Notices;
  #roomWaiters: (() => void)[] = [];
  #goneWaiters: Set<() => void> | undefined;
  #lastWriteNs: number;
  #isSilent = false;

  constructor(request: IncomingMessage, options: SseClientOptions) {
    super(request.socket, options);
    const { name, forwarder, parts, boundary, budget } = options;
    const { waits } = parts;
    const roomWait: Wait = {
      who: forwarder,
      what: `room in sse.client of ${name}`,
      freedBy: [`${name} writer`],
      boundary: 'sse.client',
    };
    this.#queue = new BudgetedQueue({ channel: this.channel, boundary, budget, waits, roomWait });
    this.#notices = new Notices(budget);
    this.#watch = new WriteWatch(this.socket, name, waits);
    this.#lastWriteNs = parts.clock.nowNs();
    this.#endTask = options.tasks.begin('sse.client', options.owner).end;
    this.subscription = new Subscription(this, parts, roomWait);
    this.socket.on('error', () => {}); // 'close' follows and settles everything
    this.socket.once('close', () => this.end());
  }

  /** Answers the request; false where nobody is there any more. `untilId`: what it has, or what it never asked for. */
  open(response: ServerResponse, untilId: number): boolean {
    this.#notices.beginAt(untilId);
    // Delimited by the connection's end and not chunked, so that one encoded event serves all clients.
    response.removeHeader('transfer-encoding');
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
    });
    response.flushHeaders();
    const { retryMs } = this.options.parts.settings;
    if (retryMs !== null) this.socket.write(encodeRetry(retryMs));
    this.socket.setTimeout(0);
    // A reader that says it sends no more is gone: it can neither answer nor reconnect on this socket.
    this.socket.once('end', () => this.socket.destroy());
    if (this.socket.destroyed) this.end();
    return this.isOpen;
  }

  refuse(response: ServerResponse, refusal: string): void {
    response.writeHead(503, { 'content-type': 'text/plain', connection: 'close', 'retry-after': '1' });
    response.end(`not let in (${refusal}), try again later\n`);
  }

  /** Why its queue does not let it in; `null` where it does. */
  get refusal(): string | null {
    return this.channel.refusal;
  }

  get clientId(): string | null {
    return this.options.clientId;
  }

  /** As waits call whoever serves it. */
  get forwarder(): string {
    return this.options.forwarder;
  }

  get owner(): TaskOwner {
    return this.options.owner;
  }

  sit(seat: Seat): void {
    this.#seat = seat;
  }

  override get isOpen(): boolean {
    return super.isOpen;
  }

  get blocks(): boolean {
    return this.options.boundary.blocks;
  }

  // What its subscription asks of it.

  offer(frame: Frame): OfferOutcome | Promise<OfferOutcome> {
    const outcome = this.#queue.offer(frame);
    this.kick();
    return outcome instanceof Promise ? this.#kickAfter(outcome) : outcome;
  }

  announce(notice: Notice): boolean {
    if (!this.#notices.add(notice)) return false;
    this.#writeNoticesIfEmpty();
    return true;
  }

  hasRoomFor(bytes: number): boolean {
    const { depthItems, heldItems, waiters, capacityItems, capacityBytes } = this.channel;
    const items = depthItems + heldItems + waiters;
    if (items === 0) return true;
    if (waiters > 0 || items >= capacityItems / 2) return false;
    return capacityBytes === 0 || this.channel.bytes + bytes <= capacityBytes / 2;
  }

  whenRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomWaiters.push(resolve);
    });
  }

  orGone<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const gone = () => resolve(undefined);
      this.#goneWaiters ??= new Set();
      const waiters = this.#goneWaiters.add(gone);
      promise.then(resolve, reject).finally(() => waiters.delete(gone));
    });
  }

  override cut(reason: string): void {
    if (!this.isOpen) return;
    super.cut(reason);
    this.#leaveBus(reason);
  }

  endSilently(): void {
    this.#isSilent = true;
    this.#leaveBus('lag');
    void super.finish();
  }

  // Its life.

  /** Ends the stream in order: everything published goes out first. */
  override async finish(): Promise<void> {
    await this.subscription.whenStarted();
    await this.#seat?.finish();
    if (this.isOpen) await super.finish();
  }

  /** To be called now and then: looks at what takes time. Why it is to be cut off, `null` for nothing. */
  look(nowNs: number): 'disconnect.slow' | 'disconnect.gone' | null {
    this.subscription.tick();
    if (this.#roomWaiters.length > 0) this.#wakeRoomWaiters(); // room may come without a write: what was held is dropped
    const { keepAliveMs, writeDeadlineMs } = this.options.parts.settings;
    if (!this.isWriting && this.socket.writableLength === 0) {
      if (nowNs - this.#lastWriteNs >= keepAliveMs * NS_PER_MS) {
        this.#lastWriteNs = nowNs;
        this.socket.write(SSE_KEEP_ALIVE);
      }
    }
    // Words that are no events do not go through the pump.
    const stalledNs = this.#watch.look(this.isWriting || this.socket.writableLength > 0, nowNs);
    if (writeDeadlineMs === null) return null;
    const deadlineNs = writeDeadlineMs * NS_PER_MS;
    if (stalledNs >= deadlineNs) return 'disconnect.slow';
    return this.options.silent.silentNs(this.socket) >= deadlineNs ? 'disconnect.gone' : null;
  }

  protected sayFarewell(): void {
    if (this.#isSilent) {
      this.socket.end();
      return;
    }
    const last = [...this.#notices.take(), this.#gapBefore(this.subscription.lastId + 1)];
    for (const wire of last) if (wire !== undefined) this.socket.write(wire);
    this.socket.end(SSE_END);
  }

  /** A reader this slow would not see a farewell either. */
  protected hangUp(reason: string): void {
    if (reason === 'disconnect.gone') drop(this.socket);
    else this.socket.destroy();
  }

  protected release(): void {
    this.#leaveBus('disconnect.peer');
    this.#notices.take();
    this.#watch.end();
    this.#endTask();
  }

  protected override beforeFrame({ id = 0 }: Frame): Uint8Array | undefined {
    if (id === 0) return undefined;
    const before = this.#notices.take(id);
    const gap = this.#gapBefore(id);
    this.#notices.told(id);
    if (gap !== undefined) before.push(gap);
    return before.length === 0 ? undefined : Buffer.concat(before);
  }

  protected override afterWrite(batch: readonly Frame[]): void {
    const { counts, clock } = this.options.parts;
    const nowNs = clock.nowNs();
    this.#lastWriteNs = nowNs;
    this.#watch.end();
    counts.batchSizes.record(batch.length);
    for (const { publishedNs = 0 } of batch) {
      if (publishedNs > 0) counts.emitMs.record((nowNs - publishedNs) / NS_PER_MS);
    }
    if (!this.#notices.isEmpty) this.#writeNoticesIfEmpty();
    if (this.#roomWaiters.length > 0) this.#wakeRoomWaiters();
  }

  protected override async settle(isFinished: boolean): Promise<void> {
    const share = await this.#seat?.settle();
    const ledger = this.options.boundary.book(this.channel);
    if (ledger === undefined) return;
    const bus = share ?? { offered: 0, dropped: {}, coalesced: {}, failed: {} };
    this.options.onAccount(joinAccount(bus, ledger, this.subscription.counts), this, isFinished);
  }

  async #kickAfter(outcome: Promise<OfferOutcome>): Promise<OfferOutcome> {
    const settled = await outcome;
    this.kick(); // what waited is in only now
    return settled;
  }

  #leaveBus(reason: string): void {
    this.#seat?.leave(reason);
    this.#queue.giveUp(reason);
    for (const gone of this.#goneWaiters ?? []) gone();
    this.#wakeRoomWaiters();
  }

  #wakeRoomWaiters(): void {
    const waiting = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const resolve of waiting) resolve();
  }

  // Notices.

  /** Where nothing is queued they need not wait for what comes. */
  #writeNoticesIfEmpty(): void {
    const { depthItems, heldItems, spilledItems, waiters } = this.channel;
    if (depthItems + heldItems + spilledItems + waiters > 0 || !this.isOpen) return;
    for (const wire of this.#notices.take()) this.socket.write(wire);
  }

  /** Word of what its own queue has lost, where that is told. Where events overtake, what is not there may yet come. */
  #gapBefore(id: number): Uint8Array | undefined {
    const { parts, boundary } = this.options;
    const { settings, counts } = parts;
    const isTold = settings.gaps === 'record' && !boundary.reorders;
    const gap = isTold ? this.#notices.gapBefore(id) : undefined;
    if (gap !== undefined) counts.gaps++;
    return gap;
  }
}
