/** The last answer of a connection, on its bare socket where there is no `ServerResponse`. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';

/** A client that has not taken the answer by then is cut off. */
const DEADLINE_MS = 2000;

/** Writes a whole answer that says why, and closes the connection. */
export function answerLast(socket: Socket, status: number, reason: string, via: string, clock: Clock): void {
  const body = Buffer.from(`${reason}\n`);
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\nConnection: close\r\nVia: ${via}\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n`;
  if (socket.destroyed) return;
  socket.on('data', () => {});
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]));
  closeGently(socket, clock);
}

/**
 * Closes a connection whose last answer has been written. What the client still sends is read and thrown away until
 * it has closed its side too: closing over unread bytes would reset the connection and take the answer away.
 */
export function closeGently(socket: Socket, clock: Clock): void {
  if (socket.destroyed) return;
  const deadline = clock.setTimer(clock.nowNs() + DEADLINE_MS * NS_PER_MS, () => socket.destroy());
  socket.once('close', () => deadline.cancel());
  socket.end();
  socket.resume();
}
