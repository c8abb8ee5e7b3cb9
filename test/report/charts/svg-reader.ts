/** Reads SVG as strictly as XML is meant: whatever is not well-formed throws. And says where its texts stand. */
import { textWidth } from '../../../src/report/charts/text-width.ts';

export interface SvgNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly text: string;
}

const TAG = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
const ATTRIBUTE = /([\w:-]+)="([^"<]*)"/g;
const BAD_CHARACTER = /(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/u;

/** All elements in the order of their ends, with their own text. Throws an Error that shows the place. */
export function readSvg(svg: string): SvgNode[] {
  if (BAD_CHARACTER.test(svg)) throw new Error('a character that XML forbids');
  const nodes: SvgNode[] = [];
  const open: { name: string; attributes: Map<string, string>; text: string }[] = [];
  for (let at = 0; at < svg.length; ) {
    if (svg[at] !== '<') {
      const end = svg.indexOf('<', at);
      const text = svg.slice(at, end < 0 ? svg.length : end);
      const parent = open.at(-1);
      if (parent === undefined) throw new Error(`text outside of the root: ${text.slice(0, 40)}`);
      parent.text += unescapeXml(text);
      at += text.length;
      continue;
    }
    TAG.lastIndex = at;
    const match = TAG.exec(svg);
    if (match === null) throw new Error(`no tag: ${svg.slice(at, at + 60)}`);
    const [tag, isEnd, name = '', attributes = '', isEmpty] = match;
    at += tag.length;
    if (isEnd === '/') {
      const node = open.pop();
      if (node?.name !== name) throw new Error(`</${name}> ends <${node?.name}>`);
      nodes.push(node);
      continue;
    }
    const read = new Map<string, string>();
    for (const [, key = '', value = ''] of attributes.matchAll(ATTRIBUTE)) {
      if (read.has(key)) throw new Error(`${key} twice in <${name}>`);
      read.set(key, unescapeXml(value));
    }
    const node = { name, attributes: read, text: '' };
    if (isEmpty === '/') nodes.push(node);
    else open.push(node);
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> has no end`);
  return nodes;
}

function unescapeXml(text: string): string {
  const known: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  if (text.includes('>')) throw new Error(`a bare > in ${text.slice(0, 40)}`);
  return text.replace(/&([^;\s]*;?)/g, (_, name: string) => {
    const character = known[name.replace(/;$/, '')];
    if (character === undefined || !name.endsWith(';')) throw new Error(`&${name} is no entity`);
    return character;
  });
}

export interface TextBox {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where the visible texts stand: as wide as the widest usual font makes them. */
export function textBoxes(nodes: readonly SvgNode[]): TextBox[] {
  return nodes
    .filter(({ name, text }) => name === 'text' && text.trim() !== '')
    .map(({ attributes, text }) => {
      const [x, y] = [Number(attributes.get('x')), Number(attributes.get('y'))];
      const width = textWidth(text, 11);
      const anchor = attributes.get('text-anchor') ?? 'start';
      const left = anchor === 'end' ? x - width : anchor === 'middle' ? x - width / 2 : x;
      return { text, left, right: left + width, top: y - 9, bottom: y + 2 };
    });
}

/** Pairs of texts of which one covers the other. */
export function findOverlaps(boxes: readonly TextBox[]): string[] {
  return boxes.flatMap((a, at) =>
    boxes
      .slice(at + 1)
      .filter((b) => a.left < b.right - 0.2 && b.left < a.right - 0.2 && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `'${a.text}' and '${b.text}'`),
  );
}
