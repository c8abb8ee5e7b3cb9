/** Checks from text to result: read at plan time, so that a mistake costs nothing; judged after the run. */
import { BOUNDARY_NAMES, PATHS } from '../core/boundary.ts';
import { messageOf } from '../core/errors.ts';
import type { CheckSpec } from '../core/plan.ts';
import type { CheckResult, CheckStatus, RunRecord } from '../core/record.ts';
import { type CheckTarget, METRICS, type Measured, type Metric } from './check-metrics.ts';
import {
  type CheckScope,
  compare,
  findArgumentProblem,
  type ParsedCheck,
  parseCheck,
} from './check-syntax.ts';
import type { IntervalSeries } from './recovery-time.ts';

export { type CheckScope, type ParsedCheck, parseCheck } from './check-syntax.ts';
export type { IntervalPoint, IntervalSeries } from './recovery-time.ts';

/** `p99 < 50ms` as a check that must hold, or with `failIf` as one that must not. Reads nothing yet. */
export function createCheckSpec(
  expression: string,
  options: { name?: string; failIf?: boolean } = {},
): CheckSpec {
  const text = expression.trim();
  const failIf = options.failIf ?? false;
  return { name: options.name ?? (failIf ? `not ${text}` : text), expression: text, failIf };
}

/**
 * The problem of each faulty check, by its place in `specs`: syntax, metric, value, or an argument
 * that `scope` does not know. A scope of `null` (client groups are faulty themselves) leaves arguments out.
 */
export function validateChecks(
  specs: readonly CheckSpec[],
  scope: CheckScope | null,
): { index: number; message: string }[] {
  const problems: { index: number; message: string }[] = [];
  for (const [index, spec] of specs.entries()) {
    const message = findCheckProblem(spec.expression, scope);
    if (message !== undefined) problems.push({ index, message });
  }
  return problems;
}

function findCheckProblem(expression: string, scope: CheckScope | null): string | undefined {
  try {
    const check = parseCheck(expression);
    return scope === null ? undefined : findArgumentProblem(check, scope);
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Judges a finished run. `actual` is in the unit that `unit` names (ms, bytes, count, ratio, perMin) and may
 * be infinite: work that was never served, a group that never recovered.
 *
 * A check is `unknown`, never `pass`, when there is no data for it, when part of what it asks about
 * has none and could spoil it, when the run is partial, or when reading it fails.
 */
export function evaluateChecks(
  specs: readonly CheckSpec[],
  record: RunRecord,
  series: IntervalSeries,
): CheckResult[] {
  return specs.map((spec) => {
    const check = parseCheck(spec.expression);
    const head = { name: spec.name, expression: spec.expression, limit: check.limit, unit: check.unit };
    const measured = measure(check, record, series);
    if ('unknown' in measured) {
      return { ...head, actual: null, status: 'unknown', detail: measured.unknown };
    }
    if (record.partial) {
      const detail = `the run was cut short${record.interruptedBy === null ? '' : ` by ${record.interruptedBy}`}`;
      return { ...head, actual: measured.value, status: 'unknown', detail };
    }
    const status = judge(check, spec.failIf, measured);
    const detail = status === 'unknown' ? (measured.lacking ?? null) : (measured.note ?? null);
    return { ...head, actual: measured.value, status, detail };
  });
}

/** A value that lacking data could only raise decides nothing, unless raising it changes nothing. */
function judge(
  check: ParsedCheck,
  failIf: boolean,
  measured: Extract<Measured, { value: number }>,
): CheckStatus {
  const holds = compare(measured.value, check.operator, check.limit);
  const passes = holds !== failIf;
  if (measured.lacking === undefined) return passes ? 'pass' : 'fail';
  const isUpperBound = check.operator === '<' || check.operator === '<=';
  const isLowerBound = check.operator === '>' || check.operator === '>=';
  const isDecided = (isUpperBound && !holds) || (isLowerBound && holds);
  return isDecided && !passes ? 'fail' : 'unknown';
}

function measure(check: ParsedCheck, record: RunRecord, series: IntervalSeries): Measured {
  const metric: Metric = METRICS[check.metric];
  try {
    const measured = metric.measure(record, findTarget(check, metric, record), series);
    return 'value' in measured && Number.isNaN(measured.value) ? { unknown: 'no data' } : measured;
  } catch (error) {
    return { unknown: `could not be read: ${messageOf(error)}` };
  }
}

/** A client group wins over a path of the same name. */
function findTarget(check: ParsedCheck, metric: Metric, record: RunRecord): CheckTarget {
  const name = check.argument;
  if (name === null) return { kind: 'all' };
  const isGroup =
    Object.hasOwn(record.groups, name) || record.scenario.clients.some((group) => group.name === name);
  if (metric.takes.includes('group') && isGroup) return { kind: 'group', name };
  if (metric.takes.includes('path') && (PATHS as readonly string[]).includes(name))
    return { kind: 'path', name };
  if (metric.takes.includes('boundary') && (BOUNDARY_NAMES as readonly string[]).includes(name)) {
    return { kind: 'boundary', name };
  }
  return { kind: 'group', name };
}
