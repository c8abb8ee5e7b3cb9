/** One keep-alive HTTP/1.1 connection to which requests are written without waiting for answers. */
import type { Clock } from '../core/clock.ts';
import { ClientSocket, type CloseReason, type SocketOwner } from './client-socket.ts';
import type { SocketAddress } from './endpoint.ts';
import { HttpResponseParser, type ResponseHandler } from './http-response.ts';

export interface HttpConnectionOwner {
  onOpen(connection: HttpConnection): void;
  /** The answer to the oldest unanswered request is complete. */
  onAnswer(connection: HttpConnection, status: number): void;
  /** There is room to write again. */
  onDrain?(connection: HttpConnection): void;
  /** Exactly once; `unanswered` requests end with it. */
  onClose(connection: HttpConnection, reason: CloseReason, unanswered: number): void;
}

export class HttpConnection implements SocketOwner, ResponseHandler {
  readonly #owner: HttpConnectionOwner;
  readonly #socket: ClientSocket;
  readonly #parser: HttpResponseParser;
  #unanswered = 0;
  #status = 0;
  #keepsAlive = true;
  isOpen = false;
  /** Whether it ever was. */
  wasOpen = false;
  /** Free for the owner: what the one request under way is about. */
  dueNs = 0;
  sentNs = 0;
  idleSinceNs = 0;

  constructor(address: SocketAddress, owner: HttpConnectionOwner, clock: Clock) {
    this.#owner = owner;
    this.#parser = new HttpResponseParser(this);
    this.#socket = new ClientSocket(address, this, clock);
  }

  get unanswered(): number {
    return this.#unanswered;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes;
  }

  /** Writes one whole request of ASCII text; only while `isOpen`. */
  send(request: string): void {
    this.#unanswered++;
    this.#socket.write(request);
  }

  destroy(reason?: CloseReason): void {
    this.#socket.destroy(reason);
  }

  onConnect(): void {
    this.isOpen = true;
    this.wasOpen = true;
    this.#owner.onOpen(this);
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.#parser.push(buffer, 0, length) < 0) this.#socket.destroy('protocol');
  }

  onDrain(): void {
    this.#owner.onDrain?.(this);
  }

  onHead(status: number, keepsAlive: boolean): void {
    this.#status = status;
    this.#keepsAlive = keepsAlive;
  }

  onBody(): void {}

  onEnd(): void {
    // Nobody asked: a server that says 408 to an idle connection and closes it.
    if (this.#unanswered === 0) return this.#drop();
    this.#unanswered--;
    if (!this.#keepsAlive) this.isOpen = false;
    this.#owner.onAnswer(this, this.#status);
    if (!this.#keepsAlive) this.#drop();
  }

  onClose(reason: CloseReason): void {
    this.isOpen = false;
    if (reason === 'closed') this.#parser.finish();
    const unanswered = this.#unanswered;
    this.#unanswered = 0;
    this.#owner.onClose(this, reason, unanswered);
  }

  #drop(): void {
    this.#parser.stop();
    this.#socket.destroy('closed');
  }
}
