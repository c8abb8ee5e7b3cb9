/** HTML from templates: whatever is not markup already is escaped, so nobody can forget to. */
import { escapeMarkup } from '../charts/escape.ts';
import { plainText } from '../text.ts';

/** Text that is HTML. Only {@link html} and {@link trusted} make it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. `null` and `false` are nothing. */
export type Content = Markup | string | number | null | false | readonly Content[];

/** `` html`<p>${name}</p>` ``: strings lose control and direction characters and are escaped, lists are joined. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = parts[0] ?? '';
  contents.forEach((content, at) => {
    text += toText(content) + (parts[at + 1] ?? '');
  });
  return new Markup(text);
}

/** Only for what this project wrote or drew itself: style, script and charts. Never for a text of a record. */
export function trusted(text: string): Markup {
  return new Markup(text);
}

/** Longer names are cut where they are only a label; their whole text stands in the record. */
const MAX_LABEL_CHARACTERS = 120;

/** A name of a record where it stands as a label: plain, and of bounded length. */
export function label(text: string): string {
  const characters = [...plainText(text)];
  return characters.length <= MAX_LABEL_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, MAX_LABEL_CHARACTERS - 1).join('')}…`;
}

/** Whether anything would be seen of it. */
export function isEmpty(content: Content): boolean {
  return toText(content).trim() === '';
}

function toText(content: Content): string {
  if (content === null || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(toText).join('');
  return escapeMarkup(plainText(String(content)));
}
