/** The places of the system under test where a producer meets a slower consumer. */
export type PathName = 'sse' | 'ws' | 'proxy';

export const PATHS: readonly PathName[] = ['sse', 'ws', 'proxy'];

export interface BoundaryFacts {
  readonly path: PathName;
  readonly summary: string;
  /** What the noted system does there: the strategy where nobody sets another. */
  readonly asFound: string;
  /** Items that one queue of this boundary holds unless the strategy says otherwise. */
  readonly capacityItems: number;
  /** `client`: one queue per connection; `shared`: one for the whole system. */
  readonly scope: 'client' | 'shared';
}

export const BOUNDARIES = {
  'sse.client': {
    path: 'sse',
    summary: 'one queue per SSE client, between publish and the response',
    asFound: 'drop-oldest',
    capacityItems: 64,
    scope: 'client',
  },
  'ws.outbound': {
    path: 'ws',
    summary: 'one outbound queue per WebSocket connection',
    asFound: 'drop-newest',
    capacityItems: 100,
    scope: 'client',
  },
  'proxy.events': {
    path: 'proxy',
    summary: 'lifecycle events of all proxied requests, drained by one paced consumer',
    asFound: 'block',
    capacityItems: 256,
    scope: 'shared',
  },
} as const satisfies Record<string, BoundaryFacts>;

export type BoundaryName = keyof typeof BOUNDARIES;

export const BOUNDARY_NAMES = Object.keys(BOUNDARIES) as BoundaryName[];
