/** `bpbench trend`: one metric over the results that are there. Shows and hints, and never gates. */

import { METRIC_NAMES, resolveMetrics, splitName } from '../../comparison/metrics.ts';
import { BenchError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import { findChangePoints } from '../../statistics/change-points.ts';
import { writeOut } from '../streams.ts';
import { lookOf } from '../terminal.ts';
import { readTrend, type TrendSeries } from '../trend-series.ts';
import { type MarkedSeries, renderOtavaCsv, renderTrend, toTrendJson } from '../trend-text.ts';

export interface TrendOptions {
  metric?: string;
  strategy?: string;
  limit: number;
  csv?: boolean;
  json?: boolean;
  results: string;
}

const DEFAULT_METRIC = 'all.p99';
/** The search for changes takes quadratic time: more than these newest results are not looked at. */
const MAX_SEARCHED = 200;
/** Permutations are drawn from it: the same results give the same hints. */
const HINT_SEED = 1;

export async function trendCommand(scenario: string | undefined, options: TrendOptions): Promise<void> {
  const metric = options.metric?.trim() ?? DEFAULT_METRIC;
  checkMetric(metric);
  const metrics = options.csv === true && options.metric === undefined ? METRIC_NAMES : [metric];
  const trend = await readTrend(options.results, metrics, { scenario, strategy: options.strategy });
  if (options.csv === true) {
    await writeOut(renderOtavaCsv(onlyOne(trend.series), metrics));
    return;
  }
  const series = trend.series
    .filter(({ points }) => points.some(({ values }) => (values[metric] ?? null) !== null))
    .map((one) => markChanges(one, metric));
  const view = { series, unreadable: trend.unreadable, metric, limit: options.limit };
  await writeOut(
    options.json === true ? toTrendJson(view) : renderTrend(view, lookOf(process.stdout, 'auto')),
  );
}

/** Error BPB_ERR_UNKNOWN_NAME with what is near. Whether there is such a group, each result knows for itself. */
function checkMetric(metric: string): void {
  resolveMetrics({ clients: [] }, { also: [splitName(metric).base] });
}

function onlyOne(series: readonly TrendSeries[]): TrendSeries {
  const [first, second] = series;
  if (first !== undefined && second === undefined) return first;
  if (first === undefined) throw new BenchError('BPB_ERR_USAGE', 'there is no result to write a trend of');
  const names = series.map(
    ({ scenario, strategy, plan }) => `${scenario} ${strategy}${plan === '' ? '' : ` (plan ${plan})`}`,
  );
  throw new BenchError(
    'BPB_ERR_USAGE',
    `--csv expects results of one scenario and strategy, got ${series.length}`,
    {
      hints: [
        `name one: bpbench trend ${first.scenario} --strategy '${first.strategy}' --csv`,
        `there are: ${names.join(', ')}`,
      ],
    },
  );
}

/** Hints where the level of the newest results seems to change; those without a value are passed over. */
function markChanges(series: TrendSeries, metric: string): MarkedSeries {
  const known = series.points
    .flatMap(({ values }, index) => {
      const value = values[metric] ?? null;
      return value === null ? [] : [{ index, value: value === 'inf' ? Number.POSITIVE_INFINITY : value }];
    })
    .slice(-MAX_SEARCHED);
  const random = createRandom(HINT_SEED, 'trend');
  const found = findChangePoints(
    known.map(({ value }) => value),
    random.next,
  );
  return {
    ...series,
    changes: found.map((change) => ({ ...change, index: known[change.index]?.index ?? 0 })),
  };
}
