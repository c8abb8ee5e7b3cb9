/** What users say they need, and which arms give it: `loss<0.1%, ageP99<200ms, rss<300MB`. */
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import type { Arm, ArmRun, MetricSpec, MetricValue, NeedResult } from '../core/comparison.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import {
  BYTES_EXPECTED,
  parseBytes,
  parseDurationMs,
  parseRatePerSec,
  parseShare,
  RATE_EXPECTED,
  SHARE_EXPECTED,
} from '../core/units.ts';
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts';
import { areTooFew, countOf } from './counts.ts';
import { formatMetric } from './metric-words.ts';
import { METRIC_NAMES, METRICS, splitName } from './metrics.ts';
import { runsOf } from './pairing.ts';

export interface Condition {
  /** A name of the catalogue, with a group where one was named. */
  readonly metric: string;
  readonly operator: '<' | '<=' | '>' | '>=';
  /** In the unit of the metric. */
  readonly limit: number;
  readonly text: string;
}

/** Names that people use for metrics of other names. */
const ALIASES: Readonly<Record<string, string>> = { allP99: 'all.p99', p999: 'p99.9', queue: 'queueMax' };

/**
 * Conditions that must all hold. Errors: BPB_ERR_USAGE with what was expected; BPB_ERR_UNKNOWN_NAME for a metric that
 * does not exist. Whether a group exists is a question for `resolveMetrics`.
 */
export function parseNeed(expression: string): Condition[] {
  const parts = expression.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.map((part) => parseCondition(part, expression));
}

function parseCondition(text: string, whole: string): Condition {
  const fail = (message: string): never => {
    throw new BenchError('BPB_ERR_USAGE', `need '${whole}': ${message}`, {
      hints: ["as in 'loss<0.1%, ageP99<200ms, rss<300MB'"],
    });
  };
  if (text === '') return fail('there is an empty condition between commas');
  const match = /^([A-Za-z][\w.]*)\s*(\([^()]*\))?\s*(<=|>=|<|>|==|=|!=)?\s*(.*)$/.exec(text);
  if (match === null) return fail(`expected METRIC<LIMIT, got '${text}'`);
  const [, word, argument, operator, value] = match as unknown as [string, string, string?, string?, string?];
  const base = ALIASES[word] ?? word;
  if (!isMetricName(base)) {
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `need '${whole}': there is no metric '${word}'`, {
      hints: [
        didYouMean(word, [...METRIC_NAMES, ...Object.keys(ALIASES)]),
        `the metrics: ${METRIC_NAMES.join(', ')}`,
      ].filter((hint) => hint !== ''),
    });
  }
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    return fail(`after ${word} expected one of < <= > >=, got '${operator ?? text.slice(word.length)}'`);
  }
  const limit = parseLimit(value ?? '', METRICS[base].unit);
  if (limit === undefined)
    return fail(`${word} ${operator} expected ${EXPECTED[METRICS[base].unit] ?? 'a number'}, got '${value}'`);
  const group = argument === undefined ? '' : `(${argument.slice(1, -1).trim()})`;
  return { metric: `${base}${group}`, operator, limit, text };
}

function isMetricName(name: string): name is keyof typeof METRICS {
  return Object.hasOwn(METRICS, name);
}

const EXPECTED: Readonly<Record<string, string>> = {
  ms: 'a duration with its unit, such as 200ms or 2s',
  bytes: BYTES_EXPECTED,
  share: SHARE_EXPECTED,
  '1/s': RATE_EXPECTED,
};

function parseLimit(value: string, unit: string): number | undefined {
  const text = value.replace(/^([\d.]+)\s+(?=[a-zµ%])/i, '$1');
  if (text === '') return undefined;
  if (unit === 'ms') return /[a-zµ]/i.test(text) || Number(text) === 0 ? parseDurationMs(text) : undefined;
  if (unit === 'bytes') return parseBytes(text);
  if (unit === 'share') return parseShare(text);
  if (unit === '1/s') return parseRatePerSec(text);
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Who satisfies `expression`, by the runs that count. */
export function judgeNeed(
  expression: string,
  arms: readonly Arm[],
  runs: readonly ArmRun[],
  metrics: readonly MetricSpec[],
): NeedResult {
  const conditions = parseNeed(expression);
  const judged = arms.map((arm) => {
    const counted = runsOf(runs, arm.name);
    const answers = conditions.map((condition) => judgeCondition(condition, counted, metrics));
    const has = (status: Answer['status']): boolean => answers.some((answer) => answer.status === status);
    const status: Answer['status'] = has('no') ? 'no' : has('unknown') ? 'unknown' : 'yes';
    const because = answers.flatMap((answer) => (answer.status === 'yes' ? [] : [answer.because]));
    return { arm: arm.name, status, because, isUnreplicated: counted.length === 1 };
  });
  const satisfied = arms.filter((_, index) => judged[index]?.status === 'yes');
  return { expression, arms: judged, smallestCapacity: findSmallestCapacity(satisfied, arms) };
}

interface Answer {
  readonly status: 'yes' | 'no' | 'unknown';
  readonly because: string;
}

/**
 * By the 95 % interval of the Hodges-Lehmann location of the run values: `yes` and `no` only where all of it lies on
 * one side of the limit. A single run answers with its plain value.
 */
function judgeCondition(
  condition: Condition,
  runs: readonly ArmRun[],
  metrics: readonly MetricSpec[],
): Answer {
  const { metric, operator, limit, text } = condition;
  const spec = metrics.find((one) => one.name === metric) ?? { unit: METRICS[splitName(metric).base].unit };
  const values = runs.map((run) => run.values[metric] ?? null);
  const numbers = values.map(asNumber).filter((value) => value !== null);
  if (runs.length === 0) return { status: 'unknown', because: `${text}: no run counts` };
  if (numbers.length < runs.length)
    return {
      status: 'unknown',
      because: `${text}: no number in ${runs.length - numbers.length} of ${countOf(runs.length, 'run')} (no data, or too little for this metric)`,
    };
  const location = hodgesLehmann(numbers, 0.95);
  const show = (value: number): string => formatMetric(value, spec);
  const estimate = location.estimate as number;
  if (runs.length === 1) {
    const isMet = holds(estimate, operator, limit);
    return { status: isMet ? 'yes' : 'no', because: `${text}: ${show(estimate)}, unreplicated` };
  }
  const { low, high } = location;
  if (low === null || high === null) {
    return {
      status: 'unknown',
      because: `${text}: ${show(estimate)}, ${areTooFew(runs.length)} to tell`,
    };
  }
  const [isMetLow, isMetHigh] = [holds(low, operator, limit), holds(high, operator, limit)];
  const status = isMetLow && isMetHigh ? 'yes' : isMetLow || isMetHigh ? 'unknown' : 'no';
  return { status, because: `${text}: ${show(estimate)}, between ${show(low)} and ${show(high)}` };
}

function asNumber(value: MetricValue): number | null {
  return value === 'inf' ? Number.POSITIVE_INFINITY : value;
}

function holds(value: number, operator: Condition['operator'], limit: number): boolean {
  if (operator === '<') return value < limit;
  if (operator === '<=') return value <= limit;
  return operator === '>' ? value > limit : value >= limit;
}

/** Of arms that differ from others in nothing but how many items their queues hold; `null` where there are none. */
function findSmallestCapacity(
  satisfied: readonly Arm[],
  all: readonly Arm[],
): NeedResult['smallestCapacity'] {
  const sized = satisfied.flatMap((arm) => {
    const alike = all.filter((other) => other !== arm && withoutCapacity(other) === withoutCapacity(arm));
    const boundary = BOUNDARY_NAMES.find((name) =>
      alike.some((other) => capacityOf(other, name) !== capacityOf(arm, name)),
    );
    const capacityItems = boundary === undefined ? null : capacityOf(arm, boundary);
    return boundary === undefined || capacityItems === null
      ? []
      : [{ arm: arm.name, boundary, capacityItems }];
  });
  return sized.reduce<NeedResult['smallestCapacity']>(
    (least, one) => (least === null || one.capacityItems < least.capacityItems ? one : least),
    null,
  );
}

function withoutCapacity(arm: Arm): string {
  return JSON.stringify(
    BOUNDARY_NAMES.map((name) =>
      arm.strategy[name].stages.map(({ stage, name: part, params }) => {
        const { capacityItems: _capacity, ...others } = params;
        return [stage, part, others];
      }),
    ),
  );
}

function capacityOf(arm: Arm, boundary: (typeof BOUNDARY_NAMES)[number]): number | null {
  for (const { params } of arm.strategy[boundary].stages) {
    if (typeof params['capacityItems'] === 'number') return params['capacityItems'];
  }
  return null;
}
