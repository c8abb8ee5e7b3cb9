/** Lines from the bytes of a stream, as they come. */
import { CUT_MARK, wholeCharacters } from '../proxy/cut-text.ts';

export const MAX_LINE_BYTES = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Ends lines at LF; a CR before it is no part of the line. A line above `maxBytes` is cut and ends in "...".
 * What is no UTF-8 becomes U+FFFD. Holds one chunk and one line at most.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;
  #begun: Uint8Array[] = [];
  #begunBytes = 0;
  #isCut = false;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** More bytes; only once {@link next} has answered `undefined`. */
  add(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next line, or `undefined` until there are more bytes. */
  next(): string | undefined {
    const chunk = this.#chunk;
    if (this.#at >= chunk.length) return undefined;
    const end = chunk.indexOf(LF, this.#at);
    const rest = chunk.subarray(this.#at, end < 0 ? chunk.length : end);
    this.#at = end < 0 ? chunk.length : end + 1;
    if (end < 0) {
      this.#begin(rest);
      return undefined;
    }
    if (this.#begunBytes === 0 && !this.#isCut && rest.length <= this.#maxBytes) return toText(rest, false);
    this.#begin(rest);
    return this.#takeBegun();
  }

  /** The stream has ended: the last line, if it has no end of its own. */
  end(): string | undefined {
    return this.#begunBytes === 0 && !this.#isCut ? undefined : this.#takeBegun();
  }

  /** Copied: a small piece must not keep a large chunk alive. */
  #begin(bytes: Uint8Array): void {
    const room = this.#maxBytes + 1 - this.#begunBytes; // one more, since a CR may be the last
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
    if (kept.length < bytes.length) this.#isCut = true;
    if (kept.length === 0) return;
    this.#begun.push(kept.slice());
    this.#begunBytes += kept.length;
  }

  #takeBegun(): string {
    const whole = Buffer.concat(this.#begun, this.#begunBytes);
    const isLong = this.#isCut || whole.length > this.#maxBytes + (whole.at(-1) === CR ? 1 : 0);
    this.#begun = [];
    this.#begunBytes = 0;
    this.#isCut = false;
    return isLong ? toText(whole.subarray(0, this.#maxBytes), true) : toText(whole, false);
  }
}

function toText(bytes: Uint8Array, isCut: boolean): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isCut) return view.toString('utf8', 0, wholeCharacters(view)) + CUT_MARK;
  return view.toString('utf8', 0, view.at(-1) === CR ? view.length - 1 : view.length);
}
