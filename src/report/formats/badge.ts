import { escapeMarkup } from '../charts/escape.ts';
import { displayWidth } from '../text.ts';
import { badgeWordsOf } from './badge-words.ts';
import type { Format } from './format.ts';

/** White text on each has a contrast of at least 4.5 to 1. */
const COLORS = { green: '#27753b', red: '#b3261e', yellow: '#7a5c00', lightgrey: '#5f6368' } as const;
const LABEL_COLOR = '#3c4043';
const HEIGHT = 20;
const PADDING = 7;
/** Of DejaVu Sans and Verdana at 11 px, the widest that browsers fall back to; `textLength` makes the rest fit. */
const COLUMN_WIDTH = 6.8;

export default {
  name: 'badge',
  extensions: ['.svg'],
  summary: 'the verdict as a small picture (SVG)',
  isText: true,
  render(report) {
    const { label, message, color } = badgeWordsOf(report);
    const left = widthOf(label);
    const right = widthOf(message);
    const title = escapeMarkup(`${label}: ${message}`);
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${HEIGHT}" role="img" aria-label="${title}">`,
      `  <title>${title}</title>`,
      `  <rect width="${left + right}" height="${HEIGHT}" rx="3" fill="${COLORS[color]}"/>`,
      `  <path d="M3 0H${left}V${HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="${LABEL_COLOR}"/>`,
      '  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">',
      renderText(label, 0, left),
      renderText(message, left, right),
      '  </g>',
      '</svg>',
      '',
    ].join('\n');
  },
} satisfies Format;

function renderText(text: string, x: number, width: number): string {
  return `    <text x="${x + PADDING}" y="14" textLength="${width - 2 * PADDING}" lengthAdjust="spacingAndGlyphs">${escapeMarkup(text)}</text>`;
}

function widthOf(text: string): number {
  return Math.round(displayWidth(text) * COLUMN_WIDTH) + 2 * PADDING;
}
