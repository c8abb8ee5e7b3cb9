import type { MetricSpec, MetricValue } from '../../../core/comparison.ts';
import { formatMetric } from '../../metric-words.ts';
import type { Chart, Rule } from '../chart.ts';
import { formatNumber } from '../number-text.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';
import { chartUnit, nearDomain, toNumber } from './paired-dots.ts';

export interface TrendPoint {
  /** ISO wall time of the result. */
  readonly startedAt: string;
  /** What it is known by: a commit, an id. */
  readonly label: string;
  readonly value: MetricValue;
}

/** Where a change was found: the index of the first point after it, and what it is, in a few words. */
export interface TrendChange {
  readonly at: number;
  readonly label: string;
}

/** One metric over many results, evenly spaced in their order; changes as lines. */
export function trendChart(
  spec: Pick<MetricSpec, 'name' | 'unit' | 'direction'>,
  points: readonly TrendPoint[],
  changes: readonly TrendChange[] = [],
): Chart {
  const id = `trend-${spec.name.replace(/[^A-Za-z0-9]+/g, '-')}`;
  const title = `${shortName(spec.name)} over results`;
  const ys = points.map(({ value }) => toNumber(value));
  const known = points.filter(({ value }) => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined)
    return emptyChart(id, title, 'No result has a value of this metric.');
  const rules: Rule[] = changes
    .filter(({ at }) => at > 0 && at < points.length)
    .map(({ at, label }) => ({ axis: 'x', at: at - 0.5, label: shortName(label), tone: 'mark', color: 1 }));
  return {
    ...{ kind: 'plot', id, title, rules, bands: [], spans: [], heat: null },
    caption: `${shortName(spec.name)} goes from ${formatMetric(first.value, spec)} to ${formatMetric(last.value, spec)} over ${formatNumber(known.length, 'count')} results; ${rules.length === 0 ? 'no change was found' : `${rules.length} change${rules.length === 1 ? '' : 's'} found`}.`,
    x: {
      ...{ label: '', unit: 'none', scale: 'category', min: -0.5, max: Math.max(0.5, points.length - 0.5) },
      categories: points.map(({ startedAt, label }) => `${startedAt.slice(5, 10)} ${shortName(label, 10)}`),
    },
    y: {
      ...{
        label: `${shortName(spec.name)}; ${spec.direction} is better`,
        unit: chartUnit(spec.unit),
        scale: 'linear',
      },
      ...nearDomain(ys),
    },
    series: [
      {
        ...{ name: shortName(spec.name), color: 0, shape: 'line-dots', weight: 'strong', isLabelled: false },
        xs: points.map((_, at) => at),
        ys,
      },
    ],
    table: {
      columns: ['started', 'result', shortName(spec.name)].map((header, at) => ({
        header,
        isNumber: at === 2,
      })),
      rows: points.map(({ startedAt, label, value }) => [
        startedAt,
        shortName(label),
        formatMetric(value, spec),
      ]),
      note: null,
    },
  };
}
