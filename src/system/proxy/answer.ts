/** Answers of the proxy itself. */
import { type ServerResponse, STATUS_CODES } from 'node:http';

/** A whole answer with a body of known length; header fields as raw name, value pairs. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  body: Buffer,
): void {
  response.writeHead(status, STATUS_CODES[status] ?? '', [...headers, 'Content-Length', String(body.length)]);
  response.end(body);
}

/** A refusal that says why. */
export function refuse(response: ServerResponse, status: number, reason: string, via: string): void {
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Via', via];
  if (status === 503) headers.push('Retry-After', '1');
  answer(response, status, headers, Buffer.from(`${reason}\n`));
}
