/** What Node's parser lets through and a proxy must not: requests that it could not pass on as they were meant. */
import type { IncomingMessage } from 'node:http';
import type { Via } from './via.ts';

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** RFC 3986 host with an optional port: no path, no userinfo, no blanks. */
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(?::[0-9]{0,5})?$/;
const MAX_TARGET_CHARS = 8192;
/** TRACE would show a client's own fields to scripts; the others are no requests to pass on. */
const REFUSED_METHODS = new Set(['TRACE', 'TRACK', 'CONNECT', 'SOURCE']);

/**
 * Why the request cannot be passed on, or `undefined`. The connection is to be closed after a refusal: what
 * follows on it may be the rest of a message that nobody has understood.
 */
export function findRefusal(request: IncomingMessage, via: Via): Refusal | undefined {
  const { rawHeaders, httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return { status: 505, reason: `HTTP/${httpVersion} is not spoken here, HTTP/1.1 is` };
  }
  if (REFUSED_METHODS.has(request.method ?? '')) {
    return { status: 405, reason: `${request.method} is not passed on` };
  }
  if ((request.url ?? '').length > MAX_TARGET_CHARS) {
    return { status: 414, reason: `the request target is longer than ${MAX_TARGET_CHARS} characters` };
  }
  let host: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (host !== undefined) return { status: 400, reason: 'there are two Host fields' };
      host = rawHeaders[i + 1] as string;
      if (!HOST.test(host)) return { status: 400, reason: 'the Host field is no host' };
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (httpVersion === '1.0') return { status: 400, reason: 'HTTP/1.0 has no Transfer-Encoding' };
      const codings = (rawHeaders[i + 1] as string)
        .toLowerCase()
        .split(',')
        .map((coding) => coding.trim());
      if (codings.pop() !== 'chunked')
        return { status: 400, reason: 'the body has no end: it is not chunked last' };
      if (codings.length > 0)
        return { status: 501, reason: `only the transfer coding 'chunked' is understood` };
    }
  }
  if (host === undefined && httpVersion === '1.1')
    return { status: 400, reason: 'the Host field is missing' };
  if (request.headers.expect !== undefined && request.headers.expect.toLowerCase() !== '100-continue') {
    return { status: 417, reason: `only the expectation '100-continue' is understood` };
  }
  if (via.hasLooped(rawHeaders)) {
    return { status: 508, reason: 'this request has been here before: the proxies lead in a circle' };
  }
  return undefined;
}

/** How the body of a request is delimited, as Node's parser has understood it. */
export function bodyOf(request: IncomingMessage): 'none' | 'chunked' | number {
  const { headers } = request;
  if (headers['transfer-encoding'] !== undefined) return 'chunked';
  const length = headers['content-length'];
  return length === undefined ? 'none' : Number(length);
}
