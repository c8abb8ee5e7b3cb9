/** Takes the body out of a message, as its framing says, from any split of chunks and without copying. */
import { type HeadScanner, IS_BAD, NEEDS_MORE } from './head-scanner.ts';
import { CR, LF, SEMICOLON, TEXT_OCTETS } from './octets.ts';
import { NO_TRAILERS, readTrailers } from './trailers.ts';
import type { Framing } from './upstream.ts';

/** A chunk line with longer extensions is refused. */
const MAX_EXTENSION_BYTES = 4096;
/** More of them than this, and than twice the bytes they come with, is refused: work without a body. */
const MAX_EXCESS_BYTES = 16_384;
/** 2^53 has 14 of them; leading zeros count. */
const MAX_SIZE_DIGITS = 16;

// What the next byte belongs to.
const BODY = 0; // of a known length, or of a chunk
const UNTIL_CLOSE = 1;
const SIZE = 2;
const EXTENSION = 3;
const SIZE_LF = 4;
const CHUNK_CR = 5;
const CHUNK_LF = 6;
const TRAILERS = 7;
const DONE = 8;

export type BodyStep = 'data' | 'end' | 'more' | 'bad';

export class BodyDecoder {
  /** Where the next byte to be read stands, after a step. */
  at = 0;
  /** After 'data'. */
  data: Buffer | undefined;
  /** After 'end'. */
  trailers: readonly string[] = NO_TRAILERS;
  /** After 'bad', for people. */
  problem = '';
  readonly #scanner: HeadScanner;
  #state = DONE;
  #isChunked = false;
  /** Bytes to come of the body, or of the chunk. */
  #left = 0;
  #digits = 0;
  #extensionBytes = 0;
  #excessBytes = 0;

  /** `scanner` is lent for the trailers. */
  constructor(scanner: HeadScanner) {
    this.#scanner = scanner;
  }

  start(framing: Framing): void {
    this.trailers = NO_TRAILERS;
    this.#isChunked = framing === 'chunked';
    if (this.#isChunked) {
      this.#excessBytes = 0;
      this.#expectSize();
    } else if (framing === 'close') this.#state = UNTIL_CLOSE;
    else {
      this.#left = framing === 'none' ? 0 : (framing as number);
      this.#state = this.#left === 0 ? DONE : BODY;
    }
  }

  /** Whether the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#state === UNTIL_CLOSE;
  }

  /** Whether nothing more is to be read but the end. */
  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** The next step in `bytes`, from `at` on. 'more': all of them were read, and the body goes on. */
  step(bytes: Buffer, at: number): BodyStep {
    this.at = at;
    if (this.#state === DONE) return 'end';
    if (this.#isChunked) return this.#stepInChunks(bytes);
    if (at === bytes.length) return 'more';
    if (this.#state === UNTIL_CLOSE) {
      this.data = at === 0 ? bytes : bytes.subarray(at);
      this.at = bytes.length;
    } else if (this.#takeBody(bytes) === 0) this.#state = DONE;
    return 'data';
  }

  #takeBody(bytes: Buffer): number {
    const { at } = this;
    const end = Math.min(bytes.length, at + this.#left);
    this.data = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end);
    this.at = end;
    this.#left -= end - at;
    return this.#left;
  }

  #stepInChunks(bytes: Buffer): BodyStep {
    while (this.at < bytes.length) {
      const byte = bytes[this.at] as number;
      switch (this.#state) {
        case BODY:
          if (this.#takeBody(bytes) === 0) this.#state = CHUNK_CR;
          return 'data';
        case SIZE:
          if (!this.#takeSize(byte)) return this.#refuse('a chunk size is no hexadecimal number');
          break;
        case EXTENSION:
          if (byte === CR) this.#state = SIZE_LF;
          else if (TEXT_OCTETS[byte] !== 1) return this.#refuse('a chunk extension has a control character');
          else if (++this.#extensionBytes > MAX_EXTENSION_BYTES)
            return this.#refuse('a chunk extension is too long');
          break;
        case SIZE_LF:
          if (byte !== LF) return this.#refuse('a chunk line ends in a bare CR');
          if (!this.#beginChunk()) return this.#refuse('there are more chunk extensions than body');
          break;
        case CHUNK_CR:
          if (byte !== CR) return this.#refuse('a chunk is longer than its size');
          this.#state = CHUNK_LF;
          break;
        case CHUNK_LF:
          if (byte !== LF) return this.#refuse('a chunk ends in a bare CR');
          this.#expectSize();
          break;
        default:
          return this.#takeTrailers(bytes);
      }
      this.at++;
    }
    return 'more';
  }

  #expectSize(): void {
    this.#state = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
  }

  #takeSize(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit < 0) {
      if (this.#digits === 0) return false;
      if (byte === CR) this.#state = SIZE_LF;
      else if (byte === SEMICOLON) this.#state = EXTENSION;
      else return false;
      return true;
    }
    this.#left = this.#left * 16 + digit;
    return ++this.#digits <= MAX_SIZE_DIGITS && this.#left <= Number.MAX_SAFE_INTEGER;
  }

  #beginChunk(): boolean {
    if (this.#left === 0) {
      this.#state = TRAILERS;
      this.#scanner.expectTrailers();
      return true;
    }
    this.#state = BODY;
    this.#excessBytes = Math.max(0, this.#excessBytes + this.#extensionBytes - 2 * this.#left);
    return this.#excessBytes <= MAX_EXCESS_BYTES;
  }

  #takeTrailers(bytes: Buffer): BodyStep {
    const end = this.#scanner.scan(bytes, this.at);
    if (end === IS_BAD) return this.#refuse(this.#scanner.problem);
    this.at = end === NEEDS_MORE ? bytes.length : end;
    if (end === NEEDS_MORE) return 'more';
    this.trailers = readTrailers(this.#scanner);
    this.#state = DONE;
    return 'end';
  }

  #refuse(problem: string): 'bad' {
    this.problem = problem;
    return 'bad';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
