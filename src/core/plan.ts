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

/** What a scenario sets of the system under test. */
export interface SystemSettings {
  readonly resources: ResourceLimits;
  /** The one consumer of `proxy.events` (the noted system's text interface). */
  readonly consumer: { readonly serviceTimeMs: number };
  /** The reverse proxy's keep-alive pool to the origin. */
  readonly upstream: { readonly connections: number };
  /** The origin behind the reverse proxy. */
  readonly origin: { readonly serviceTimeMs: number; readonly bodyBytes: number };
}

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
