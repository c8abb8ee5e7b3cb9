/** SVG as text. Every attribute and every text goes through here, and is escaped here. */
import { plainText } from '../text.ts';
import { escapeMarkup } from './escape.ts';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Children are markup already. Throws a RangeError on a number that is none: such a picture would be false. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  let tag = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    tag += ` ${key}="${typeof value === 'number' ? formatAttribute(value) : escapeMarkup(value)}"`;
  }
  return children.length === 0 ? `${tag}/>` : `${tag}>${children.join('')}</${name}>`;
}

/** One line of text. `text-anchor` and the rest as given. */
export function textElement(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeMarkup(plainText(text)));
}

export function lineElement(
  from: readonly [number, number],
  to: readonly [number, number],
  attributes: Attributes,
): string {
  return element('path', {
    d: `M${formatPixel(from[0])} ${formatPixel(from[1])}L${formatPixel(to[0])} ${formatPixel(to[1])}`,
    ...attributes,
  });
}

/** Hundredths: an opacity needs them. */
function formatAttribute(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`an attribute must be a number, got ${value}`);
  const hundredths = Math.round(value * 100) / 100;
  return hundredths === 0 ? '0' : String(hundredths);
}

/** Tenths of a pixel. Throws a RangeError on what is no finite number. */
export function formatPixel(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`a place in a picture must be a number, got ${value}`);
  const tenths = Math.round(value * 10) / 10;
  return tenths === 0 ? '0' : String(tenths);
}
