/** What the store and its two threads say to each other. Each request has one answer, in order. */
import type { StoreSettings } from '../../core/plan.ts';
import type { StoreProblem } from './store.ts';

export interface ThreadConfig extends Omit<StoreSettings, 'mode' | 'onError'> {
  readonly role: 'writer' | 'reader';
  readonly path: string;
  /** How long to wait for a lock of another process while opening and reading. */
  readonly busyTimeoutMs: number;
}

/** Events by column: cheaper to hand from thread to thread than an object for each. All of one length. */
export interface EventColumns {
  readonly texts: string[];
  readonly types: string[];
  readonly keys: (string | null)[];
  readonly classes: number[];
  readonly flows: string[];
}

export interface StoredColumns extends EventColumns {
  readonly ids: number[];
  readonly createdAtMs: number[];
}

export function emptyColumns(): EventColumns {
  return { texts: [], types: [], keys: [], classes: [], flows: [] };
}

export interface CommitRequest {
  readonly do: 'commit';
  readonly events: EventColumns;
  /** How long it may wait for a lock of another process. */
  readonly patienceMs: number;
}

export interface ReadRequest {
  readonly do: 'read';
  readonly afterId: number;
  readonly untilId: number;
  readonly limit: number;
}

/** For the ids of what was the newest of each key when `untilId` was the head, the newest first. */
export interface LatestRequest {
  readonly do: 'latest';
  readonly untilId: number;
  readonly limit: number;
}

/** For these events, as many as one answer holds; what is no longer kept is left out. */
export interface PickRequest {
  readonly do: 'pick';
  readonly ids: readonly number[];
}

export interface CloseRequest {
  readonly do: 'close';
}

export type ThreadRequest = CommitRequest | ReadRequest | LatestRequest | PickRequest | CloseRequest;

/** The first answer of the writer, and the answer to each commit: ids are in one run up to `headId`. */
export interface StoreRange {
  readonly headId: number;
  readonly oldestId: number;
}

export interface Committed extends StoreRange {
  readonly firstId: number;
  readonly createdAtMs: number;
}

export type ThreadAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: StoreProblem; readonly message: string };
