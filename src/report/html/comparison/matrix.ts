/** What each strategy does better and worse than the reference: an effect, its interval and a word in each cell. */

import {
  formatChange,
  formatInterval,
  formatMargin,
  formatMetric,
} from '../../../comparison/metric-words.ts';
import type { ComparisonRecord, MetricResult, MetricSpec, MetricValue } from '../../../core/comparison.ts';
import { armColor, forestRow } from '../../charts/comparison/forest.ts';
import { renderIntervalPicture } from '../../charts/comparison/interval-bar.ts';
import { plainText } from '../../text.ts';
import { html, label, type Markup, trusted } from '../markup.ts';
import type { Section } from '../section.ts';
import { renderStatus, toneOf } from '../status.ts';
import { renderArrow } from '../table.ts';

export function matrixSection(record: ComparisonRecord): Section {
  const isGated = ({ name }: MetricSpec): boolean => record.family.gated.includes(name);
  const known = record.metrics.filter(
    ({ name }) =>
      record.results.some(({ metric, verdict }) => metric === name && verdict !== 'invalid') ||
      record.runs.some(({ values }) => (values[name] ?? null) !== null),
  );
  const gated = known.filter(isGated);
  const others = known.filter((spec) => !isGated(spec));
  // Without a gate the first ones are what people ask for first.
  const isUngated = gated.length === 0;
  return {
    id: 'trade-offs',
    title: record.mode === 'regression' ? 'Results' : 'Trade-offs',
    lead: describe(record),
    content: [
      renderMatrix('Each strategy against the reference', record, isUngated ? others.slice(0, 6) : gated),
      (isUngated ? others.length > 6 : others.length > 0) &&
        html`<details>
<summary>${isUngated ? 'More metrics' : 'Metrics that decide nothing'}</summary>
${renderMatrix('Other metrics of each strategy', record, isUngated ? others.slice(6) : others)}</details>
`,
    ],
  };
}

function describe({ design, reference }: ComparisonRecord): string {
  if (design.type === 'single')
    return 'The values of one run each: without repetition no difference is proved.';
  return `Against ${label(reference)}: the change of the value, its 95 % interval drawn between margins, and what is proved.`;
}

function renderMatrix(caption: string, record: ComparisonRecord, metrics: readonly MetricSpec[]): Markup {
  if (metrics.length === 0) return html``;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table class="matrix">
<caption>${caption}</caption>
<thead><tr><th scope="col">strategy</th>${metrics.map(
    (spec) =>
      html`<th scope="col">${label(spec.name)}${renderArrow(spec.direction)}${record.design.type !== 'single' && html`<br><span class="unit">matters: ${formatMargin(spec)}</span>`}</th>`,
  )}</tr></thead>
<tbody>
${record.arms.map(
  ({
    name,
  }) => html`<tr><th scope="row">${label(name)}${name === record.reference && html`<br><span class="aside">reference</span>`}</th>${metrics.map((spec) => renderCell(record, name, spec))}</tr>
`,
)}</tbody>
</table>
</div>
`;
}

function renderCell(record: ComparisonRecord, arm: string, spec: MetricSpec): Markup {
  const result = record.results.find(({ arm: of, metric }) => of === arm && metric === spec.name);
  const value = formatMetric(valueOfArm(record, arm, spec.name, result), spec);
  if (result === undefined || record.design.type === 'single')
    return html`<td class="reference">${value}</td>`;
  const { word, interval } = describeResult(result, spec);
  const change = result.value === 'inf' ? '' : formatChange(result, spec);
  const bar = renderIntervalPicture(forestRow(result, spec, armColor(record, arm)));
  return html`<td>${value}${change !== '' && html` <span class="aside">${change}</span>`}
${trusted(bar)}
<div>${renderStatus(toneOf(result.verdict), word)}${interval !== '' && html` <span class="visually-hidden">worse by ${interval}</span>`}</div></td>`;
}

/** As the results have it; of an arm without results the median of its runs. */
function valueOfArm(
  record: ComparisonRecord,
  arm: string,
  metric: string,
  result: MetricResult | undefined,
): MetricValue {
  if (result !== undefined) return result.value;
  const asReference = record.results.find((one) => one.reference === arm && one.metric === metric);
  return asReference?.referenceValue ?? medianOf(record, arm, metric);
}

function describeResult(result: MetricResult, spec: MetricSpec): { word: string; interval: string } {
  const reason = result.reason === null ? '' : plainText(result.reason);
  const isOpen = result.verdict === 'inconclusive' || result.verdict === 'invalid';
  return {
    word: isOpen && reason !== '' ? reason : result.verdict,
    interval: result.interval95 === null ? '' : formatInterval(result.interval95, spec.kind),
  };
}

/** Of the runs that count; `inf` outranks every number. */
function medianOf({ runs }: ComparisonRecord, arm: string, metric: string): MetricValue {
  const values = runs
    .filter((run) => run.arm === arm && run.rejected === null)
    .map(({ values: of }) => of[metric] ?? null)
    .filter((value) => value !== null)
    .map((value) => (value === 'inf' ? Number.POSITIVE_INFINITY : value))
    .sort((a, b) => a - b);
  const low = values[Math.floor((values.length - 1) / 2)];
  const high = values[Math.floor(values.length / 2)];
  if (low === undefined || high === undefined) return null;
  return high === Number.POSITIVE_INFINITY ? 'inf' : (low + high) / 2;
}
