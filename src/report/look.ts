/** What a screen can show. Colour only adds: marks and words carry every meaning. */
import { toAscii } from './text.ts';

export interface Look {
  /** Columns of the screen. */
  readonly width: number;
  readonly color: boolean;
  /** Whether it shows UTF-8; otherwise everything is folded to ASCII. */
  readonly unicode: boolean;
}

export type Painter = (text: string) => string;
export type Paint = Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', Painter>;

/** Narrower screens are laid out as this and break their lines by themselves. */
const MIN_WIDTH = 40;

export function createPaint(color: boolean): Paint {
  const style =
    (on: number, off: number): Painter =>
    (text) =>
      color && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
  };
}

/** Columns to lay out for: {@link Look.width}, or 80 for a width that is none. */
export function usableWidth(look: Look): number {
  return Number.isFinite(look.width) ? Math.max(MIN_WIDTH, Math.floor(look.width)) : 80;
}

/** The text as the screen can show it: ASCII where it needs that. */
export function toScreen(text: string, look: Pick<Look, 'unicode'>): string {
  return look.unicode ? text : toAscii(text);
}

/** The finished text: no blanks at line ends, one line break at the end. */
export function finish(lines: readonly string[], look: Pick<Look, 'unicode'>): string {
  return toScreen(`${lines.map((line) => line.trimEnd()).join('\n')}\n`, look);
}
