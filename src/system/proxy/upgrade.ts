/** Requests that ask for another protocol: Node hands over their bare socket, and a plain answer is still possible. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { endToEndHeaders, findHeader } from '../http/headers.ts';
import type { ResponseHead } from '../http/upstream.ts';
import { closeGently } from './raw-answer.ts';

/** Bytes that a client may send before it has been answered. */
const MAX_EARLY_BYTES = 64 * 1024;

/**
 * A response on the socket of an upgrade request. The socket is read meanwhile, so that a client that leaves is
 * noticed; `early` gives what it has sent, and leaves the socket paused, to whom it belongs from then on.
 */
export function assignResponse(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  clock: Clock,
): { response: ServerResponse; early: () => Buffer } {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  const chunks: Buffer[] = head.length > 0 ? [head] : [];
  let bytes = head.length;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_EARLY_BYTES) socket.pause();
  };
  const onDrain = (): void => void response.emit('drain');
  // Its user agent waits for an answer: one that closes its side has given up (RFC 6455 §4.1).
  const onEnd = (): void => void socket.destroy();
  socket.on('data', onData).on('drain', onDrain).once('end', onEnd);
  const release = (): void => {
    socket.off('data', onData).off('drain', onDrain).off('end', onEnd);
  };
  response.once('finish', () => {
    release();
    response.detachSocket(socket);
    response.destroyed = true;
    response.emit('close');
    socket.on('data', () => {});
    closeGently(socket, clock);
  });
  return {
    response,
    early: () => {
      socket.pause();
      release();
      response.detachSocket(socket);
      return Buffer.concat(chunks);
    },
  };
}

/** The bytes of a 101 as it is passed on. */
export function switchingProtocols(head: ResponseHead, via: string): string {
  const fields = [...endToEndHeaders(head.headers), 'Via', via];
  let text = `HTTP/1.1 101 ${head.reason || 'Switching Protocols'}\r\n`;
  text += `Connection: Upgrade\r\nUpgrade: ${findHeader(head.headers, 'upgrade') ?? 'websocket'}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}\r\n`;
}
