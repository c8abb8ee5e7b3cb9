/**
 * The sending side of one connection: head and first bytes of the body in one write, the body framed as
 * promised. What goes wrong while writing is not reported here: the answer may have come before it.
 */
import type { Socket } from 'node:net';
import { isFieldValue, isToken } from './octets.ts';
import { mayBeTrailer, NO_TRAILERS } from './trailers.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Up to this size bytes are copied behind their head or into their chunk: one write is cheaper than three. */
const COPIED_BYTES = 16_384;

const LAST_CHUNK = '0\r\n\r\n';

/** `surplus`: more bytes than the request has promised; `missing`: it ended before them. Nothing more may be sent. */
export type WriteOutcome = 'room' | 'full' | 'surplus' | 'missing';

export class RequestWriter {
  readonly #socket: Socket;
  /** A head that waits for the first bytes of its body, for one turn of the event loop at most. */
  #head = '';
  #flush: NodeJS.Immediate | undefined;
  /** Bytes that the body still owes; Infinity for chunks. */
  #left = 0;
  #isComplete = true;
  #isGuarded = false;
  #hasFailed = false;
  #needsDrain = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether the whole request has been handed to the socket, which took it. */
  get isComplete(): boolean {
    return this.#isComplete && !this.#hasFailed;
  }

  start(request: UpstreamRequest, head: string): void {
    const { body } = request;
    if (body === 'none' || body === 0) {
      this.#left = 0;
      this.#isComplete = true;
      this.#socket.write(head, 'latin1');
      return;
    }
    this.#guard();
    this.#left = body === 'chunked' ? Number.POSITIVE_INFINITY : body;
    this.#isComplete = false;
    if (request.expectsContinue === true) {
      this.#socket.write(head, 'latin1');
      return;
    }
    this.#head = head;
    this.#flush = setImmediate(this.#flushHead);
  }

  write(bytes: Uint8Array): WriteOutcome {
    if (bytes.length === 0) return this.#room();
    if (bytes.length > this.#left) return 'surplus';
    if (this.#left === Number.POSITIVE_INFINITY) this.#writeChunk(bytes);
    else {
      this.#left -= bytes.length;
      this.#writeParts('', bytes, '');
    }
    return this.#room();
  }

  end(trailers: readonly string[] = NO_TRAILERS): WriteOutcome {
    if (this.#isComplete) return 'room';
    if (this.#left === Number.POSITIVE_INFINITY) {
      const head = this.#takeHead();
      this.#socket.write(head + lastChunk(trailers), 'latin1');
    } else if (this.#left > 0) return 'missing';
    this.#left = 0;
    this.#isComplete = true;
    return this.#room();
  }

  /** The socket has room again: whether somebody waits for that. */
  takeDrain(): boolean {
    const needsDrain = this.#needsDrain;
    this.#needsDrain = false;
    return needsDrain;
  }

  /** Nothing more is sent of this request. */
  stop(): void {
    this.#takeHead();
    this.#needsDrain = false;
  }

  #room(): WriteOutcome {
    if (!this.#socket.writableNeedDrain) return 'room';
    this.#needsDrain = true;
    return 'full';
  }

  #writeChunk(bytes: Uint8Array): void {
    this.#writeParts(`${bytes.length.toString(16)}\r\n`, bytes, '\r\n');
  }

  #writeParts(before: string, bytes: Uint8Array, after: string): void {
    const text = this.#takeHead() + before;
    const socket = this.#socket;
    if (text === '') {
      socket.write(bytes);
      return;
    }
    if (bytes.length <= COPIED_BYTES) {
      const whole = Buffer.allocUnsafe(text.length + bytes.length + after.length);
      whole.write(text, 'latin1');
      whole.set(bytes, text.length);
      if (after !== '') whole.write(after, text.length + bytes.length, 'latin1');
      socket.write(whole);
      return;
    }
    socket.cork();
    socket.write(text, 'latin1');
    socket.write(bytes);
    if (after !== '') socket.write(after, 'latin1');
    socket.uncork();
  }

  #takeHead(): string {
    const head = this.#head;
    if (head === '') return head;
    this.#head = '';
    clearImmediate(this.#flush);
    return head;
  }

  #flushHead = (): void => {
    const head = this.#takeHead();
    if (head !== '') this.#socket.write(head, 'latin1');
  };

  /**
   * A stream destroys itself when a write fails, with what it has not read yet. An upstream that answers early and
   * closes would lose its answer so. From now on failed writes go nowhere, and reading tells how the connection ends.
   */
  #guard(): void {
    if (this.#isGuarded) return;
    this.#isGuarded = true;
    const socket = this.#socket;
    const { _write, _writev } = socket;
    const swallow =
      (callback: (error?: Error | null) => void) =>
      (error?: Error | null): void => {
        if (error) this.#hasFailed = true;
        callback();
      };
    socket._write = (chunk, encoding, callback) => {
      if (this.#hasFailed) callback();
      else _write.call(socket, chunk, encoding, swallow(callback));
    };
    if (_writev === undefined) return;
    socket._writev = (chunks, callback) => {
      if (this.#hasFailed) callback();
      else _writev.call(socket, chunks, swallow(callback));
    };
  }
}

/** Throws nothing: a trailer that cannot be sent as it is, is left out like one that may not be there. */
function lastChunk(trailers: readonly string[]): string {
  if (trailers.length === 0) return LAST_CHUNK;
  let text = '0\r\n';
  for (let i = 0; i + 1 < trailers.length; i += 2) {
    const name = trailers[i] as string;
    const value = trailers[i + 1] as string;
    if (isToken(name) && isFieldValue(value) && mayBeTrailer(name)) text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}
