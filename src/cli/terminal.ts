/** What the streams can show: width, colour, UTF-8. Decided per stream, so that a pipe stays plain. */
import type { WriteStream } from 'node:tty';

export interface TerminalLook {
  width: number;
  color: boolean;
  unicode: boolean;
}

export type ColorChoice = 'auto' | 'always' | 'never';

const DEFAULT_WIDTH = 80;

/** Colour: first match wins, `--color`, then FORCE_COLOR, NO_COLOR (not empty), TERM=dumb, then whether it is a terminal. */
export function decideColor(choice: ColorChoice, isTty: boolean, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  const force = env['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  const none = env['NO_COLOR'];
  if (none !== undefined && none !== '') return false;
  if (env['TERM'] === 'dumb') return false;
  return isTty;
}

export function decideUnicode(env: NodeJS.ProcessEnv): boolean {
  if (process.platform === 'win32') return true;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  // An empty or C locale says nothing about the screen; only a named other charset does.
  return locale === '' || /^(C|POSIX)$/.test(locale) || /utf-?8/i.test(locale);
}

export function lookOf(
  stream: NodeJS.WriteStream,
  choice: ColorChoice,
  env: NodeJS.ProcessEnv = process.env,
): TerminalLook {
  const isTty = stream.isTTY === true;
  const columns = isTty ? (stream as WriteStream).columns : Number(env['COLUMNS'] ?? Number.NaN);
  return {
    width: Number.isInteger(columns) && columns > 0 ? columns : DEFAULT_WIDTH,
    color: decideColor(choice, isTty, env),
    unicode: decideUnicode(env),
  };
}
