/** One line of `timeline.ndjson`: what the system and the load worker saw at one moment, joined. */
import { BOUNDARY_NAMES, type BoundaryName, CLIENT_QUEUES } from '../core/boundary.ts';
import { sumReasons } from '../core/ledger.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { LoadSample, SystemSample } from '../core/samples.ts';

export const TIMELINE_VERSION = 1;

/** First line of the file. */
export interface TimelineHeader {
  readonly timelineVersion: typeof TIMELINE_VERSION;
  readonly id: string;
  readonly scenario: string;
  readonly strategy: string;
  readonly startedAt: string;
  readonly seed: number;
}

export interface QueueReading {
  /** Queued now, over all queues of the boundary. */
  items: number;
  /** In the fullest queue. */
  maxItems: number;
  bytes: number;
  waiters: number;
  /** Time that producers waited so far, added up. */
  blockedMs: number;
}

/** Response times of one group since the row before; of two entries (measured or not) the larger one. */
export interface GroupLatency {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** Counts are running totals since the start; the rest is of this moment. `null` where nobody could tell. */
export interface TimelineRow {
  /** Since the run's epoch; of the load worker's sample. */
  tMs: number;
  phase: string | null;
  /** Copies that the stream boundaries were offered, and requests due. */
  offered: number | null;
  /** Copies, replies and responses that clients received. */
  delivered: number;
  dropped: Partial<Record<BoundaryName, number>>;
  queue: Partial<Record<BoundaryName, QueueReading>>;
  connections: number;
  rejected: number;
  /** Requests and messages sent or due, not ended. */
  inFlight: number;
  tasks: number | null;
  rssBytes: number | null;
  accountedBytes: number | null;
  /** By group; `null` until the next interval is known. */
  latencyMs: Record<string, GroupLatency> | null;
  /** Lateness of the generator. */
  slipP99Ms: number;
}

/** What the row needs of one group's interval histogram. */
export interface IntervalReading {
  readonly group: string;
  readonly kind: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface TimelineInput {
  /** `null` for somebody else's service: then what was offered is not known. */
  readonly system: SystemSample | null;
  readonly load: LoadSample;
  /** Histograms that came since the row before; default none. */
  readonly interval?: readonly IntervalReading[] | null;
  /** Groups whose offered work is what was due; that of the others stands in the ledgers of the boundaries. */
  readonly requestGroups: ReadonlySet<string>;
}

/** The groups of a plan that send requests through the proxy. */
export function requestGroupsOf(plan: Pick<ScenarioPlan, 'clients'>): Set<string> {
  return new Set(plan.clients.filter((group) => group.path === 'proxy').map((group) => group.name));
}

/** Joins the newest samples of both processes. */
export function toTimelineRow(input: TimelineInput): TimelineRow {
  const { system, load, interval = null, requestGroups } = input;
  const row: TimelineRow = {
    tMs: Math.round(load.tMs),
    phase: load.phase,
    offered: null,
    delivered: 0,
    dropped: {},
    queue: {},
    connections: 0,
    rejected: 0,
    inFlight: load.publish.pending,
    tasks: system?.tasks.open ?? null,
    rssBytes: system?.memory.rssBytes ?? null,
    accountedBytes: system?.memory.accountedBytes ?? null,
    latencyMs: interval === null ? null : byGroup(interval),
    slipP99Ms: load.latenessP99Ms,
  };
  let due = 0;
  for (const [name, group] of Object.entries(load.groups)) {
    row.delivered += group.received;
    row.connections += group.open;
    row.rejected += group.rejected;
    row.inFlight += group.pending;
    if (requestGroups.has(name)) due += group.due;
  }
  if (system === null) return row;
  let copies = 0;
  for (const name of BOUNDARY_NAMES) {
    const boundary = system.boundaries[name];
    if (boundary === undefined) continue;
    const { ledger } = boundary;
    if (isSubscribersOwn(name)) copies += ledger.offered;
    row.dropped[name] = sumReasons(ledger.dropped);
    row.queue[name] = {
      items: boundary.depthItems,
      maxItems: boundary.depthMaxItems,
      bytes: boundary.bytes,
      waiters: boundary.waiters,
      blockedMs: Math.round(boundary.blockedMs),
    };
  }
  row.offered = copies + due;
  return row;
}

/** What is published is offered there; requests of the proxy count when they are due. */
function isSubscribersOwn(name: BoundaryName): boolean {
  return name === CLIENT_QUEUES.sse || name === CLIENT_QUEUES.ws;
}

function byGroup(interval: readonly IntervalReading[]): Record<string, GroupLatency> {
  const latencies = new Map<string, GroupLatency>();
  for (const { group, kind, count, p50Ms, p99Ms, maxMs } of interval) {
    if (kind !== 'response' || count <= (latencies.get(group)?.count ?? 0)) continue;
    latencies.set(group, { count, p50: p50Ms, p99: p99Ms, max: maxMs });
  }
  return Object.fromEntries(latencies);
}

/**
 * Reads a timeline. A torn last line, left by a killed run, is passed over; so is the header's absence.
 * Lines in between that are no rows are skipped and counted.
 */
export function parseTimeline(text: string): {
  header: TimelineHeader | null;
  rows: TimelineRow[];
  skipped: number;
} {
  let header: TimelineHeader | null = null;
  const rows: TimelineRow[] = [];
  let skipped = 0;
  const lines = text.split('\n');
  lines.forEach((line, at) => {
    if (line === '') return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      if (at < lines.length - 1) skipped++;
      return;
    }
    if (typeof value !== 'object' || value === null) skipped++;
    else if ('timelineVersion' in value) header = value as TimelineHeader;
    else if ('tMs' in value && typeof value.tMs === 'number' && 'queue' in value)
      rows.push(value as TimelineRow);
    else skipped++;
  });
  return { header, rows, skipped };
}
