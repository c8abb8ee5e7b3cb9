/** What the innermost handler makes of an inbound message. */
import type { OfferOutcome } from '../channel/channel.ts';
import { CLASS_CRITICAL, CLASS_NORMAL } from '../channel/entry.ts';
import type { StateHolder } from './connection-state.ts';
import { encodeFrame, encodeTextFrame } from './encode.ts';
import type { InboundMessage } from './inbound-frames.ts';
import type { Line } from './line.ts';
import type { OutboundFrame } from './outbound-frame.ts';
import type { Subscription } from './subscription.ts';
import { readRequest } from './subscription-filter.ts';

export type Apply = (message: InboundMessage) => void | Promise<void>;
/** Queues a message; a promise only where it has to wait. */
export type Send = (frame: OutboundFrame) => OfferOutcome | Promise<OfferOutcome>;

/** Sends every message back as it came. */
export function createEcho(line: Line, send: Send): Apply {
  return ({ data, isBinary, readNs }) => {
    const wire = encodeFrame(isBinary ? 'binary' : 'text', data);
    const middleware = line.settings.outbound.middlewares - 1;
    const sent = send({
      wire,
      bytes: wire.length,
      class: CLASS_NORMAL,
      key: '',
      flow: '',
      middleware,
      queuedNs: readNs,
    });
    return sent instanceof Promise ? sent.then(() => {}) : undefined;
  };
}

export interface RelayApplicationParts {
  readonly line: Line;
  readonly send: Send;
  readonly state: StateHolder;
  readonly subscription: Subscription;
  readonly isOpen: () => boolean;
  /** Text only: the connection ends with 1003. */
  readonly refuseBinary: () => void;
}

/** Answers messages, and keeps the subscriptions. */
export class RelayApplication {
  readonly #parts: RelayApplicationParts;
  #replies = 0;

  constructor(parts: RelayApplicationParts) {
    this.#parts = parts;
  }

  readonly apply: Apply = ({ data, isBinary }) => {
    if (isBinary) return this.#parts.refuseBinary();
    const text = data.toString();
    if (text.startsWith('{"seq":')) return this.#reply(text.slice(7));
    const request = readRequest(text);
    if (request === undefined) return this.#send(text);
    switch (request.do) {
      case 'refuse':
        return this.#send(JSON.stringify({ error: request.problem }));
      case 'unsubscribe':
        return this.#unsubscribe(request.name);
      case 'subscribe':
        return this.#subscribe(request.name, () =>
          this.#parts.subscription.add(request.name, request.filter, request.history),
        );
    }
  };

  /** A message for the peer that is no event. */
  encode(text: string): OutboundFrame {
    const { line } = this.#parts;
    const wire = encodeTextFrame(text);
    return {
      wire,
      bytes: wire.length,
      class: CLASS_CRITICAL,
      key: `reply ${++this.#replies}`,
      flow: 'replies',
      middleware: line.settings.outbound.middlewares - 1,
      queuedNs: line.clock.nowNs(),
    };
  }

  /**
   * The message with `seq` renamed to `re`; where one message causes several, the others say `also`, so that whoever
   * counts answers still has one for each message. They are queued one after another: whoever has to wait for room
   * for one has not queued the next.
   */
  #reply(rest: string): void | Promise<void> {
    const { replies } = this.#parts.line.settings;
    for (let sent = 0; sent < replies; sent++) {
      const waiting = this.#send(sent === 0 ? `{"re":${rest}` : `{"also":${rest}`);
      if (waiting !== undefined) return waiting.then(() => this.#replyOn(rest, sent + 1));
    }
  }

  async #replyOn(rest: string, from: number): Promise<void> {
    const { line, isOpen } = this.#parts;
    for (let sent = from; sent < line.settings.replies && isOpen(); sent++)
      await this.#send(`{"also":${rest}`);
  }

  async #subscribe(name: string, add: () => boolean): Promise<void> {
    // The answer comes first, then history, then what is live.
    await this.#send(JSON.stringify({ subscribed: name }));
    if (add()) await this.#noteNames();
    else await this.#send(JSON.stringify({ error: 'too many subscriptions', subscribe: name }));
  }

  async #unsubscribe(name: string): Promise<void> {
    const isKnown = this.#parts.subscription.remove(name);
    await this.#noteNames();
    await this.#send(
      JSON.stringify(isKnown ? { unsubscribed: name } : { error: 'no such subscription', unsubscribe: name }),
    );
  }

  #noteNames(): void | Promise<void> {
    const { state, subscription } = this.#parts;
    return state.mutate((own) => {
      own.subscriptions = subscription.names;
    });
  }

  /** A reply that is refused is counted, and its sender told: it goes on without. */
  #send(text: string): Promise<void> | undefined {
    const sent = this.#parts.send(this.encode(text));
    if (sent instanceof Promise) return sent.then((outcome) => this.#book(outcome));
    this.#book(sent);
    return undefined;
  }

  #book(outcome: OfferOutcome): void {
    if (outcome === 'dropped') this.#parts.line.counters.refused++;
  }
}
