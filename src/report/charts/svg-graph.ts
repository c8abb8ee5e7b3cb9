/** Who waits for what: those of the cycle on a ring, the others left of it; what they wait for in a numbered list below. */
import type { GraphChart } from './chart.ts';
import { TONES } from './palette.ts';
import type { Drawing } from './svg.ts';
import { element, formatPixel, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

const TEXT = 11;
const BOX_HEIGHT = 24;
const ROW = 16;
/** From box to box where they stand in a column. */
const LEVEL = 60;
const TOP = 26;

type Point = readonly [x: number, y: number];

interface Box {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly text: string;
  readonly isInCycle: boolean;
}

export function renderGraph(chart: GraphChart, width: number): Drawing {
  const boxes = placeBoxes(chart, width);
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const bottom = Math.max(BOX_HEIGHT, ...boxes.map(({ y }) => y + BOX_HEIGHT / 2)) + 26;
  const parts: string[] = [];
  const occupied: Occupied = { boxes, numbers: [] };
  const list: string[] = [];
  for (const { from, to, label, isInCycle } of chart.edges) {
    const [source, target] = [byId.get(from), byId.get(to)];
    if (source === undefined || target === undefined) continue;
    list.push(label);
    parts.push(renderEdge(source, target, list.length, isInCycle, occupied));
  }
  for (const box of boxes) parts.push(renderBox(box));
  list.forEach((label, at) => {
    parts.push(textElement(4, bottom + at * ROW, fitText(`${at + 1}  ${label}`, width - 8, TEXT)));
  });
  return { markup: parts.join(''), height: bottom + list.length * ROW };
}

/** The cycle in a ring, the others left of it; in a narrow picture below it. */
function placeBoxes(chart: GraphChart, width: number): Box[] {
  const inCycle = chart.nodes
    .filter(({ cyclePlace }) => cyclePlace !== null)
    .sort((a, b) => (a.cyclePlace ?? 0) - (b.cyclePlace ?? 0));
  const others = chart.nodes.filter(({ cyclePlace }) => cyclePlace === null);
  const isWide = width >= 560;
  const isBeside = isWide && inCycle.length > 0 && others.length > 0;
  const ringLeft = isBeside ? width / 3 : 0;
  const most = isWide ? (inCycle.length > 4 ? 150 : 190) : width / 2 - 34;
  const toBox = (node: { id: string; label: string }, x: number, y: number, isInCycle: boolean): Box => {
    const text = fitText(node.label, most - 16, TEXT);
    return { id: node.id, text, x, y, width: Math.max(40, textWidth(text, TEXT) + 16), isInCycle };
  };
  const ring = isWide ? circlePlaces(inCycle.length) : columnPlaces(inCycle.length);
  const reach = isWide ? Math.min(150, (width - ringLeft - most) / 2 - 8) : width / 4;
  const ringHeight = inCycle.length === 0 ? 0 : Math.max(...ring.map(([, y]) => y));
  const columns = isBeside || others.length === 1 ? 1 : 2;
  const othersHeight = Math.max(0, Math.ceil(others.length / columns) - 1) * LEVEL;
  const height = Math.max(ringHeight, othersHeight);
  const ringTop = TOP + (isBeside ? (height - ringHeight) / 2 : 0);
  const below = inCycle.length === 0 ? 0 : ringHeight + LEVEL;
  const othersTop = TOP + (isBeside ? (height - othersHeight) / 2 : below);
  const othersWidth = isBeside ? ringLeft : width;
  return [
    ...inCycle.map((node, at) => {
      const [x, y] = ring[at] ?? [0, 0];
      return toBox(node, (ringLeft + width) / 2 + x * reach, ringTop + y, true);
    }),
    ...others.map((node, at) => {
      const x = (othersWidth * ((at % columns) + 0.5)) / columns;
      return toBox(node, x, othersTop + Math.floor(at / columns) * LEVEL, false);
    }),
  ];
}

/** x from -1 to 1, y in pixels from 0. */
function circlePlaces(count: number): Point[] {
  const radius = count <= 1 ? 0 : Math.max(46, count * 19);
  const places = Array.from({ length: count }, (_, at): Point => {
    const angle = (at / count) * 2 * Math.PI - Math.PI / 2;
    return [Math.cos(angle), radius * Math.sin(angle)];
  });
  const top = Math.min(...places.map(([, y]) => y));
  return places.map(([x, y]) => [count === 1 ? 0 : x, y - top]);
}

/** Down the right column and up the left one, which stands in the middle of the right one's height if it is shorter. */
function columnPlaces(count: number): Point[] {
  if (count === 1) return [[0, 0]];
  const right = Math.ceil(count / 2);
  const lift = (right - (count - right)) / 2;
  return Array.from(
    { length: count },
    (_, at): Point => (at < right ? [1, at * LEVEL] : [-1, (lift + count - 1 - at) * LEVEL]),
  );
}

function renderBox({ x, y, width, text, isInCycle }: Box): string {
  const look = isInCycle
    ? { stroke: TONES.stall, 'stroke-width': 2.2, fill: TONES.stall, 'fill-opacity': 0.14 }
    : { stroke: 'currentColor', 'stroke-opacity': 0.6, fill: 'currentColor', 'fill-opacity': 0.05 };
  return (
    element('rect', { x: x - width / 2, y: y - BOX_HEIGHT / 2, width, height: BOX_HEIGHT, rx: 5, ...look }) +
    textElement(x, y + 4, text, { 'text-anchor': 'middle' })
  );
}

/** From box to box with an arrow head and its number; two that wait for each other bend apart. */
function renderEdge(from: Box, to: Box, number: number, isInCycle: boolean, occupied: Occupied): string {
  const color = isInCycle ? TONES.stall : 'currentColor';
  const look = {
    stroke: color,
    'stroke-width': isInCycle ? 2.2 : 1.2,
    fill: 'none',
    'stroke-opacity': isInCycle ? 1 : 0.7,
  };
  if (from.id === to.id) return renderLoop(from, number, look, color, occupied);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = Math.min(26, length / 4);
  const control: [number, number] = [
    (from.x + to.x) / 2 - (dy / length) * bend,
    (from.y + to.y) / 2 + (dx / length) * bend,
  ];
  const start = borderPoint(from, control);
  const end = borderPoint(to, control);
  const angle = Math.atan2(end[1] - control[1], end[0] - control[0]);
  const d = `M${point(start)}Q${point(control)} ${point(end)}`;
  const along = [0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8].map(
    (t): Point => [quadratic(t, start[0], control[0], end[0]), quadratic(t, start[1], control[1], end[1])],
  );
  return (
    element('path', { d, ...look }) + arrowHead(end, angle, color) + renderNumber(along, number, occupied)
  );
}

function renderLoop(
  box: Box,
  number: number,
  look: Readonly<Record<string, string | number>>,
  color: string,
  occupied: Occupied,
): string {
  const right = box.x + box.width / 2;
  const d = `M${point([right, box.y - 5])}C${point([right + 34, box.y - 22])} ${point([right + 34, box.y + 22])} ${point([right + 2, box.y + 6])}`;
  return (
    element('path', { d, ...look }) +
    arrowHead([right + 1, box.y + 6], Math.PI - 0.45, color) +
    renderNumber([[right + 27, box.y]], number, occupied)
  );
}

interface Occupied {
  readonly boxes: readonly Box[];
  readonly numbers: Point[];
}

/** A number in a ring, at the first of these places where it covers neither a box nor another number. */
function renderNumber(places: readonly Point[], number: number, { boxes, numbers }: Occupied): string {
  const isFree = ([x, y]: Point): boolean =>
    numbers.every((other) => Math.hypot(other[0] - x, other[1] - y) > 18) &&
    boxes.every((box) => Math.abs(box.x - x) > box.width / 2 + 9 || Math.abs(box.y - y) > BOX_HEIGHT / 2 + 9);
  const place = places.find(isFree) ?? places[0] ?? [0, 0];
  numbers.push(place);
  return (
    element('circle', { cx: place[0], cy: place[1], r: 8.5, fill: '#595959' }) +
    textElement(place[0], place[1] + 4, String(number), { 'text-anchor': 'middle', fill: '#ffffff' })
  );
}

function quadratic(t: number, from: number, control: number, to: number): number {
  return (1 - t) ** 2 * from + 2 * t * (1 - t) * control + t ** 2 * to;
}

function arrowHead([x, y]: readonly [number, number], angle: number, fill: string): string {
  const at = (turn: number): [number, number] => [
    x - 9 * Math.cos(angle + turn),
    y - 9 * Math.sin(angle + turn),
  ];
  return element('path', { d: `M${point([x, y])}L${point(at(0.42))}L${point(at(-0.42))}Z`, fill });
}

/** Where the line from the box's centre to `towards` leaves the box. */
function borderPoint(box: Box, towards: readonly [number, number]): [number, number] {
  const [dx, dy] = [towards[0] - box.x, towards[1] - box.y];
  const [halfWidth, halfHeight] = [box.width / 2 + 2, BOX_HEIGHT / 2 + 2];
  const reach = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : halfWidth / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : halfHeight / Math.abs(dy),
  );
  return Number.isFinite(reach) ? [box.x + dx * reach, box.y + dy * reach] : [box.x, box.y];
}

function point([x, y]: readonly [number, number]): string {
  return `${formatPixel(x)} ${formatPixel(y)}`;
}
