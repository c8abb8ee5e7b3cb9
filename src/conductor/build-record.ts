/** From what was collected to the run record: the one place that knows the record's whole shape. */
import { BOUNDARY_NAMES, type BoundaryName, CLIENT_QUEUES, PATHS, type PathName } from '../core/boundary.ts';
import {
  addLedger,
  closeLedger,
  createEmptyLedger,
  type LedgerSnapshot,
  sumReasons,
} from '../core/ledger.ts';
import { planDurationMs, type ScenarioPlan } from '../core/plan.ts';
import type { ConnectionCounts, Environment, GroupResult, QueueResult, RunRecord } from '../core/record.ts';
import type { StageSpec, StrategySpec } from '../core/strategy.ts';
import { theilSen } from '../statistics/theil-sen.ts';
import { findOverflowPolicy } from '../system/overflow/registry.ts';
import {
  buildGroup,
  buildReplies,
  harnessLedger,
  isUnpublished,
  replyName,
  unmeasuredOf,
} from './build-groups.ts';
import type { ExternalTarget } from './endpoints.ts';
import { buildLatencyViews } from './latency-views.ts';
import { buildPhases, fitAccountedPerConnection } from './phases.ts';
import { predict } from './predictions.ts';
import type { RunOutcome } from './run-scenario.ts';
import { judgeValidity } from './validity.ts';

export interface RecordInput {
  readonly id: string;
  readonly startedAt: string;
  readonly command: string;
  readonly plan: ScenarioPlan;
  readonly strategies: Record<BoundaryName, StrategySpec>;
  readonly strategyName: string;
  readonly environment: Environment;
  readonly target: ExternalTarget | null;
  readonly outcome: RunOutcome;
}

/** Everything but verdict, checks, findings and files, which are judged on the result. */
export function buildRecord(input: RecordInput): RunRecord {
  const { plan, outcome, strategies } = input;
  const { collector } = outcome;
  const endToEnd = buildEndToEnd(input);
  const groups: Record<string, GroupResult> = {};
  for (const group of plan.clients) {
    groups[group.name] = buildGroup(group, input);
    const replies = buildReplies(group, input);
    if (replies !== null) groups[replyName(group.name)] = replies;
  }
  const isEmbedded = input.target === null;
  const { durationMs, stalls } = outcome;
  const hasStalled = stalls.stalls.length > 0;
  const validity = judgeValidity({ collector, durationMs, endToEnd, isEmbedded, hasStalled });
  const phases = buildPhases(plan, collector, outcome.durationMs);
  const latency: RunRecord['latency'] = {};
  for (const path of PATHS) {
    const members = plan.clients.filter((group) => group.path === path);
    const ledger = endToEnd[path];
    if (members.length === 0 || ledger === undefined) continue;
    latency[path] = buildLatencyViews({
      response: collector.latency.ofPath(path, 'response'),
      service: collector.latency.ofPath(path, 'service'),
      slip: collector.latency.ofPath(path, 'slip'),
      age: path === 'proxy' ? null : collector.latency.ofPath(path, 'age'),
      offered: path !== 'proxy' && isUnpublished(input) ? 0 : ledger.offered,
      unmeasured: members.reduce(
        (sum, { name }) => sum + unmeasuredOf(name, collector) + unmeasuredOf(replyName(name), collector),
        0,
      ),
      inTime: members.reduce((sum, group) => sum + (collector.load?.groups[group.name]?.inTime ?? 0), 0),
      deadlineMs: Math.max(...members.map((group) => group.deadlineMs)),
    });
  }
  return {
    schemaVersion: 1,
    kind: 'run',
    id: input.id,
    startedAt: input.startedAt,
    durationMs: Math.round(outcome.durationMs),
    plannedDurationMs: planDurationMs(plan),
    partial: outcome.interruptedBy !== null || outcome.failure !== null,
    interruptedBy: outcome.interruptedBy,
    command: input.command,
    seed: plan.seed,
    environment: input.environment,
    scenario: plan,
    strategy: strategies,
    strategyName: input.strategyName,
    target: { kind: isEmbedded ? 'embedded' : 'external', urls: input.target?.urls ?? {} },
    verdict: { status: 'pass', reasons: [] },
    validity,
    ledgers: { boundaries: isEmbedded ? boundaryLedgers(input) : {}, endToEnd },
    latency,
    originLatency: outcome.originLatency,
    groups,
    queues: isEmbedded ? buildQueues(input) : {},
    lifecycle: input.outcome.collector.system?.lifecycle ?? null,
    feed: isEmbedded ? collector.feed.read() : null,
    connections: buildConnections(input),
    tasks: {
      max: isEmbedded ? collector.tasks.max : null,
      final: collector.system?.tasks.open ?? null,
      leaked: collector.leakedTasks === null ? null : sumReasons(collector.leakedTasks),
      maxPerConnection: collector.system?.tasks.maxPerConnection ?? null,
      byKind: collector.tasksByKindMax,
    },
    memory: {
      rssMaxBytes: maxOf(collector.rss),
      heapMaxBytes: maxOf(collector.heap),
      accountedMaxBytes: maxOf(collector.accounted),
      accountedPerConnectionBytes: fitAccountedPerConnection(phases),
      socketMaxBytes: maxOf(collector.sockets),
      kernelMaxBytes: maxOf(collector.kernel),
      slopeBytesPerMinute: fitSlopePerMinute(collector.rssSeries),
    },
    cpu: { systemMs: isEmbedded ? cpuOf(collector.cpu.system) : null },
    backpressureEvents: collector.system?.backpressureEvents ?? null,
    hiddenBuffers: collector.hiddenBuffers,
    stalls: [...outcome.stalls.stalls],
    predictions: isEmbedded
      ? predict({
          plan,
          strategyOf: (group) => strategies[CLIENT_QUEUES[group.path]],
          hiddenBuffers: collector.hiddenBuffers,
          intervals: collector.latency.intervals,
          phaseStartsMs: collector.phases.map((phase) => phase.startedMs),
          ledgerOf: (name) => groups[name]?.ledger,
          offeredOf: (group) =>
            collector.lastBusySystem?.boundaries[CLIENT_QUEUES[group.path]]?.ledger.offered ?? null,
        })
      : [],
    phases,
    checks: [],
    findings: [],
    files: [],
  };
}

function cpuOf({ first, last }: RunOutcome['collector']['cpu']['system']): number | null {
  return first === null || last === null ? null : last.cpuMs - first.cpuMs;
}

function maxOf(gauge: { count: number; max: number }): number | null {
  return gauge.count === 0 ? null : gauge.max;
}

function boundaryLedgers({ outcome }: RecordInput): RunRecord['ledgers']['boundaries'] {
  const ledgers: RunRecord['ledgers']['boundaries'] = {};
  for (const name of BOUNDARY_NAMES) {
    const boundary = outcome.collector.system?.boundaries[name];
    if (boundary !== undefined) ledgers[name] = boundary.ledger;
  }
  return ledgers;
}

function buildEndToEnd(input: RecordInput): Partial<Record<PathName | 'publish', LedgerSnapshot>> {
  const { plan, outcome } = input;
  const { reconciler, load } = outcome.collector;
  const ledgers: Partial<Record<PathName | 'publish', LedgerSnapshot>> = {};
  for (const path of PATHS) {
    const members = plan.clients.filter((group) => group.path === path);
    if (members.length === 0) continue;
    if (path === 'proxy' || isUnpublished(input)) {
      const sum = createEmptyLedger();
      for (const group of members) addLedger(sum, harnessLedger(group, load?.groups[group.name]));
      ledgers[path] = closeLedger(sum);
    } else {
      ledgers[path] = reconciler.byPath.get(path) ?? createEmptyLedger();
    }
  }
  if (load !== null && load.publish.due > 0) {
    const { due, accepted, failures, pending } = load.publish;
    ledgers.publish = closeLedger({
      ...createEmptyLedger(),
      offered: due,
      delivered: accepted,
      failed: { ...failures },
      inFlight: pending,
    });
  }
  return ledgers;
}

function buildQueues({ outcome, strategies }: RecordInput): Partial<Record<BoundaryName, QueueResult>> {
  const queues: Partial<Record<BoundaryName, QueueResult>> = {};
  for (const name of BOUNDARY_NAMES) {
    const gauges = outcome.collector.boundaries[name];
    const last = outcome.collector.system?.boundaries[name];
    if (last === undefined) continue;
    // Where a ring stands for the queue, that is what bounds it.
    const { stages } = strategies[name];
    const overflow =
      stages.find((stage) => stage.stage === 'overflow') ??
      stages.find((stage) => stage.stage === 'topology');
    queues[name] = {
      strategy: strategies[name].text,
      capacityItems: isBounded(overflow) ? capacityOf(overflow, 'capacityItems') : null,
      capacityBytes: capacityOf(overflow, 'capacityBytes'),
      depth: {
        mean: Math.round(gauges.depth.mean * 10) / 10,
        max: gauges.depth.max,
        final: gauges.depth.last,
      },
      bytes: { max: gauges.bytes.max, final: gauges.bytes.last },
      blockedMs: Math.round(last.blockedMs),
      waitersMax: gauges.waiters.max,
      classes: last.classes,
    };
  }
  return queues;
}

/** A policy without a bound takes its capacity for the mark where pressure begins. */
function isBounded(stage: StageSpec | undefined): boolean {
  return stage === undefined || (findOverflowPolicy(stage.name)?.bounded ?? true);
}

function capacityOf(stage: StageSpec | undefined, name: string): number | null {
  const value = stage?.params[name];
  return typeof value === 'number' && value > 0 ? value : null;
}

function buildConnections({ outcome, plan }: RecordInput): RunRecord['connections'] {
  const byPath: Partial<Record<PathName, ConnectionCounts>> = {};
  const total: ConnectionCounts = {
    attempted: 0,
    admitted: 0,
    rejected: 0,
    failed: 0,
    maxOpen: outcome.collector.connections.max,
  };
  for (const group of plan.clients) {
    const sample = outcome.collector.load?.groups[group.name];
    if (sample === undefined) continue;
    const path = byPath[group.path] ?? { attempted: 0, admitted: 0, rejected: 0, failed: 0, maxOpen: 0 };
    byPath[group.path] = path;
    for (const column of ['attempted', 'admitted', 'rejected', 'failed'] as const) {
      path[column] += sample[column];
      total[column] += sample[column];
    }
    path.maxOpen += Math.max(0, ...plan.phases.map((phase) => phase.connections[group.name] ?? 0));
  }
  for (const path of Object.values(byPath)) path.maxOpen = Math.min(path.maxOpen, path.admitted);
  return { ...total, byPath };
}

/** Theil–Sen slope: the median of all pairwise slopes; `null` with less than ten seconds of readings. */
function fitSlopePerMinute(series: readonly { tMs: number; bytes: number }[]): number | null {
  const step = Math.max(1, Math.ceil(series.length / 200));
  const points = series.filter((_, index) => index % step === 0);
  if (points.length < 10) return null;
  const perMs = theilSen(points.map(({ tMs, bytes }) => ({ x: tMs, y: bytes })));
  return perMs === null ? null : Math.round(perMs * 60_000);
}
