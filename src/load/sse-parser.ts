/**
 * Reads a server-sent event stream (HTML standard, 9.2.6) from any split of chunks. Lines end with LF,
 * CR or CRLF. Only the first bytes of a line are looked at, where its name and our stamps stand, so an
 * event of a megabyte costs a scan for its end and no memory.
 */
import { type EventStamps, readStamps } from '../core/wire.ts';

export interface SseHandler {
  /**
   * One event with data. `stamps` holds what its first data line says, valid during this call;
   * `null` for an event that is not the harness's.
   */
  onEvent(stamps: EventStamps | null): void;
  /** An event of type `end`: the server ends the stream in order. */
  onEndEvent(): void;
}

/** Enough for a field name, a byte order mark and the stamps with 16 digits each. */
const HEAD_BYTES = 128;
/** Up to here a line's end is searched in place; a longer one is worth a call into the native search. */
const SHORT_LINE_BYTES = 512;
const LF = 10;
const CR = 13;

export class SseParser {
  readonly #handler: SseHandler;
  readonly #stamps: EventStamps = { seq: 0, intendedUs: 0, sentUs: 0 };
  /** The head of a line whose end has not come yet; `#lineLength` counts all of its bytes. */
  #head: Buffer | undefined;
  #lineLength = 0;
  #isAfterCr = false;
  #isFirstLine = true;
  #hasData = false;
  #hasStamps = false;
  #isEndEvent = false;

  constructor(handler: SseHandler) {
    this.#handler = handler;
  }

  /** Reads [from, to) of `buffer`. */
  push(buffer: Buffer, from: number, to: number): void {
    let at = from;
    if (this.#isAfterCr && at < to) {
      this.#isAfterCr = false;
      if (buffer[at] === LF) at++;
    }
    while (at < to) {
      const end = findLineEnd(buffer, at, to);
      if (end < 0) {
        this.#stash(buffer, at, to);
        return;
      }
      if (this.#lineLength === 0) this.#takeLine(buffer, at, end);
      else {
        this.#stash(buffer, at, end);
        const length = Math.min(this.#lineLength, HEAD_BYTES);
        this.#lineLength = 0;
        this.#takeLine(this.#head as Buffer, 0, length);
      }
      at = end + 1;
      if (buffer[end] === CR) {
        if (at === to) this.#isAfterCr = true;
        else if (buffer[at] === LF) at++;
      }
    }
  }

  #stash(buffer: Buffer, from: number, to: number): void {
    if (this.#lineLength < HEAD_BYTES && to > from) {
      this.#head ??= Buffer.allocUnsafeSlow(HEAD_BYTES);
      buffer.copy(this.#head, this.#lineLength, from, Math.min(to, from + HEAD_BYTES - this.#lineLength));
    }
    this.#lineLength += to - from;
  }

  #takeLine(buffer: Buffer, lineFrom: number, to: number): void {
    let from = lineFrom;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (to - from >= 3 && buffer[from] === 0xef && buffer[from + 1] === 0xbb && buffer[from + 2] === 0xbf) {
        from += 3;
      }
    }
    if (from === to) this.#dispatch();
    else if (isField(buffer, from, to, 'data')) this.#takeData(buffer, from + 5, to);
    else if (isField(buffer, from, to, 'event')) this.#isEndEvent = isEndValue(buffer, from + 6, to);
  }

  #takeData(buffer: Buffer, from: number, to: number): void {
    if (this.#hasData) return;
    this.#hasData = true;
    const begin = from < to && buffer[from] === 32 ? from + 1 : from;
    this.#hasStamps = readStamps(buffer, begin, to, this.#stamps);
  }

  #dispatch(): void {
    const hasData = this.#hasData;
    const isEndEvent = this.#isEndEvent;
    this.#hasData = false;
    this.#isEndEvent = false;
    if (!hasData) return;
    if (isEndEvent) this.#handler.onEndEvent();
    else this.#handler.onEvent(this.#hasStamps ? this.#stamps : null);
  }
}

/** The index of the first CR or LF in [from, to), or -1. */
function findLineEnd(buffer: Buffer, from: number, to: number): number {
  const near = Math.min(to, from + SHORT_LINE_BYTES);
  for (let at = from; at < near; at++) {
    const byte = buffer[at] as number;
    if (byte === LF || byte === CR) return at;
  }
  if (near === to) return -1;
  const far = buffer.subarray(near, to);
  const lf = far.indexOf(LF);
  const cr = (lf < 0 ? far : far.subarray(0, lf)).indexOf(CR);
  const found = cr >= 0 ? cr : lf;
  return found < 0 ? -1 : near + found;
}

/** Whether the line is the field `name`: the name alone, or followed by a colon. */
function isField(buffer: Buffer, from: number, to: number, name: string): boolean {
  if (to - from < name.length) return false;
  for (let i = 0; i < name.length; i++) if (buffer[from + i] !== name.charCodeAt(i)) return false;
  return from + name.length === to || buffer[from + name.length] === 58;
}

/** Whether the value at `from`, after the colon and one optional space, is `end`. */
function isEndValue(buffer: Buffer, from: number, to: number): boolean {
  const begin = from < to && buffer[from] === 32 ? from + 1 : from;
  return to - begin === 3 && buffer[begin] === 101 && buffer[begin + 1] === 110 && buffer[begin + 2] === 100;
}
