/** From run records to the values that are compared: one number per run and metric. */
import type { ArmRun, MetricSpec, MetricValue } from '../core/comparison.ts';
import { sumReasons } from '../core/ledger.ts';
import type { RunRecord } from '../core/record.ts';
import { METRICS, type Metric, splitName } from './metrics.ts';
import { type RunView, type ViewedGroup, viewedGroups } from './run-view.ts';

/**
 * The values of one run by metric. `inf`: more was never served than the percentile leaves out. `null`: not measured, or
 * too few samples. `support` is of all runs of the comparison, so that a percentile stands on the same groups in each.
 */
export function readValues(
  record: RunRecord,
  metrics: readonly Pick<MetricSpec, 'name'>[],
  support: Support = supportOf([record]),
): Record<string, MetricValue> {
  const hasSupport = ({ name }: ViewedGroup, needed: number): boolean => (support.get(name) ?? 0) >= needed;
  const all = viewedGroups(record);
  return Object.fromEntries(
    metrics.map(({ name }) => {
      const { base, group } = splitName(name);
      const metric: Metric = METRICS[base];
      const view: RunView = {
        record,
        groups: group === null ? all : all.filter((one) => one.name === group),
        isOneGroup: group !== null,
        hasSupport,
      };
      return [name, finite(metric.read(view))];
    }),
  );
}

/** What was offered to each group in the run that offered least, without the warm-up. */
export type Support = ReadonlyMap<string, number>;

export function supportOf(records: readonly RunRecord[]): Support {
  const fewest = new Map<string, number>();
  for (const record of records) {
    for (const { name, result } of viewedGroups(record)) {
      fewest.set(name, Math.min(fewest.get(name) ?? Number.POSITIVE_INFINITY, result.latency.all.count));
    }
  }
  return fewest;
}

/** A value that is no number is none at all. */
function finite(value: MetricValue): MetricValue {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

/** Why a run proves nothing, in words; `null` for one that counts. A failed check or a stall is a result, and counts. */
export function rejectionOf(record: Pick<RunRecord, 'verdict' | 'partial' | 'interruptedBy'>): string | null {
  if (record.partial)
    return record.interruptedBy === null ? 'ended before its time' : `stopped by ${record.interruptedBy}`;
  if (record.verdict.status !== 'invalid') return null;
  const reasons = record.verdict.reasons.map((reason) => reason.message);
  return `invalid: ${reasons.join('; ') || 'no reason given'}`;
}

/** What all groups were offered together, and what became of it. */
export function countRun(record: RunRecord): ArmRun['counts'] {
  const counts = { offered: 0, delivered: 0, dropped: 0 };
  for (const { result } of viewedGroups(record)) {
    counts.offered += result.ledger.offered;
    counts.delivered += result.ledger.delivered;
    counts.dropped += sumReasons(result.ledger.dropped) + sumReasons(result.ledger.coalesced);
  }
  return counts;
}
