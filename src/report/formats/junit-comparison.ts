/** A comparison as test cases: a suite for the whole (validity, expectations, needs), and one for each arm (gated metrics, checks). */

import { countOf } from '../../comparison/counts.ts';
import {
  formatInterval,
  formatMargin,
  formatMetric,
  formatWorsening,
} from '../../comparison/metric-words.ts';
import type { ComparisonRecord, MetricResult, MetricSpec, MetricVerdict } from '../../core/comparison.ts';
import type { CheckResult } from '../../core/record.ts';
import type { ComparisonReport } from '../report.ts';
import { describeCheckResult } from '../terminal-summary.ts';
import { type JUnitCase, type JUnitProblem, type JUnitSuite, VALIDITY_CASE } from './junit-suite.ts';

export function comparisonSuites({ record, runs }: ComparisonReport): JUnitSuite[] {
  const { name } = record.plan.scenario;
  const arms = record.arms.map((arm) => {
    const ids = new Set(
      record.runs.flatMap((run) => (run.arm === arm.name && run.rejected === null ? [run.id] : [])),
    );
    // What the old version does, or the arm that calibrates, is measured and not judged.
    const isJudged = record.mode === 'versus' || record.results.some((result) => result.arm === arm.name);
    const checks = !isJudged ? [] : runs.flatMap((run) => (ids.has(run.record.id) ? run.record.checks : []));
    const cases = [...gatedCases(record, arm.name), ...checkCases(checks)];
    return { name: `${name}.${arm.name}`, startedAt: record.startedAt, durationMs: 0, properties: {}, cases };
  });
  const whole: JUnitSuite = {
    name,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    properties: propertiesOf(record),
    cases: [validityCase(record), ...expectationCases(record), ...needCases(record)],
  };
  return [whole, ...arms.filter(({ cases }) => cases.length > 0)];
}

function propertiesOf(record: ComparisonRecord): JUnitSuite['properties'] {
  const { design, environment, verdict } = record;
  return {
    comparison: record.id,
    mode: record.mode,
    reference: record.reference,
    verdict: verdict.status,
    exitCode: record.exitCode,
    blocks: design.blocks,
    attempt: design.attempt,
    seed: record.seed,
    command: record.command,
    bpbench: environment.bpbenchVersion,
    node: environment.nodeVersion,
    cpu: `${environment.cores} × ${environment.cpuModel}`,
  };
}

function validityCase({ verdict, partial, interruptedBy, runs }: ComparisonRecord): JUnitCase {
  const reasons = verdict.reasons.map(({ message }) => message).join('; ');
  const interruption = `stopped by ${interruptedBy ?? 'an error'} before its end`;
  const isInvalid = verdict.status === 'invalid';
  const rejected = runs.filter((run) => run.rejected !== null);
  return {
    name: VALIDITY_CASE,
    problem:
      isInvalid || partial
        ? {
            kind: 'error',
            type: partial ? 'partial' : 'invalid',
            message: partial ? interruption : reasons || 'the comparison is not valid',
          }
        : null,
    output: rejected.map((run) => `rejected: run ${run.id} of ${run.arm}: ${run.rejected}`),
  };
}

function expectationCases(record: ComparisonRecord): JUnitCase[] {
  return record.expectations.map(({ expression, status, detail }) => {
    const problems: Record<typeof status, JUnitProblem | null> = {
      pass: null,
      fail: { kind: 'failure', type: 'expectation', message: detail },
      unknown: { kind: openKind(record), type: 'inconclusive', message: detail },
    };
    return { name: expression, problem: problems[status], output: [detail] };
  });
}

/** One arm that satisfies a need is enough: it is there to choose by. */
function needCases(record: ComparisonRecord): JUnitCase[] {
  return record.needs.map(({ expression, arms }) => {
    const isOne = (status: 'yes' | 'unknown'): boolean => arms.some((arm) => arm.status === status);
    const problem: JUnitProblem | null = isOne('yes')
      ? null
      : arms.length === 0 || isOne('unknown')
        ? { kind: openKind(record), type: 'inconclusive', message: 'cannot be told yet' }
        : { kind: 'failure', type: 'need', message: 'no arm satisfies it' };
    const output = arms.map(({ arm, status, because }) => `${status}: ${[arm, ...because].join('; ')}`);
    return { name: `need ${expression}`, problem, output };
  });
}

/** Strategies against each other trade one thing for another; only expectations gate there. */
function gatedCases(record: ComparisonRecord, arm: string): JUnitCase[] {
  if (record.mode === 'versus') return [];
  const specs = new Map(record.metrics.map((metric) => [metric.name, metric]));
  const isGated = new Set(record.family.gated);
  return record.results
    .filter((result) => result.arm === arm && isGated.has(result.metric))
    .map((result) => gatedCase(result, specs.get(result.metric), record));
}

function gatedCase(result: MetricResult, spec: MetricSpec | undefined, record: ComparisonRecord): JUnitCase {
  const output = describeResult(result, spec);
  const message = output.slice(0, 2).join('; ');
  // Runs that are not paired, for example, may show what they cannot decide.
  const isDecided = record.verdict.status !== 'pass' && record.verdict.status !== 'inconclusive';
  const problems: Record<MetricVerdict, JUnitProblem | null> = {
    better: null,
    same: null,
    worse: { kind: isDecided ? 'failure' : 'skipped', type: 'regression', message },
    inconclusive: { kind: openKind(record), type: 'inconclusive', message },
    invalid: { kind: 'error', type: 'invalid', message },
  };
  return { name: result.metric, problem: problems[result.verdict], output };
}

/** Only under --strict does what could not be told end the command with an error. */
function openKind(record: ComparisonRecord): JUnitProblem['kind'] {
  return isStrictlyOpen(record) ? 'failure' : 'skipped';
}

/** Whether `--strict` made an error of what could not be told. */
export function isStrictlyOpen({ verdict, exitCode }: ComparisonRecord): boolean {
  return verdict.status === 'inconclusive' && exitCode !== 0;
}

function describeResult(result: MetricResult, spec: MetricSpec | undefined): string[] {
  const kind = spec?.kind ?? 'exact';
  const unit = { unit: spec?.unit ?? '' };
  const { reference, arm, interval95, reason, blocksToSettle } = result;
  return [
    `${result.verdict}${reason === null ? '' : ` (${reason})`}: worse by ${formatWorsening(result, { kind })} ${formatInterval(interval95, kind)}, margin ${spec === undefined ? 'unknown' : formatMargin(spec)}`,
    `${arm} ${formatMetric(result.value, unit)}, ${reference} ${formatMetric(result.referenceValue, unit)}, n = ${result.n}`,
    ...(blocksToSettle === null ? [] : [`about ${blocksToSettle} blocks would settle it`]),
  ];
}

/** Each check once; the worst of what the counted runs say of it. */
function checkCases(checks: readonly CheckResult[]): JUnitCase[] {
  const byName = Map.groupBy(checks, (check) => check.name);
  return [...byName].map(([name, all]) => {
    const failed = all.filter(({ status }) => status === 'fail');
    const unknown = all.filter(({ status }) => status === 'unknown');
    const worst = failed[0] ?? unknown[0];
    const problem: JUnitProblem | null =
      worst === undefined
        ? null
        : {
            kind: worst.status === 'fail' ? 'failure' : 'error',
            type: worst.status === 'fail' ? 'check' : 'no-data',
            message: `${worst.status === 'fail' ? failed.length : unknown.length} of ${countOf(all.length, 'run')}: ${describeCheckResult(worst)}`,
          };
    return { name, problem, output: all.map(describeCheckResult) };
  });
}
