/** One WebSocket client on a raw socket (RFC 6455): receives events, sends messages that are answered. */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { type EventStamps, encodeEvent, readStamps } from '../core/wire.ts';
import { ClientSocket, type CloseReason, type SocketOwner } from './client-socket.ts';
import { addClientId, type Endpoint } from './endpoint.ts';
import { HttpResponseParser, type ResponseHandler } from './http-response.ts';
import type { ReaderPace } from './reader-pace.ts';
import { readReplyStamps } from './reply-stamps.ts';
import type { Subscriber, SubscriberOwner } from './subscriber.ts';
import type { Subscription } from './subscription.ts';
import { toWireUs } from './timetable.ts';
import { encodeClientFrame, type FrameHandler, FrameParser, OPCODE } from './ws-frames.ts';

/** RFC 6455, 1.3. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
/** How long the other side may take to answer a close frame. */
const CLOSE_DEADLINE_MS = 2000;

export interface WsOwner extends SubscriberOwner {
  /** A reply came; it belongs to the oldest message without one. */
  onReply(client: WsClient): void;
  /** There is room to send again. */
  onDrain(client: WsClient): void;
}

export class WsClient implements Subscriber, SocketOwner, ResponseHandler, FrameHandler {
  readonly subscription: Subscription;
  readonly #endpoint: Endpoint;
  readonly #owner: WsOwner;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #socket: ClientSocket;
  readonly #response = new HttpResponseParser(this);
  readonly #frames = new FrameParser(this);
  readonly #stamps: EventStamps = { seq: 0, intendedUs: 0, sentUs: 0 };
  readonly #key: string;
  #isAccepted = false;
  #state: 'connecting' | 'waiting' | 'open' | 'closing' | 'ended' = 'connecting';
  #endedInOrder = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #nowUs = 0;
  #sent = 0;
  /** Messages without a reply; the owner takes them off. */
  awaited = 0;

  /** Connects at once. `random` makes keys and masks: nothing here is a secret. */
  constructor(
    endpoint: Endpoint,
    subscription: Subscription,
    owner: WsOwner,
    clock: Clock,
    pace: ReaderPace | null,
    random: Random,
  ) {
    this.subscription = subscription;
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#clock = clock;
    this.#random = random;
    this.#key = Buffer.from(Array.from({ length: 16 }, () => random.int(256))).toString('base64');
    this.#socket = new ClientSocket(endpoint.address, this, clock, pace);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** Sends one message of `bytes` that the server answers; only while `isOpen`. */
  send(intendedUs: number, sentUs: number, bytes: number): void {
    const text = encodeEvent({ seq: ++this.#sent, intendedUs, sentUs }, bytes);
    this.awaited++;
    this.#writeFrame(OPCODE.text, Buffer.from(text, 'latin1'));
  }

  thaw(): void {
    this.#socket.thaw();
  }

  leave(): void {
    if (this.#state !== 'open') return this.#socket.destroy();
    this.#close(NORMAL_CLOSURE);
  }

  destroy(reason?: CloseReason): void {
    this.#socket.destroy(reason);
  }

  onConnect(): void {
    this.#state = 'waiting';
    this.#owner.onSettled(this);
    const target = addClientId(this.#endpoint.target, this.subscription.clientId);
    this.#socket.write(
      `GET ${target} HTTP/1.1\r\nHost: ${this.#endpoint.host}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${this.#key}\r\n\r\n`,
    );
  }

  onBytes(buffer: Buffer, length: number): void {
    this.#nowUs = toWireUs(this.#clock.nowNs());
    let at = 0;
    if (this.#state === 'waiting') {
      at = this.#response.push(buffer, 0, length);
      if (at < 0) return this.#socket.destroy('protocol');
    }
    if (this.#state !== 'open' && this.#state !== 'closing') return;
    const problem = this.#frames.push(buffer, at, length);
    if (problem === 0) return;
    this.#close(problem);
    this.#socket.destroy('protocol');
  }

  onDrain(): void {
    if (this.#state === 'open') this.#owner.onDrain(this);
  }

  onHeader(line: string): void {
    const match = /^sec-websocket-accept:\s*(\S+)\s*$/i.exec(line);
    if (match !== null) this.#isAccepted = match[1] === acceptOf(this.#key);
  }

  onHead(status: number): void {
    this.#response.stop();
    if (status === 101 && this.#isAccepted) {
      this.#state = 'open';
      this.#socket.startPace();
      this.#owner.onOutcome(this, 'open');
      return;
    }
    this.#state = 'ended';
    this.#owner.onOutcome(this, status === 503 ? 'rejected' : 'failed');
    this.#socket.destroy();
  }

  onBody(): void {}

  onEnd(): void {}

  onMessage(buffer: Buffer, from: number, to: number): void {
    if (readStamps(buffer, from, to, this.#stamps)) this.subscription.takeEvent(this.#stamps, this.#nowUs);
    else if (readReplyStamps(buffer, from, to, this.#stamps)) {
      this.subscription.takeReply(this.#stamps, this.#nowUs);
      this.#owner.onReply(this);
    } else this.subscription.takeEvent(null, this.#nowUs);
  }

  onPing(payload: Buffer): void {
    if (this.#state === 'open') this.#writeFrame(OPCODE.pong, payload);
  }

  onCloseFrame(code: number): void {
    const isOrderly = code === GOING_AWAY || code === NORMAL_CLOSURE;
    // After our own goodbye the server's close frame is only the answer to it.
    if (this.#state === 'open') {
      this.#endedInOrder = isOrderly;
      this.#close(code === 1005 ? NORMAL_CLOSURE : code);
    }
    this.#socket.finish();
  }

  onClose(reason: CloseReason): void {
    clearTimeout(this.#closeTimer);
    const state = this.#state;
    this.#state = 'ended';
    if (state === 'connecting') this.#owner.onSettled(this);
    if (state === 'connecting' || state === 'waiting') this.#owner.onOutcome(this, 'failed');
    else if (state === 'open' || state === 'closing') {
      this.#owner.onEnd(this, this.#endedInOrder && reason !== 'protocol');
    }
  }

  #close(code: number): void {
    if (this.#state === 'closing') return;
    this.#state = 'closing';
    const payload = Buffer.allocUnsafe(2);
    payload.writeUInt16BE(code);
    this.#writeFrame(OPCODE.close, payload);
    this.#closeTimer = setTimeout(() => this.#socket.destroy(), CLOSE_DEADLINE_MS);
  }

  #writeFrame(opcode: number, payload: Uint8Array): void {
    this.#socket.write(encodeClientFrame(opcode, payload, this.#random.int(2 ** 32)));
  }
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + HANDSHAKE_GUID)
    .digest('base64');
}
