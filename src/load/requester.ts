/**
 * The requests of one proxy group, open loop: each is taken up when it is due, goes out on an idle
 * connection (the one used last), on a new one while the group may have more, or waits in order. The
 * group's connections are opened when the phase asks for them, as its other clients are.
 */
import { type Clock, NS_PER_SEC } from '../core/clock.ts';
import type { CloseReason } from './client-socket.ts';
import { DueQueue } from './due-queue.ts';
import type { Endpoint } from './endpoint.ts';
import { reasonOfStatus } from './failure-reason.ts';
import type { GroupTotals } from './group-totals.ts';
import { HttpConnection, type HttpConnectionOwner } from './http-connection.ts';
import type { Recorder } from './recorder.ts';
import { toWireUs } from './timetable.ts';

/** Connections that may be opening at a time. */
const MAX_CONNECTING = 128;
/** An idle connection is not used again after this: servers close theirs at 5 s, and the two would race. */
const MAX_IDLE_NS = 4 * NS_PER_SEC;

export interface RequesterOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly totals: GroupTotals;
  readonly series: number;
}

export class Requester implements HttpConnectionOwner {
  readonly #options: RequesterOptions;
  readonly #request: string;
  readonly #waiting = new DueQueue();
  readonly #connections = new Set<HttpConnection>();
  readonly #idle: HttpConnection[] = [];
  #connecting = 0;
  #limit = 0;
  /** Connections still to be opened because the phase asked for them; one that fails is not tried again. */
  #toOpen = 0;
  #isClosed = false;
  #isDispatching = false;

  constructor(options: RequesterOptions) {
    this.#options = options;
    const { host, target } = options.endpoint;
    this.#request = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  }

  /** A request was due at `dueNs`. */
  takeUp(dueNs: number): void {
    const { totals } = this.#options;
    totals.due++;
    totals.pending++;
    this.#waiting.push(dueNs);
    this.#dispatch();
  }

  /** The most connections from now on; surplus ones close when their request is answered. */
  setLimit(connections: number): void {
    this.#limit = connections;
    this.#toOpen = Math.max(0, connections - this.#connections.size);
    while (this.#connections.size > connections) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      idle.destroy();
    }
    this.#openAhead();
    this.#dispatch();
  }

  /** Opens no more connections ahead; a request that is due may still need one. */
  stopOpening(): void {
    this.#toOpen = 0;
  }

  /** Closes everything; what has no answer yet has failed as `unanswered`. */
  close(): void {
    this.#isClosed = true;
    this.#toOpen = 0;
    for (const connection of [...this.#connections]) connection.destroy('unanswered');
    this.#options.totals.fail('unanswered', this.#waiting.clear());
  }

  onOpen(connection: HttpConnection): void {
    const { totals } = this.#options;
    this.#connecting--;
    totals.admitted++;
    totals.open++;
    this.#openAhead();
    this.#release(connection);
  }

  onAnswer(connection: HttpConnection, status: number): void {
    const { clock, recorder, totals, series } = this.#options;
    const nowNs = clock.nowNs();
    if (status >= 200 && status < 300) {
      const responseUs = (nowNs - connection.dueNs) / 1000;
      totals.pending--;
      totals.received++;
      if (responseUs <= totals.deadlineUs && !recorder.isFrozen) totals.inTime++;
      const intendedUs = toWireUs(connection.dueNs);
      recorder.recordDelivery(series, intendedUs, responseUs, (nowNs - connection.sentNs) / 1000);
    } else totals.fail(reasonOfStatus(status));
    if (connection.isOpen) this.#release(connection);
  }

  onClose(connection: HttpConnection, reason: CloseReason, unanswered: number): void {
    const { totals } = this.#options;
    this.#connections.delete(connection);
    const idleAt = this.#idle.indexOf(connection);
    if (idleAt >= 0) this.#idle.splice(idleAt, 1);
    if (connection.wasOpen) {
      totals.open--;
      totals.fail(reason, unanswered);
    } else {
      this.#connecting--;
      totals.failed++;
      // It was opened for the request that waits longest; a target that is down fails one per attempt.
      if (this.#waiting.length > 0 && !this.#isClosed) {
        this.#waiting.shift();
        totals.fail(reason);
      }
    }
    this.#openAhead();
    this.#dispatch();
  }

  /** The connection has no request under way. */
  #release(connection: HttpConnection): void {
    if (this.#connections.size > this.#limit) {
      connection.destroy();
      return;
    }
    connection.idleSinceNs = this.#options.clock.nowNs();
    this.#idle.push(connection);
    this.#dispatch();
  }

  #dispatch(): void {
    // Closing a stale connection calls back into here; the loop under way goes on by itself.
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    this.#sendWaiting();
    this.#isDispatching = false;
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const idle = this.#takeIdle();
      if (idle !== undefined) this.#send(idle);
      else if (
        this.#connections.size < this.#limit &&
        this.#connecting < Math.min(this.#waiting.length, MAX_CONNECTING)
      ) {
        this.#connect();
      } else return;
    }
  }

  #openAhead(): void {
    while (this.#toOpen > 0 && this.#connecting < MAX_CONNECTING) {
      this.#toOpen--;
      if (this.#connections.size < this.#limit) this.#connect();
    }
  }

  #takeIdle(): HttpConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (this.#options.clock.nowNs() - connection.idleSinceNs <= MAX_IDLE_NS) return connection;
      connection.destroy();
    }
  }

  #connect(): void {
    const { endpoint, clock, totals } = this.#options;
    totals.attempted++;
    this.#connecting++;
    this.#connections.add(new HttpConnection(endpoint.address, this, clock));
  }

  #send(connection: HttpConnection): void {
    const { clock, recorder, series } = this.#options;
    connection.dueNs = this.#waiting.shift();
    connection.sentNs = clock.nowNs();
    const slipUs = (connection.sentNs - connection.dueNs) / 1000;
    recorder.recordSlip(series, toWireUs(connection.dueNs), slipUs);
    connection.send(this.#request);
  }
}
