/** A trend: what the results of a folder are over time, one row for each scenario, strategy and plan. */
import { METRICS, splitName } from '../../comparison/metrics.ts';
import type { MetricSpec, MetricValue } from '../../core/comparison.ts';

export interface TrendPoint {
  readonly name: string;
  readonly startedAt: string;
  readonly commit: string | null;
  /** Of the host: results of different ones do not compare. */
  readonly host: string;
  /** How many runs the medians are of. */
  readonly runs: number;
  /** By metric; `null` also for a run that does not count. */
  readonly values: Readonly<Record<string, MetricValue>>;
  /** Why it does not count; `null` where it does. */
  readonly leftOut: string | null;
}

export interface TrendSeries {
  readonly scenario: string;
  readonly strategy: string;
  /** Apart from others of the same names; empty where there is one plan. */
  readonly plan: string;
  /** Oldest first. */
  readonly points: readonly TrendPoint[];
}

export interface Trend {
  readonly series: readonly TrendSeries[];
  /** Results that could not be read. */
  readonly unreadable: number;
}

/** What every form of a trend is made from. */
export interface TrendReport extends Trend {
  /** The one that was asked for; `null`: each form shows what suits it. */
  readonly metric: string | null;
  /** Newest results of a series that have a line of their own; 0 for all. */
  readonly limit: number;
  /** Shows it again. */
  readonly command: string;
  /** Shows one series of it alone, in the terminal. */
  commandOf(series: TrendSeries): string;
}

/** Where there is room for one metric alone. */
export const DEFAULT_METRIC = 'all.p99';
/** Where there is room for several: how late, how much was lost, how much got through, and what it cost. */
export const MAIN_METRICS = ['all.p99', 'p99', 'loss', 'goodput', 'rss', 'queueMax', 'cpu'] as const;

/** The unit and direction of a metric by its name, of one group or of all. */
export function specOf(metric: string): MetricSpec {
  const { kind, unit, direction, margin, floor, isGated } = METRICS[splitName(metric).base];
  return { name: metric, kind, unit, direction, margin, floor, isGated };
}

/** `null` where nobody could tell, and of a result that does not count. */
export function metricOf({ values }: TrendPoint, metric: string): MetricValue {
  return values[metric] ?? null;
}

/** Whether any result has a value of `metric`. */
export function isKnown({ points }: TrendSeries, metric: string): boolean {
  return points.some((point) => metricOf(point, metric) !== null);
}

/** Series that have something to show of one of `metrics`. */
export function seriesWith({ series }: Trend, metrics: readonly string[]): TrendSeries[] {
  return series.filter((one) => metrics.some((metric) => isKnown(one, metric)));
}
