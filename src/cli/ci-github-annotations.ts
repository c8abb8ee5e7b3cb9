/** What of a result is shown beside the changes of a pull request: the worst of it, and how much more there is. */

import { formatDifference, formatInterval } from '../comparison/metric-words.ts';
import { marginOf } from '../comparison/samples.ts';
import type { ComparisonRecord, MetricResult, MetricSpec } from '../core/comparison.ts';
import type { RunRecord } from '../core/record.ts';
import type { Report } from '../report/report.ts';
import { describeStall } from '../report/stall-words.ts';
import { describeCheckResult } from '../report/terminal-summary.ts';
import { plainText } from '../report/text.ts';
import { describeInterruption } from '../report/verdict-words.ts';

export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** GitHub shows ten of each level for a step and fifty for a job; several scenarios share them. */
const MAX_SHOWN = 5;

/** At most five, the worst first, and one line that sums up where there is anything to say. */
export function listAnnotations(report: Report): Annotation[] {
  const all = report.kind === 'run' ? annotateRun(report.record) : annotateComparison(report.record);
  const sorted = all.toSorted((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
  const [worst] = sorted;
  if (worst === undefined) return [];
  const shown = sorted.slice(0, MAX_SHOWN);
  const errors = all.filter(({ level }) => level === 'error').length;
  const left = all.length - shown.length;
  const more = left === 0 ? '' : `; ${left} more in the summary of this step`;
  const title = `bpbench ${nameOf(report)}`;
  const counts = `${count(errors, 'error')}, ${count(all.length - errors, 'warning')}`;
  return [
    ...shown,
    { level: worst.level, title, message: `${report.record.verdict.status}: ${counts}${more}` },
  ];
}

/** One workflow command; what would end it or begin another is escaped. */
export function formatAnnotation({ level, title, message }: Annotation): string {
  return `::${level} title=${escapeProperty(plainText(title).trim())}::${escapeData(message.toWellFormed())}`;
}

function annotateRun(record: RunRecord): Annotation[] {
  const error = (title: string, message: string): Annotation => ({ level: 'error', title, message });
  const name = `${record.scenario.name} · ${record.strategyName}`;
  const interruption = describeInterruption(record);
  const isInvalid = record.verdict.status === 'invalid';
  return [
    ...(isInvalid ? [error(`${name}: invalid`, joinReasons(record))] : []),
    ...(interruption === null ? [] : [error(`${name}: partial`, interruption)]),
    ...record.stalls.map((stall) => error(`${name}: stalled`, `${describeStall(stall)}: ${stall.summary}`)),
    ...record.checks.flatMap((check): Annotation[] => {
      if (check.status === 'pass') return [];
      const level = check.status === 'fail' ? 'error' : 'warning';
      return [{ level, title: `${name}: ${check.name}`, message: describeCheckResult(check) }];
    }),
  ];
}

/** Reasons that only say what is not known yet. */
const OPEN: ReadonlySet<string> = new Set([
  'expectation_open',
  'inconclusive',
  'need_open',
  'no_baseline',
  'no_gate',
  'too_few_blocks',
  'unpaired',
]);

/** What the verdict rests on: proved regressions with their figures, and its other reasons as they are. */
function annotateComparison(record: ComparisonRecord): Annotation[] {
  const { status, reasons } = record.verdict;
  const isRed = status !== 'pass' && status !== 'inconclusive';
  const name = record.plan.scenario.name;
  const specs = new Map(record.metrics.map((spec) => [spec.name, spec]));
  const isProved = record.mode === 'regression' && isRed;
  const worse = record.results
    .filter(({ metric, verdict }) => isProved && verdict === 'worse' && record.family.gated.includes(metric))
    .toSorted((a, b) => distance(b, specs) - distance(a, specs));
  const others = reasons.filter(({ code }) => code !== 'regression' || worse.length === 0);
  return [
    ...worse.map((result): Annotation => {
      const kind = specs.get(result.metric)?.kind ?? 'exact';
      const change = `${formatDifference(result.estimate, kind)} ${formatInterval(result.interval95, kind)}`;
      const title = `${name}: ${result.metric} of ${result.arm} is worse`;
      return { level: 'error', title, message: `worse than ${result.reference} by ${change}` };
    }),
    ...others.map(({ code, message }): Annotation => {
      const level = isRed && !OPEN.has(code) ? 'error' : 'warning';
      return { level, title: `${name}: ${status}`, message };
    }),
    ...(reasons.length === 0 && status !== 'pass'
      ? [
          {
            level: isRed ? ('error' as const) : ('warning' as const),
            title: `${name}: ${status}`,
            message: joinReasons(record),
          },
        ]
      : []),
  ];
}

/** In margins, so that metrics of different kinds compare. */
function distance({ metric, estimate }: MetricResult, specs: ReadonlyMap<string, MetricSpec>): number {
  const spec = specs.get(metric);
  if (spec === undefined || estimate === null) return 0;
  return estimate / (marginOf(spec) || Number.MIN_VALUE);
}

function joinReasons({ verdict }: Pick<RunRecord | ComparisonRecord, 'verdict'>): string {
  return verdict.reasons.map(({ message }) => message).join('; ') || `the verdict is ${verdict.status}`;
}

function nameOf({ record }: Report): string {
  return record.kind === 'run'
    ? `${record.scenario.name} · ${record.strategyName}`
    : record.plan.scenario.name;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** The percent sign first, or the others would be escaped twice. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
