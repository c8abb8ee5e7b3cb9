/** Server-sent events on the wire (WHATWG HTML, "Server-sent events"). */
import type { Frame } from '../socket-pump.ts';

/**
 * One event. `data` may hold any text: CR, LF and CRLF each start a new `data:` line.
 *
 * It has memory of its own: a slice of Node's pool that waits in a queue keeps all 64 KiB of the pool alive,
 * 250 times what the queue counts where the events around it have left.
 */
export function encodeSseEvent(id: number, data: string): Buffer {
  const body = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  const text = `id: ${id}\ndata: ${body}\n\n`;
  const wire = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  wire.write(text);
  return wire;
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
