/**
 * A scenario with every value resolved: units gone, defaults filled in, client counts worked out.
 * The conductor makes it, the load worker plays it, the record keeps it. Plain data, JSON-safe.
 */
import type { BoundaryName, PathName } from './boundary.ts';

/** When events or requests are due. Rates are per second of the whole group, not of one connection. */
export type Arrivals =
  /** Evenly spaced, or seeded Poisson. From `fromPerSec` to `toPerSec`, linear over the phase; equal for a constant rate. */
  | { readonly model: 'constant' | 'poisson'; readonly fromPerSec: number; readonly toPerSec: number }
  /** `count` at once at the start of the phase, and again each `everyMs` unless that is `null`. */
  | { readonly model: 'burst'; readonly count: number; readonly everyMs: number | null };

/** A population of clients that behave alike. */
export interface ClientGroup {
  readonly name: string;
  readonly path: PathName;
  /** Share of the phase's connections, 0 to 1. */
  readonly share: number;
  readonly via: 'tcp' | 'unix';
  /** How fast one client reads its socket; `null` is as fast as it can, 0 never reads. */
  readonly readBytesPerSec: number | null;
  /** Work within this time of its intended time is in time. */
  readonly deadlineMs: number;
  /** Requests (proxy) or messages to be answered (ws) of the whole group, unless a phase says otherwise. */
  readonly arrivals: Arrivals | null;
  /** Body of one request or inbound message, in bytes. */
  readonly requestBytes: number;
}

export interface Phase {
  readonly name: string;
  readonly durationMs: number;
  /** Open connections by group name, reached as `arrive` says and then held. */
  readonly connections: Readonly<Record<string, number>>;
  /** `at-once`: all new ones at the phase's start. `even`: spread evenly over its first half. */
  readonly arrive: 'at-once' | 'even';
  /** Events published to all SSE and WebSocket subscribers; `null` for none. */
  readonly publish: Arrivals | null;
  /** Data bytes of one published event. */
  readonly eventBytes: number;
  /** Overrides of {@link ClientGroup.arrivals} by group name. */
  readonly arrivals: Readonly<Record<string, Arrivals>>;
  /** Whether latencies of work due in this phase count; a warm-up is recorded and left out. */
  readonly measured: boolean;
}

/** What published events say of themselves, for strategies that go by it; each is drawn by a stream of its own. */
export interface EventMix {
  /** Events are about this many things, drawn evenly. */
  readonly keys: number;
  /** They come from this many senders, drawn evenly. */
  readonly flows: number;
  /** Shares of class 0 and of class 2; the rest is normal, class 1. */
  readonly criticalShare: number;
  readonly sheddableShare: number;
}

/** A check as written, for example `loss(sse fast) == 0`; `failIf` marks one of `--fail-if`, which passes when false. */
export interface CheckSpec {
  readonly name: string;
  readonly expression: string;
  readonly failIf: boolean;
}

export interface ResourceLimits {
  readonly maxConnections: number;
  /** Bytes that queues and unfinished writes may hold together; `null` is no limit. */
  readonly maxMemoryBytes: number | null;
  readonly maxTasks: number;
}

/** The one serial consumer of `proxy.events` (the noted system's text interface). */
export interface ConsumerSettings {
  readonly serviceTimeMs: number;
  /** Stands still for `freezeMs` once every `freezeEveryMs`, on top of its work; 0 for never. */
  readonly freezeMs: number;
  readonly freezeEveryMs: number;
  /**
   * Redraws every 20 ms while a request is pending. `one`: a single chain of ticks. `per-event`: as found,
   * every event received meanwhile starts one more chain.
   */
  readonly ticks: 'one' | 'per-event';
  /** Synchronous work of one tick. */
  readonly tickCostMs: number;
}

/** Connections of the proxies to what is behind them. */
export interface UpstreamSettings {
  /** Requests that the reverse proxy forwards at a time; the others wait at `proxy.requests`. */
  readonly connections: number;
  /** `keep-alive`: a pool. `none`: as found, a new connection for each request. */
  readonly reuse: 'keep-alive' | 'none';
  /** How long a request may wait for its turn, then 503; `null` for as long as it takes. */
  readonly acquireTimeoutMs: number | null;
  readonly connectTimeoutMs: number;
  /** From the end of the request to the head of the answer, then 504; `null` for no limit. */
  readonly headTimeoutMs: number | null;
  /** An unused connection is closed after this time, a used one is not used again after `lifetimeMs`. */
  readonly idleTimeoutMs: number;
  readonly lifetimeMs: number;
}

/** What the proxies tell and keep of each request. */
export interface LifecycleSettings {
  /** Bytes of a displayable body that events carry, per direction; 0 for none. */
  readonly previewBytes: number;
  /** As found: a short answer leaves only once its end has been told. */
  readonly finishBlocksResponse: boolean;
  /**
   * What is given up when `proxy.events` is full under a strategy that drops. `event`: whatever the strategy picks.
   * `request`: both events of a request or none, so that nothing is shown as pending for ever.
   */
  readonly dropBy: 'event' | 'request';
  /** Lines of the child program go through `proxy.events`, as found, or through `proxy.output`, a queue of their own. */
  readonly output: 'shared' | 'own';
  /** `each`: two events for each request. `counters`: increments under one key, for a strategy that adds them up. */
  readonly requests: 'each' | 'counters';
  /** How the child program is stopped. `as-found`: whoever stops it tells so first, and waits where nobody listens. */
  readonly stopPath: 'as-found' | 'bounded';
}

export interface ForwardSettings {
  /** What becomes of CONNECT: an opaque tunnel, or TLS that ends here, under a certificate of the proxy's own CA. */
  readonly connect: 'tunnel' | 'intercept';
  /** What becomes of a tunnel to be intercepted whose first bytes are no TLS. */
  readonly nonTls: 'pass' | 'close';
  /** Hosts beside loopback that the proxies may connect to; names are exact. */
  readonly allowHosts: readonly string[];
  /** CA certificates (PEM) that upstream servers may have beside those of Node; `null` for none. */
  readonly upstreamCa: string | null;
  /** Hosts whose certificates are not verified. */
  readonly insecureHosts: readonly string[];
  /** A tunnel through which nothing goes for this time is closed. */
  readonly idleTimeoutMs: number;
}

/** One rule of the interceptors. The first rule that matches a request, an answer or an event decides. */
export interface InterceptRule {
  readonly on: 'request' | 'response' | 'event';
  readonly action: 'continue' | 'modify' | 'block' | 'mock' | 'pause' | 'delay';
  /** Matches paths that begin so; every path without it. */
  readonly path?: string;
  /** Matches this method alone. */
  readonly method?: string;
  /** Matches events of this type alone. */
  readonly event?: string;
  /** Matches every nth event of a stream alone (1, n+1, …). */
  readonly everyNth?: number;
  /** `delay`: how long. `pause`: how long to wait for somebody's release before going on by itself. */
  readonly delayMs?: number;
  /** `modify`: header fields to set, and to take out. */
  readonly setHeaders?: Readonly<Record<string, string>>;
  readonly removeHeaders?: readonly string[];
  /** `block` (default 403) and `mock` (default 200). */
  readonly status?: number;
  /** `mock`, and `modify` of a request or an answer: the whole body. `modify` and `mock` of an event: its data. */
  readonly body?: string;
}

export interface InterceptSettings {
  readonly rules: readonly InterceptRule[];
  /**
   * How an interceptor of an event that takes time is waited for. `state-machine`: Ready → Processing → Sending,
   * nobody else waits. `sync-loop`: as found, the event loop stands still. `sync-pool`: each wait occupies one of
   * `workers` workers.
   */
  readonly wait: 'state-machine' | 'sync-loop' | 'sync-pool';
  readonly workers: number;
  /** `pull`: the next bytes are read once no event is pending. `push`: bytes are read as they come. */
  readonly stream: 'pull' | 'push';
  /** A comment goes to the client after this time without an event. */
  readonly keepAliveMs: number;
  /** Ids kept to tell events that came before; 0 for no check. */
  readonly dedupeIds: number;
  /** Reconnects of a server-initiated stream that broke: back-off doubles from `firstMs` to `maxMs`. */
  readonly reconnect: {
    readonly attempts: number;
    readonly firstMs: number;
    readonly maxMs: number;
    readonly jitter: number;
  };
}

/** What the reverse proxy writes down of each request. */
export interface RecorderSettings {
  /** `inline`: as found, awaited twice per request, before upstream and before the answer. */
  readonly mode: 'off' | 'inline' | 'async';
  /** Time that one write takes. */
  readonly writeMs: number;
}

/** A program that runs beside the proxy; its output lines are events. */
export interface ProgramSettings {
  readonly command: string;
  readonly args: readonly string[];
}

/** What a scenario sets of the system under test. */
export interface SystemSettings {
  readonly resources: ResourceLimits;
  readonly consumer: ConsumerSettings;
  readonly upstream: UpstreamSettings;
  readonly lifecycle: LifecycleSettings;
  readonly forward: ForwardSettings;
  readonly intercept: InterceptSettings;
  readonly recorder: RecorderSettings;
  readonly program: ProgramSettings | null;
  /** The origin behind the reverse proxy. */
  readonly origin: { readonly serviceTimeMs: number; readonly bodyBytes: number };
}

/** What the system does where nobody sets anything else: the noted systems' own constants. */
export const DEFAULT_SYSTEM_SETTINGS: Omit<SystemSettings, 'resources'> = {
  consumer: { serviceTimeMs: 0, freezeMs: 0, freezeEveryMs: 0, ticks: 'one', tickCostMs: 0 },
  upstream: {
    connections: 64,
    reuse: 'keep-alive',
    acquireTimeoutMs: null,
    connectTimeoutMs: 30_000,
    headTimeoutMs: null,
    idleTimeoutMs: 300_000,
    lifetimeMs: 3_600_000,
  },
  lifecycle: {
    previewBytes: 0,
    finishBlocksResponse: true,
    dropBy: 'event',
    output: 'shared',
    requests: 'each',
    stopPath: 'bounded',
  },
  forward: {
    connect: 'tunnel',
    nonTls: 'pass',
    allowHosts: [],
    upstreamCa: null,
    insecureHosts: [],
    idleTimeoutMs: 30_000,
  },
  intercept: {
    rules: [],
    wait: 'state-machine',
    workers: 4,
    stream: 'pull',
    keepAliveMs: 30_000,
    dedupeIds: 1000,
    reconnect: { attempts: 10, firstMs: 1000, maxMs: 60_000, jitter: 0.25 },
  },
  recorder: { mode: 'off', writeMs: 0 },
  program: null,
  origin: { serviceTimeMs: 5, bodyBytes: 1024 },
};

export interface ScenarioPlan {
  readonly name: string;
  readonly description: string;
  /** Where `--strategy` applies. */
  readonly boundary: readonly BoundaryName[];
  readonly system: SystemSettings;
  readonly events: EventMix;
  readonly clients: readonly ClientGroup[];
  readonly phases: readonly Phase[];
  readonly checks: readonly CheckSpec[];
  readonly seed: number;
  /** Longest wait for the queues to empty after the last phase. */
  readonly graceMs: number;
}

/** The length of all phases together. */
export function planDurationMs(plan: Pick<ScenarioPlan, 'phases'>): number {
  return plan.phases.reduce((sum, phase) => sum + phase.durationMs, 0);
}

/** The most connections that are open at a time, over all groups. */
export function planMaxConnections(plan: Pick<ScenarioPlan, 'phases'>): number {
  return Math.max(
    0,
    ...plan.phases.map((phase) => Object.values(phase.connections).reduce((sum, count) => sum + count, 0)),
  );
}
