/** What a client says it has already: `Last-Event-ID` of a reconnect, or `lastEventId=` of a link. */
import type { IncomingMessage } from 'node:http';

const ID = /^\d{1,15}$/;
const SHOWN_CHARS = 40;

/** The id, `null` for none, or what is wrong with it. Of both, the header counts: it is the later one. */
export function readResumePoint(url: URL, request: IncomingMessage): number | null | string {
  const headers = request.headersDistinct['last-event-id'] ?? [];
  const values = headers.length > 0 ? headers : url.searchParams.getAll('lastEventId');
  const where = headers.length > 0 ? 'Last-Event-ID' : 'lastEventId';
  if (values.length > 1) return `expected one ${where}, got ${values.length}`;
  const [value] = values;
  if (value === undefined || value === '') return null;
  if (ID.test(value)) return Number(value);
  const shown = value.length > SHOWN_CHARS ? `${value.slice(0, SHOWN_CHARS)}…` : value;
  return `${where} must be the id of an event, a whole number, got ${JSON.stringify(shown)}`;
}

const SSE_RANGES = ['text/event-stream', 'text/*', '*/*'];

/** Whether a client with this `Accept` takes an event stream (RFC 9110, 12.5.1): the most exact range counts. */
export function acceptsEvents(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  const weights = new Map<string, number>();
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(range, weight === undefined ? 1 : Number(weight));
  }
  const exact = SSE_RANGES.find((range) => weights.has(range));
  return exact !== undefined && weights.get(exact) !== 0;
}
