/**
 * One run as metrics see it: the groups that count, and readings of them. A reading is `null` where there is nothing to
 * read or too little to stand on, never 0.
 */
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import type { MetricValue } from '../core/comparison.ts';
import { sumReasons } from '../core/ledger.ts';
import { planDurationMs } from '../core/plan.ts';
import type { GroupResult, RunRecord } from '../core/record.ts';

export interface ViewedGroup {
  readonly name: string;
  readonly result: GroupResult;
  readonly isFullSpeed: boolean;
}

export interface RunView {
  readonly record: RunRecord;
  /** Groups of the scenario, or the one that the metric names. */
  readonly groups: readonly ViewedGroup[];
  /** Whether the view is of one group alone. */
  readonly isOneGroup: boolean;
  /** Groups with work enough for a percentile, by how many samples it needs; of all runs that are compared. */
  hasSupport(group: ViewedGroup, samplesNeeded: number): boolean;
}

/** Shares of the work above a percentile, by its key. */
const TAILS = { p50: 0.5, p99: 0.01, p999: 0.001 } as const;
export type Percentile = keyof typeof TAILS;

/** Ten samples have to lie above a percentile. */
export function samplesNeeded(percentile: Percentile): number {
  return Math.round(10 / TAILS[percentile]);
}

/** The client groups of the scenario; replies and whatever else the record names are not among them. */
export function viewedGroups(record: RunRecord): ViewedGroup[] {
  return record.scenario.clients.flatMap(({ name, readBytesPerSec }) => {
    const result = Object.hasOwn(record.groups, name) ? record.groups[name] : undefined;
    return result === undefined ? [] : [{ name, result, isFullSpeed: readBytesPerSec === null }];
  });
}

/** `inf` outranks every number; `null` where there is none. */
export function worstOf(values: readonly MetricValue[]): MetricValue {
  if (values.includes('inf')) return 'inf';
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length === 0 ? null : Math.max(...numbers);
}

/**
 * Groups that read at full speed, all where none does or where one was asked for. A slow cohort is infinite under every
 * strategy that drops, and would hide what happens to everybody else.
 */
function harmed({ groups, isOneGroup }: RunView): readonly ViewedGroup[] {
  const fast = groups.filter((group) => group.isFullSpeed);
  return isOneGroup || fast.length === 0 ? groups : fast;
}

export function allPercentile(view: RunView, percentile: Percentile): MetricValue {
  const needed = samplesNeeded(percentile);
  const able = harmed(view).filter((group) => view.hasSupport(group, needed));
  return worstOf(able.map(({ result }) => result.latency.all[percentile]));
}

/** Of the delivered alone, so it never stands without the loss beside it. */
export function responsePercentile(view: RunView, percentile: Percentile): MetricValue {
  const needed = samplesNeeded(percentile);
  const able = harmed(view).filter(({ result }) => result.latency.response.count >= needed);
  return worstOf(able.map(({ result }) => result.latency.response[percentile]));
}

/** Of all groups that events are pushed to: it is the slow ones that read old data. */
export function ageP99(view: RunView): MetricValue {
  const able = view.groups.filter(({ result }) => (result.latency.age?.count ?? 0) >= samplesNeeded('p99'));
  return worstOf(able.map(({ result }) => result.latency.age?.p99 ?? null));
}

export function deadlineMiss(view: RunView): number | null {
  const work = countInTime(view);
  return work === null ? null : 1 - work.inTime / work.offered;
}

/** Per second of all phases: ledgers and what came in time hold the warm-up too. */
export function goodput(view: RunView): number | null {
  const work = countInTime(view);
  const totalMs = planDurationMs(view.record.scenario);
  return work === null || totalMs === 0 ? null : work.inTime / (totalMs / 1000);
}

/** Weighted by what was offered; groups without deadlines or without work have no weight. */
function countInTime({ groups }: RunView): { offered: number; inTime: number } | null {
  let [offered, inTime] = [0, 0];
  for (const { result } of groups) {
    const { share } = result.latency.deadlineMiss;
    if (share === null) continue;
    offered += result.ledger.offered;
    inTime += (1 - share) * result.ledger.offered;
  }
  return offered === 0 ? null : { offered, inTime };
}

export function loss({ groups }: RunView): number | null {
  let [offered, lost] = [0, 0];
  for (const { result } of groups) {
    const { ledger } = result;
    offered += ledger.offered;
    lost += sumReasons(ledger.dropped) + sumReasons(ledger.coalesced) + sumReasons(ledger.failed);
  }
  return offered === 0 ? null : lost / offered;
}

export function rss({ record }: RunView): number | null {
  return record.memory.rssMaxBytes;
}

export function accountedBytes({ record }: RunView): number | null {
  return record.memory.accountedMaxBytes;
}

/** Of the boundaries that the scenario tests; of all where it names none of those that were sampled. */
export function queueMax({ record }: RunView): number | null {
  const sampled = BOUNDARY_NAMES.filter((name) => record.queues[name] !== undefined);
  const tested = sampled.filter((name) => record.scenario.boundary.includes(name));
  const names = tested.length > 0 ? tested : sampled;
  return names.length === 0 ? null : Math.max(...names.map((name) => record.queues[name]?.depth.max ?? 0));
}

export function blocked({ record }: RunView): number | null {
  const queues = Object.values(record.queues);
  return queues.length === 0 ? null : queues.reduce((sum, queue) => sum + queue.blockedMs, 0);
}

export function systemCpu({ record }: RunView): number | null {
  return record.cpu.systemMs;
}

export function unaccounted({ record }: RunView): number | null {
  const ledgers = [...Object.values(record.ledgers.boundaries), ...Object.values(record.ledgers.endToEnd)];
  return ledgers.length === 0 ? null : ledgers.reduce((sum, ledger) => sum + Math.abs(ledger.unaccounted), 0);
}

export function reordered({ groups }: RunView): number | null {
  const served = groups.filter(({ result }) => result.ledger.offered > 0);
  return served.length === 0 ? null : served.reduce((sum, { result }) => sum + result.reordered, 0);
}

export function leaked({ record }: RunView): number | null {
  return record.tasks.leaked;
}
