/** Several runs side by side: what is proved, what it costs whom, and what it stands on. */
import type { Chart } from '../../charts/chart.ts';
import { comparisonCharts, type MultiplesRow } from '../../charts/comparison-charts.ts';
import type { ComparisonReport } from '../../report.ts';
import { plainText } from '../../text.ts';
import { renderFigure, renderFigures } from '../figure.ts';
import { html, type Markup } from '../markup.ts';
import { readingSection } from '../reading.ts';
import { filesSection } from '../run/files.ts';
import { findingsSection } from '../run/findings.ts';
import { keepFilled, type PageParts, type Section } from '../section.ts';
import { renderComparisonCard } from './card.ts';
import { needsSection, paretoSection } from './choices.ts';
import { matrixSection } from './matrix.ts';
import { hostSection, planSection, validitySection } from './trust.ts';

export function comparisonParts(report: ComparisonReport): PageParts {
  const { record, problems } = report;
  const charts = comparisonCharts(report);
  const isSingle = record.design.type === 'single';
  // One run of each has no intervals, and no blocks.
  const forest = isSingle ? [] : [charts.forest];
  const paired = record.design.type === 'blocks' ? charts.paired : [];
  const multiples = charts.multiples.flatMap((row) => row.charts.map(({ chart }) => chart));
  const all = [...forest, charts.pareto, ...multiples, ...charts.percentiles, ...paired];
  const others = keepFilled([
    matrixSection(record),
    figures('intervals', 'How sure', 'Each interval on its own margin, so that all compare.', forest),
    needsSection(record),
    paretoSection(record, [charts.pareto]),
    {
      id: 'side-by-side',
      title: 'Side by side',
      lead: 'One run of each strategy under the same seed, on the same axes.',
      content: charts.multiples.map(renderRow),
    },
    figures('latency-distribution', 'Latency', null, charts.percentiles),
    figures(
      'blocks',
      'Block by block',
      'One line for each block: how much of a difference is noise.',
      paired,
    ),
    planSection(record),
    hostSection(record),
    filesSection(record.files),
    readingSection('comparison'),
  ]);
  const titles = new Map([
    ...others.map(({ id, title }): [string, string] => [id, title]),
    ...all.map((chart): [string, string] => [chart.id, chart.title]),
  ]);
  return {
    title: plainText(`${record.plan.scenario.name} · comparison · bpbench`),
    card: renderComparisonCard(record, problems),
    sections: [...keepFilled([validitySection(record), findingsSection(record.findings, titles)]), ...others],
    charts: new Map(all.map((chart) => [chart.id, chart])),
  };
}

function figures(id: string, title: string, lead: string | null, charts: readonly Chart[]): Section {
  return { id, title, lead, content: renderFigures(charts) };
}

function renderRow({ title, charts }: MultiplesRow): Markup {
  return html`<div class="multiples" data-count="${charts.length}">
<h3 class="multiples-title">${title}</h3>
${charts.map(({ arm, chart }) => renderFigure(chart, { heading: arm }))}</div>
`;
}
