/** A chart on the page: what it says, the picture, and the numbers in it. */
import type { Chart, ChartTable } from '../charts/chart.ts';
import { renderSvg } from '../charts/svg.ts';
import { html, label, type Markup, trusted } from './markup.ts';
import { isInteractive } from './page-data.ts';

/** Laid out for the page's column; a browser scales it to what there is. */
const PICTURE = { width: 900, height: 270 };
/** Of several beside each other. */
const SMALL_PICTURE = { width: 330, height: 200 };

export interface FigureOptions {
  /** Instead of the chart's own title; then one level below it. */
  readonly heading?: string;
}

/**
 * A figure with caption, static picture and table. A chart without data is its sentence alone. A narrow window scrolls the
 * picture, so the keyboard must reach it; the script sees to that where it draws the chart anew.
 */
export function renderFigure(chart: Chart, { heading }: FigureOptions = {}): Markup {
  const { id, caption, table } = chart;
  const title = heading ?? chart.title;
  if (chart.kind === 'empty') {
    return html`<p class="no-chart" id="${id}"><strong>${label(title)}.</strong> ${caption}</p>
`;
  }
  const name = html` id="${id}-name">${label(title)}`;
  return html`<figure class="chart" id="${id}" aria-labelledby="${id}-name">
<figcaption>
${heading === undefined ? html`<h3${name}</h3>` : html`<h4${name}</h4>`}
<p>${caption}</p>
</figcaption>
<div class="plot" data-chart="${id}"${!isInteractive(chart) && html` tabindex="0" role="group" aria-labelledby="${id}-name"`}>${trusted(renderSvg(chart, heading === undefined ? PICTURE : SMALL_PICTURE))}</div>
${table !== null && renderNumbers(table, title)}</figure>
`;
}

/** Figures in the order given; nothing for none. */
export function renderFigures(charts: readonly Chart[]): Markup {
  return html`${charts.map((chart) => renderFigure(chart))}`;
}

function renderNumbers({ columns, rows, note }: ChartTable, title: string): Markup {
  if (rows.length === 0) return html``;
  const name = `Numbers of ${label(title)}`;
  const body = rows.map(
    (
      cells,
    ) => html`<tr>${cells.map((cell, at) => renderCell(cell, columns[at]?.isNumber === true, at === 0))}</tr>
`,
  );
  return html`<details class="numbers">
<summary>Numbers<span class="visually-hidden"> of ${label(title)}</span></summary>
${note !== null && html`<p>${note}</p>`}
<div class="scroll" tabindex="0" role="region" aria-label="${name}">
<table>
<thead><tr>${columns.map(({ header, isNumber }) => renderHead(header, isNumber))}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
</details>
`;
}

/** A header without a text would be read as one that is missing. */
function renderHead(header: string, isNumber: boolean): Markup {
  if (header === '') return html`<td></td>`;
  return html`<th scope="col"${isNumber && html` class="num"`}>${label(header)}</th>`;
}

function renderCell(cell: string, isNumber: boolean, isHead: boolean): Markup {
  const numeric = isNumber && html` class="num"`;
  return isHead ? html`<th scope="row"${numeric}>${cell}</th>` : html`<td${numeric}>${cell}</td>`;
}
