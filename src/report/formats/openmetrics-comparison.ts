/** What a comparison adds to the numbers of its runs. */
import type { ComparisonRecord, MetricSpec, MetricValue } from '../../core/comparison.ts';
import type { MetricFamily, OpenMetricsText } from './open-metrics-text.ts';

const STATUS = {
  name: 'bpbench_comparison_status',
  type: 'stateset',
  help: 'The verdict of the comparison.',
} as const;
const STATUSES = ['pass', 'fail', 'invalid', 'stalled', 'inconclusive'] as const;
const RUNS = {
  name: 'bpbench_comparison_runs',
  type: 'gauge',
  help: 'Runs that count, and rejected ones.',
} as const;
const WORSENING: MetricFamily = {
  name: 'bpbench_metric_worsening',
  type: 'gauge',
  help: 'Above 0 is worse than the reference: logarithm of the ratio, or difference of shares; with the bounds of the 95 % interval.',
};
const VERDICT = {
  name: 'bpbench_metric_verdict',
  type: 'stateset',
  help: 'The verdict of one metric of one arm against the reference.',
} as const;
const VERDICTS = ['better', 'worse', 'same', 'inconclusive', 'invalid'] as const;

const VALUE_HELP = 'Median of the runs of an arm.';

/** Base units, as the standard wants them; a unit of ours that has none stays as it is. */
function familyOf(unit: string): { family: MetricFamily; scale: number } {
  if (unit === 'ms') return withUnit('seconds', 0.001);
  if (unit === 'bytes') return withUnit('bytes', 1);
  if (unit === 'share' || unit === 'ratio') return withUnit('ratio', 1);
  return { family: { name: 'bpbench_metric_value', type: 'gauge', help: VALUE_HELP }, scale: 1 };
}

function withUnit(
  unit: 'seconds' | 'bytes' | 'ratio',
  scale: number,
): { family: MetricFamily; scale: number } {
  return { family: { name: `bpbench_metric_${unit}`, type: 'gauge', unit, help: VALUE_HELP }, scale };
}

export function addComparison(text: OpenMetricsText, record: ComparisonRecord): void {
  const common = { comparison: record.id, scenario: record.plan.scenario.name };
  for (const status of STATUSES) {
    const isIt = record.verdict.status === status;
    text.add(STATUS, { ...common, bpbench_comparison_status: status }, isIt ? 1 : 0);
  }
  const rejected = record.runs.filter((run) => run.rejected !== null).length;
  text.add(RUNS, { ...common, use: 'counted' }, record.runs.length - rejected);
  text.add(RUNS, { ...common, use: 'rejected' }, rejected);
  const specs = new Map(record.metrics.map((metric) => [metric.name, metric]));
  for (const result of record.results) {
    const { metric, arm, reference } = result;
    const spec = specs.get(metric);
    addValue(text, spec, { ...common, metric, arm }, result.value);
    addValue(text, spec, { ...common, metric, arm: reference }, result.referenceValue);
    const labels = { ...common, metric, arm, reference };
    text.add(WORSENING, { ...labels, bound: 'estimate' }, result.estimate);
    text.add(WORSENING, { ...labels, bound: 'low' }, result.interval95?.low ?? null);
    text.add(WORSENING, { ...labels, bound: 'high' }, result.interval95?.high ?? null);
    for (const verdict of VERDICTS) {
      text.add(VERDICT, { ...labels, bpbench_metric_verdict: verdict }, result.verdict === verdict ? 1 : 0);
    }
  }
}

function addValue(
  text: OpenMetricsText,
  spec: MetricSpec | undefined,
  labels: Record<string, string>,
  value: MetricValue,
): void {
  const unit = spec?.unit ?? '';
  const { family, scale } = familyOf(unit);
  const isBase = family.unit !== undefined;
  text.add(family, isBase ? labels : { ...labels, unit }, typeof value === 'number' ? value * scale : value);
}
