/**
 * The catalogue of metrics that runs are compared by: one row each, with its scale, its margin and how it is read.
 * Margins are the change that matters to a user; whatever is smaller is `same` once it is proved to be smaller.
 */
import type { MetricKind, MetricSpec, MetricValue } from '../core/comparison.ts';
import { BenchError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { RunView } from './run-view.ts';
import * as read from './run-view.ts';

export interface Metric extends Omit<MetricSpec, 'name'> {
  /** One line for help. */
  readonly summary: string;
  /** Percentiles need work enough to stand on: `null` of one means too little, of others that it was not measured. */
  readonly isPercentile: boolean;
  /** `both`: also of one group, as `p99(sse fast)`. `subscribers`: of groups that events are pushed to. */
  readonly byGroup: 'no' | 'both' | 'subscribers';
  read(view: RunView): MetricValue;
}

const MS_FLOOR = 0.01;
const MIB = 1024 ** 2;

export const METRICS = {
  deadlineMiss: share(
    'share of all offered work that was not delivered within its deadline',
    'both',
    true,
    read.deadlineMiss,
  ),
  'all.p99': latency(
    '99th percentile over all offered work, the lost as infinitely late',
    0.1,
    true,
    (view) => read.allPercentile(view, 'p99'),
  ),
  goodput: {
    ...ratio('1/s', 0.03, 0.01, 'deliveries within their deadline per second of all phases', read.goodput),
    direction: 'higher',
    byGroup: 'both',
    isGated: true,
  },
  rss: { ...ratio('bytes', 0.1, MIB, 'most resident memory of the system', read.rss), isGated: true },
  queueMax: {
    ...ratio('items', 0.2, 1, 'depth of the deepest queue under test', read.queueMax),
    isGated: true,
  },
  p50: latency('median response time of the delivered', 0.05, false, (view) =>
    read.responsePercentile(view, 'p50'),
  ),
  p99: latency('99th percentile of response time of the delivered', 0.1, false, (view) =>
    read.responsePercentile(view, 'p99'),
  ),
  'p99.9': latency('99.9th percentile of response time of the delivered', 0.2, false, (view) =>
    read.responsePercentile(view, 'p999'),
  ),
  ageP99: {
    ...latency('99th percentile of the age of data at its consumers', 0.1, false, read.ageP99),
    byGroup: 'subscribers',
  },
  loss: share('dropped, merged and failed share of the offered', 'both', false, read.loss),
  bytes: ratio(
    'bytes',
    0.2,
    64 * 1024,
    'most bytes that queues and unfinished writes held',
    read.accountedBytes,
  ),
  blocked: ratio('ms', 0.2, 10, 'time that producers waited for room, added up', read.blocked),
  cpu: ratio('ms', 0.1, 10, 'processor time of the system', read.systemCpu),
  unaccounted: exact('items', 'what no column of a ledger explains', read.unaccounted),
  reordered: exact('items', 'deliveries out of order', read.reordered),
  leaked: exact('tasks', 'tasks alive after the load was gone', read.leaked),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** What every group has a row of its own for, unless the user asks for more. */
const PER_GROUP: readonly MetricName[] = ['p99', 'all.p99', 'ageP99', 'loss'];

export interface MetricOptions {
  /** `all.p99=15%`, `loss=0.5pp`; a bare name such as `p99` is meant for its groups too. */
  readonly margins?: readonly string[];
  /** Gated instead of the default five; `p99(sse fast)` is one. Empty or absent: the default. */
  readonly gates?: readonly string[];
  /** Taken out of the gate; `*` for all. */
  readonly notGated?: readonly string[];
  /** Metrics that needs and expectations speak of, to be read besides. */
  readonly also?: readonly string[];
  /** The target is somebody else's service: what only the embedded system tells is not gated unless `gates` names it. */
  readonly isExternal?: boolean;
}

/** What only the embedded system tells of itself. */
const OF_EMBEDDED: readonly MetricName[] = ['rss', 'queueMax'];

/**
 * The metrics of a comparison of `scenario`: the catalogue, the usual ones by group, and those that `options` name.
 * Errors: BPB_ERR_UNKNOWN_NAME for a metric or group that does not exist, BPB_ERR_USAGE for a margin that cannot be read.
 */
export function resolveMetrics(
  scenario: Pick<ScenarioPlan, 'clients'>,
  options: MetricOptions = {},
): MetricSpec[] {
  const groups = scenario.clients;
  const names = new Set<string>(METRIC_NAMES);
  for (const base of PER_GROUP) {
    for (const { name, path } of groups) {
      if (METRICS[base].byGroup === 'both' || path !== 'proxy') names.add(`${base}(${name})`);
    }
  }
  const checked = (name: string): string => {
    const trimmed = name.trim();
    assertKnown(
      trimmed,
      groups.map((group) => group.name),
    );
    return trimmed;
  };
  const gates = (options.gates ?? []).map(checked);
  const notGated = new Set((options.notGated ?? []).map((name) => (name === '*' ? name : checked(name))));
  const margins = new Map((options.margins ?? []).map(parseMargin));
  for (const name of [...gates, ...margins.keys(), ...(options.also ?? [])]) names.add(checked(name));
  return [...names].map((name) => {
    const { base } = splitName(name);
    const metric: Metric = METRICS[base];
    const isTold = options.isExternal !== true || !OF_EMBEDDED.includes(base);
    const isDefaultGate = gates.length === 0 && name === base && metric.isGated && isTold;
    const isOut = notGated.has('*') || notGated.has(name);
    return {
      name,
      kind: metric.kind,
      unit: metric.unit,
      direction: metric.direction,
      margin: margins.get(name) ?? margins.get(base) ?? metric.margin,
      floor: metric.floor,
      isGated: !isOut && (gates.includes(name) || isDefaultGate),
    };
  });
}

/** `p99(sse fast)` → `{ base: 'p99', group: 'sse fast' }`. The name must be known: {@link resolveMetrics} sees to it. */
export function splitName(name: string): { base: MetricName; group: string | null } {
  const match = /^([^(]+)\((.*)\)$/.exec(name);
  return match === null
    ? { base: name as MetricName, group: null }
    : { base: (match[1] as string).trim() as MetricName, group: (match[2] as string).trim() };
}

/** Whether `null` of this metric means too few samples. */
export function isPercentile(name: string): boolean {
  const metric: Metric | undefined = METRICS[splitName(name).base];
  return metric?.isPercentile ?? false;
}

function assertKnown(name: string, groups: readonly string[]): void {
  const { base, group } = splitName(name);
  if (!Object.hasOwn(METRICS, base)) {
    throw unknown(
      `there is no metric '${base}'`,
      didYouMean(base, METRIC_NAMES),
      `the metrics: ${METRIC_NAMES.join(', ')}`,
    );
  }
  if (group === null) return;
  if (METRICS[base].byGroup === 'no') {
    throw new BenchError('BPB_ERR_USAGE', `${base} is of the whole system, it has no value for '${group}'`);
  }
  if (!groups.includes(group)) {
    throw unknown(
      `there is no client group '${group}'`,
      didYouMean(group, groups),
      `the groups: ${groups.join(', ')}`,
    );
  }
}

function unknown(message: string, ...hints: string[]): BenchError {
  return new BenchError('BPB_ERR_UNKNOWN_NAME', message, { hints: hints.filter((hint) => hint !== '') });
}

function parseMargin(text: string): [string, number] {
  const match = /^(.+?)\s*=\s*(\d+(?:\.\d+)?)\s*(%|pp)$/.exec(text.trim());
  const expected = "expected METRIC=PERCENT, as in 'all.p99=15%', or points for shares, as in 'loss=0.5pp'";
  if (match === null) throw new BenchError('BPB_ERR_USAGE', `margin '${text}': ${expected}`);
  const [name, amount, unit] = [match[1] as string, Number(match[2]), match[3]];
  const { base } = splitName(name);
  const metric: Metric | undefined = Object.hasOwn(METRICS, base) ? METRICS[base] : undefined;
  if (metric?.kind === 'exact')
    throw new BenchError('BPB_ERR_USAGE', `${base} is exact: any difference counts, it takes no margin`);
  if (unit === 'pp' && metric?.kind === 'ratio') {
    throw new BenchError('BPB_ERR_USAGE', `margin '${text}': points are for shares, ${base} takes per cent`);
  }
  if (unit === '%' && metric?.kind === 'share') {
    throw new BenchError('BPB_ERR_USAGE', `margin '${text}': shares take points, as in '${name}=0.5pp'`);
  }
  if (!Number.isFinite(amount)) throw new BenchError('BPB_ERR_USAGE', `margin of ${name} is no number`);
  if (!(amount > 0))
    throw new BenchError('BPB_ERR_USAGE', `margin '${text}' must be above 0: noise is never nothing`);
  return [name, amount / 100];
}

function ratio(unit: string, margin: number, floor: number, summary: string, reader: Metric['read']) {
  return {
    kind: 'ratio' as MetricKind,
    unit,
    direction: 'lower',
    margin,
    floor,
    isGated: false,
    summary,
    isPercentile: false,
    byGroup: 'no',
    read: reader,
  } satisfies Metric;
}

function latency(summary: string, margin: number, isGated: boolean, reader: Metric['read']) {
  return {
    ...ratio('ms', margin, MS_FLOOR, summary, reader),
    isGated,
    isPercentile: true,
    byGroup: 'both',
  } satisfies Metric;
}

function share(summary: string, byGroup: Metric['byGroup'], isGated: boolean, reader: Metric['read']) {
  return {
    ...ratio('share', 0.005, 0, summary, reader),
    kind: 'share',
    floor: null,
    isGated,
    byGroup,
  } satisfies Metric;
}

function exact(unit: string, summary: string, reader: Metric['read']) {
  return { ...ratio(unit, 0, 0, summary, reader), kind: 'exact', floor: null } satisfies Metric;
}
