/**
 * The messages that a WebSocket group sends, open loop: each goes out when it is due, on the group's
 * open connections in turn. A connection that takes no more bytes is passed over; while none can take
 * one, messages wait in order.
 */
import type { Clock } from '../core/clock.ts';
import { DueQueue } from './due-queue.ts';
import type { GroupTotals } from './group-totals.ts';
import type { Recorder } from './recorder.ts';
import { toWireUs } from './timetable.ts';
import type { WsClient } from './ws-client.ts';

const MAX_BUFFERED_BYTES = 262_144;

export interface MessengerOptions {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly totals: GroupTotals;
  readonly replySeries: number;
  /** Whether a connection of the group may still open. */
  readonly mayOpen: () => boolean;
}

export class Messenger {
  readonly #options: MessengerOptions;
  readonly #waiting = new DueQueue();
  readonly #clients: WsClient[] = [];
  #turn = 0;

  constructor(options: MessengerOptions) {
    this.#options = options;
  }

  /** A message was due at `dueNs`. */
  takeUp(dueNs: number): void {
    const { totals } = this.#options;
    totals.due++;
    totals.pending++;
    this.#waiting.push(dueNs);
    this.flush();
  }

  add(client: WsClient): void {
    this.#clients.push(client);
    this.flush();
  }

  /** The reply to the oldest unanswered message of `client` came. */
  takeReply(client: WsClient): void {
    if (client.awaited === 0) return;
    client.awaited--;
    this.#options.totals.pending--;
  }

  /** `client` has ended; its unanswered messages failed for `reason`. */
  remove(client: WsClient, reason: string): void {
    const at = this.#clients.indexOf(client);
    if (at >= 0) this.#clients.splice(at, 1);
    this.#options.totals.fail(reason, client.awaited);
    client.awaited = 0;
    this.flush();
  }

  /** To be called when room or hope has changed: sends what waits, or gives it up without connections. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const client = this.#nextClient();
      if (client !== undefined) this.#send(client, this.#waiting.shift());
      else {
        if (this.#clients.length === 0 && !this.#options.mayOpen()) this.giveUp('not_connected');
        return;
      }
    }
  }

  /** What waits has failed for `reason`. */
  giveUp(reason: string): void {
    this.#options.totals.fail(reason, this.#waiting.clear());
  }

  #nextClient(): WsClient | undefined {
    const clients = this.#clients;
    for (let tried = 0; tried < clients.length; tried++) {
      this.#turn = (this.#turn + 1) % clients.length;
      const client = clients[this.#turn] as WsClient;
      if (client.isOpen && client.bufferedBytes < MAX_BUFFERED_BYTES) return client;
    }
    return undefined;
  }

  #send(client: WsClient, dueNs: number): void {
    const { clock, recorder, totals, replySeries } = this.#options;
    const sentNs = clock.nowNs();
    const intendedUs = toWireUs(dueNs);
    recorder.recordSlip(replySeries, intendedUs, (sentNs - dueNs) / 1000);
    client.send(intendedUs, toWireUs(sentNs), totals.group.requestBytes);
  }
}
