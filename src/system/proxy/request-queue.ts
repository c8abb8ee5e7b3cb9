/**
 * Whole requests that wait for a connection to the origin. At most `limit` of them are forwarded at a
 * time; what happens to the others is the strategy's. Who is not let in is answered, never dropped silently.
 */
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { UpstreamSettings } from '../../core/plan.ts';
import type { Boundary, Sized } from '../boundary.ts';
import type { Channel } from '../channel/channel.ts';

/** `refused`: answer 503, or 429 for `admission.rate`; `reason` is that of the ledger. */
export type Turn =
  | { readonly verdict: 'go' }
  | { readonly verdict: 'refused'; readonly reason: string; readonly retryAfterSec: number };

const GO: Turn = { verdict: 'go' };

export type RequestLimits = Pick<UpstreamSettings, 'connections' | 'acquireTimeoutMs'>;

/** One request's place in the queue. */
export class Ticket implements Sized {
  readonly bytes: number;
  readonly class: number;
  readonly key: string;
  readonly flow: string;
  /** Why nobody waits for it any more. */
  isGone: false | 'disconnect.peer' | 'timeout.acquire' = false;
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
  readonly #acquireTimeoutMs: number | null;
  readonly #clock: Clock;
  isClosed = false;
  #running = 0;

  constructor(boundary: Boundary<Ticket>, limits: RequestLimits, clock: Clock) {
    this.#boundary = boundary;
    this.#limit = limits.connections;
    this.#acquireTimeoutMs = limits.acquireTimeoutMs;
    this.#clock = clock;
    this.#channel = boundary.open({
      onEnd: (ticket, end, reason) => {
        if (end !== 'delivered')
          ticket.settle({ verdict: 'refused', reason, retryAfterSec: this.#retryAfterSec() });
      },
      onReady: () => this.#serve(),
    });
  }

  /**
   * The turn of a request that need not wait, or a promise of it. After `go`, {@link leave} must follow. Who
   * waits longer than the limit is refused as `timeout.acquire`; `signal` is asked for only where one waits.
   */
  enter(ticket: Ticket, signal: () => AbortSignal): Turn | Promise<Turn> {
    let turn: Turn | undefined;
    ticket.settle = (settled) => {
      turn = settled;
    };
    const hasRoom =
      this.#running < this.#limit && this.#channel.depthItems === 0 && this.#channel.waiters === 0;
    void this.#channel.offer(ticket, hasRoom ? undefined : signal());
    this.#serve();
    return turn ?? this.#wait(ticket);
  }

  #wait(ticket: Ticket): Promise<Turn> {
    return new Promise((resolve) => {
      const limitMs = this.#acquireTimeoutMs;
      const timer =
        limitMs === null
          ? undefined
          : this.#clock.setTimer(this.#clock.nowNs() + limitMs * NS_PER_MS, () => {
              ticket.isGone = 'timeout.acquire';
              resolve({
                verdict: 'refused',
                reason: 'timeout.acquire',
                retryAfterSec: this.#retryAfterSec(),
              });
            });
      ticket.settle = (turn) => {
        timer?.cancel();
        resolve(turn);
      };
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
        this.#channel.failed(ticket, ticket.isGone);
        continue;
      }
      this.#running++;
      ticket.settle(GO);
    }
  }
}
