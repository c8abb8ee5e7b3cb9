/** The head of a page: what was played, how it ended in one sentence, and the command that plays it again. */
import { type Content, html, label, type Markup } from './markup.ts';
import { renderStatus, type Tone } from './status.ts';

export interface Card {
  /** Above the heading: what kind of report this is. */
  readonly kicker: string;
  readonly heading: readonly string[];
  readonly description: string;
  readonly tone: Tone;
  /** `PASS`, `FAIL` … */
  readonly word: string;
  /** The verdict in one sentence. */
  readonly sentence: string;
  /** More that speaks for the verdict; default none. */
  readonly more?: readonly string[];
  /** What stands right under the verdict: why it is partial, what could not be read. */
  readonly notices: readonly string[];
  readonly facts: readonly (readonly [name: string, value: Content])[];
  readonly command: string;
  /** What the command does; default `Play it again`. */
  readonly commandTitle?: string;
}

export function renderCard(card: Card): Markup {
  const { kicker, heading, description, tone, word, sentence, more = [], notices, facts } = card;
  return html`<div class="card">
<p class="kicker">${kicker}</p>
<h1>${heading.map((part, at) => html`${at > 0 && html` <span class="separator">·</span> `}<bdi>${label(part)}</bdi>`)}</h1>
${
  description !== '' &&
  html`<p class="lead">${description}</p>
`
}<div class="verdict ${tone}">
${renderStatus(tone, word)}
<p>${sentence}</p>
${
  more.length > 0 &&
  html`<ul>${more.map((reason) => html`<li>${reason}</li>`)}</ul>
`
}</div>
${notices.map(
  (notice) => html`<p class="notice">${notice}</p>
`,
)}<dl class="facts">
${facts.map(
  ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
)}</dl>
${renderCommand(card.command, card.commandTitle)}</div>
`;
}

/** A command to copy. The button works only with script, so it stays hidden without. */
export function renderCommand(command: string, title = 'Play it again'): Markup {
  return html`<div class="command">
<h2 class="command-title">${title}</h2>
<pre tabindex="0" aria-label="Command: ${title}"><code>${command}</code></pre>
<button type="button" class="copy" hidden>Copy</button>
</div>
`;
}
