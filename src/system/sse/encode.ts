/** Server-sent events on the wire (WHATWG HTML, "Server-sent events"). */
import { BenchError } from '../../core/errors.ts';
import type { Frame } from '../socket-pump.ts';

const LINE_BREAK = /\r\n|\r|\n/;
/** What would end the field, or make readers ignore it. */
const NOT_IN_A_FIELD = /[\r\n\0]/;

/**
 * One event. `data` may hold any text: CR, LF and CRLF each start a new `data:` line. `id` 0 has no `id:` line, and an
 * empty `type` no `event:` line. Half a surrogate pair becomes U+FFFD.
 *
 * It has memory of its own: a slice of Node's pool that waits in a queue keeps all 64 KiB of the pool alive,
 * 250 times what the queue counts where the events around it have left.
 * Errors: BPB_ERR_INTERNAL for a type with CR, LF or NUL, or an id that is no whole number.
 */
export function encodeSseEvent(id: number, data: string, type = ''): Buffer {
  if (!Number.isSafeInteger(id) || id < 0) {
    throw new BenchError('BPB_ERR_INTERNAL', `an event id must be a whole number, 0 or more, got ${id}`);
  }
  if (NOT_IN_A_FIELD.test(type)) {
    const got = JSON.stringify(type);
    throw new BenchError('BPB_ERR_INTERNAL', `an event type must be one line without NUL, got ${got}`);
  }
  const body = LINE_BREAK.test(data) ? data.split(LINE_BREAK).join('\ndata: ') : data;
  const text = `${id > 0 ? `id: ${id}\n` : ''}${type === '' ? '' : `event: ${type}\n`}data: ${body}\n\n`;
  const wire = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  wire.write(text);
  return wire;
}

/** Whether two events say the same, whatever their ids. */
export function isSameSseEvent(a: Frame, b: Frame): boolean {
  return Buffer.compare(withoutId(a.wire), withoutId(b.wire)) === 0;
}

const ID_FIELD = Buffer.from('id:');

function withoutId(wire: Uint8Array): Uint8Array {
  const hasId = Buffer.compare(wire.subarray(0, ID_FIELD.length), ID_FIELD) === 0;
  return hasId ? wire.subarray(wire.indexOf(10) + 1) : wire;
}

/** Which ids a client will not get. */
export interface MissedRange {
  readonly from: number;
  readonly to: number;
  readonly missed: number;
}

/** Tells a client what it misses; it goes on behind `lastId`, also after a reconnect. */
export function encodeGap(range: MissedRange, lastId = range.to): Buffer {
  return encodeSseEvent(lastId, JSON.stringify(range), 'gap');
}

/** Tells a client that what it shows is out of date, with no word on how it comes up to date. */
export function encodeStale(range: MissedRange): Buffer {
  return encodeSseEvent(0, JSON.stringify(range), 'stale');
}

/** Tells a page to load itself anew. */
export const SSE_RELOAD = encodeSseEvent(0, '{}', 'reload');

/** How long a client had better wait before it reconnects. */
export function encodeRetry(retryMs: number): Buffer {
  return Buffer.from(`retry: ${Math.round(retryMs)}\n\n`);
}

/** A comment: keeps proxies and clients from thinking the stream is dead. */
export const SSE_KEEP_ALIVE = Buffer.from(': keep-alive\n\n');

/** The last event of a stream that ends in order. */
export const SSE_END = Buffer.from('event: end\ndata: {}\n\n');
