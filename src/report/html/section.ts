/** The parts of a page, and the table of contents made from them. */
import type { Chart } from '../charts/chart.ts';
import { type Content, html, isEmpty, type Markup } from './markup.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** One sentence under the title: what is to be seen here; `null` for none. */
  readonly lead: string | null;
  readonly content: Content;
}

/** What a page needs beside its sections. */
export interface PageParts {
  /** Of the browser's window. */
  readonly title: string;
  /** Above all sections: heading, verdict, command. */
  readonly card: Markup;
  readonly sections: readonly Section[];
  /** Charts that a script may make interactive, by the id of their figure. */
  readonly charts: ReadonlyMap<string, Chart>;
}

/** Those that have something to say. */
export function keepFilled(sections: readonly (Section | null)[]): Section[] {
  return sections.filter((section) => section !== null).filter(({ content }) => !isEmpty(content));
}

export function renderSection({ id, title, lead, content }: Section): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${
  lead !== null &&
  html`<p class="lead">${lead}</p>
`
}${content}</section>
`;
}

export function renderContents(sections: readonly Section[]): Markup {
  return html`<nav class="contents" aria-label="Contents">
<ul>
${sections.map(
  ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>
`,
)}</ul>
</nav>
`;
}
