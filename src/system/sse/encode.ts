/** Server-sent events on the wire (WHATWG HTML, "Server-sent events"). */
import type { Frame } from '../socket-pump.ts';

/** One event. `data` may hold any text: CR, LF and CRLF each start a new `data:` line. */
export function encodeSseEvent(id: number, data: string): Buffer {
  const body = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  return Buffer.from(`id: ${id}\ndata: ${body}\n\n`);
}

/** Whether two events say the same, whatever their ids. */
export function isSameSseEvent(a: Frame, b: Frame): boolean {
  return Buffer.compare(withoutId(a.wire), withoutId(b.wire)) === 0;
}

function withoutId(wire: Uint8Array): Uint8Array {
  return wire.subarray(wire.indexOf(10) + 1);
}

/** A comment: keeps proxies and clients from thinking the stream is dead. */
export const SSE_KEEP_ALIVE = Buffer.from(': keep-alive\n\n');

/** The last event of a stream that ends in order. */
export const SSE_END = Buffer.from('event: end\ndata: {}\n\n');
