/** The tables of a comparison: results with their intervals, strategies against a reference, and its runs. */

import {
  arrowOf,
  formatChange,
  formatDifference,
  formatInterval,
  formatMargin,
  formatMetric,
} from '../comparison/metric-words.ts';
import type { ArmRun, ComparisonRecord, MetricResult, MetricSpec } from '../core/comparison.ts';
import { NO_VALUE } from './format.ts';
import { toList, toTable } from './markdown-text.ts';
import type { Column } from './table.ts';
import { describeVerdict } from './terminal-regression.ts';

const column = (header: string, align: Column['align'], cells: readonly string[]): Column => ({
  header,
  align,
  dropOrder: 0,
  cells,
});

export function regression(record: ComparisonRecord): string[] {
  return [
    toTable(resultColumns(record, false)),
    toList(
      record.results.flatMap(({ metric, arm, blocksToSettle }) =>
        blocksToSettle === null || !record.family.gated.includes(metric)
          ? []
          : [`${metric} of ${arm}: about ${blocksToSettle} blocks would settle it`],
      ),
    ),
  ];
}

/** Gated metrics first; `worse by` is positive where the arm is worse, whichever direction the metric has. */
export function resultColumns(record: ComparisonRecord, hasArms: boolean): Column[] {
  const rows = listResults(record);
  const cells = (cellOf: (result: MetricResult, spec: MetricSpec) => string): string[] =>
    rows.map(({ result, spec }) => cellOf(result, spec));
  const arms = new Set(record.results.map(({ arm }) => arm));
  const [only] = arms;
  return [
    column(
      'metric',
      'left',
      cells(({ metric }, spec) => `${metric} ${arrowOf(spec)}${spec.isGated ? '' : ' (advisory)'}`),
    ),
    ...(hasArms || arms.size > 1
      ? [
          column(
            'arm',
            'left',
            cells(({ arm }) => arm),
          ),
        ]
      : []),
    column(
      record.reference,
      'right',
      cells((result, spec) => formatMetric(result.referenceValue, spec)),
    ),
    column(
      arms.size === 1 && !hasArms ? (only ?? 'now') : 'now',
      'right',
      cells((result, spec) => formatMetric(result.value, spec)),
    ),
    column(
      'worse by',
      'right',
      cells((result, spec) => formatDifference(result.estimate, spec.kind)),
    ),
    column(
      '95 % interval',
      'right',
      cells((result, spec) => describeInterval(result, spec)),
    ),
    column(
      'margin',
      'right',
      cells((_, spec) => formatMargin(spec)),
    ),
    column(
      'verdict',
      'left',
      cells((result) => describeVerdict(result)),
    ),
  ];
}

/** Without brackets, which Markdown would take for a link. */
function describeInterval({ interval95 }: MetricResult, { kind }: MetricSpec): string {
  return formatInterval(interval95, kind)
    .replace(/^\[|\]$/g, '')
    .replace(', ', ' to ');
}

function listResults({
  results,
  metrics,
  family,
}: ComparisonRecord): { result: MetricResult; spec: MetricSpec }[] {
  const specs = new Map(metrics.map((spec) => [spec.name, spec]));
  const rows = results.flatMap((result) => {
    const spec = specs.get(result.metric);
    return spec === undefined ? [] : [{ result, spec }];
  });
  const isGated = ({ result }: (typeof rows)[number]): boolean => family.gated.includes(result.metric);
  return [...rows.filter(isGated), ...rows.filter((row) => !isGated(row))];
}

/** One row for each arm against the reference, one column for each metric that some arm has a number for. */
export function versus(record: ComparisonRecord): string[] {
  const rows = listResults(record);
  const arms = [...new Set(rows.map(({ result }) => result.arm))];
  if (arms.length === 0) return [];
  const known = rows.filter(({ result }) => result.value !== null || result.referenceValue !== null);
  const specs = [...new Map(known.map(({ spec }) => [spec.name, spec])).values()];
  const cellOf = (arm: string, spec: MetricSpec): string => {
    const result = rows.find((row) => row.result.arm === arm && row.spec.name === spec.name)?.result;
    if (result === undefined) return NO_VALUE;
    const word = describeVerdict(result).replace('WORSE', 'worse');
    return ['better', 'worse'].includes(result.verdict) ? `${word} ${formatChange(result, spec)}` : word;
  };
  return [
    toTable([
      column(`versus ${record.reference}`, 'left', arms),
      ...specs.map((spec) =>
        column(
          `${spec.name} ${arrowOf(spec)}`,
          'left',
          arms.map((arm) => cellOf(arm, spec)),
        ),
      ),
    ]),
    'Change of the value. `?`: cannot be told. `never`: more was not served than the percentile leaves out.',
  ];
}

export function runColumns({ runs, metrics }: ComparisonRecord): Column[] {
  const cells = (cellOf: (run: ArmRun) => string): string[] => runs.map(cellOf);
  const known = metrics.filter(({ name }) => runs.some(({ values }) => (values[name] ?? null) !== null));
  const gated = known.filter((spec) => spec.isGated);
  return [
    column(
      'block',
      'right',
      cells(({ block }) => (block === null ? NO_VALUE : String(block + 1))),
    ),
    column(
      'arm',
      'left',
      cells(({ arm }) => arm),
    ),
    column(
      'run',
      'left',
      cells(({ id }) => id),
    ),
    column(
      'seed',
      'right',
      cells(({ seed }) => String(seed)),
    ),
    column(
      'status',
      'left',
      cells(({ status, rejected }) => (rejected === null ? status : `rejected: ${rejected}`)),
    ),
    ...(gated.length > 0 ? gated : known.slice(0, 5)).map((spec) =>
      column(
        spec.name,
        'right',
        cells(({ values }) => formatMetric(values[spec.name] ?? null, spec)),
      ),
    ),
  ];
}
