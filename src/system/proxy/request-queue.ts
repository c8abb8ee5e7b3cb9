/**
 * Whole requests that wait for a connection to the origin. At most `limit` of them are forwarded at a
 * time; what happens to the others is the strategy's. Who is not let in is answered, never dropped silently.
 */
import type { Boundary, Sized } from '../boundary.ts';
import type { Channel } from '../channel/channel.ts';

/** `refused`: answer 503, or 429 for `admission.rate`; `reason` is that of the ledger. */
export type Turn =
  | { readonly verdict: 'go' }
  | { readonly verdict: 'refused'; readonly reason: string; readonly retryAfterSec: number };

const GO: Turn = { verdict: 'go' };

/** One request's place in the queue. */
export class Ticket implements Sized {
  readonly bytes: number;
  readonly class: number;
  readonly key: string;
  readonly flow: string;
  isGone = false;
  settle: (turn: Turn) => void = () => {};

  constructor(facts: Sized) {
    this.bytes = facts.bytes;
    this.class = facts.class;
    this.key = String(facts.key);
    this.flow = String(facts.flow);
  }
}

export class RequestQueue {
  readonly #boundary: Boundary<Ticket>;
  readonly #channel: Channel<Ticket>;
  readonly #limit: number;
  isClosed = false;
  #running = 0;

  constructor(boundary: Boundary<Ticket>, limit: number) {
    this.#boundary = boundary;
    this.#limit = limit;
    this.#channel = boundary.open({
      onEnd: (ticket, end, reason) => {
        if (end !== 'delivered')
          ticket.settle({ verdict: 'refused', reason, retryAfterSec: this.#retryAfterSec() });
      },
      onReady: () => this.#serve(),
    });
  }

  /** Resolves when the request may go, and {@link leave} must follow; or when it is refused. */
  enter(ticket: Ticket, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve) => {
      ticket.settle = resolve;
      void this.#channel.offer(ticket, signal);
      this.#serve();
    });
  }

  /** The request has ended; `failure` is why it was not answered, if it was not. */
  leave(ticket: Ticket, failure: string | null): void {
    this.#running--;
    if (failure === null) this.#channel.delivered(ticket);
    else this.#channel.failed(ticket, failure);
    this.#serve();
  }

  /** Lets nobody in any more; who waits is refused. */
  close(): void {
    this.isClosed = true;
    this.#channel.discardQueued('shutdown');
    this.#channel.close();
  }

  /** Books the queue, once every request has left. */
  retire(): void {
    this.#boundary.retire(this.#channel, null, true);
  }

  /** Whole seconds, as the field wants them: at least one. */
  #retryAfterSec(): number {
    return Math.max(1, Math.ceil(this.#channel.retryAfterMs / 1000));
  }

  #serve(): void {
    while (this.#running < this.#limit) {
      const ticket = this.#channel.tryTake();
      if (ticket === undefined) return;
      if (ticket.isGone) {
        this.#channel.failed(ticket, 'disconnect.peer');
        continue;
      }
      this.#running++;
      ticket.settle(GO);
    }
  }
}
