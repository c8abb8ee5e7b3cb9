/** Trends for tests: results a day apart, each a little different, with a step where it is asked for. */
import type { MetricValue } from '../../../src/core/comparison.ts';
import type { TrendPoint, TrendReport, TrendSeries } from '../../../src/report/trend/trend.ts';

export function pointAt(
  at: number,
  values: Record<string, MetricValue>,
  change: Partial<TrendPoint> = {},
): TrendPoint {
  const startedAt = new Date(Date.UTC(2026, 2, 1 + at)).toISOString();
  const commit = (0x4f2c1e9 + at).toString(16).padEnd(40, '0');
  return {
    name: `result-${at}`,
    startedAt,
    commit,
    host: 'Xeon, 8 cores',
    runs: 1,
    values,
    leftOut: null,
    ...change,
  };
}

/** All main metrics, up by half from the `step`th result on; every tenth result is invalid, one was never served. */
export function createSeries(count: number, step = count, change: Partial<TrendSeries> = {}): TrendSeries {
  const points = Array.from({ length: count }, (_, at) => {
    if (at % 10 === 7) return pointAt(at, {}, { leftOut: 'invalid' });
    const size = (at < step ? 1 : 1.5) * (1 + ((at * 7919) % 13) / 100);
    return pointAt(at, {
      ...{ 'all.p99': at === 4 ? 'inf' : 15 * size, p99: 12 * size, goodput: 4000 / size },
      ...{ loss: 0, rss: size * 2 ** 27, queueMax: 64, cpu: size * 4000 },
    });
  });
  return { scenario: 'burst', strategy: 'drop-oldest', plan: '', points, ...change };
}

export function reportOf(series: readonly TrendSeries[], change: Partial<TrendReport> = {}): TrendReport {
  return {
    ...{ series, unreadable: 0, metric: null, limit: 20, command: 'bpbench trend burst -o trend.html' },
    commandOf: ({ strategy }) => `bpbench trend burst --strategy ${strategy}`,
    ...change,
  };
}
