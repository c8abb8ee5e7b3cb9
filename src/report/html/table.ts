/** Tables of the page: a caption, a name in each row's head, numbers that align, units in the headers. */
import { type Content, html, label, type Markup } from './markup.ts';
import { formatColumn, type Quantity, type QuantityValue } from './quantity.ts';

export interface TableColumn {
  readonly header: string;
  /** Stands small under the header. */
  readonly unit: string;
  readonly better: 'lower' | 'higher' | null;
  readonly isNumber: boolean;
  readonly cells: readonly Content[];
}

/** A column of words. */
export function words(header: string, cells: readonly Content[]): TableColumn {
  return { header, unit: '', better: null, isNumber: false, cells };
}

/** A column of numbers in one unit. */
export function numbers(
  header: string,
  quantity: Quantity,
  values: readonly QuantityValue[],
  better: 'lower' | 'higher' | null = null,
): TableColumn {
  const { unit, cells } = formatColumn(values, quantity);
  return { header, unit, better, isNumber: true, cells };
}

/** Numbers whose cells differ in unit: each has its own beside it. */
export function mixedNumbers(header: string, cells: readonly string[]): TableColumn {
  return { header, unit: '', better: null, isNumber: true, cells };
}

/** The first column names the rows. Empty without rows. Scrolls sideways by itself where it is too wide. */
export function renderTable(caption: string, columns: readonly TableColumn[]): Markup {
  const rows = Math.max(0, ...columns.map(({ cells }) => cells.length));
  if (rows === 0) return html``;
  const body = Array.from(
    { length: rows },
    (_, row) => html`<tr>${columns.map((column, at) => renderCell(column, row, at === 0))}</tr>
`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map(renderHeader)}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
`;
}

function renderHeader({ header, unit, better, isNumber }: TableColumn): Markup {
  const arrow = better !== null && renderArrow(better);
  const second = (unit !== '' || better !== null) && html` <span class="unit">${unit}${arrow}</span>`;
  return html`<th scope="col"${isNumber && html` class="num"`}>${label(header)}${second}</th>`;
}

/** `↓` where lower is better; said in words to those who do not see it. */
export function renderArrow(better: 'lower' | 'higher'): Markup {
  const mark = better === 'lower' ? '↓' : '↑';
  return html` <span class="better" role="img" aria-label="${better} is better" title="${better} is better">${mark}</span>`;
}

function renderCell(column: TableColumn, row: number, isHead: boolean): Markup {
  const cell = column.cells[row] ?? '';
  if (isHead) return html`<th scope="row">${cell}</th>`;
  return column.isNumber ? html`<td class="num">${cell}</td>` : html`<td>${cell}</td>`;
}
