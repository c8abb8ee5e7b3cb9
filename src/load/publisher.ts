/**
 * Publishes events, open loop: one keep-alive connection, pipelined so that the order is kept, and no
 * event ever waits for the answer to another.
 */
import type { Clock } from '../core/clock.ts';
import { addReason } from '../core/ledger.ts';
import type { EventMix } from '../core/plan.ts';
import type { LoadSample } from '../core/samples.ts';
import { encodeEvent } from '../core/wire.ts';
import type { CloseReason } from './client-socket.ts';
import { DueQueue } from './due-queue.ts';
import type { Endpoint } from './endpoint.ts';
import { createTraits } from './event-traits.ts';
import { reasonOfStatus } from './failure-reason.ts';
import { HttpConnection, type HttpConnectionOwner } from './http-connection.ts';
import type { Recorder } from './recorder.ts';
import { type Timetable, toWireUs } from './timetable.ts';

/** More unsent bytes than this wait as due times and not as text: a blocked target costs 8 bytes an event. */
const MAX_BUFFERED_BYTES = 262_144;
const RECONNECT_MS = 100;

export interface PublisherOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly timetable: Timetable;
  /** `null`: events say nothing of themselves beside their text. */
  readonly mix: EventMix | null;
  readonly seed: number;
  /** The series of the groups that subscribe: each sees the publisher's slip. */
  readonly subscriberSeries: readonly number[];
}

export class Publisher implements HttpConnectionOwner {
  readonly #options: PublisherOptions;
  readonly #path: string;
  readonly #head: string;
  readonly #drawTraits: () => string;
  readonly #waiting = new DueQueue();
  readonly #failures: Record<string, number> = {};
  #connection: HttpConnection | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #isClosed = false;
  #due = 0;
  #sent = 0;
  #accepted = 0;
  /** Answers come in the order of the events: the newest event whose fate is known, and those that were not taken. */
  #settledSeq = 0;
  readonly #refusedSeqs: number[] = [];

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { endpoint, mix, seed } = options;
    const { host, target } = endpoint;
    this.#path = `POST ${target}${mix === null ? '' : target.includes('?') ? '&' : '?'}`;
    this.#head = ` HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: `;
    this.#drawTraits = mix === null ? () => '' : createTraits(mix, seed);
  }

  /** Opens the connection ahead of the first event. */
  connect(): void {
    if (this.#connection !== undefined || this.#reconnect !== undefined || this.#isClosed) return;
    this.#connection = new HttpConnection(this.#options.endpoint.address, this, this.#options.clock);
  }

  /** An event was due at `dueNs`. */
  takeUp(dueNs: number): void {
    this.#due++;
    this.#waiting.push(dueNs);
    this.#flush();
  }

  /** The number of the newest event that was sent; they count from 1. */
  get newestSeq(): number {
    return this.#sent;
  }

  /** How many of the events with a number above `seq` the target has taken. */
  countTakenAfter(seq: number): number {
    const refused = this.#refusedSeqs.length - this.#refusedSeqs.findLastIndex((one) => one <= seq) - 1;
    return Math.max(0, this.#settledSeq - seq - refused);
  }

  sample(): LoadSample['publish'] {
    const pending = this.#waiting.length + (this.#connection?.unanswered ?? 0);
    return {
      due: this.#due,
      sent: this.#sent,
      accepted: this.#accepted,
      failures: { ...this.#failures },
      pending,
    };
  }

  /** Closes the connection; what has no answer yet has failed as `unanswered`. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#reconnect);
    this.#connection?.destroy('unanswered');
    this.#fail('unanswered', this.#waiting.clear());
  }

  onOpen(): void {
    this.#flush();
  }

  onDrain(): void {
    this.#flush();
  }

  onAnswer(_connection: HttpConnection, status: number): void {
    this.#settledSeq++;
    if (status >= 200 && status < 300) this.#accepted++;
    else {
      this.#refusedSeqs.push(this.#settledSeq);
      this.#fail(reasonOfStatus(status), 1);
    }
  }

  onClose(connection: HttpConnection, reason: CloseReason, unanswered: number): void {
    this.#connection = undefined;
    for (let i = 0; i < unanswered; i++) this.#refusedSeqs.push(++this.#settledSeq);
    this.#fail(reason, unanswered);
    if (this.#isClosed) return;
    if (!connection.wasOpen) {
      this.#fail(reason, this.#waiting.clear());
      this.#reconnect = setTimeout(() => {
        this.#reconnect = undefined;
        this.#flush();
      }, RECONNECT_MS);
    } else this.#flush();
  }

  #fail(reason: string, count: number): void {
    if (count > 0) addReason(this.#failures, reason, count);
  }

  #flush(): void {
    const connection = this.#connection;
    if (this.#waiting.length === 0) return;
    if (connection === undefined) return this.connect();
    while (this.#waiting.length > 0 && connection.isOpen && connection.bufferedBytes < MAX_BUFFERED_BYTES) {
      this.#send(connection, this.#waiting.shift());
    }
  }

  #send(connection: HttpConnection, dueNs: number): void {
    const { clock, recorder, timetable, subscriberSeries } = this.#options;
    const intendedUs = toWireUs(dueNs);
    const bytes = timetable.phases[timetable.indexAt(intendedUs)]?.eventBytes ?? 0;
    const sentNs = clock.nowNs();
    const text = encodeEvent({ seq: ++this.#sent, intendedUs, sentUs: toWireUs(sentNs) }, bytes);
    const slipUs = (sentNs - dueNs) / 1000;
    for (const series of subscriberSeries) recorder.recordSlip(series, intendedUs, slipUs);
    connection.send(`${this.#path}${this.#drawTraits()}${this.#head}${text.length}\r\n\r\n${text}`);
  }
}
