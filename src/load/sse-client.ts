/** One server-sent events client on a raw socket. */
import type { Clock } from '../core/clock.ts';
import type { EventStamps } from '../core/wire.ts';
import { ClientSocket, type CloseReason, type SocketOwner } from './client-socket.ts';
import { addClientId, type Endpoint } from './endpoint.ts';
import { HttpResponseParser, type ResponseHandler } from './http-response.ts';
import type { ReaderPace } from './reader-pace.ts';
import { type SseHandler, SseParser } from './sse-parser.ts';
import type { Subscriber, SubscriberOwner } from './subscriber.ts';
import type { Subscription } from './subscription.ts';
import { toWireUs } from './timetable.ts';

export class SseClient implements Subscriber, SocketOwner, ResponseHandler, SseHandler {
  readonly subscription: Subscription;
  readonly #endpoint: Endpoint;
  readonly #owner: SubscriberOwner;
  readonly #clock: Clock;
  readonly #hasNotices: boolean;
  readonly #socket: ClientSocket;
  readonly #response = new HttpResponseParser(this);
  readonly #events = new SseParser(this);
  #state: 'connecting' | 'waiting' | 'open' | 'ended' = 'connecting';
  #saidEnd = false;
  #nowUs = 0;

  /** Connects at once. `hasNotices`: what has no stamps is word about events (gap, snapshot …), and itself none. */
  constructor(
    endpoint: Endpoint,
    subscription: Subscription,
    owner: SubscriberOwner,
    clock: Clock,
    pace: ReaderPace | null,
    hasNotices = false,
  ) {
    this.subscription = subscription;
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#clock = clock;
    this.#hasNotices = hasNotices;
    this.#socket = new ClientSocket(endpoint.address, this, clock, pace);
  }

  thaw(): void {
    this.#socket.thaw();
  }

  leave(): void {
    this.#socket.destroy();
  }

  destroy(reason?: CloseReason): void {
    this.#socket.destroy(reason);
  }

  onConnect(): void {
    this.#state = 'waiting';
    this.#owner.onSettled(this);
    const target = addClientId(this.#endpoint.target, this.subscription.clientId);
    this.#socket.write(
      `GET ${target} HTTP/1.1\r\nHost: ${this.#endpoint.host}\r\nAccept: text/event-stream\r\n\r\n`,
    );
  }

  onBytes(buffer: Buffer, length: number): void {
    this.#nowUs = toWireUs(this.#clock.nowNs());
    if (this.#response.push(buffer, 0, length) < 0) this.#socket.destroy('protocol');
  }

  onHead(status: number): void {
    if (status === 200) {
      this.#state = 'open';
      this.#socket.startPace();
      this.#owner.onOutcome(this, 'open');
      return;
    }
    this.#state = 'ended';
    this.#response.stop();
    this.#owner.onOutcome(this, status === 503 ? 'rejected' : 'failed');
    this.#socket.destroy();
  }

  onBody(buffer: Buffer, from: number, to: number): void {
    this.#events.push(buffer, from, to);
  }

  /** A chunked stream says its end before the FIN. */
  onEnd(): void {
    this.#socket.destroy('closed');
  }

  onEvent(stamps: EventStamps | null): void {
    if (stamps === null && this.#hasNotices) return;
    this.subscription.takeEvent(stamps, this.#nowUs);
  }

  onEndEvent(): void {
    this.#saidEnd = true;
  }

  onClose(reason: CloseReason): void {
    const state = this.#state;
    this.#state = 'ended';
    if (state === 'connecting') this.#owner.onSettled(this);
    if (state === 'connecting' || state === 'waiting') this.#owner.onOutcome(this, 'failed');
    else if (state === 'open') this.#owner.onEnd(this, this.#saidEnd && reason === 'closed');
  }
}
