/** The language of checks: `metric`, `metric(argument)`, a comparison, a value with its unit. */
import { BOUNDARY_NAMES, type PathName } from '../core/boundary.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import {
  BYTES_EXPECTED,
  parseBytes,
  parseDurationMs,
  parseRatePerSec,
  parseShare,
  SHARE_EXPECTED,
} from '../core/units.ts';
import { METRIC_NAMES, METRICS, type Metric, type MetricUnit } from './check-metrics.ts';
import { quote } from './problems.ts';

export const OPERATORS = ['<=', '>=', '==', '!=', '<', '>'] as const;
export type Operator = (typeof OPERATORS)[number];

export interface ParsedCheck {
  readonly metric: keyof typeof METRICS;
  readonly argument: string | null;
  readonly operator: Operator;
  /** In base units: ms, bytes, counts, ratios, or per minute. */
  readonly limit: number;
  readonly unit: MetricUnit;
}

/** The client groups of a scenario, as far as checks need them. */
export interface CheckScope {
  readonly groups: readonly { readonly name: string; readonly path: PathName }[];
}

/**
 * Reads `p99(sse fast) < 50ms`.
 *
 * Durations need a unit (except 0), since 50 could be milliseconds or seconds; sizes without a unit
 * are bytes; shares are `1%` or `0.01`.
 * Errors: BPB_ERR_SCENARIO with the position (from 1), what was expected, and the nearest known names.
 * Whether the argument exists is another question: {@link findArgumentProblem}.
 */
export function parseCheck(text: string): ParsedCheck {
  const skipSpace = (from: number): number => from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
  const fail = (at: number, expected: string, hint = ''): never => {
    const came = at >= text.length ? 'the end' : quote(text.slice(at));
    const advice = hint === '' ? '' : `; ${hint}`;
    throw new BenchError(
      'BPB_ERR_SCENARIO',
      `check ${quote(text)}, character ${at + 1}: expected ${expected}, got ${came}${advice}`,
    );
  };

  const nameAt = skipSpace(0);
  const metric = /^[A-Za-z][\w.]*/.exec(text.slice(nameAt))?.[0] ?? '';
  if (!isMetric(metric)) {
    const hint = metric === '' ? 'as in p99(sse fast) < 50ms' : didYouMean(metric, METRIC_NAMES);
    return fail(nameAt, `a metric`, hint === '' ? `known are ${METRIC_NAMES.join(', ')}` : hint);
  }
  const facts: Metric = METRICS[metric];

  let at = skipSpace(nameAt + metric.length);
  let argument: string | null = null;
  if (text[at] === '(') {
    const end = text.indexOf(')', at);
    if (end < 0) return fail(text.length, `) after the argument of ${metric}`);
    argument = text.slice(at + 1, end).trim();
    if (facts.takes.length === 0) return fail(at, 'a comparison', `${metric} takes no argument`);
    if (argument === '') return fail(at + 1, `the name of a ${facts.takes.join(', ')}`);
    at = skipSpace(end + 1);
  } else if (facts.needsArgument) {
    return fail(at, `(${facts.takes.join(', ')})`, `as in ${metric}(sse fast)`);
  }

  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
  if (operator === undefined) {
    const hint = text[at] === '=' ? 'did you mean ==?' : '';
    return fail(at, `one of ${OPERATORS.join(' ')}`, hint);
  }
  const valueAt = skipSpace(at + operator.length);
  const limit = parseLimit(text.slice(valueAt).trim(), facts.unit);
  if (limit === undefined) return fail(valueAt, EXPECTED_VALUE[facts.unit]);
  return { metric, argument, operator, limit, unit: facts.unit };
}

/** What is wrong with the argument of `check` for these groups, as one sentence; `undefined` if nothing is. */
export function findArgumentProblem(check: ParsedCheck, scope: CheckScope): string | undefined {
  if (check.argument === null) return undefined;
  const takes = METRICS[check.metric].takes as Metric['takes'];
  const known = [
    ...(takes.includes('group') ? scope.groups.map((group) => group.name) : []),
    ...(takes.includes('path') ? new Set(scope.groups.map((group) => group.path)) : []),
    ...(takes.includes('boundary') ? BOUNDARY_NAMES : []),
  ];
  if (known.includes(check.argument)) return undefined;
  const hint = didYouMean(check.argument, known);
  const tail = hint === '' ? `known are ${[...new Set(known)].join(', ')}` : hint;
  return `${check.metric} expects a ${takes.join(' or ')} of this scenario, got ${quote(check.argument)}; ${tail}`;
}

export function compare(actual: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<':
      return actual < limit;
    case '<=':
      return actual <= limit;
    case '>':
      return actual > limit;
    case '>=':
      return actual >= limit;
    case '==':
      return actual === limit;
    case '!=':
      return actual !== limit;
  }
}

const EXPECTED_VALUE: Record<MetricUnit, string> = {
  ms: 'a duration with its unit, such as 50ms or 2s',
  bytes: BYTES_EXPECTED,
  count: 'a number such as 100',
  ratio: SHARE_EXPECTED,
  perMin: 'a rate with its unit, such as 10/min or 1/s',
};

function parseLimit(text: string, unit: MetricUnit): number | undefined {
  if (text === '') return undefined;
  const joined = text.replace(/^([\d.]+)\s+(?=[a-zµ%])/i, '$1');
  switch (unit) {
    case 'ms':
      return /[a-zµ]/i.test(joined) || Number(joined) === 0 ? parseDurationMs(joined) : undefined;
    case 'bytes':
      return parseBytes(joined);
    case 'count':
      return /^\d+(\.\d+)?$/.test(joined) ? Number(joined) : undefined;
    case 'ratio':
      return parseShare(joined);
    case 'perMin':
      return parsePerMin(joined);
  }
}

/** In whole thousandths, free of float dust. */
function parsePerMin(text: string): number | undefined {
  const perSec = /\/|^0+$/.test(text) ? parseRatePerSec(text) : undefined;
  return perSec === undefined ? undefined : Math.round(perSec * 60_000) / 1000;
}

function isMetric(name: string): name is keyof typeof METRICS {
  return Object.hasOwn(METRICS, name);
}
