/** What a subscription takes of the live events, and how a client asks for it. */
import type { FeedEvent } from '../event.ts';

export interface Filter {
  /** Each that is set must be equal. */
  readonly key?: string;
  readonly flow?: string;
  readonly class?: number;
}

export type Request =
  | { readonly do: 'subscribe'; readonly name: string; readonly filter: Filter; readonly history: number }
  | { readonly do: 'unsubscribe'; readonly name: string }
  | { readonly do: 'refuse'; readonly problem: string };

/** Names are kept for each connection, so they are short. */
const MAX_NAME_LENGTH = 64;
const MAX_HISTORY_EVENTS = 1_000_000;
const FIELDS = ['subscribe', 'unsubscribe', 'key', 'flow', 'class', 'history'];

export function matches({ key, flow, class: klass }: Filter, event: FeedEvent): boolean {
  return (
    (key === undefined || key === event.key) &&
    (flow === undefined || flow === event.flow) &&
    (klass === undefined || klass === event.class)
  );
}

/** What a connection begins with. */
export interface Wish {
  /** Whether it gets every event. */
  readonly isSubscribed: boolean;
  /** Stored events before the live ones. */
  readonly history: number;
}

/** From the query of the handshake, where without a word everybody gets everything; `undefined` where it is wrong. */
export function readWish(query: URLSearchParams): Wish | undefined {
  const subscribe = query.get('subscribe');
  const history = query.get('history') ?? '0';
  if (subscribe !== null && subscribe !== 'none') return undefined;
  if (!/^\d{1,7}$/.test(history) || Number(history) > MAX_HISTORY_EVENTS) return undefined;
  return { isSubscribed: subscribe === null, history: Number(history) };
}

/** What a message asks for; `undefined` where it is about something else. */
export function readRequest(text: string): Request | undefined {
  if (!/^\s*\{\s*"(un)?subscribe"/.test(text)) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text);
  } catch {
    return refuse('this is no JSON');
  }
  const unknown = Object.keys(fields).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return refuse(`unknown field ${JSON.stringify(unknown)}: ${FIELDS.join(', ')}`);
  const { subscribe, unsubscribe, key, flow, class: klass, history = 0 } = fields;
  if (subscribe !== undefined && unsubscribe !== undefined) return refuse('either subscribe or unsubscribe');
  const name = subscribe ?? unsubscribe;
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH)
    return refuse(`a name has 1 to ${MAX_NAME_LENGTH} characters`);
  if (unsubscribe !== undefined) return { do: 'unsubscribe', name };
  if (key !== undefined && typeof key !== 'string') return refuse('key is a text');
  if (flow !== undefined && typeof flow !== 'string') return refuse('flow is a text');
  if (klass !== undefined && !isWhole(klass, 7)) return refuse('class is a whole number from 0 to 7');
  if (!isWhole(history, MAX_HISTORY_EVENTS))
    return refuse(`history is a whole number from 0 to ${MAX_HISTORY_EVENTS}`);
  const filter: Filter = {
    ...(key === undefined ? {} : { key }),
    ...(flow === undefined ? {} : { flow }),
    ...(klass === undefined ? {} : { class: klass }),
  };
  return { do: 'subscribe', name, filter, history };
}

function isWhole(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

function refuse(problem: string): Request {
  return { do: 'refuse', problem };
}
