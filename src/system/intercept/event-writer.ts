/**
 * The writing side of an intercepted stream, one event at a time and in order, as found:
 *
 *   state        leaves when                              to
 *   ready        an event is pending                      processing, or sending at once
 *   processing   the interceptor has decided              sending
 *   sending      the client has room for the next one     ready
 */
import type { Channel } from '../channel/channel.ts';
import { encodeEvent } from './event-encoder.ts';
import type { InterceptedEvent } from './intercepted-event.ts';
import type { EventVerdict, Interceptors } from './interceptors.ts';

export interface WriterOptions {
  readonly channel: Channel<InterceptedEvent>;
  readonly interceptors: Interceptors;
  readonly method: string;
  readonly path: string;
  /** Bytes for the client; false: no more until `clientDrained`. */
  readonly write: (bytes: Buffer) => boolean;
  /** An event has gone out. */
  readonly onSent: () => void;
  /** It has come to rest, or is busy: somebody may have to read more, or less. */
  readonly onSettled: () => void;
  /** An event can be told neither as it came nor as a rule wants it. */
  readonly onFail: (thrown: unknown) => void;
}

export class EventWriter {
  readonly #options: WriterOptions;
  readonly #stopping = new AbortController();
  #state: 'ready' | 'processing' | 'sending' = 'ready';
  /** Taken from the queue, and neither delivered nor failed yet. */
  #inHand: InterceptedEvent | undefined;
  #aside: Buffer[] = [];
  #asideBytes = 0;
  #isDraining = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Nothing is in its hands, and the client has room. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  get asideBytes(): number {
    return this.#asideBytes;
  }

  /** Bytes between two events, which go out in their place: before the next event, or when none is pending. */
  addAside(bytes: Buffer): void {
    this.#aside.push(bytes);
    this.#asideBytes += bytes.length;
  }

  takeAside(): Buffer | undefined {
    if (this.#asideBytes === 0) return undefined;
    const aside = this.#aside.length === 1 ? this.#aside[0] : Buffer.concat(this.#aside);
    this.#aside = [];
    this.#asideBytes = 0;
    return aside;
  }

  /** Sends what is pending, until something takes time. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const { channel } = this.#options;
    while (this.#isGoing && this.#state === 'ready') {
      const event = channel.tryTake();
      if (event === undefined) break;
      this.#inHand = event;
      this.#decide(event);
    }
    if (this.#isGoing && this.#state === 'ready' && isEmpty(channel)) this.#flushAside();
    this.#isDraining = false;
    if (this.#isGoing) this.#options.onSettled();
  }

  /** Writes what belongs to no event, now, unless the client has no room. */
  say(bytes: Buffer): void {
    if (this.#state === 'sending' || this.#options.write(bytes) || !this.#isGoing) return;
    if (this.#state !== 'ready') return; // the event in hand comes next, and meets the same
    this.#state = 'sending';
    this.#options.onSettled();
  }

  clientDrained(): void {
    if (this.#state !== 'sending') return;
    this.#settle();
    this.drain();
  }

  /** Ends a wait under way; the event in hand is failed for `reason`. */
  stop(reason: string): void {
    this.#stopping.abort();
    const event = this.#inHand;
    this.#inHand = undefined;
    if (event !== undefined) this.#options.channel.failed(event, reason);
  }

  get #isGoing(): boolean {
    return !this.#stopping.signal.aborted;
  }

  #decide(event: InterceptedEvent): void {
    const { interceptors, method, path } = this.#options;
    const { type, number } = event;
    const verdict = interceptors.onEvent({ method, path, type, number }, this.#stopping.signal);
    if (!(verdict instanceof Promise)) {
      this.#send(event, verdict);
      return;
    }
    this.#state = 'processing';
    void verdict.then((decided) => {
      if (!this.#isGoing) return;
      this.#send(event, decided);
      this.drain();
    });
  }

  #send(event: InterceptedEvent, verdict: EventVerdict): void {
    const { channel, write, onSent, onFail } = this.#options;
    let bytes: Buffer | undefined;
    try {
      bytes = bytesOf(event, verdict);
    } catch (thrown) {
      onFail(thrown);
      return;
    }
    if (verdict.kind === 'block') {
      this.#inHand = undefined;
      channel.failed(event, 'intercept.block');
    }
    const hasRoom = bytes === undefined || write(bytes);
    if (!this.#isGoing) return; // stopped by the client, whose end `write` met
    if (bytes !== undefined) onSent();
    this.#state = 'sending';
    if (hasRoom) this.#settle();
  }

  #settle(): void {
    const event = this.#inHand;
    this.#inHand = undefined;
    this.#state = 'ready';
    if (event !== undefined) this.#options.channel.delivered(event);
  }

  #flushAside(): void {
    const aside = this.takeAside();
    if (aside !== undefined && !this.#options.write(aside)) this.#state = 'sending';
  }
}

function bytesOf(
  { wire, preface, type, id, retry }: InterceptedEvent,
  verdict: EventVerdict,
): Buffer | undefined {
  if (verdict.kind === 'block') return preface;
  const own =
    verdict.kind === 'continue'
      ? wire
      : encodeEvent({
          data: verdict.data,
          ...(type === 'message' ? {} : { type }),
          ...(id === undefined ? {} : { id }),
          ...(retry === undefined ? {} : { retry }),
        });
  return preface === undefined ? own : Buffer.concat([preface, own]);
}

function isEmpty({ depthItems, heldItems, waiters }: Channel<InterceptedEvent>): boolean {
  return depthItems + heldItems + waiters === 0;
}
