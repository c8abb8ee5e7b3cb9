/** Server-sent events on the wire (WHATWG HTML, "Server-sent events"). */

/** One event. `data` may hold any text: CR, LF and CRLF each start a new `data:` line. */
export function encodeSseEvent(id: number, data: string): Buffer {
  const body = /[\r\n]/.test(data) ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  return Buffer.from(`id: ${id}\ndata: ${body}\n\n`);
}

/** A comment: keeps proxies and clients from thinking the stream is dead. */
export const SSE_KEEP_ALIVE = Buffer.from(': keep-alive\n\n');

/** The last event of a stream that ends in order. */
export const SSE_END = Buffer.from('event: end\ndata: {}\n\n');
