/** A word with a mark and a colour: never the colour alone. */
import { html, type Markup } from './markup.ts';

export type Tone = 'good' | 'bad' | 'doubt' | 'even' | 'plain';

const MARKS: Record<Tone, string> = { good: '✓', bad: '✗', doubt: '!', even: '=', plain: '·' };

/** `word` in the colour of `tone`, with its mark before it. */
export function renderStatus(tone: Tone, word: string): Markup {
  return html`<span class="status ${tone}"><span aria-hidden="true">${MARKS[tone]}</span> ${word}</span>`;
}

const TONES: Readonly<Record<string, Tone>> = {
  ...{ pass: 'good', ok: 'good', valid: 'good', better: 'good', yes: 'good' },
  same: 'even',
  ...{ fail: 'bad', invalid: 'bad', stalled: 'bad', worse: 'bad', no: 'bad' },
  ...{ doubt: 'doubt', unknown: 'doubt', partial: 'doubt', inconclusive: 'doubt', warn: 'doubt' },
};

/** The tone of a word that a record uses for an outcome. */
export function toneOf(word: string): Tone {
  return Object.hasOwn(TONES, word) ? (TONES[word] as Tone) : 'plain';
}
