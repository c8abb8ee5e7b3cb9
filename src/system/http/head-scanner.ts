/**
 * Reads the lines of a head, or of trailers, from any split of chunks, each byte once. Strict as RFC 9112:
 * CRLF alone ends a line; no folded lines, no space before the colon, no control characters.
 */
import { COLON, CR, HTAB, LF, SP, TEXT_OCTETS, TOKEN_OCTETS } from './octets.ts';

/** A longer head, or more trailers, are refused. */
export const MAX_HEAD_BYTES = 16_384;

/** What {@link HeadScanner.scan} answers instead of a position. */
export const NEEDS_MORE = -1;
export const IS_BAD = -2;

const VERSION = [72, 84, 84, 80, 47, 49, 46]; // HTTP/1.

// Where in the head the next byte stands.
const STATUS_LINE = 0;
const REASON = 1;
const STATUS_LF = 2;
const LINE_START = 3;
const NAME = 4;
const BEFORE_VALUE = 5;
const VALUE = 6;
const VALUE_LF = 7;
const LAST_LF = 8;

export class HeadScanner {
  /** Of the status line, once that has been read. */
  status = 0;
  minorVersion = 0;
  /** Why the head was refused, for people. */
  problem = '';
  #state = STATUS_LINE;
  /** The bytes of earlier chunks. */
  #carry = '';
  #text = '';
  #reasonEnd = 0;
  /** Four for each field: where its name begins and ends, and its value; counted from the beginning of the head. */
  readonly #marks: number[] = [];
  #markCount = 0;

  /** From now on the head of an answer is expected. */
  expectHead(): void {
    this.#reset(STATUS_LINE);
    this.status = 0;
  }

  /** From now on field lines alone are expected, and the empty line behind them. */
  expectTrailers(): void {
    this.#reset(LINE_START);
  }

  get fieldCount(): number {
    return this.#markCount >> 2;
  }

  get reason(): string {
    return this.#text.substring(13, this.#reasonEnd);
  }

  /** Of field `index`, once the end has been found. */
  nameOf(index: number): string {
    return this.#text.substring(this.#marks[index * 4] as number, this.#marks[index * 4 + 1] as number);
  }

  /** Without the blanks around it. */
  valueOf(index: number): string {
    return this.#text.substring(this.#marks[index * 4 + 2] as number, this.#marks[index * 4 + 3] as number);
  }

  /** Reads [from, bytes.length). Answers where the first byte behind the empty line stands, or one of the codes. */
  scan(bytes: Buffer, from: number): number {
    const to = bytes.length;
    const marks = this.#marks;
    /** Position in the head = position in `bytes` + shift. */
    const shift = this.#carry.length - from;
    const last = Math.min(to, MAX_HEAD_BYTES - shift);
    let state = this.#state;
    let count = this.#markCount;
    let at = from;
    while (at < last) {
      const byte = bytes[at] as number;
      switch (state) {
        case VALUE: {
          let end = at;
          while (end < last && TEXT_OCTETS[bytes[end] as number] === 1) end++;
          at = end;
          if (end === last) break;
          if (bytes[end] !== CR) return this.#refuse('a field value has a character that may not be there');
          marks[count - 1] = end + shift;
          state = VALUE_LF;
          at++;
          break;
        }
        case NAME: {
          let end = at;
          while (end < last && TOKEN_OCTETS[bytes[end] as number] === 1) end++;
          at = end;
          if (end === last) break;
          if (bytes[end] !== COLON) return this.#refuse('a field name is no token');
          marks[count++] = end + shift;
          state = BEFORE_VALUE;
          at++;
          break;
        }
        case BEFORE_VALUE:
          if (byte === SP || byte === HTAB) at++;
          else {
            marks[count] = at + shift;
            marks[count + 1] = at + shift;
            count += 2;
            state = VALUE;
          }
          break;
        case VALUE_LF:
          if (byte !== LF) return this.#refuse('a line ends in a bare CR');
          state = LINE_START;
          at++;
          break;
        case LINE_START:
          if (byte === CR) {
            state = LAST_LF;
            at++;
          } else {
            if (TOKEN_OCTETS[byte] !== 1) return this.#refuse('a line begins with no field name');
            marks[count++] = at + shift;
            state = NAME;
          }
          break;
        case LAST_LF:
          if (byte !== LF) return this.#refuse('the head ends in a bare CR');
          at++;
          this.#markCount = count;
          this.#text = this.#carry + bytes.toString('latin1', from, at);
          this.#trimValues();
          return at;
        case STATUS_LINE:
          if (!this.#takeStatusLine(byte, at + shift)) return IS_BAD;
          if (at + shift === 12) state = byte === CR ? STATUS_LF : REASON;
          at++;
          break;
        case REASON:
          if (byte === CR) {
            this.#reasonEnd = at + shift;
            state = STATUS_LF;
          } else if (TEXT_OCTETS[byte] !== 1) return this.#refuse('the reason has a control character');
          at++;
          break;
        default: // STATUS_LF
          if (byte !== LF) return this.#refuse('the status line ends in a bare CR');
          state = LINE_START;
          at++;
      }
    }
    if (last + shift === MAX_HEAD_BYTES)
      return this.#refuse(`the head is longer than ${MAX_HEAD_BYTES} bytes`);
    this.#state = state;
    this.#markCount = count;
    this.#carry += bytes.toString('latin1', from, to);
    return NEEDS_MORE;
  }

  #reset(state: number): void {
    this.#state = state;
    this.#carry = '';
    this.#markCount = 0;
    this.#reasonEnd = 13;
  }

  /** `HTTP/1.x NNN ` with x 0 or 1. Without a reason many servers leave the last space out, and nobody minds. */
  #takeStatusLine(byte: number, column: number): boolean {
    if (column < 7) {
      if (byte === VERSION[column]) return true;
    } else if (column === 7) {
      this.minorVersion = byte - 48;
      if (byte === 48 || byte === 49) return true;
    } else if (column === 8 || column === 12) {
      if (byte === SP || (byte === CR && column === 12)) return column === 8 || this.#isStatusInRange();
    } else if (byte >= 48 && byte <= 57) {
      this.status = this.status * 10 + byte - 48;
      return true;
    }
    this.#refuse('this is no status line of HTTP/1.0 or HTTP/1.1');
    return false;
  }

  #isStatusInRange(): boolean {
    if (this.status >= 100 && this.status <= 599) return true;
    this.#refuse(`the status is ${String(this.status).padStart(3, '0')}`);
    return false;
  }

  #trimValues(): void {
    const marks = this.#marks;
    const text = this.#text;
    for (let i = 3; i < this.#markCount; i += 4) {
      const begin = marks[i - 1] as number;
      let end = marks[i] as number;
      while (end > begin && isBlank(text.charCodeAt(end - 1))) end--;
      marks[i] = end;
    }
  }

  #refuse(problem: string): number {
    this.problem = problem;
    return IS_BAD;
  }
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
