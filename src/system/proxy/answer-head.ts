/** What a proxy reads in the head of an answer, and what it makes of it. */
import { answerHeaders, findHeader, withHeader, withoutHeaders } from '../http/headers.ts';
import type { ResponseHead } from '../http/upstream.ts';
import type { Review } from './exchange.ts';

/** Fields that speak of a body which another one stands for. */
export const OF_THE_BODY: readonly string[] = [
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
  'etag',
  'last-modified',
];

/** The fields of the answer to the client, with its length where that is known. */
export function composeHeaders(
  head: ResponseHead,
  httpVersion: string,
  method: string,
  via: string,
  review: Extract<Review, { kind: 'pass' }> | undefined,
): string[] {
  const { framing, status } = head;
  const hasLength =
    typeof framing === 'number' || (framing === 'none' && (method === 'HEAD' || status === 304));
  let headers = answerHeaders(head.headers, hasLength);
  if (review?.removeHeaders !== undefined) headers = withoutHeaders(headers, review.removeHeaders);
  for (const [name, value] of Object.entries(review?.setHeaders ?? {})) {
    headers = withHeader(headers, name, value);
  }
  headers.push('Via', via);
  // Node refuses to announce trailers where it will send none.
  if (framing !== 'chunked' || httpVersion !== '1.1') headers = withoutHeaders(headers, ['trailer']);
  return headers;
}

/** A stream of events that can be read on its way: compressed ones cannot. */
export function isReadableStream(head: ResponseHead): boolean {
  const encoding = findHeader(head.headers, 'content-encoding');
  const isPlain = encoding === undefined || encoding.toLowerCase() === 'identity';
  return head.status === 200 && isPlain && isEventStream(head);
}

export function isEventStream(head: Pick<ResponseHead, 'headers'>): boolean {
  const type = findHeader(head.headers, 'content-type');
  return type !== undefined && /^\s*text\/event-stream\s*(?:;|$)/i.test(type);
}

/** A stream that only the end of its connection delimits may well have been longer. */
export function brokenOff(head: ResponseHead | undefined): Error | undefined {
  return head?.framing === 'close' ? new Error('the connection to the upstream ended') : undefined;
}

/** The type of a body that can be shown as it is; `undefined` where it is compressed. */
export function plainTypeOf(headers: readonly string[]): string | undefined {
  if (findHeader(headers, 'content-encoding') !== undefined) return undefined;
  return findHeader(headers, 'content-type');
}
