/**
 * The event as it travels: one line of JSON whose stamps stand first, so that a reader finds them by
 * scanning digits. `{"seq":7,"intendedUs":1200345,"sentUs":1200398,"pad":"xxxx"}`
 *
 * `seq` counts what this publisher published (or this client sent), from 1. Times are whole
 * microseconds since the run's epoch.
 */
export interface EventStamps {
  seq: number;
  intendedUs: number;
  sentUs: number;
}

const SEQ = '{"seq":';
const INTENDED = ',"intendedUs":';
const SENT = ',"sentUs":';
const PAD = ',"pad":"';

/** The event's text, padded with `x` to `bytes` (never cut below its own stamps). */
export function encodeEvent(stamps: EventStamps, bytes: number): string {
  const head = `${SEQ}${stamps.seq}${INTENDED}${stamps.intendedUs}${SENT}${stamps.sentUs}`;
  const pad = bytes - head.length - PAD.length - 2;
  return pad > 0 ? `${head}${PAD}${'x'.repeat(pad)}"}` : `${head}}`;
}

/**
 * Reads the stamps that start at `offset` of `buffer` into `into`. False when something else stands
 * there (a foreign event). Allocates nothing.
 */
export function readStamps(buffer: Uint8Array, offset: number, end: number, into: EventStamps): boolean {
  let at = skipDigits(buffer, offset + SEQ.length, end);
  if (at < 0 || !startsWith(buffer, offset, end, SEQ) || !startsWith(buffer, at, end, INTENDED)) return false;
  into.seq = digits(buffer, offset + SEQ.length, at);
  const intendedFrom = at + INTENDED.length;
  at = skipDigits(buffer, intendedFrom, end);
  if (at < 0 || !startsWith(buffer, at, end, SENT)) return false;
  into.intendedUs = digits(buffer, intendedFrom, at);
  const sentFrom = at + SENT.length;
  at = skipDigits(buffer, sentFrom, end);
  if (at < 0) return false;
  into.sentUs = digits(buffer, sentFrom, at);
  return true;
}

function startsWith(buffer: Uint8Array, offset: number, end: number, text: string): boolean {
  if (offset + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buffer[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The first index that is no digit, or -1 when no digit stands at `from` or the digits run to `end`. */
function skipDigits(buffer: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (buffer[at] as number) >= 48 && (buffer[at] as number) <= 57) at++;
  return at === from || at >= end ? -1 : at;
}

function digits(buffer: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (buffer[i] as number) - 48;
  return value;
}
