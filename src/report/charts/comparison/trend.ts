import { formatMetric } from '../../../comparison/metric-words.ts';
import type { MetricSpec, MetricValue } from '../../../core/comparison.ts';
import type { Chart, Rule, Series, Span } from '../chart.ts';
import { formatNumber } from '../number-text.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';
import { chartUnit, nearDomain, toNumber } from './paired-dots.ts';

export interface TrendValue {
  /** ISO wall time of the result. */
  readonly startedAt: string;
  /** What it is known by beside its time: a commit; empty for nothing. */
  readonly label: string;
  readonly value: MetricValue;
  /** Why it does not count; `null` where it does. */
  readonly leftOut: string | null;
}

/** Where a change was found: the index of the first value after it, and what it is, in a few words. */
export interface TrendMark {
  readonly at: number;
  readonly label: string;
}

/** More dots than these run into each other. */
const MAX_DOTS = 60;

/**
 * One metric over many results, evenly spaced in their order. Changes are lines, results that do not count are grey.
 * `marks`: `null` where there are too few results to look for any.
 */
export function trendChart(
  id: string,
  spec: Pick<MetricSpec, 'name' | 'unit' | 'direction'>,
  results: readonly TrendValue[],
  marks: readonly TrendMark[] | null,
): Chart {
  const name = shortName(spec.name);
  const title = `${name} over results`;
  const ys = results.map(({ value }) => toNumber(value));
  const known = results.filter(({ value }) => value !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined)
    return emptyChart(id, title, 'No result has a value of this metric.');
  const gaps = describeGaps(results);
  // A line that is level says no more than its value does.
  if (known.every(({ value }) => value === first.value)) {
    const where = known.length === 1 ? 'one result' : `all ${count(known.length, 'result')}`;
    const sentence = `${name} is ${formatMetric(first.value, spec)} in ${where}`;
    return emptyChart(id, title, `${[sentence, ...gaps].join('; ')}.`);
  }
  const rules: Rule[] = (marks ?? [])
    .filter(({ at }) => at > 0 && at < results.length)
    .map(({ at, label }) => ({ axis: 'x', at: at - 0.5, label: shortName(label), tone: 'mark', color: 1 }));
  return {
    ...{ kind: 'plot', id, title, rules, bands: [], heat: null, spans: spansWithout(results) },
    caption: `${[
      `${name} goes from ${formatMetric(first.value, spec)} to ${formatMetric(last.value, spec)} over ${count(known.length, 'result')}`,
      marks === null
        ? 'too few to look for changes'
        : rules.length === 0
          ? 'no change was found'
          : `${count(rules.length, 'change')} found`,
      ...gaps,
    ].join('; ')}.`,
    x: {
      ...{ label: '', unit: 'none', scale: 'category', min: -0.5, max: Math.max(0.5, results.length - 0.5) },
      categories: nameResults(results),
    },
    y: {
      ...{ label: `${name}; ${spec.direction} is better`, unit: chartUnit(spec.unit), scale: 'linear' },
      ...nearDomain(ys),
    },
    series: seriesOf(name, ys),
    table: {
      columns: ['started', 'result', name, 'left out'].map((header, at) => ({ header, isNumber: at === 2 })),
      rows: results.map(({ startedAt, label, value, leftOut }) => [
        startedAt,
        shortName(label),
        formatMetric(value, spec),
        shortName(leftOut ?? ''),
      ]),
      note: null,
    },
  };
}

/** A line with its dots; where those would run into each other, of the line's dots those that have no neighbour. */
function seriesOf(name: string, ys: readonly (number | null)[]): Series[] {
  const look = { name, color: 0, weight: 'strong', isLabelled: false } as const;
  const xs = ys.map((_, at) => at);
  if (ys.length <= MAX_DOTS) return [{ ...look, shape: 'line-dots', xs, ys }];
  const isAlone = (at: number): boolean => (ys[at - 1] ?? null) === null && (ys[at + 1] ?? null) === null;
  const alone = ys.map((y, at) => (isAlone(at) ? y : null));
  return [
    { ...look, shape: 'line', xs, ys },
    { ...look, shape: 'dots', xs, ys: alone },
  ];
}

/** Why there are gaps: what does not count, and what has no value. */
function describeGaps(results: readonly TrendValue[]): string[] {
  const leftOut = results.filter((result) => result.leftOut !== null).length;
  const without = results.filter((result) => result.leftOut === null && result.value === null).length;
  return [
    ...(leftOut === 0 ? [] : [`${formatNumber(leftOut, 'count')} left out`]),
    ...(without === 0 ? [] : [`${formatNumber(without, 'count')} without a value`]),
  ];
}

function count(number: number, word: string): string {
  return `${formatNumber(number, 'count')} ${word}${number === 1 ? '' : 's'}`;
}

/** Neighbours that do not count are one grey stretch. */
function spansWithout(results: readonly TrendValue[]): Span[] {
  const spans: Span[] = [];
  results.forEach(({ leftOut }, at) => {
    if (leftOut === null) return;
    const before = spans.at(-1);
    const isNext = before !== undefined && before.to === at - 0.5;
    if (isNext) spans.pop();
    spans.push({ from: isNext ? before.from : at - 0.5, to: at + 0.5, label: '', tone: 'unmeasured' });
  });
  return spans;
}

/** By what tells them apart: the time of one day, else the day; and the commit, where there are several. */
function nameResults(results: readonly TrendValue[]): string[] {
  const isShared = (from: number, to: number): boolean =>
    new Set(results.map(({ startedAt }) => startedAt.slice(from, to))).size === 1;
  const minutes = new Set(results.map(({ startedAt }) => startedAt.slice(0, 16))).size;
  const time = minutes === results.length ? [11, 16] : [11, 19];
  const [from, to] = isShared(0, 10) ? time : isShared(0, 4) ? [5, 10] : [0, 10];
  const hasCommits = new Set(results.map(({ label }) => label)).size > 1;
  return results.map(({ startedAt, label }) =>
    shortName(`${startedAt.slice(from, to)} ${hasCommits ? shortName(label, 10) : ''}`.trim()),
  );
}
