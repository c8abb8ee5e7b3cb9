/**
 * Whether the client of a request is still there, for what waits on its behalf. Costs nothing until something does.
 *
 * One that closes its side while its request waits for its turn has left the line: most clients that give up do just
 * that, and working for them is how an overload feeds itself. Once it is forwarded, only a client that has closed both
 * sides has left.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Ticket, Turn } from './request-queue.ts';

export class ClientGone {
  readonly #response: ServerResponse;
  readonly #socket: Socket;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.#socket = request.socket;
  }

  /** Aborts when the client leaves. */
  signal(): AbortSignal {
    const gone = new AbortController();
    if (this.#response.destroyed) gone.abort();
    else this.#response.once('close', () => gone.abort());
    return gone.signal;
  }

  /** The turn of `ticket`, which is marked and given up when the client leaves before. */
  async during(ticket: Ticket, leaving: AbortController | undefined, turn: Promise<Turn>): Promise<Turn> {
    const onLeave = (): void => {
      ticket.isGone = 'disconnect.peer';
      leaving?.abort();
      ticket.settle({ verdict: 'refused', reason: 'disconnect.peer', retryAfterSec: 1 });
    };
    if (this.#response.destroyed || this.#socket.readableEnded) onLeave();
    this.#response.once('close', onLeave);
    this.#socket.once('end', onLeave);
    const settled = await turn;
    this.#response.off('close', onLeave);
    this.#socket.off('end', onLeave);
    return settled;
  }
}
