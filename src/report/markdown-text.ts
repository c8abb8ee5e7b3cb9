/** The parts of Markdown that reports are made of: literal text, tables, lists, code, and details to fold away. */
import { escapeMarkup } from './charts/escape.ts';
import type { Column } from './table.ts';
import { displayWidth, padEnd, padStart, plainText } from './text.ts';

/** Blocks with an empty line between them, and a line break at the end; empty blocks are left out. */
export function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/**
 * Text of a record as literal Markdown text on one line. Escapes only what would be markup where it
 * stands, so that the source reads well too.
 */
export function escapeMarkdown(text: string): string {
  return plainText(text)
    .trim()
    .replace(/[\\`*[|~]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/<(?=[A-Za-z/!?])/g, '&lt;')
    .replace(/^(?:[+>-]|#+)(?=\s|$)|^>/, '\\$&')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');
}

/** Padded, so that the source reads as a table too. Empty for a table without rows. */
export function toTable(columns: readonly Column[]): string {
  const rows = Math.max(0, ...columns.map((column) => column.cells.length));
  if (rows === 0) return '';
  const padded = columns.map(({ header, align, cells }) => {
    const texts = [header, ...Array.from({ length: rows }, (_, row) => cells[row] ?? '')].map(escapeMarkdown);
    const width = Math.max(align === 'left' ? 3 : 4, ...texts.map(displayWidth));
    const [head, ...body] = texts.map((text) =>
      align === 'left' ? padEnd(text, width) : padStart(text, width),
    );
    const rule = align === 'left' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`;
    return [head, rule, ...body];
  });
  return Array.from(
    { length: rows + 2 },
    (_, line) => `| ${padded.map((cells) => cells[line]).join(' | ')} |`,
  ).join('\n');
}

export function toList(items: readonly string[]): string {
  return items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
}

/** A code block that no run of backticks in `text` can end. */
export function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}sh\n${plainText(text)}\n${mark}`;
}

/** Folded away where HTML is shown, and a heading with its text where it is not. Empty for no content. */
export function toDetails(title: string, blocks: readonly string[]): string {
  const filled = blocks.filter((block) => block !== '');
  if (filled.length === 0) return '';
  const summary = escapeMarkup(plainText(title));
  return `<details>\n<summary>${summary}</summary>\n\n${filled.join('\n\n')}\n\n</details>`;
}
