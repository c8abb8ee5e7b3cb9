/** The files that a trend is written to. To add one: its line here. */
import type { Format } from '../formats/format.ts';
import { renderTrendPage } from '../html/trend/page.ts';
import { findChanges } from './find-changes.ts';
import { renderTrendMarkdown } from './markdown.ts';
import { renderOtavaCsv } from './otava-csv.ts';
import { DEFAULT_METRIC, metricOf, seriesWith, type TrendReport } from './trend.ts';
import { renderTrend } from './trend-text.ts';

export const TREND_FORMATS = {
  text: {
    name: 'text',
    extensions: ['.txt'],
    summary: 'what the terminal shows, 100 columns wide and without colour',
    isText: true,
    render: (report) => renderTrend(report, { width: 100, color: false, unicode: true }),
  },
  markdown: {
    name: 'markdown',
    extensions: ['.md', '.markdown'],
    summary: 'a table for each series, and the hints',
    isText: true,
    render: renderTrendMarkdown,
  },
  html: {
    name: 'html',
    extensions: ['.html', '.htm'],
    summary: 'one offline page with charts, for people',
    isText: true,
    render: renderTrendPage,
  },
  json: {
    name: 'json',
    extensions: ['.json'],
    summary: 'the series and the hints, for programs',
    isText: true,
    render: renderTrendJson,
  },
  csv: {
    name: 'csv',
    extensions: ['.csv'],
    summary: 'medians in the form that Apache Otava reads, of one series',
    isText: true,
    render: renderOtavaCsv,
  },
} satisfies Record<string, Format<TrendReport>>;

export const ALL_TREND_FORMATS: readonly Format<TrendReport>[] = Object.values(TREND_FORMATS);

/** One metric of all series, each with its hints. `gates` says what it is not for. */
function renderTrendJson(report: TrendReport): string {
  const metric = report.metric ?? DEFAULT_METRIC;
  const series = seriesWith(report, [metric]).map((one) => ({
    ...one,
    points: one.points.map((point) => ({ ...point, values: { [metric]: metricOf(point, metric) } })),
    changes: findChanges(one, metric),
  }));
  return `${JSON.stringify({ metric, gates: false, unreadable: report.unreadable, series }, null, 2)}\n`;
}
