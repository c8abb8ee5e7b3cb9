/** Grid, ticks and the names of the axes. */
import type { PlotChart } from './chart.ts';
import { type Frame, hasXLabel, ROW, TEXT } from './plot-frame.ts';
import { lineElement, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

const GRID = { stroke: 'currentColor', 'stroke-opacity': 0.14, 'stroke-width': 1 };
const AXIS = { stroke: 'currentColor', 'stroke-opacity': 0.55, 'stroke-width': 1 };
const TICK_TEXT = { 'fill-opacity': 0.8 };

export function renderAxes(chart: PlotChart, frame: Frame): string {
  return renderYAxis(chart, frame) + renderXAxis(chart, frame);
}

function renderYAxis(chart: PlotChart, frame: Frame): string {
  const parts: string[] = [];
  let free = Number.POSITIVE_INFINITY;
  for (const { value, label } of frame.yScale.ticks) {
    const y = frame.y(value);
    if (y > free) continue;
    free = y - TEXT - 2;
    if (chart.heat === null) parts.push(lineElement([frame.left, y], [frame.right, y], GRID));
    parts.push(
      textElement(frame.left - 6, y + 4, fitText(label, frame.left - 6, TEXT), {
        'text-anchor': 'end',
        ...TICK_TEXT,
      }),
    );
  }
  const { infinityY } = frame;
  if (infinityY !== null) {
    parts.push(
      lineElement([frame.left, infinityY], [frame.right, infinityY], { ...GRID, 'stroke-dasharray': '1 3' }),
      textElement(frame.left - 6, infinityY + 4, '∞', { 'text-anchor': 'end', ...TICK_TEXT }),
    );
  }
  return parts.join('');
}

function renderXAxis(chart: PlotChart, frame: Frame): string {
  const { left, right, bottom, width } = frame;
  const parts = [lineElement([left, bottom], [right, bottom], AXIS)];
  let free = 0;
  const { ticks } = frame.xScale;
  // Few categories have to be read all, so they share the room; of many, as of numbers, those without room are left out.
  const isShared = chart.x.scale === 'category' && ticks.length <= 8;
  const share = isShared ? (right - left) / Math.max(1, ticks.length) - 6 : width / 2;
  for (const { value, label } of ticks) {
    const x = frame.x(value);
    const text = fitText(label, share, TEXT);
    const half = textWidth(text, TEXT) / 2;
    const center = Math.min(width - half, Math.max(half, x));
    if (center - half < free) continue;
    free = center + half + 6;
    parts.push(
      lineElement([x, bottom], [x, bottom + 4], AXIS),
      textElement(center, bottom + 15, text, { 'text-anchor': 'middle', ...TICK_TEXT }),
    );
  }
  if (hasXLabel(chart.x)) {
    const text = fitText(chart.x.label, width - 8, TEXT);
    const half = textWidth(text, TEXT) / 2;
    const center = Math.min(width - half, Math.max(half, (left + right) / 2));
    parts.push(textElement(center, bottom + 15 + ROW, text, { 'text-anchor': 'middle', ...TICK_TEXT }));
  }
  return parts.join('');
}
