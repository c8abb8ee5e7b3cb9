/** The head of a trend's page: what seems to have changed, and that none of it is proved. */
import { METRICS, splitName } from '../../../comparison/metrics.ts';
import { formatCount } from '../../../core/units.ts';
import { findChanges, isSearched, MIN_SEARCHED } from '../../trend/find-changes.ts';
import type { TrendReport, TrendSeries } from '../../trend/trend.ts';
import { describeMissing, NEVER_GATED } from '../../trend/words.ts';
import { type Card, renderCard } from '../card.ts';
import { label, type Markup } from '../markup.ts';
import { renderTime } from '../run/card.ts';

export function renderTrendCard(
  report: TrendReport,
  series: readonly TrendSeries[],
  metrics: readonly string[],
): Markup {
  const points = series.flatMap((one) => one.points);
  const starts = points.map(({ startedAt }) => startedAt).sort();
  const [first, last] = [starts[0], starts.at(-1)];
  const leftOut = points.filter((point) => point.leftOut !== null).length;
  const hints = series.flatMap((one) => metrics.flatMap((metric) => findChanges(one, metric))).length;
  const isLooked = series.some((one) => metrics.some((metric) => isSearched(one, metric)));
  const scenarios = [...new Set(series.map(({ scenario }) => scenario))];
  const facts: Card['facts'] = [
    ...(series.length === 1 ? [] : [['Series', formatCount(series.length)] as const]),
    ['Results', `${formatCount(points.length)}${leftOut === 0 ? '' : `, ${formatCount(leftOut)} left out`}`],
    ['Hosts', formatCount(new Set(points.map(({ host }) => host)).size)],
    ...(first === undefined || last === undefined
      ? []
      : ([
          ['First', renderTime(first)],
          ['Last', renderTime(last)],
        ] as const)),
  ];
  return renderCard({
    kicker: 'bpbench · trend',
    heading: [scenarios.length === 0 ? 'nothing to show' : label(scenarios.join(', ')), metricsName(metrics)],
    description: metrics.length === 1 ? sentence(METRICS[splitName(metrics[0] ?? '').base].summary) : '',
    tone: hints > 0 ? 'doubt' : 'plain',
    word: hints === 0 ? 'NO HINT' : hints === 1 ? '1 HINT' : `${formatCount(hints)} HINTS`,
    sentence: `${describeHints(hints, isLooked)} ${NEVER_GATED}`,
    notices: describeMissing(report, metrics).map(sentence),
    facts,
    command: report.command,
    commandTitle: 'Show it again',
  });
}

function describeHints(hints: number, isLooked: boolean): string {
  if (!isLooked) return `Too few results to look for changes: ${MIN_SEARCHED} with a value are needed.`;
  return hints === 0
    ? 'No level seems to have changed.'
    : 'Levels that seem to have changed are marked below.';
}

function metricsName(metrics: readonly string[]): string {
  return metrics.length === 1 ? (metrics[0] ?? '') : 'main metrics';
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
