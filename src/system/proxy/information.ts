/** Passes 1xx answers on: Node has methods for some of them, and on the newest versions alone for all. */
import type { ServerResponse } from 'node:http';
import { endToEndHeaders } from '../http/headers.ts';
import type { ResponseHead } from '../http/upstream.ts';

/** Writes a 1xx before the answer; nothing where another answer of the same connection still comes first. */
export function writeInformation(response: ServerResponse, head: ResponseHead): void {
  const { socket } = response;
  if (response.headersSent || socket === null || !socket.writable) return;
  const fields = endToEndHeaders(head.headers);
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  socket.write(`${text}\r\n`, 'latin1');
}
