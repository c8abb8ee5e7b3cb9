/** How wide text is going to be, without a font: so that labels can be placed where they touch nothing. */
import { displayWidth, plainText, truncate } from '../text.ts';

/**
 * Advance widths of U+0020 to U+007E in hundredths of the font size, as DejaVu Sans has them: the widest of the usual
 * sans-serif fonts, so that what fits here fits in all.
 */
const ASCII_WIDTHS = [
  ...[32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34],
  ...[64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53],
  ...[100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79],
  ...[60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50],
  ...[50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61],
  ...[63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84],
];

/** Pixels that one line of `text` needs at most. */
export function textWidth(text: string, fontSize: number): number {
  let hundredths = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    hundredths += ASCII_WIDTHS[code - 32] ?? (displayWidth(character) === 2 ? 110 : 100);
  }
  return (hundredths * fontSize) / 100;
}

/** One clean line of at most `width` pixels; `…` where something is cut, nothing where not even that has room. */
export function fitText(text: string, width: number, fontSize: number): string {
  // Nobody reads more, and a name of a megabyte must not take a second to measure.
  const clean = shortName(text, 200);
  if (textWidth(clean, fontSize) <= width) return clean;
  const characters = [...clean];
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(`${characters.slice(0, middle).join('')}…`, fontSize) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${characters.slice(0, low).join('').trimEnd()}…`;
}

/** A name of the record as it stands in a sentence or a label: one line, no control characters, not too long. */
export function shortName(name: string, characters = 40): string {
  return truncate(plainText(name.slice(0, characters * 4)), characters);
}
