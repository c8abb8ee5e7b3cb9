/** What the proxy tells its one observer about each request: `started`, then `finished` or `failed`. */
import { CLASS_CRITICAL, CLASS_NORMAL, CLASS_SHEDDABLE } from '../channel/entry.ts';

export interface LifecycleEvent {
  readonly type: 'started' | 'finished' | 'failed';
  readonly requestId: number;
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly reason: string | null;
  /** As the noted system shows it: taken before the `finished` send, so it holds only the stall at the start. */
  readonly durationMs: number | null;
  /** Approximate memory of the event while it waits. */
  readonly bytes: number;
  /**
   * An end whose start was shown is critical: without it the request stays 'pending' for ever. A start may
   * be shed: its end tells the whole story, and is normal then.
   */
  readonly class: number;
  /** The request: a later event of it stands for an earlier one. */
  readonly key: number;
  readonly flow: number;
}

const FIXED_BYTES = 160;

export function createLifecycleEvent(
  type: LifecycleEvent['type'],
  request: { id: number; method: string; url: string },
  outcome: { status?: number; reason?: string; durationMs?: number } = {},
  isStartLost = false,
): LifecycleEvent {
  return {
    type,
    requestId: request.id,
    method: request.method,
    url: request.url,
    status: outcome.status ?? null,
    reason: outcome.reason ?? null,
    durationMs: outcome.durationMs ?? null,
    bytes: FIXED_BYTES + 2 * (request.url.length + request.method.length),
    class: type === 'started' ? CLASS_SHEDDABLE : isStartLost ? CLASS_NORMAL : CLASS_CRITICAL,
    key: request.id,
    flow: request.id,
  };
}

/** For queues that spill. */
export function encodeLifecycleEvent(event: LifecycleEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}

export function decodeLifecycleEvent(bytes: Uint8Array): LifecycleEvent {
  return JSON.parse(Buffer.from(bytes).toString()) as LifecycleEvent;
}
