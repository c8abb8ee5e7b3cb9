/** The head of a request as it goes out, and what is never sent. */
import { isFieldValue, isTarget, isToken } from './octets.ts';
import type { UpstreamRequest } from './upstream.ts';

/** These say how the message is framed and what the connection is for: they are added here and by nobody else. */
const ADDED_HERE = new Set(['connection', 'content-length', 'transfer-encoding']);

/** Why `request` cannot be sent as it was meant, or `undefined`. */
export function findRequestProblem(request: UpstreamRequest): string | undefined {
  const { method, target, headers, body, upgrade } = request;
  if (!isToken(method)) return 'the method is no token';
  if (method === 'CONNECT') return 'CONNECT is no exchange: tunnels have a connection of their own';
  if (!isTarget(target)) return 'the request target has a character that may not be there';
  if (upgrade !== undefined && !isFieldValue(upgrade)) return 'the protocol to upgrade to is no field value';
  if (typeof body === 'number' && !(Number.isSafeInteger(body) && body >= 0)) return 'the body has no length';
  if (headers.length % 2 !== 0) return 'a field has a name and no value';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!isToken(name)) return 'a field name is no token';
    if (!isFieldValue(headers[i + 1] as string))
      return `the field ${name} has a character that may not be there`;
    if (name.length >= 10 && ADDED_HERE.has(name.toLowerCase()))
      return `the field ${name} is not the caller's`;
  }
  return undefined;
}

/** The head, of Latin-1 characters. `isLast`: the connection will not be used again. */
export function buildRequestHead(request: UpstreamRequest, isLast: boolean): string {
  const { method, target, headers, body, upgrade } = request;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (body === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  else if (body !== 'none') head += `Content-Length: ${body}\r\n`;
  if (request.expectsContinue === true) head += 'Expect: 100-continue\r\n';
  if (upgrade !== undefined) head += `Connection: upgrade\r\nUpgrade: ${upgrade}\r\n`;
  else if (isLast) head += 'Connection: close\r\n';
  return `${head}\r\n`;
}

/** Methods that may be sent twice: what happens twice is as if it had happened once (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whether the request may be sent once more when nobody knows what became of it. */
export function isRepeatable(request: UpstreamRequest): boolean {
  return (request.body === 'none' || request.body === 0) && IDEMPOTENT.has(request.method);
}
