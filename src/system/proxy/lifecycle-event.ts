/** What the proxies tell their one observer: of each request, of themselves, of the program beside them. */
import { CLASS_CRITICAL, CLASS_NORMAL, CLASS_SHEDDABLE } from '../channel/entry.ts';
import type { RequestFacts } from './story.ts';

const CLASS_OF = {
  'session-started': CLASS_CRITICAL,
  'session-stopped': CLASS_CRITICAL,
  'proxy-starting': CLASS_CRITICAL,
  'proxy-started': CLASS_CRITICAL,
  'proxy-stopped': CLASS_CRITICAL,
  'process-starting': CLASS_CRITICAL,
  'process-restarting': CLASS_CRITICAL,
  'process-started': CLASS_CRITICAL,
  'process-exited': CLASS_CRITICAL,
  'process-signaled': CLASS_CRITICAL,
  fatal: CLASS_CRITICAL,
  // Of a request whose start was lost, the end is normal: see `createRequestEvent`.
  'request-finished': CLASS_CRITICAL,
  'request-failed': CLASS_CRITICAL,
  'request-started': CLASS_SHEDDABLE,
  'process-stdout': CLASS_SHEDDABLE,
  'process-stderr': CLASS_SHEDDABLE,
  warn: CLASS_SHEDDABLE,
  // Not the noted system's: increments, to be added up where single requests are too many.
  counters: CLASS_SHEDDABLE,
} as const;

export type LifecycleType = keyof typeof CLASS_OF;

export type RequestEventType = 'request-started' | 'request-finished' | 'request-failed';
export type SystemEventType = Exclude<LifecycleType, RequestEventType | 'counters'>;

/** What is known of a request when it has ended. */
export interface RequestOutcome {
  readonly status: number | null;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  /** From when the start had been told to the end: what is behind the proxy. */
  readonly upstreamMs: number;
  /**
   * As the noted system shows it: its start is taken before the start is told, and its end before the end is told.
   * So it holds the wait at the start, and not the one at the end.
   */
  readonly displayedMs: number;
  /** Both waits included; filled in once the end has been told, which is after the event was made. */
  clientMs: number | null;
}

/** Requests since the last event of this kind, or of all that it stands for. */
export interface RequestCounters {
  started: number;
  finished: number;
  failed: number;
}

export interface LifecycleEvent {
  readonly type: LifecycleType;
  /** When it was told, of the run's clock. */
  readonly tNs: number;
  /** A warning, a line of output, why a request failed. */
  readonly text: string | null;
  readonly pid: number | null;
  readonly exitCode: number | null;
  /** By number from 1; 0 for events of no request. */
  readonly requestId: number;
  readonly request: RequestFacts | null;
  readonly outcome: RequestOutcome | null;
  counters: RequestCounters | null;
  /** Events told that it stands for, itself included. */
  count: number;
  /** Approximate memory of the event while it waits, with header fields and previews. */
  readonly bytes: number;
  /**
   * An end whose start was shown is critical: without it the request stays 'pending' for ever. A start may
   * be shed: its end tells the whole story, and is normal then.
   */
  readonly class: number;
  /** The request, the text of a warning, or the event itself: a later event of the same key stands for an earlier one. */
  readonly key: string | number;
  readonly flow: string | number;
}

const FIXED_BYTES = 160;
const OUTCOME_BYTES = 96;
/** Of one string, beside its characters. */
const STRING_BYTES = 24;
const COUNTERS_KEY = 'counters';

/** Memory of an event of this request without outcome and previews, in bytes. */
export function requestEventBytes({ method, url, rawHeaders }: RequestFacts): number {
  let bytes = FIXED_BYTES + 2 * (url.length + method.length);
  for (let i = 0; i < rawHeaders.length; i++) bytes += STRING_BYTES + (rawHeaders[i] as string).length;
  return bytes;
}

/** Memory of the end of a request beside its start's and its previews, in bytes. */
export function outcomeBytes(reason: string | null): number {
  return OUTCOME_BYTES + 2 * (reason?.length ?? 0);
}

export function createRequestEvent(
  type: RequestEventType,
  tNs: number,
  id: number,
  request: RequestFacts,
  bytes: number,
  end: { outcome: RequestOutcome; text: string | null; isStartLost: boolean } | null = null,
): LifecycleEvent {
  return {
    type,
    tNs,
    text: end === null ? null : end.text,
    pid: null,
    exitCode: null,
    requestId: id,
    request,
    outcome: end === null ? null : end.outcome,
    counters: null,
    count: 1,
    bytes,
    class: end?.isStartLost === true ? CLASS_NORMAL : CLASS_OF[type],
    key: id,
    flow: id,
  };
}

export interface SystemEventDetails {
  readonly text?: string;
  readonly pid?: number;
  readonly exitCode?: number;
}

/** `ownKey` is that of events which nothing else may stand for: below 0, where no request is. */
export function createSystemEvent(
  type: SystemEventType,
  tNs: number,
  ownKey: number,
  details: SystemEventDetails = {},
): LifecycleEvent {
  const { text = null, pid = null, exitCode = null } = details;
  return {
    type,
    tNs,
    text,
    pid,
    exitCode,
    requestId: 0,
    request: null,
    outcome: null,
    counters: null,
    count: 1,
    bytes: FIXED_BYTES + 2 * (text?.length ?? 0),
    class: CLASS_OF[type],
    key: type === 'warn' ? `warn ${text}` : ownKey,
    flow: type,
  };
}

export function createCountersEvent(tNs: number, counters: RequestCounters): LifecycleEvent {
  return {
    ...createSystemEvent('warn', tNs, 0),
    type: 'counters',
    counters,
    class: CLASS_OF.counters,
    key: COUNTERS_KEY,
    flow: COUNTERS_KEY,
  };
}

/**
 * One event for both: the newer, which counts the older and adds up its counters. It is the newer one itself,
 * changed, so that the queue tells its owner the older one's end. Associative in what it adds up.
 */
export function mergeEvents(older: LifecycleEvent, newer: LifecycleEvent): LifecycleEvent {
  newer.count += older.count;
  if (older.counters !== null) newer.counters = addCounters(older.counters, newer.counters);
  return newer;
}

function addCounters(a: RequestCounters, b: RequestCounters | null): RequestCounters {
  if (b === null) return a;
  return { started: a.started + b.started, finished: a.finished + b.finished, failed: a.failed + b.failed };
}

/** Whether the observer would read the same in both, the time apart. */
export function isSameEvent(a: LifecycleEvent, b: LifecycleEvent): boolean {
  return (
    a.type === b.type &&
    a.requestId === b.requestId &&
    a.text === b.text &&
    a.pid === b.pid &&
    a.counters === null &&
    b.counters === null
  );
}

/** For queues that spill. */
export function encodeLifecycleEvent(event: LifecycleEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}

export function decodeLifecycleEvent(bytes: Uint8Array): LifecycleEvent {
  return JSON.parse(Buffer.from(bytes).toString()) as LifecycleEvent;
}
