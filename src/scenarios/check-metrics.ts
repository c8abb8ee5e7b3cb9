/**
 * What a check can ask about: one row per metric. A metric reads the run record and answers a number
 * in base units (ms, bytes, counts, ratios), or why there is none. It never answers 0 for "nothing there".
 */
import { BOUNDARY_NAMES, type BoundaryName, PATHS, type PathName } from '../core/boundary.ts';
import type { LatencySummary } from '../core/histogram.ts';
import { addLedger, createEmptyLedger, type LedgerSnapshot, sumReasons } from '../core/ledger.ts';
import type { ConnectionCounts, LatencyViews, RunRecord } from '../core/record.ts';
import { FEED_METRICS } from './feed-metrics.ts';
import { type IntervalSeries, measureRecovery } from './recovery-time.ts';

export type MetricUnit = 'ms' | 'bytes' | 'count' | 'ratio' | 'perMin';
export type TargetKind = 'group' | 'path' | 'boundary';

/** Whom a metric is about; `all` when the check names nobody. */
export type CheckTarget = { readonly kind: 'all' } | { readonly kind: TargetKind; readonly name: string };

export type Measured =
  | {
      readonly value: number;
      /** Some of what was asked about has no data and could only raise the value. */
      readonly lacking?: string;
      /** Worth saying about the value, for example why it is infinite. */
      readonly note?: string;
    }
  /** Why there is no value. */
  | { readonly unknown: string };

export interface Metric {
  readonly unit: MetricUnit;
  readonly summary: string;
  /** What the argument may name; empty for a metric without argument. */
  readonly takes: readonly TargetKind[];
  readonly needsArgument?: true;
  measure(record: RunRecord, target: CheckTarget, series: IntervalSeries): Measured;
}

const WHO = ['group', 'path'] as const satisfies TargetKind[];
const ANYWHERE = ['group', 'path', 'boundary'] as const satisfies TargetKind[];

export const METRICS = {
  p50: response('p50', 'median response time'),
  p90: response('p90', '90th percentile of response time'),
  p95: response('p95', '95th percentile of response time'),
  p99: response('p99', '99th percentile of response time'),
  p999: response('p999', '99.9th percentile of response time'),
  max: response('max', 'longest response time'),
  mean: response('mean', 'mean response time'),
  allP99: latency('ms', '99th percentile where undelivered work is infinitely late', (views) =>
    views.all.p99 === 'inf' ? Number.POSITIVE_INFINITY : views.all.p99,
  ),
  ageP99: latency(
    'ms',
    '99th percentile of the age of what a consumer sees',
    (views) => views.age?.p99 ?? null,
    ['sse', 'ws'],
  ),
  slipP99: latency('ms', '99th percentile of real minus intended send time', (views) => views.slip.p99),
  deadlineMiss: latency(
    'ratio',
    'share of offered work not delivered in time',
    (views) => views.deadlineMiss.share,
  ),
  loss: ledger(
    'ratio',
    'dropped, coalesced and failed share of the offered',
    (entry) =>
      (sumReasons(entry.dropped) + sumReasons(entry.coalesced) + sumReasons(entry.failed)) / entry.offered,
  ),
  offered: ledger('count', 'copies or requests offered', (entry) => entry.offered),
  delivered: ledger('count', 'copies or requests delivered', (entry) => entry.delivered),
  dropped: ledger('count', 'copies or requests dropped', (entry) => sumReasons(entry.dropped)),
  coalesced: ledger('count', 'copies merged into others', (entry) => sumReasons(entry.coalesced)),
  failed: ledger('count', 'copies or requests failed', (entry) => sumReasons(entry.failed)),
  criticalDropped: {
    unit: 'count',
    summary: 'critical copies (class 0) that a queue dropped',
    takes: ['boundary'],
    measure(record, target) {
      const queues =
        target.kind === 'boundary'
          ? [record.queues[target.name as BoundaryName]].filter((queue) => queue !== undefined)
          : Object.values(record.queues);
      if (queues.length === 0) return { unknown: 'the target has no queues that can be read' };
      const critical = queues.flatMap((queue) => queue.classes['0'] ?? []);
      if (critical.every((counts) => counts.offered === 0))
        return { unknown: 'nothing critical was offered' };
      return { value: critical.reduce((total, counts) => total + counts.dropped, 0) };
    },
  },
  pendingForever: single(
    'count',
    'requests whose start the observer of proxy.events saw, and never the end',
    (record) => record.lifecycle?.pendingForever ?? null,
  ),
  unaccounted: {
    unit: 'count',
    summary: 'what no column of the ledger explains',
    takes: ['boundary'],
    measure(record, target) {
      const { boundaries, endToEnd } = record.ledgers;
      const ledgers =
        target.kind === 'boundary'
          ? [boundaries[target.name as BoundaryName]].filter((entry) => entry !== undefined)
          : [...Object.values(boundaries), ...Object.values(endToEnd)];
      if (ledgers.every((entry) => entry.offered === 0)) return { unknown: 'nothing was offered' };
      return { value: ledgers.reduce((sum, entry) => sum + Math.abs(entry.unaccounted), 0) };
    },
  },
  'connections.attempted': connections('connections that clients tried to open', 'attempted'),
  'connections.admitted': connections('connections the system took', 'admitted'),
  'connections.rejected': connections('connections the system refused', 'rejected'),
  'connections.failed': connections('connections that broke before they were taken', 'failed'),
  'connections.maxOpen': connections('connections open at once', 'maxOpen'),
  'memory.accountedPerConnection': single(
    'bytes',
    'accounted bytes that one connection more costs',
    (record) => record.memory.accountedPerConnectionBytes,
  ),
  'memory.accountedMax': single(
    'bytes',
    'most bytes that queues and unfinished writes held',
    (record) => record.memory.accountedMaxBytes,
  ),
  'memory.rssMax': single(
    'bytes',
    'most resident memory of the system',
    (record) => record.memory.rssMaxBytes,
  ),
  'memory.heapMax': single('bytes', 'largest heap of the system', (record) => record.memory.heapMaxBytes),
  'tasks.max': single('count', 'most tasks at once', (record) => record.tasks.max),
  'tasks.maxPerConnection': single(
    'count',
    'most tasks for each connection',
    (record) => record.tasks.maxPerConnection,
  ),
  'tasks.leaked': single('count', 'tasks alive after the load was gone', (record) => record.tasks.leaked),
  'queue.depthMax': queue('count', 'items in the fullest queue', (result) => result.depth.max, Math.max),
  'queue.bytesMax': queue('bytes', 'most bytes queued', (result) => result.bytes.max, Math.max),
  blocked: queue('ms', 'time that producers waited, added up', (result) => result.blockedMs, sum),
  backpressureEvents: single(
    'count',
    'times a producer had to wait or work was refused for lack of room',
    (record) => record.backpressureEvents,
  ),
  outOfMemory: single('count', 'whether the system ran out of memory (0 or 1)', (record) => {
    if (record.memory.rssMaxBytes === null) return null;
    const codes = [...record.findings, ...record.verdict.reasons].map((entry) => entry.code);
    return codes.includes(OUT_OF_MEMORY_CODE) ? 1 : 0;
  }),
  recoveryTime: {
    unit: 'ms',
    summary: 'time from the end of the burst until p99 is back in its baseline band for 1 s',
    takes: ['group'],
    needsArgument: true,
    measure: (record, target, series) =>
      measureRecovery(record, target.kind === 'group' ? target.name : '', series),
  },
  ...FEED_METRICS,
  duration: single('ms', 'length of the run', (record) => record.durationMs),
} as const satisfies Record<string, Metric>;

export const METRIC_NAMES = Object.keys(METRICS) as (keyof typeof METRICS)[];

/** The code of the finding or verdict reason that says the system died for lack of memory. */
export const OUT_OF_MEMORY_CODE = 'out-of-memory';

function response(key: Exclude<keyof LatencySummary, 'unit' | 'count'>, summary: string): Metric {
  return latency('ms', summary, (views) => views.response[key]);
}

/** The worst of the paths that were offered work, unless the check names a group or a path. */
function latency(
  unit: MetricUnit,
  summary: string,
  read: (views: LatencyViews) => number | null,
  paths: readonly PathName[] = PATHS,
): Metric {
  return {
    unit,
    summary,
    takes: WHO,
    measure(record, target) {
      if (target.kind !== 'all') {
        const views =
          target.kind === 'group'
            ? ownValue(record.groups, target.name)?.latency
            : record.latency[target.name as PathName];
        const value = views === undefined ? null : read(views);
        return value === null ? { unknown: `no samples of ${target.name}` } : { value };
      }
      const asked = paths.filter((path) => (record.ledgers.endToEnd[path]?.offered ?? 0) > 0);
      const values: number[] = [];
      const lacking: string[] = [];
      for (const path of asked) {
        const views = record.latency[path];
        const value = views === undefined ? null : read(views);
        if (value === null) lacking.push(path);
        else values.push(value);
      }
      if (values.length === 0) return { unknown: 'no samples' };
      const value = Math.max(...values);
      return lacking.length === 0 ? { value } : { value, lacking: `no samples of ${lacking.join(' and ')}` };
    },
  };
}

function ledger(unit: MetricUnit, summary: string, read: (entry: LedgerSnapshot) => number): Metric {
  return {
    unit,
    summary,
    takes: ANYWHERE,
    measure(record, target) {
      const entry = findLedger(record, target);
      if (entry === undefined || entry.offered === 0) {
        return {
          unknown: target.kind === 'all' ? 'nothing was offered' : `nothing was offered to ${target.name}`,
        };
      }
      return { value: read(entry) };
    },
  };
}

function findLedger(record: RunRecord, target: CheckTarget): LedgerSnapshot | undefined {
  const { boundaries, endToEnd } = record.ledgers;
  if (target.kind === 'group') return ownValue(record.groups, target.name)?.ledger;
  if (target.kind === 'path') return endToEnd[target.name as PathName];
  if (target.kind === 'boundary') return boundaries[target.name as BoundaryName];
  const total = createEmptyLedger();
  for (const path of PATHS) {
    const entry = endToEnd[path];
    if (entry !== undefined) addLedger(total, entry);
  }
  return total;
}

function connections(summary: string, key: keyof ConnectionCounts): Metric {
  return {
    unit: 'count',
    summary,
    takes: ['path'],
    measure(record, target) {
      const counts =
        target.kind === 'path' ? record.connections.byPath[target.name as PathName] : record.connections;
      if (counts === undefined || counts.attempted === 0) return { unknown: 'nobody tried to connect' };
      return { value: counts[key] };
    },
  };
}

function queue(
  unit: MetricUnit,
  summary: string,
  read: (result: NonNullable<RunRecord['queues'][BoundaryName]>) => number,
  join: (...values: number[]) => number,
): Metric {
  return {
    unit,
    summary,
    takes: ['boundary'],
    measure(record, target) {
      const names = target.kind === 'boundary' ? [target.name as BoundaryName] : BOUNDARY_NAMES;
      const results = names.map((name) => record.queues[name]).filter((result) => result !== undefined);
      if (results.length === 0) return { unknown: 'no queue was sampled' };
      return { value: join(...results.map(read)) };
    },
  };
}

function single(unit: MetricUnit, summary: string, read: (record: RunRecord) => number | null): Metric {
  return {
    unit,
    summary,
    takes: [],
    measure(record) {
      const value = read(record);
      return value === null ? { unknown: 'not measured here' } : { value };
    },
  };
}

function sum(...values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ownValue<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
