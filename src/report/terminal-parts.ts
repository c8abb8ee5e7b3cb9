/** What the summary of a run and that of a comparison have in common: findings, files, and the next command. */
import { basename, dirname } from 'node:path';
import type { Finding } from '../core/record.ts';
import type { Paint } from './look.ts';
import { displayWidth, plainText, wrap, wrapCommand } from './text.ts';

export const INDENT = '  ';
export const HANG = INDENT.repeat(2);

/** The mark and its colour that stand before a word which says the same. */
export const STATUS_MARKS = {
  pass: { mark: '✓', hue: 'green' },
  yes: { mark: '✓', hue: 'green' },
  fail: { mark: '✗', hue: 'red' },
  no: { mark: '✗', hue: 'red' },
  unknown: { mark: '?', hue: 'yellow' },
} as const;

/** `✓ pass  <text>`, wrapped; only the mark has a colour. */
export function renderStatus(
  status: keyof typeof STATUS_MARKS,
  text: string,
  width: number,
  paint: Paint,
): string[] {
  const { mark, hue } = STATUS_MARKS[status];
  return wrap(`${mark} ${status}  ${text}`, width, INDENT, INDENT.repeat(3)).map((line, at) =>
    at === 0 ? line.replace(mark, paint[hue](mark)) : line,
  );
}

export function bullet(text: string, width: number): string[] {
  return wrap(plainText(text), width, `${INDENT}• `, HANG);
}

export function renderFindings(findings: readonly Finding[], width: number, paint: Paint): string[] {
  return findings.flatMap(({ level, text }) => {
    const lines = wrap(plainText(text), width, `${INDENT}${level === 'info' ? '•' : '!'} `, HANG);
    return lines.map((line, at) =>
      level !== 'info' && at === 0 ? line.replace('!', paint.yellow('!')) : line,
    );
  });
}

/** Where the files are and what they are called: one line, or two on a narrow screen. */
export function renderFiles(
  files: readonly string[],
  folder: string | null,
  width: number,
  paint: Paint,
): string[] {
  const [first] = files;
  if (first === undefined) return [];
  const where = folder ?? (dirname(first) === '.' ? null : dirname(first));
  const names = files.map((file) => plainText(basename(file))).join(' · ');
  if (where === null) return wrap(names, width, INDENT);
  const place = `${plainText(where).replace(/\/$/, '')}/`;
  const oneLine = `${INDENT}${place}   ${names}`;
  return displayWidth(oneLine) <= width
    ? [`${INDENT}${paint.bold(place)}   ${names}`]
    : [`${INDENT}${paint.bold(place)}`, ...wrap(names, width, HANG)];
}

export function renderAgain(command: string, width: number): string[] {
  return wrapCommand(plainText(command), width, `${INDENT}again: `, INDENT.repeat(3));
}

/** Sections with one empty line between them; those without lines are left out. */
export function joinSections(sections: readonly (readonly string[])[]): string[] {
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, at) => (at === 0 ? lines : ['', ...lines]));
}
