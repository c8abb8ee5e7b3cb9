/**
 * Cuts the bytes of an event stream where one event ends (HTML standard, 9.2.5): at a blank line, whatever
 * ends the lines. It looks at nothing else, so the bytes of an event can go on as they came, and its
 * size is bounded before anybody reads it.
 */
const LF = 10;
const CR = 13;
const COLON = 58;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const BLANK_LINE = Buffer.from('\n');
const EMPTY = Buffer.alloc(0);
/** What is longer is not copied once more when it is complete. */
const COPIED_BYTES = 64 * 1024;

/** Ten megabytes of data, and room for the names of its fields. */
export const MAX_EVENT_BYTES = 11 * 1024 ** 2;

/** Whole lines of the stream; their bytes belong to whoever takes them. */
export interface EventFrame {
  readonly bytes: Buffer;
  /** Up to a blank line, with at least one field; else comments and blank lines alone. */
  readonly hasFields: boolean;
}

/**
 * `push` bytes, then take frames until there is none. All frames one after the other are the stream, byte
 * for byte, without a byte order mark at its start. A comment before the fields of an event does not wait
 * for them. A LF behind a CR that ended a chunk opens the next frame, where it means nothing.
 */
export class EventFramer {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #chunk: Buffer = EMPTY;
  /** In `#chunk`: where the next byte is to be looked at, and where the frame begins or goes on. */
  #at = 0;
  #from = 0;
  /** The next CR and LF in `#chunk` at or behind `#at`; its length for none. */
  #cr = 0;
  #lf = 0;
  /** What came of the frame in earlier chunks. */
  #partial: Buffer = EMPTY;
  #partialBytes = 0;
  #lineBytes = 0;
  #isComment = false;
  #isAfterCr = false;
  #hasFields = false;
  /** Bytes of the byte order mark seen so far; 3 once that is settled. */
  #bomBytes = 0;
  #isFirst = true;
  #isTooLarge = false;

  constructor(maxBytes = MAX_EVENT_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** An event has outgrown the limit: no more frames come. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /** `bytes` must not change any more. */
  push(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Forgets what is not complete: another stream begins. */
  reset(): void {
    this.#chunks = [];
    this.#chunk = EMPTY;
    this.#at = this.#from = this.#cr = this.#lf = this.#bomBytes = 0;
    this.#lineBytes = this.#partialBytes = 0;
    this.#partial = EMPTY;
    this.#isComment = this.#isAfterCr = this.#hasFields = this.#isTooLarge = false;
    this.#isFirst = true;
  }

  /** The next frame; `undefined` until more bytes come. */
  next(): EventFrame | undefined {
    while (!this.#isTooLarge) {
      if (this.#at === this.#chunk.length && !this.#turn()) return undefined;
      if (this.#bomBytes < BOM.length && !this.#skipBom()) continue;
      if (this.#isAfterCr) {
        this.#isAfterCr = false;
        if (this.#chunk[this.#at] === LF) {
          this.#at++;
          continue;
        }
      }
      const frame = this.#readLine();
      if (frame !== undefined) return frame;
    }
    return undefined;
  }

  /** To the next chunk, if there is one. */
  #turn(): boolean {
    const next = this.#chunks.shift();
    if (next === undefined) return false;
    this.#keep();
    this.#chunk = next;
    this.#at = this.#from = 0;
    this.#cr = this.#lf = -1;
    return next.length > 0 || this.#turn();
  }

  /** Reads to the end of the line, or of the chunk. */
  #readLine(): EventFrame | undefined {
    const chunk = this.#chunk;
    if (this.#lineBytes === 0) this.#isComment = chunk[this.#at] === COLON;
    const end = this.#findLineEnd();
    this.#lineBytes += end - this.#at;
    if (end === chunk.length) {
      this.#at = end;
      this.#isTooLarge = this.#partialBytes + end - this.#from > this.#maxBytes;
      if (this.#isTooLarge) this.#partial = EMPTY;
      return undefined;
    }
    this.#at = end + 1;
    if (chunk[end] === CR) {
      if (this.#at === chunk.length) this.#isAfterCr = true;
      else if (chunk[this.#at] === LF) this.#at++;
    }
    const isBlank = this.#lineBytes === 0;
    this.#lineBytes = 0;
    if (!isBlank && !this.#isComment) this.#hasFields = true;
    return isBlank || !this.#hasFields ? this.#cut() : undefined;
  }

  #findLineEnd(): number {
    if (this.#cr < this.#at) this.#cr = this.#find(CR);
    if (this.#lf < this.#at) this.#lf = this.#find(LF);
    return Math.min(this.#cr, this.#lf);
  }

  #find(byte: number): number {
    const found = this.#chunk.indexOf(byte, this.#at);
    return found < 0 ? this.#chunk.length : found;
  }

  #cut(): EventFrame | undefined {
    if (this.#partialBytes + this.#at - this.#from > this.#maxBytes) {
      this.#isTooLarge = true;
      return undefined;
    }
    const hasFields = this.#hasFields;
    this.#hasFields = false;
    let bytes = this.#takeBytes();
    if (this.#isFirst) {
      this.#isFirst = false;
      // A client would take a second mark for the first: a blank line keeps it where it means something else.
      if (bytes.subarray(0, BOM.length).equals(BOM)) bytes = Buffer.concat([BLANK_LINE, bytes]);
    }
    return { bytes, hasFields };
  }

  #takeBytes(): Buffer {
    if (this.#partialBytes === 0) {
      // A small frame must not keep the whole chunk alive that it came in.
      const bytes = Buffer.from(this.#chunk.subarray(this.#from, this.#at));
      this.#from = this.#at;
      return bytes;
    }
    this.#keep();
    this.#from = this.#at;
    const bytes = this.#partial.subarray(0, this.#partialBytes);
    this.#partialBytes = 0;
    if (bytes.length <= COPIED_BYTES) return Buffer.from(bytes);
    this.#partial = EMPTY;
    return bytes;
  }

  /** Copies what is open of the frame, as the chunk goes. Room doubles, so that many small chunks cost no more than one. */
  #keep(): void {
    const bytes = this.#at - this.#from;
    if (bytes === 0) return;
    const needed = this.#partialBytes + bytes;
    if (needed > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#partial.length));
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    this.#chunk.copy(this.#partial, this.#partialBytes, this.#from, this.#at);
    this.#partialBytes = needed;
  }

  /** Looks at one byte. True once lines can be read. */
  #skipBom(): boolean {
    if (this.#chunk[this.#at] === BOM[this.#bomBytes]) {
      this.#at++;
      this.#bomBytes++;
      this.#from = this.#at;
      return false;
    }
    // The beginning of a mark and no more: those bytes belong to the first line.
    if (this.#bomBytes > 0) {
      this.#partial = Buffer.from(BOM.subarray(0, this.#bomBytes));
      this.#partialBytes = this.#lineBytes = this.#bomBytes;
    }
    this.#bomBytes = BOM.length;
    return true;
  }
}
