/** Server-sent events as bytes. */
import { inspect } from 'node:util';
import { BenchError } from '../../core/errors.ts';

export interface OutgoingEvent {
  /** Any text; lines may end in LF, CR or CRLF, and arrive as LF. */
  readonly data: string;
  readonly type?: string;
  readonly id?: string;
  /** A whole number of milliseconds. */
  readonly retry?: number;
}

const LINE_END = /\r\n|\r|\n/;
/** They would end the line, or void the id. */
const UNFIT = /[\r\n\0]/;

/**
 * One event, up to and with its blank line: nothing in it can become another field or another event.
 *
 * Errors: BPB_ERR_INTERNAL for CR, LF or NUL in type or id, or a retry that is not made of digits.
 */
export function encodeEvent({ data, type, id, retry }: OutgoingEvent): Buffer {
  let text = '';
  if (type !== undefined) text += `event: ${checkLine('type', type)}\n`;
  if (id !== undefined) text += `id: ${checkLine('id', id)}\n`;
  if (retry !== undefined) text += `retry: ${checkRetry(retry)}\n`;
  return Buffer.from(`${text}${fieldLines('data', data)}\n`);
}

/** A comment, which clients skip: it keeps a connection busy. Stands between events alone. */
export function encodeComment(text: string): Buffer {
  return Buffer.from(`${fieldLines('', text)}\n`);
}

function fieldLines(name: string, text: string): string {
  return text
    .split(LINE_END)
    .map((line) => `${name}: ${line}\n`)
    .join('');
}

function checkLine(what: string, text: string): string {
  if (!UNFIT.test(text)) return text;
  throw new BenchError(
    'BPB_ERR_INTERNAL',
    `the ${what} of an event must be one line without NUL, got ${inspect(text)}`,
  );
}

function checkRetry(retry: number): number {
  if (Number.isSafeInteger(retry) && retry >= 0) return retry;
  throw new BenchError(
    'BPB_ERR_INTERNAL',
    `retry must be a whole number of milliseconds, got ${inspect(retry)}`,
  );
}
