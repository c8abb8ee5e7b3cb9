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

/** The database behind the feeds. */
export interface StoreSettings {
  /** `sqlite`: an event is in the database before it is acknowledged and sent on. `none`: no history, no resume. */
  readonly mode: 'sqlite' | 'none';
  /** SQLite's own word for what a commit waits for. */
  readonly synchronous: 'off' | 'normal' | 'full' | 'extra';
  /** Further time that one commit takes, on the writer's thread. */
  readonly writeMs: number;
  /** An event that cannot be stored: `refuse` answers 503 and nobody sees it; `publish` sends it on all the same. */
  readonly onError: 'refuse' | 'publish';
  /** What is kept: the newest events, by count and by age; `null` for no bound. */
  readonly keepEvents: number | null;
  readonly keepMs: number | null;
}

/** The feed of server-sent events. */
export interface SseSettings {
  /**
   * Who takes from the bus: one forwarder for each client, or a single one that serves them in turn, so that
   * whoever is slow holds up all.
   */
  readonly fanout: 'per-client' | 'shared';
  /**
   * What `Last-Event-ID` brings. `subscribe-first`: sound. `replay-first`: loses what comes during the replay.
   * `since-plus-one`: as documented by the note, loses one event per reconnect. `none`: live events alone.
   */
  readonly resume: 'subscribe-first' | 'replay-first' | 'since-plus-one' | 'none';
  /** Live events that the replay has sent already are left out; as found they come twice. */
  readonly dedupe: boolean;
  /**
   * A client that the bus has lapped. `replay`: reads what it missed from the store. `snapshot`: gets the state and
   * goes on. `reload`: is told to load anew. `stale`: is told that it misses events. `disconnect`: is cut off.
   * `end`: as found, its stream ends without a word. `ignore`: goes on as if nothing were.
   */
  readonly onLag: 'replay' | 'snapshot' | 'reload' | 'stale' | 'disconnect' | 'end' | 'ignore';
  /** Whether a client is told of events that its own queue has dropped. */
  readonly gaps: 'silent' | 'record';
  /** Events that one replay sends at most; what is older is a snapshot or a gap. */
  readonly replayEvents: number;
  readonly keepAliveMs: number;
  /** A client that takes nothing for this time while something waits for it is cut off; `null` for never. */
  readonly writeDeadlineMs: number | null;
  /** What `retry:` tells browsers; `null` for nothing. */
  readonly retryMs: number | null;
  /** `event`: the event alone. `state`: as built by the note, the whole list is rendered anew for each event. */
  readonly render: 'event' | 'state';
  /** Entries of that list at most, the latest of each key. */
  readonly stateItems: number;
}

/** The consumers beside the clients: each follows the bus at its own pace. */
export interface ProjectionSettings {
  /** Time that one event takes; they are todo_list, user_profile and analytics. */
  readonly serviceTimeMs: number;
  /** A projection that the bus has lapped reads what it missed from the store, or goes on without. */
  readonly onLag: 'replay' | 'skip';
}

/** A chain of middlewares that every message passes. */
export interface ChainSettings {
  readonly middlewares: number;
  /** Time that the whole chain takes for one message. */
  readonly workMs: number;
  /** `await`: others go on meanwhile. `compute`: it occupies the thread that runs it. */
  readonly work: 'await' | 'compute';
}

/** The WebSocket relay. */
export interface WsSettings {
  /**
   * Who does what of a connection. `single-loop`: as found, one task reads and writes. `split`: a reader and a
   * writer. `actor`: they share their state through a third task. `offload`: a single loop whose inbound chain runs
   * in a pool of threads.
   */
  readonly architecture: 'single-loop' | 'split' | 'actor' | 'offload';
  /** What the actor does: keep the state (`thin`), or run both chains (`fat`). */
  readonly actor: 'thin' | 'fat';
  /** Which source a single loop takes first: `biased`, as found: outbound before inbound. `fair`: in turn. */
  readonly select: 'biased' | 'fair';
  /** Plays combinations that stand still, such as a single loop that blocks, for study. */
  readonly force: boolean;
  /** Threads of `offload`. */
  readonly workers: number;
  /** Messages that were offloaded are put back in order. Without it they leave as their work ends. */
  readonly sequenced: boolean;
  readonly inbound: ChainSettings;
  readonly outbound: ChainSettings;
  /** Messages that one inbound message causes. */
  readonly replies: number;
  /**
   * A live event that finds the outbound queue full under a strategy that does not wait. `drop`: is lost.
   * `retry`: is tried again with back-off. `kill-subscription`: as found, no live event comes ever again.
   * `disconnect`: the connection ends.
   */
  readonly onFull: 'drop' | 'retry' | 'kill-subscription' | 'disconnect';
  /**
   * Where answers to ping and close go. `inline`: past the queue. `queue`: through it, with everything else.
   * `strict`: a lane of their own, always first. `weighted`: first, but at most `controlWeight` in a row.
   */
  readonly control: 'inline' | 'queue' | 'strict' | 'weighted';
  readonly controlWeight: number;
  /** Places in that lane; `null` for no bound. What finds none replaces the latest pong. */
  readonly controlCapacity: number | null;
  /** A write that is not taken for this time ends the connection; `null` for never, as found. */
  readonly sendTimeoutMs: number | null;
  /**
   * A connection over which nothing has gone for this time is pinged, and released where nothing comes for as long
   * again; `null` for never, as found.
   */
  readonly pingEveryMs: number | null;
  /** A connection ends after this time; `null` for never. */
  readonly maxConnectionMs: number | null;
  /** Events of the ring that every connection's subscription follows. */
  readonly broadcastItems: number;
  /** A subscription that the ring has lapped: `end-feed`, as found, gets no live event again; `resume` goes on. */
  readonly onLag: 'end-feed' | 'resume';
  /** Stored events before the live ones: `half`, as found, sends what half of the free places hold. */
  readonly history: 'half' | 'paged';
  /** What is queued when the system ends: sent, or given up. */
  readonly shutdown: 'flush' | 'discard';
  /** permessage-deflate: with a dictionary that each message adds to (`context`), or anew for each message. */
  readonly deflate: 'off' | 'context' | 'no-context';
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
  readonly store: StoreSettings;
  readonly projections: ProjectionSettings;
  readonly sse: SseSettings;
  readonly ws: WsSettings;
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
  store: {
    mode: 'sqlite',
    synchronous: 'full',
    writeMs: 0,
    onError: 'refuse',
    keepEvents: 10_000,
    keepMs: null,
  },
  projections: { serviceTimeMs: 0, onLag: 'replay' },
  sse: {
    fanout: 'per-client',
    resume: 'subscribe-first',
    dedupe: true,
    onLag: 'replay',
    gaps: 'silent',
    replayEvents: 10_000,
    keepAliveMs: 15_000,
    writeDeadlineMs: 45_000,
    retryMs: null,
    render: 'event',
    stateItems: 100,
  },
  ws: {
    architecture: 'split',
    actor: 'thin',
    select: 'biased',
    force: false,
    workers: 2,
    sequenced: true,
    inbound: { middlewares: 0, workMs: 0, work: 'await' },
    outbound: { middlewares: 0, workMs: 0, work: 'await' },
    replies: 1,
    onFull: 'drop',
    control: 'inline',
    controlWeight: 4,
    controlCapacity: 32,
    sendTimeoutMs: null,
    pingEveryMs: 30_000,
    maxConnectionMs: null,
    broadcastItems: 1024,
    onLag: 'resume',
    history: 'paged',
    shutdown: 'flush',
    deflate: 'off',
  },
  origin: { serviceTimeMs: 5, bodyBytes: 1024 },
};

/** {@link ScenarioPlan.stallAfterMs} where nobody sets it. */
export const DEFAULT_STALL_AFTER_MS = 5000;

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
  /** No progress for this time while there is demand on both sides is a stall. */
  readonly stallAfterMs: number;
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
