/** Intervals on the axis of their own margins. */
import type { ForestChart, ForestRow } from './chart.ts';
import { inkOf, TONES } from './palette.ts';
import type { Drawing } from './svg.ts';
import { element, lineElement, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

const TEXT = 11;
const ROW_HEIGHT = 22;
const HEAD = 26;
const FOOT = 20;

/** What a verdict looks like in one character and one word; colour only adds. */
const VERDICT_MARK: Record<ForestRow['verdict'], string> = {
  better: '▲ better',
  worse: '▼ worse',
  same: '= same',
  inconclusive: '? inconclusive',
  invalid: '× invalid',
};

export function renderForest(chart: ForestChart, width: number): Drawing {
  const { rows } = chart;
  const height = HEAD + rows.length * ROW_HEIGHT + FOOT;
  const hasText = width >= 560;
  const names = rows.map((row) => nameOf(row, rows));
  const nameWidth = columnWidth(names, width * (hasText ? 0.26 : 0.38));
  const words = rows.map((row) => wordOf(row));
  const wordWidth = columnWidth(words, width * (hasText ? 0.24 : 0.3));
  const valueWidth = hasText
    ? columnWidth(
        rows.map(({ value }) => value),
        width * 0.26,
      )
    : 0;
  const left = nameWidth + 12;
  const right = Math.max(left + 40, width - wordWidth - (hasText ? valueWidth + 12 : 0) - 16);
  const scale = (margins: number): number => {
    const part = (margins / safeMax(chart.maxMargins) + 1) / 2;
    return left + Math.min(1, Math.max(0, part)) * (right - left);
  };
  const bottom = HEAD + rows.length * ROW_HEIGHT;
  const parts = [
    element('rect', {
      ...{ x: scale(-1), y: HEAD, width: scale(1) - scale(-1), height: bottom - HEAD },
      ...{ fill: TONES.grey, 'fill-opacity': 0.16 },
    }),
    renderHeads(scale, left, right, width),
    lineElement([scale(0), HEAD], [scale(0), bottom], { stroke: 'currentColor', 'stroke-opacity': 0.6 }),
    ...tickMargins(chart.maxMargins).map((margins) =>
      textElement(
        scale(margins),
        bottom + 14,
        margins === 0 ? '0' : `${margins > 0 ? '+' : '−'}${Math.abs(margins)}δ`,
        {
          'text-anchor': 'middle',
          'fill-opacity': 0.8,
        },
      ),
    ),
  ];
  rows.forEach((row, at) => {
    const y = HEAD + at * ROW_HEIGHT + ROW_HEIGHT / 2;
    parts.push(textElement(2, y + 4, fitText(names[at] ?? '', nameWidth, TEXT)));
    parts.push(renderInterval(row, scale, y, chart.maxMargins));
    parts.push(textElement(right + 8, y + 4, fitText(words[at] ?? '', wordWidth, TEXT)));
    if (hasText)
      parts.push(
        textElement(width - 2, y + 4, fitText(row.value, valueWidth, TEXT), {
          'text-anchor': 'end',
          'fill-opacity': 0.8,
        }),
      );
  });
  return { markup: parts.join(''), height };
}

function renderHeads(scale: (margins: number) => number, left: number, right: number, width: number): string {
  const room = (right - left) / 2 - 6;
  const better = fitText('← better', room, TEXT);
  const worse = fitText('worse →', room, TEXT);
  const look = { 'fill-opacity': 0.8 };
  return (
    textElement(Math.max(0, scale(0) - 6), 16, better, { 'text-anchor': 'end', ...look }) +
    textElement(Math.min(width, scale(0) + 6), 16, worse, look)
  );
}

/** A bar with a dot; an arrow where it leaves the picture, an open ring where there is no interval. */
export function renderInterval(
  row: Pick<ForestRow, 'low' | 'high' | 'estimate' | 'color'>,
  scale: (margins: number) => number,
  y: number,
  maxMargins: number,
): string {
  const { color } = inkOf(row.color);
  const max = safeMax(maxMargins);
  const parts: string[] = [];
  const { low, high, estimate } = row;
  if (low !== null && high !== null && !Number.isNaN(low) && !Number.isNaN(high)) {
    parts.push(lineElement([scale(low), y], [scale(high), y], { stroke: color, 'stroke-width': 3 }));
    if (low < -max) parts.push(arrow(scale(-max), y, -1, color));
    if (high > max) parts.push(arrow(scale(max), y, 1, color));
  }
  if (estimate !== null && !Number.isNaN(estimate)) {
    const isOutside = Math.abs(estimate) > max;
    if (isOutside) parts.push(arrow(scale(estimate), y, Math.sign(estimate), color));
    else
      parts.push(
        element('circle', {
          ...{ cx: scale(estimate), cy: y, r: 4.5, stroke: color, 'stroke-width': 2 },
          fill: low === null ? 'none' : color,
        }),
      );
  }
  return parts.join('');
}

function arrow(x: number, y: number, direction: number, fill: string): string {
  const back = x - direction * 8;
  return element('path', { d: `M${x.toFixed(1)} ${y}L${back.toFixed(1)} ${y - 5}V${y + 5}Z`, fill });
}

/** Whole margins, five labels at most. */
function tickMargins(maxMargins: number): number[] {
  const max = Math.max(1, Math.floor(safeMax(maxMargins)));
  return max === 1 ? [-1, 0, 1] : [-max, -1, 0, 1, max];
}

function safeMax(maxMargins: number): number {
  return Number.isFinite(maxMargins) && maxMargins >= 1 ? maxMargins : 1;
}

/** The arm is named where there is more than one. */
function nameOf(row: ForestRow, rows: readonly ForestRow[]): string {
  return rows.some(({ arm }) => arm !== row.arm) ? `${row.metric} · ${row.arm}` : row.metric;
}

function wordOf({ verdict, reason }: ForestRow): string {
  const mark = VERDICT_MARK[verdict];
  return reason === null || reason === '' ? mark : `${mark}: ${reason}`;
}

function columnWidth(texts: readonly string[], most: number): number {
  return Math.min(most, Math.max(20, ...texts.map((text) => textWidth(fitText(text, most, TEXT), TEXT) + 1)));
}
