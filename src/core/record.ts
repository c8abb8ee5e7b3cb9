/**
 * The run record: everything about one run, and what `--json` prints. Names are camelCase, units are
 * in the names or in a `unit` field, absent is `null` and never 0. `report/record-schema.ts` publishes
 * it as a JSON Schema; the two are kept equal by a type test.
 */
import type { BoundaryName, PathName } from './boundary.ts';
import type { LatencySummary } from './histogram.ts';
import type { ClassCounts, LedgerSnapshot } from './ledger.ts';
import type { ScenarioPlan } from './plan.ts';
import type { LifecycleIntegrity, ProjectionSample, RelaySample, SseSample, StoreSample } from './samples.ts';
import type { StrategySpec } from './strategy.ts';

export const RECORD_SCHEMA_VERSION = 1;

export type VerdictStatus = 'pass' | 'fail' | 'invalid' | 'stalled';
export type CheckStatus = 'pass' | 'fail' | 'unknown';

export interface Verdict {
  status: VerdictStatus;
  reasons: { code: string; message: string }[];
}

/** `doubt`: noise worth knowing. `invalid`: the result is false. `unknown`: could not be read here. */
export type ValidityStatus = 'valid' | 'doubt' | 'invalid';

export interface ValidityCheck {
  name: string;
  actual: number | null;
  limit: number;
  unit: string;
  status: 'ok' | 'doubt' | 'invalid' | 'unknown';
  /** What limited it, in words, when it is not ok. */
  detail: string | null;
}

/** Percentiles over all offered work: what was never served is infinitely late, printed as `"inf"`. */
export interface LatencyOfAll {
  unit: 'ms';
  count: number;
  undelivered: number;
  p50: number | 'inf' | null;
  p90: number | 'inf' | null;
  p95: number | 'inf' | null;
  p99: number | 'inf' | null;
  p999: number | 'inf' | null;
  max: number | 'inf' | null;
}

export interface LatencyViews {
  /** From the intended time to receipt, of what was delivered: also the age of data when it arrives. */
  response: LatencySummary;
  /** From the real send to receipt. */
  service: LatencySummary;
  /** Real send minus intended send. */
  slip: LatencySummary;
  /** Age of information at the consumer, sampled while events are published; `null` for requests. */
  age: LatencySummary | null;
  all: LatencyOfAll;
  /** Share of offered work that was not delivered within the deadline. */
  deadlineMiss: { deadlineMs: number; share: number | null };
}

/** One client group: a row of the summary table. */
export interface GroupResult {
  path: PathName;
  /** Connections of the group at most. */
  connections: number;
  ledger: LedgerSnapshot;
  latency: LatencyViews;
  /** Jumps of sequence numbers as the readers saw them. */
  gaps: number;
  duplicates: number;
  reordered: number;
}

export interface QueueResult {
  strategy: string;
  /** Of one queue. */
  capacityItems: number | null;
  capacityBytes: number | null;
  depth: { mean: number; max: number; final: number };
  bytes: { max: number; final: number };
  /** Time that producers waited, added up over producers. */
  blockedMs: number;
  waitersMax: number;
  /** What became of the items of each class, by its number; 0 is critical. */
  classes: Record<string, ClassCounts>;
}

/** What theory says for the run's own parameters, beside what was measured. */
export interface Prediction {
  /** For example `wait of the delivered, sse slow`. */
  quantity: string;
  formula: string;
  predicted: number;
  measured: number | null;
  unit: string;
  /** Under which assumptions, in words. */
  assumptions: string;
}

export interface PhaseResult {
  name: string;
  /** Since the run's epoch. */
  startedMs: number;
  durationMs: number;
  measured: boolean;
  /** By group. */
  groups: Record<
    string,
    { delivered: number; p50Ms: number | null; p99Ms: number | null; maxMs: number | null }
  >;
  connectionsOpen: number;
  tasksOpen: number | null;
  accountedBytes: number | null;
  rssBytes: number | null;
}

export interface CheckResult {
  name: string;
  expression: string;
  actual: number | null;
  limit: number;
  unit: string;
  status: CheckStatus;
  /** Why it is unknown, else `null`. */
  detail: string | null;
}

export interface Finding {
  code: string;
  /** `info` is worth knowing, `warn` hurts somebody, `doubt` weakens the result. */
  level: 'info' | 'warn' | 'doubt';
  text: string;
}

export interface ConnectionCounts {
  attempted: number;
  admitted: number;
  rejected: number;
  failed: number;
  maxOpen: number;
}

/**
 * What kind of standstill it is. `cycle`: somebody waits for himself in the end. `blocked-loop`: the process answered
 * nothing. `zero-window`: everybody waits for a peer that does not read. `lost-wake-up`: work and room, and nobody moves.
 */
export type StallClass = 'cycle' | 'blocked-loop' | 'zero-window' | 'lost-wake-up';

/** Demand on both sides, and no progress. */
export interface Stall {
  /** Since the run's epoch: when progress ended, not when it was noticed. */
  startedMs: number;
  durationMs: number;
  class: StallClass;
  boundary: BoundaryName | null;
  path: PathName | null;
  /** One sentence: what was wanted, by whom, and what did not happen. */
  summary: string;
  /** Who waits for what, and who could end it; `cycle` names those that wait for each other, in order. */
  waitsFor: { who: string; what: string; freedBy: string[]; ageMs: number }[];
  cycle: string[];
}

/** Counts of the last sample, and what only the whole run tells. */
export interface FeedResult {
  /** `null` without a store. */
  store: StoreSample | null;
  projections: (ProjectionSample & { lagMax: number })[];
  sse: (SseSample & { lagsPerMinuteMax: number }) | null;
  relay: (RelaySample & { lagsPerMinuteMax: number }) | null;
}

export interface HiddenBuffer {
  via: 'tcp' | 'unix';
  /** Bytes of one write while measuring. */
  writeBytes: number;
  /** What the kernel took from a writer whose reader had stopped. */
  hiddenBytes: number;
}

export interface Environment {
  bpbenchVersion: string;
  nodeVersion: string;
  os: string;
  kernel: string;
  cpuModel: string;
  cores: number;
  memoryBytes: number;
  openFilesLimit: number | null;
  gitCommit: string | null;
  packages: Record<string, string>;
}

export interface RunRecord {
  schemaVersion: typeof RECORD_SCHEMA_VERSION;
  kind: 'run';
  id: string;
  startedAt: string;
  durationMs: number;
  /** What the phases alone take when nothing stops them. */
  plannedDurationMs: number;
  partial: boolean;
  interruptedBy: string | null;
  /** The exact command that repeats the run. */
  command: string;
  seed: number;
  environment: Environment;
  scenario: ScenarioPlan;
  /** By boundary. */
  strategy: Record<BoundaryName, StrategySpec>;
  /** The word the user typed, for headings. */
  strategyName: string;
  /** What the run was pointed at: `embedded`, or the URLs of somebody's own service. */
  target: { kind: 'embedded' | 'external'; urls: Partial<Record<PathName, string>> };
  verdict: Verdict;
  validity: { status: ValidityStatus; checks: ValidityCheck[] };
  ledgers: {
    boundaries: Partial<Record<BoundaryName, LedgerSnapshot>>;
    endToEnd: Partial<Record<PathName | 'publish', LedgerSnapshot>>;
  };
  latency: Partial<Record<PathName, LatencyViews>>;
  /** What the origin itself measured, from request to answer: shows whether upstream was healthy. */
  originLatency: LatencySummary | null;
  groups: Record<string, GroupResult>;
  queues: Partial<Record<BoundaryName, QueueResult>>;
  /** What the observer of the proxy's events got to see of each request; `null` for an external target. */
  lifecycle: LifecycleIntegrity | null;
  /** What the store, the projections and both feeds did beside their queues; `null` for an external target. */
  feed: FeedResult | null;
  connections: ConnectionCounts & { byPath: Partial<Record<PathName, ConnectionCounts>> };
  tasks: {
    max: number | null;
    final: number | null;
    leaked: number | null;
    maxPerConnection: number | null;
    byKind: Record<string, number>;
  };
  memory: {
    rssMaxBytes: number | null;
    heapMaxBytes: number | null;
    accountedMaxBytes: number | null;
    /** Slope of accounted bytes over open connections, from the phases' ends. */
    accountedPerConnectionBytes: number | null;
    socketMaxBytes: number | null;
    kernelMaxBytes: number | null;
    slopeBytesPerMinute: number | null;
  };
  /** Processor time that the system used, user and kernel; `null` where it could not be read. */
  cpu: { systemMs: number | null };
  /** Times a producer was told to wait, or work was refused, dropped or evicted for lack of room. */
  backpressureEvents: number | null;
  hiddenBuffers: HiddenBuffer[];
  stalls: Stall[];
  predictions: Prediction[];
  phases: PhaseResult[];
  checks: CheckResult[];
  findings: Finding[];
  /** Names of the files beside the record. */
  files: string[];
}
