/** The places of the system under test where a producer meets a slower consumer. */
export type PathName = 'sse' | 'ws' | 'proxy';

export const PATHS: readonly PathName[] = ['sse', 'ws', 'proxy'];

/** What stands in the queues of a boundary: decides what a strategy may do to it. */
export type TrafficClass =
  | 'sse-feed'
  | 'ws-messages'
  | 'actor-commands'
  | 'http-requests'
  | 'lifecycle-events'
  | 'output-lines';

export interface BoundaryFacts {
  readonly path: PathName;
  readonly summary: string;
  readonly traffic: TrafficClass;
  /** What the noted system does there: the strategy where nobody sets another. */
  readonly asFound: string;
  /** Items that one queue of this boundary holds unless the strategy says otherwise. */
  readonly capacityItems: number;
  /** `client`: one queue per connection; `shared`: one for the whole system. */
  readonly scope: 'client' | 'shared';
  /** Whether queues here are given a folder, and know how to write their items as bytes. */
  readonly hasDisk: boolean;
  /** Whether `--strategy` applies here where a scenario names no boundary. */
  readonly isDefault: boolean;
}

export const BOUNDARIES = {
  'sse.bus': {
    path: 'sse',
    summary: 'the bus from the event store to each SSE client and projection',
    traffic: 'sse-feed',
    asFound: 'ring-lag',
    capacityItems: 256,
    scope: 'client',
    hasDisk: false,
    isDefault: false,
  },
  'sse.client': {
    path: 'sse',
    summary: 'one queue per SSE client, between the bus and the response',
    traffic: 'sse-feed',
    asFound: 'drop-oldest',
    capacityItems: 64,
    scope: 'client',
    hasDisk: true,
    isDefault: true,
  },
  'ws.outbound': {
    path: 'ws',
    summary: 'one outbound queue per WebSocket connection',
    traffic: 'ws-messages',
    asFound: 'drop-newest',
    capacityItems: 100,
    scope: 'client',
    hasDisk: true,
    isDefault: true,
  },
  'ws.mailbox': {
    path: 'ws',
    summary: 'commands to the actor of a WebSocket connection, where the architecture has one',
    traffic: 'actor-commands',
    asFound: 'unbounded',
    capacityItems: 64,
    scope: 'client',
    hasDisk: false,
    isDefault: false,
  },
  'proxy.requests': {
    path: 'proxy',
    summary: 'whole requests that wait for a connection to the origin',
    traffic: 'http-requests',
    asFound: 'unbounded',
    capacityItems: 256,
    scope: 'shared',
    hasDisk: false,
    isDefault: false,
  },
  'proxy.events': {
    path: 'proxy',
    summary: 'lifecycle events of all proxied requests, drained by one paced consumer',
    traffic: 'lifecycle-events',
    asFound: 'block',
    capacityItems: 256,
    scope: 'shared',
    hasDisk: true,
    isDefault: true,
  },
  'proxy.output': {
    path: 'proxy',
    summary: "the child program's output lines, where they have a queue of their own",
    traffic: 'output-lines',
    asFound: 'block',
    capacityItems: 256,
    scope: 'shared',
    hasDisk: false,
    isDefault: false,
  },
  'intercept.pending': {
    path: 'proxy',
    summary: 'events of one intercepted SSE stream that wait for the interceptors',
    traffic: 'sse-feed',
    asFound: 'unbounded',
    capacityItems: 100,
    scope: 'client',
    hasDisk: false,
    isDefault: false,
  },
} as const satisfies Record<string, BoundaryFacts>;

export type BoundaryName = keyof typeof BOUNDARIES;

/** Where what is for one client waits: its work is offered, delivered and lost there. */
export const CLIENT_QUEUES = {
  sse: 'sse.client',
  ws: 'ws.outbound',
  proxy: 'proxy.requests',
} as const satisfies Record<PathName, BoundaryName>;

export const BOUNDARY_NAMES = Object.keys(BOUNDARIES) as BoundaryName[];
