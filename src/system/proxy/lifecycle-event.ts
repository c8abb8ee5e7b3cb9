/** What the proxy tells its one observer about each request: `started`, then `finished` or `failed`. */
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
}

const FIXED_BYTES = 160;

export function createLifecycleEvent(
  type: LifecycleEvent['type'],
  request: { id: number; method: string; url: string },
  outcome: { status?: number; reason?: string; durationMs?: number } = {},
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
  };
}
