/** What became of what was offered: columns of bars, and between them bands as thick as their numbers. */
import type { FlowChart, FlowNode } from './chart.ts';
import { formatNumber } from './number-text.ts';
import { TONES } from './palette.ts';
import type { Drawing } from './svg.ts';
import { element, formatPixel, lineElement, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

const TEXT = 11;
const BAR = 12;
/** Every bar has room for its name, so that the small ones stay visible and named. */
const SLOT = 18;
const GAP = 6;
const MAX_BARS_HEIGHT = 220;

interface Place {
  readonly node: FlowNode;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

export function renderFlow(chart: FlowChart, width: number): Drawing {
  const columns = toColumns(chart.nodes);
  const most = Math.max(1, ...columns.map((column) => column.length));
  const height = Math.max(120, most * (SLOT + GAP) + Math.min(MAX_BARS_HEIGHT, most * 30)) + 12;
  const scale = findScale(columns, height - 12);
  const lastColumn = columns.length - 1;
  // Names of the last column stand right of their bars, all others left of them.
  const leftRoom = Math.min(width * 0.34, widestLabel(columns[0] ?? []) + 10);
  const rightRoom = Math.min(width * 0.4, widestLabel(columns[lastColumn] ?? []) + 10);
  const extent = Math.max(40, width - leftRoom - rightRoom - BAR);
  const places = new Map<string, Place>();
  columns.forEach((column, at) => {
    const x = leftRoom + (lastColumn === 0 ? 0 : (at / lastColumn) * extent);
    let y = 6;
    for (const node of column) {
      const thickness = thicknessOf(node.value, scale);
      places.set(node.id, { node, x, y: y + Math.max(0, (SLOT - thickness) / 2), height: thickness });
      y += Math.max(SLOT, thickness) + GAP;
    }
  });
  const parts = renderLinks(chart, places, scale);
  for (const { node, x, y, height: bar } of places.values()) {
    const isLast = node.column === lastColumn && lastColumn > 0;
    const room = isLast ? width - x - BAR - 8 : x - 8;
    const text = fitLabel(node, room);
    parts.push(
      element('rect', { x, y, width: BAR, height: Math.max(1, bar), fill: TONES[node.tone] }),
      textElement(isLast ? x + BAR + 6 : x - 6, y + bar / 2 + 4, text, {
        'text-anchor': isLast ? undefined : 'end',
      }),
    );
  }
  return { markup: parts.join(''), height };
}

/** The number is never cut, the name may be. */
function fitLabel(node: FlowNode, room: number): string {
  const number = ` ${formatNumber(node.value, 'count')}`;
  return fitText(node.label, Math.max(0, room - textWidth(number, TEXT)), TEXT) + number;
}

function renderLinks(chart: FlowChart, places: ReadonlyMap<string, Place>, scale: number): string[] {
  const used = new Map<string, number>();
  const take = (key: string, thickness: number): number => {
    const before = used.get(key) ?? 0;
    used.set(key, before + thickness);
    return before;
  };
  const parts: string[] = [];
  for (const { from, to, value } of chart.links) {
    const [source, target] = [places.get(from), places.get(to)];
    if (source === undefined || target === undefined || !(value > 0) || !Number.isFinite(value)) continue;
    const thickness = Math.min(value * scale, Math.max(source.height, target.height));
    const y1 = source.y + Math.min(take(`out ${from}`, thickness), source.height) + thickness / 2;
    const y2 = target.y + Math.min(take(`in ${to}`, thickness), target.height) + thickness / 2;
    const [x1, x2] = [source.x + BAR, target.x];
    const look = { stroke: TONES[target.node.tone], 'stroke-opacity': 0.4, fill: 'none' };
    const middle = formatPixel((x1 + x2) / 2);
    const d = `M${formatPixel(x1)} ${formatPixel(y1)}C${middle} ${formatPixel(y1)} ${middle} ${formatPixel(y2)} ${formatPixel(x2)} ${formatPixel(y2)}`;
    // A hair of less than a pixel would not show; it is drawn as a pixel.
    parts.push(
      x2 > x1
        ? element('path', { d, ...look, 'stroke-width': Math.max(1, thickness) })
        : lineElement([x1, y1], [x2, y2], { ...look, 'stroke-width': Math.max(1, thickness) }),
    );
  }
  return parts;
}

function toColumns(nodes: readonly FlowNode[]): FlowNode[][] {
  const columns: FlowNode[][] = [];
  for (const node of nodes) {
    const at = Math.max(0, Math.min(8, Math.floor(node.column)));
    while (columns.length <= at) columns.push([]);
    columns[at]?.push(node);
  }
  return columns;
}

function thicknessOf(value: number, scale: number): number {
  return Number.isFinite(value) && value > 0 ? value * scale : 0;
}

/** Pixels for one copy, the same in all columns: as large as the fullest column allows. */
function findScale(columns: readonly (readonly FlowNode[])[], height: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (const column of columns) {
    const sum = column.reduce((total, { value }) => total + thicknessOf(value, 1), 0);
    if (!(sum > 0)) continue;
    let low = 0;
    // A sum may be infinite where none of its parts is.
    let high = height / Math.min(sum, Number.MAX_VALUE);
    for (let step = 0; step < 40; step++) {
      const scale = (low + high) / 2;
      const needed = column.reduce((total, { value }) => total + Math.max(SLOT, value * scale) + GAP, -GAP);
      if (needed <= height) low = scale;
      else high = scale;
    }
    best = Math.min(best, low);
  }
  return Number.isFinite(best) ? best : 0;
}

function widestLabel(nodes: readonly FlowNode[]): number {
  return Math.max(
    30,
    ...nodes.map((node) =>
      textWidth(`${fitText(node.label, 400, TEXT)} ${formatNumber(node.value, 'count')}`, TEXT),
    ),
  );
}
