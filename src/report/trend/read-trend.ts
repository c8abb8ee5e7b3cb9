/** The results of a folder as series over time: one value per experiment, of one plan and strategy each. */
import { splitName } from '../../comparison/metrics.ts';
import { planHash } from '../../comparison/plan-hash.ts';
import { readValues } from '../../comparison/read-values.ts';
import { medianOf } from '../../comparison/samples.ts';
import type { ComparisonRecord, MetricValue } from '../../core/comparison.ts';
import type { Environment, RunRecord } from '../../core/record.ts';
import { findResults, readResult, type StoredRecord } from '../result-index.ts';
import { bareHash, PLAN_LETTERS, pickResults, type TrendFilter } from './pick-results.ts';
import type { Trend, TrendPoint, TrendSeries } from './trend.ts';

interface Keyed {
  readonly scenario: string;
  readonly strategy: string;
  readonly planHash: string;
  readonly point: TrendPoint;
  /** Of a run: its id; of a comparison: none. */
  readonly runId: string | null;
}

/**
 * Runs that belong to a comparison speak through its medians alone.
 *
 * Errors: BPB_ERR_USAGE where there is no such folder; BPB_ERR_UNKNOWN_NAME for a scenario, strategy or plan that none of
 * its results has.
 */
export async function readTrend(
  base: string,
  metrics: readonly string[],
  filter: TrendFilter,
): Promise<Trend> {
  const inComparison = new Set<string>();
  const keyed: Keyed[] = [];
  let unreadable = 0;
  for (const result of (await findResults(base)).toReversed()) {
    const stored = await readResult(result, (record) => toPoints(record, result.name, metrics, inComparison));
    if (stored.state === 'whole') keyed.push(...stored.value);
    else unreadable++;
  }
  const counted = keyed.filter(({ runId }) => runId === null || !inComparison.has(runId));
  return { series: groupByPlan(pickResults(counted, filter, unreadable)), unreadable };
}

function toPoints(
  record: StoredRecord,
  name: string,
  metrics: readonly string[],
  inComparison: Set<string>,
): Keyed[] {
  if (record.kind === 'run') return [ofRun(record, name, metrics)];
  for (const { id } of record.runs) inComparison.add(id);
  return record.arms
    .filter(({ source }) => source === 'played')
    .map((arm) => ofArm(record, arm, name, metrics));
}

function ofRun(record: RunRecord, name: string, metrics: readonly string[]): Keyed {
  const { id, scenario, strategyName, startedAt, environment, verdict, partial } = record;
  const leftOut = partial ? 'partial' : verdict.status === 'invalid' ? 'invalid' : null;
  const known = metrics.filter((metric) => {
    const { group } = splitName(metric);
    return group === null || scenario.clients.some((client) => client.name === group);
  });
  const values =
    leftOut === null
      ? readValues(
          record,
          known.map((metric) => ({ name: metric })),
        )
      : {};
  return {
    scenario: scenario.name,
    strategy: strategyName,
    planHash: planHash(scenario),
    runId: id,
    point: {
      name,
      startedAt,
      commit: environment.gitCommit,
      host: hostOf(environment),
      runs: 1,
      values,
      leftOut,
    },
  };
}

function ofArm(
  record: ComparisonRecord,
  arm: ComparisonRecord['arms'][number],
  name: string,
  metrics: readonly string[],
): Keyed {
  const runs = record.runs.filter((run) => run.arm === arm.name && run.rejected === null);
  const isLeftOut = runs.length === 0 || record.verdict.status === 'invalid';
  const medians = metrics.map((metric) => [
    metric,
    medianOf(runs.flatMap(({ values }) => values[metric] ?? [])),
  ]);
  return {
    scenario: record.plan.scenario.name,
    strategy: arm.strategyName,
    planHash: record.plan.hash,
    runId: null,
    point: {
      name,
      startedAt: record.startedAt,
      commit: arm.version.gitCommit,
      host: hostOf(record.environment),
      runs: runs.length,
      values: isLeftOut ? {} : (Object.fromEntries(medians) as Record<string, MetricValue>),
      leftOut: isLeftOut ? 'invalid' : null,
    },
  };
}

function hostOf({ cpuModel, cores }: Environment): string {
  return `${cpuModel}, ${cores} cores`;
}

function groupByPlan(keyed: readonly Keyed[]): TrendSeries[] {
  const groups = Map.groupBy(keyed, ({ scenario, strategy, planHash }) =>
    JSON.stringify([scenario, strategy, planHash]),
  );
  const plansOf = (one: Keyed): number =>
    new Set(
      keyed
        .filter(({ scenario, strategy }) => scenario === one.scenario && strategy === one.strategy)
        .map(({ planHash }) => planHash),
    ).size;
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const points = members.map(({ point }) => point).sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    const plan = plansOf(first) > 1 ? bareHash(first.planHash).slice(0, PLAN_LETTERS) : '';
    return [{ scenario: first.scenario, strategy: first.strategy, plan, points }];
  });
}
