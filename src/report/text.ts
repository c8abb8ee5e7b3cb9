/** Text that a terminal can be trusted with, and its layout in columns: clean, measure, pad, cut, wrap. */

const ESC = String.fromCharCode(27);
const COLOR = new RegExp(`${ESC}\\[[0-9;]*m`, 'g');
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** What GitHub's runner takes for a command wherever a line begins with it: `::error::`, `::add-mask::…`, `##[error]`. */
const RUNNER_COMMAND = /(?<![\w:]):(?=:[a-z-]+(?: [^:]*)?::)|#(?=#\[)/gi;

/**
 * One line of plain text: line breaks become spaces; control, direction and lone surrogate characters go.
 * For every text of a record, because nothing that was measured may steer the reader's terminal or CI.
 */
export function plainText(text: string): string {
  return text
    .replace(/[\t-\r\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .replace(RUNNER_COMMAND, '$& ');
}

/** Columns that a terminal needs for `text`; colours need none, CJK and emoji two. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text.replace(COLOR, '')) {
    if (!/\p{M}/u.test(character)) columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** At most `width` columns, the last one `…` when something is cut. For text without colours. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return `${takeColumns(text, Math.max(0, width - 1))}…`;
}

/** A blank that keeps a number and its unit on one line. */
const UNIT_BLANK = /(?<=\d) (?=(?:%|µs|ms|s|min|h|B|[KMGT]iB)(?!\w))/g;
const NO_BREAK = '\u00a0';

/**
 * Lines of at most `width` columns; words, and numbers with their units, stay whole unless one alone is
 * longer. Later lines start with `hang`.
 */
export function wrap(text: string, width: number, indent = '', hang = indent): string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  const start = (word: string): void => {
    let rest = word;
    // Counted down and not measured again: a word of a hostile file can be as long as the file.
    let columns = displayWidth(word);
    while (displayWidth(line) + columns > width) {
      const piece = takeColumns(rest, Math.max(1, width - displayWidth(line))) || firstOf(rest);
      lines.push(line + piece);
      rest = rest.slice(piece.length);
      columns -= displayWidth(piece);
      line = hang;
      if (rest === '') break;
    }
    line += rest;
    isEmpty = false;
  };
  for (const word of text
    .replace(UNIT_BLANK, NO_BREAK)
    .split(' ')
    .filter((part) => part !== '')) {
    if (isEmpty) start(word);
    else if (displayWidth(line) + 1 + displayWidth(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = hang;
      isEmpty = true;
      start(word);
    }
  }
  if (!isEmpty || lines.length === 0) lines.push(line);
  return lines.map((one) => one.replaceAll(NO_BREAK, ' ').trimEnd());
}

/** A command over several lines that a shell still reads as one: broken between words outside quotes. */
export function wrapCommand(command: string, width: number, indent: string, hang: string): string[] {
  const words = command.match(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/g) ?? [];
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const prefix = lines.length === 0 ? indent : hang;
    if (line === '') line = prefix + word;
    else if (displayWidth(line) + 1 + displayWidth(word) + 2 <= width) line += ` ${word}`;
    else {
      lines.push(`${line} \\`);
      line = hang + word;
    }
  }
  return [...lines, line];
}

const ASCII: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '•': '*',
  '·': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '.',
  µ: 'u',
  μ: 'u',
  λ: 'l',
  δ: 'd',
  '×': 'x',
  '↓': 'v',
  '↑': '^',
  '━': '=',
  '●': 'o',
  '│': '|',
  '░': '.',
  '→': '>',
  '≥': '>',
  '≤': '<',
  '├': '|',
  '┤': '|',
  '─': '-',
  '▁': '_',
  '▂': '.',
  '▃': ':',
  '▄': '-',
  '▅': '=',
  '▆': '+',
  '▇': '*',
  '█': '#',
};

/** The same text in ASCII, column for column; `?` where there is nothing alike. Colours and line ends stay. */
export function toAscii(text: string): string {
  return text.replace(
    /[^\p{ASCII}]/gu,
    (character) => ASCII[character] ?? '?'.repeat(displayWidth(character)),
  );
}

function firstOf(text: string): string {
  return text === '' ? '' : String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function takeColumns(text: string, width: number): string {
  let taken = '';
  let columns = 0;
  for (const character of text) {
    columns += displayWidth(character);
    if (columns > width) break;
    taken += character;
  }
  return taken;
}
