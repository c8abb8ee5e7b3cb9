/** Aligned columns without borders. On a narrow screen the least important columns are left out. */
import type { Painter } from './look.ts';
import { displayWidth, padEnd, padStart, truncate } from './text.ts';

export interface Column {
  readonly header: string;
  readonly align: 'left' | 'right';
  /** Columns with the highest number go first when the screen is too narrow; 0 always stays. */
  readonly dropOrder: number;
  /** One for each row; plain text, painted afterwards. */
  readonly cells: readonly string[];
  /** Changes colours only; `row` counts from 0. */
  readonly paint?: (cell: string, row: number) => string;
}

const GAP = '  ';
const MIN_NAME_WIDTH = 6;

/** The columns that fit into `width`, the first one (names) cut as a last resort. */
export function fitColumns(columns: readonly Column[], width: number): Column[] {
  const kept = [...columns];
  while (totalWidth(kept) > width) {
    const order = Math.max(...kept.map((column) => column.dropOrder));
    if (order <= 0) break;
    kept.splice(
      kept.findLastIndex((column) => column.dropOrder === order),
      1,
    );
  }
  const surplus = totalWidth(kept) - width;
  const [names, ...others] = kept;
  if (surplus <= 0 || names === undefined) return kept;
  const nameWidth = Math.max(MIN_NAME_WIDTH, widthOf(names) - surplus);
  return [{ ...names, cells: names.cells.map((cell) => truncate(cell, nameWidth)) }, ...others];
}

/** Header and rows as lines of at most `width` columns (unless even the columns that stay are wider). */
export function renderTable(
  columns: readonly Column[],
  width: number,
  options: { indent?: string; paintHeader?: Painter } = {},
): string[] {
  const { indent = '', paintHeader = (text) => text } = options;
  const kept = fitColumns(columns, width - indent.length);
  const rows = Math.max(0, ...kept.map((column) => column.cells.length));
  const widths = kept.map(widthOf);
  const line = (cellOf: (column: Column) => string): string => {
    const cells = kept.map((column, at) =>
      (column.align === 'left' ? padEnd : padStart)(cellOf(column), widths[at] ?? 0),
    );
    return (indent + cells.join(GAP)).trimEnd();
  };
  const lines = [line((column) => paintHeader(column.header))];
  for (let row = 0; row < rows; row++) {
    lines.push(
      line((column) => {
        const cell = column.cells[row] ?? '';
        return column.paint?.(cell, row) ?? cell;
      }),
    );
  }
  return lines;
}

function widthOf(column: Column): number {
  return Math.max(displayWidth(column.header), ...column.cells.map(displayWidth));
}

function totalWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + widthOf(column), GAP.length * Math.max(0, columns.length - 1));
}
