/**
 * Reads HTTP/1.1 responses byte by byte from any split of chunks, without allocating for what arrives
 * whole: status line, `Content-Length`, chunked bodies, bodies that end with the connection.
 * Interim answers (1xx except 101) are skipped. Bare LF is accepted as a line end.
 */

export interface ResponseHandler {
  /** The head is complete. `keepsAlive`: the connection may be used again after this response. */
  onHead(status: number, keepsAlive: boolean): void;
  /** One header line, only for handlers that have this. */
  onHeader?(line: string): void;
  onBody(buffer: Buffer, from: number, to: number): void;
  /** The response is complete. */
  onEnd(): void;
}

type State =
  | 'status'
  | 'header'
  | 'length'
  | 'close'
  | 'size'
  | 'chunk'
  | 'chunk-end'
  | 'trailer'
  | 'stopped';

/** A longer line or head is refused. */
const MAX_LINE_BYTES = 16_384;
const MAX_HEADER_LINES = 256;
const LF = 10;
const CR = 13;

export class HttpResponseParser {
  readonly #handler: ResponseHandler;
  #state: State = 'status';
  #status = 0;
  #keepsAlive = true;
  #isChunked = false;
  #contentLength = -1;
  /** Bytes to come of the body or chunk. */
  #left = 0;
  #headerLines = 0;
  /** The beginning of a line whose end has not come yet. */
  #carry: Buffer | undefined;
  #carryLength = 0;

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
  }

  /** Whether nothing of a next response has come yet. */
  get isIdle(): boolean {
    return this.#state === 'status' && this.#carryLength === 0;
  }

  /** From inside a handler: the bytes that follow are not for this parser. */
  stop(): void {
    this.#state = 'stopped';
  }

  /** The connection has ended: completes a body that only ends so. False when a response was cut off. */
  finish(): boolean {
    if (this.#state !== 'close') return this.isIdle || this.#state === 'stopped';
    this.#end();
    return true;
  }

  /**
   * Reads [from, to) of `buffer`. Answers where it stopped: `to`, or less after {@link stop};
   * -1 when this is no HTTP response.
   */
  push(buffer: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      switch (this.#state) {
        case 'length':
        case 'chunk': {
          const end = Math.min(to, at + this.#left);
          this.#left -= end - at;
          const begin = at;
          at = end;
          const isChunk = this.#state === 'chunk';
          if (this.#left === 0 && isChunk) this.#state = 'chunk-end';
          this.#handler.onBody(buffer, begin, end);
          if (this.#left === 0 && !isChunk && this.#state === 'length') this.#end();
          break;
        }
        case 'close':
          this.#handler.onBody(buffer, at, to);
          return to;
        case 'stopped':
          return at;
        default: {
          let end = at;
          while (end < to && buffer[end] !== LF) end++;
          if (end === to) return this.#stash(buffer, at, to) ? to : -1;
          const next = end + 1;
          if (this.#carryLength > 0) {
            if (!this.#stash(buffer, at, end)) return -1;
            const length = this.#carryLength;
            this.#carryLength = 0;
            if (!this.#takeLine(this.#carry as Buffer, 0, length)) return -1;
          } else if (!this.#takeLine(buffer, at, end)) return -1;
          at = next;
        }
      }
    }
    return at;
  }

  #stash(buffer: Buffer, from: number, to: number): boolean {
    const length = this.#carryLength + to - from;
    if (length > MAX_LINE_BYTES) return false;
    if (this.#carry === undefined || this.#carry.length < length) {
      const bigger = Buffer.allocUnsafeSlow(Math.max(256, length * 2));
      this.#carry?.copy(bigger, 0, 0, this.#carryLength);
      this.#carry = bigger;
    }
    buffer.copy(this.#carry, this.#carryLength, from, to);
    this.#carryLength = length;
    return true;
  }

  /** One line without its LF. */
  #takeLine(buffer: Buffer, from: number, toLf: number): boolean {
    const to = toLf > from && buffer[toLf - 1] === CR ? toLf - 1 : toLf;
    switch (this.#state) {
      case 'status':
        return this.#takeStatus(buffer, from, to);
      case 'header':
        return from === to ? this.#takeHeadEnd() : this.#takeHeader(buffer, from, to);
      case 'size':
        return this.#takeChunkSize(buffer, from, to);
      case 'chunk-end':
        this.#state = 'size';
        return from === to;
      default: // trailer
        if (from === to) this.#end();
        return ++this.#headerLines <= MAX_HEADER_LINES;
    }
  }

  #takeStatus(buffer: Buffer, from: number, to: number): boolean {
    // HTTP/1.x NNN
    if (to - from < 12 || !matches(buffer, from, 'http/1.') || buffer[from + 8] !== 32) return false;
    const minor = (buffer[from + 7] as number) - 48;
    const status = readDecimal(buffer, from + 9, from + 12);
    if ((minor !== 0 && minor !== 1) || !(status >= 100)) return false;
    if (to > from + 12 && buffer[from + 12] !== 32) return false;
    this.#status = status;
    this.#keepsAlive = minor === 1;
    this.#isChunked = false;
    this.#contentLength = -1;
    this.#headerLines = 0;
    this.#state = 'header';
    return true;
  }

  #takeHeader(buffer: Buffer, from: number, to: number): boolean {
    this.#handler.onHeader?.(buffer.toString('latin1', from, to));
    const first = (buffer[from] as number) | 32;
    if (first === 99 && matches(buffer, from, 'content-length:', to)) {
      const value = trimmed(buffer, from + 15, to);
      const length = readDecimal(buffer, value.from, value.to);
      if (!(length >= 0) || (this.#contentLength >= 0 && this.#contentLength !== length)) return false;
      this.#contentLength = length;
    } else if (first === 99 && matches(buffer, from, 'connection:', to)) {
      const value = buffer.toString('latin1', from + 11, to).toLowerCase();
      if (value.includes('close')) this.#keepsAlive = false;
      else if (value.includes('keep-alive')) this.#keepsAlive = true;
    } else if (first === 116 && matches(buffer, from, 'transfer-encoding:', to)) {
      this.#isChunked = /\bchunked\s*$/i.test(buffer.toString('latin1', from + 18, to));
    }
    return ++this.#headerLines <= MAX_HEADER_LINES;
  }

  #takeHeadEnd(): boolean {
    const status = this.#status;
    if (status < 200 && status !== 101) {
      this.#state = 'status';
      return true;
    }
    const hasNoBody = status === 204 || status === 304 || status === 101;
    if (hasNoBody) this.#contentLength = 0;
    if (this.#isChunked && !hasNoBody) this.#state = 'size';
    else if (this.#contentLength < 0) {
      this.#state = 'close';
      this.#keepsAlive = false;
    } else {
      this.#left = this.#contentLength;
      this.#state = 'length';
    }
    const state = this.#state;
    this.#handler.onHead(status, this.#keepsAlive);
    if (this.#state === state && state === 'length' && this.#left === 0) this.#end();
    return true;
  }

  #takeChunkSize(buffer: Buffer, from: number, to: number): boolean {
    let size = 0;
    let at = from;
    for (; at < to; at++) {
      const digit = hexDigit(buffer[at] as number);
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    const rest = buffer[at] as number;
    const endsWell = at === to || rest === 59 || rest === 32 || rest === 9; // a chunk extension is skipped
    if (at === from || size > Number.MAX_SAFE_INTEGER || !endsWell) return false;
    this.#left = size;
    this.#headerLines = 0;
    this.#state = size === 0 ? 'trailer' : 'chunk';
    return true;
  }

  #end(): void {
    this.#state = 'status';
    this.#handler.onEnd();
  }
}

/** Whether `lowerCase` stands at `from`, letters in any case. */
function matches(buffer: Buffer, from: number, lowerCase: string, to = buffer.length): boolean {
  if (to - from < lowerCase.length) return false;
  for (let i = 0; i < lowerCase.length; i++) {
    const byte = buffer[from + i] as number;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== lowerCase.charCodeAt(i)) return false;
  }
  return true;
}

function trimmed(buffer: Buffer, from: number, to: number): { from: number; to: number } {
  let begin = from;
  let end = to;
  while (begin < end && (buffer[begin] === 32 || buffer[begin] === 9)) begin++;
  while (end > begin && (buffer[end - 1] === 32 || buffer[end - 1] === 9)) end--;
  return { from: begin, to: end };
}

/** The number written in [from, to), or NaN. */
function readDecimal(buffer: Buffer, from: number, to: number): number {
  if (from >= to || to - from > 15) return Number.NaN;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = (buffer[i] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
