/** A trend as one page: the hints first, then each series with its charts and its results. */

import { formatCount } from '../../../core/units.ts';
import { trendChart } from '../../charts/comparison/trend.ts';
import { findChanges, isSearched } from '../../trend/find-changes.ts';
import {
  isKnown,
  MAIN_METRICS,
  metricOf,
  seriesWith,
  specOf,
  type TrendReport,
  type TrendSeries,
} from '../../trend/trend.ts';
import {
  describeChange,
  describeCommit,
  describeHosts,
  describeMove,
  listHosts,
  namesOf,
} from '../../trend/words.ts';
import { renderCommand } from '../card.ts';
import { renderFigure } from '../figure.ts';
import { html, label, type Markup } from '../markup.ts';
import { renderParts } from '../page.ts';
import type { PageParts, Section } from '../section.ts';
import { renderStatus } from '../status.ts';
import { renderTrendCard } from './card.ts';
import { readingTrend } from './reading.ts';
import { renderResults } from './results.ts';

/** More are not named one by one. */
const MAX_HOSTS = 8;

/** The main metrics that any result of a series has, or the one that was asked for. Pure, but for style and script. */
export function renderTrendPage(report: TrendReport): string {
  return renderParts(trendParts(report));
}

function trendParts(report: TrendReport): PageParts {
  const metrics = report.metric === null ? MAIN_METRICS : [report.metric];
  const series = seriesWith(report, metrics);
  const known = metrics.filter((metric) => series.some((one) => isKnown(one, metric)));
  const scenarios = [...new Set(series.map(({ scenario }) => scenario))];
  return {
    title: [label(scenarios.join(', ')), 'trend', 'bpbench'].filter((part) => part !== '').join(' · '),
    card: renderTrendCard(report, series, metrics),
    sections: [
      ...series.map((one, at) => seriesSection(one, at, series.length, metrics, report)),
      readingTrend(known),
    ],
    // Pictures of categories: there is nothing in them that a script would draw better.
    charts: new Map(),
  };
}

function seriesSection(
  series: TrendSeries,
  at: number,
  count: number,
  wanted: readonly string[],
  report: TrendReport,
): Section {
  const id = `series-${at + 1}`;
  const metrics = wanted.filter((metric) => isKnown(series, metric));
  const hosts = describeHosts(series);
  return {
    id,
    title: namesOf(series).map(label).join(' · '),
    lead: null,
    content: [
      hosts !== null &&
        html`<p class="notice">Results ${hosts}. ${describeHostNames(series)}</p>
`,
      metrics.map((metric, place) => renderMetric(series, metric, `${id}-metric-${place + 1}`)),
      renderResults(series, metrics, report.limit),
      count > 1 && renderCommand(report.commandOf(series), 'Show this one alone, in the terminal'),
    ],
  };
}

/** `1: Xeon, 8 cores. 2: M4, 10 cores.`, as the table numbers them. */
function describeHostNames(series: TrendSeries): string {
  const hosts = listHosts(series);
  const named = hosts.slice(0, MAX_HOSTS).map((host, at) => `${at + 1}: ${label(host)}.`);
  const more = hosts.length - named.length;
  return [...named, ...(more > 0 ? [`And ${formatCount(more)} more.`] : [])].join(' ');
}

/** The picture, and under it in words what its marks are. Its numbers stand in the table of all metrics. */
function renderMetric(series: TrendSeries, metric: string, id: string): Markup {
  const changes = findChanges(series, metric);
  const chart = trendChart(
    id,
    specOf(metric),
    series.points.map((point) => ({
      ...{ startedAt: point.startedAt, label: describeCommit(point), leftOut: point.leftOut },
      value: metricOf(point, metric),
    })),
    isSearched(series, metric)
      ? changes.map((change) => ({ at: change.index, label: describeMove(change, metric) ?? 'changed' }))
      : null,
  );
  const hints = changes.map(
    (
      change,
    ) => html`<li>${renderStatus('doubt', 'hint')} <span>${metric} ${describeChange(change, series, metric)}</span></li>
`,
  );
  return html`${renderFigure({ ...chart, table: null })}${
    hints.length > 0 &&
    html`<ul class="findings">
${hints}</ul>
`
  }`;
}
