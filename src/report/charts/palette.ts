/**
 * Colours that hold on paper white and on a dark page alike: at least 3:1 against both, because a chart is drawn once
 * and shown in either theme. Text is always drawn in the colour of the page's text.
 */

export interface Ink {
  readonly color: string;
  /** `stroke-dasharray`; empty for a solid line. */
  readonly dash: string;
}

/** Source: the eight colours of Okabe and Ito (2008); the light ones are darkened at the same hue. */
export const PALETTE: readonly Ink[] = [
  { color: '#0b7cc1', dash: '' },
  { color: '#d55e00', dash: '7 3' },
  { color: '#009e73', dash: '2 2.5' },
  { color: '#c470a0', dash: '9 3 2 3' },
  { color: '#b58100', dash: '12 3' },
  { color: '#3b95cf', dash: '4 4' },
  { color: '#918a00', dash: '9 3 2 3 2 3' },
  { color: '#7f7f7f', dash: '1 3' },
];

export function inkOf(color: number): Ink {
  const at = Number.isInteger(color) ? Math.abs(color) % PALETTE.length : 0;
  return PALETTE[at] as Ink;
}

/** What a thing means, where it is no series; a word always stands beside it. */
export const TONES = {
  delivered: '#009e73',
  lost: '#d55e00',
  coalesced: '#b58100',
  waiting: '#3b95cf',
  source: '#7f7f7f',
  unaccounted: '#c470a0',
  stall: '#d55e00',
  fault: '#c470a0',
  grey: '#7f7f7f',
} as const;

/** Behind the cells of a heat map, in both themes: even a single count stands out from it. */
export const HEAT_PLATE = '#05070c';

/** From one count to the most: the upper part of cividis (Nuñez, Anderton and Renslow, 2018). */
export const HEAT_LEVELS: readonly string[] = [
  '#575d6d',
  '#666970',
  '#757575',
  '#868176',
  '#978e73',
  '#a99c6e',
  '#bcab66',
  '#cfba5b',
  '#e3ca4c',
  '#fee838',
];
