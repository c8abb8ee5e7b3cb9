/** Times in which there was work, and nobody moved. */
import type { RunRecord, Stall } from '../../../core/record.ts';
import { formatCount } from '../../../core/units.ts';
import type { Chart } from '../../charts/chart.ts';
import { describeStall } from '../../stall-words.ts';
import { renderFigure } from '../figure.ts';
import { html, label, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { numbers, renderTable, words } from '../table.ts';

/** More are counted, not told one by one. */
const MAX_STALLS_TOLD = 8;
const MAX_WAITS_TOLD = 40;

/** `graphs`: who waits for what, one for each stall in the record's order. */
export function stallsSection({ stalls }: RunRecord, graphs: readonly Chart[]): Section {
  const rest = stalls.length - MAX_STALLS_TOLD;
  return {
    id: 'stalls',
    title: 'Stalls',
    lead:
      stalls.length === 0 ? null : 'There was work to do and room to do it, or somebody waited for himself.',
    content: [
      stalls.slice(0, MAX_STALLS_TOLD).map((stall, at) => renderStall(stall, at, graphs[at])),
      rest > 0 && html`<p>And ${formatCount(rest)} more; the record holds them all.</p>`,
    ],
  };
}

function renderStall(stall: Stall, at: number, graph: Chart | undefined): Markup {
  const waits = stall.waitsFor.slice(0, MAX_WAITS_TOLD);
  const text = describeStall(stall);
  return html`<article class="stall">
<p><strong>${text.charAt(0).toUpperCase() + text.slice(1)}.</strong> ${stall.summary}</p>
${graph !== undefined && renderFigure(graph)}
${
  waits.length > 0 &&
  html`<details><summary>Who waited for what</summary>
${renderTable(`Who waited for what in stall ${at + 1}`, [
  words(
    'who',
    waits.map(({ who }) => label(who)),
  ),
  words(
    'waited for',
    waits.map(({ what }) => what),
  ),
  words(
    'which could come from',
    waits.map(({ freedBy }) => freedBy.map(label).join(', ')),
  ),
  numbers(
    'for',
    'ms',
    waits.map(({ ageMs }) => ageMs),
  ),
])}</details>`
}</article>
`;
}
