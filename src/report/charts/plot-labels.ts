/** Names of series and limits: each beside its line where there is room, else as a legend above the plot. */
import type { PlotChart } from './chart.ts';
import { inkOf } from './palette.ts';
import { type Frame, ROW, TEXT } from './plot-frame.ts';
import { lineElement, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

const SWATCH = 18;
const GAP = 5;

export interface Label {
  readonly text: string;
  /** The value that it stands beside; `null` for none. */
  readonly value: number | null;
  readonly color: string;
  readonly dash: string;
  readonly strokeWidth: number;
  readonly isDot: boolean;
}

export function listLabels(chart: PlotChart): Label[] {
  const labels: Label[] = chart.series
    .filter(({ isLabelled = true, name }) => isLabelled && name !== '')
    .map(({ name, color, dash, weight, shape, ys }) => ({
      text: name,
      value: ys.findLast((y) => y !== null && !Number.isNaN(y)) ?? null,
      color: chart.heat === null ? inkOf(color).color : 'currentColor',
      dash: dash === 'solid' ? '' : inkOf(color).dash,
      strokeWidth: weight === 'strong' ? 2 : 1,
      isDot: shape === 'dots',
    }));
  for (const { axis, at, label, tone, color } of chart.rules) {
    if (axis !== 'y' || label === '') continue;
    labels.push({
      text: label,
      value: at,
      color: color === undefined ? 'currentColor' : inkOf(color).color,
      dash: tone === 'limit' ? '6 3' : '',
      strokeWidth: 1,
      isDot: false,
    });
  }
  return labels;
}

/** What the names need beside the plot, at most `most`; `null` where they have no room there and become a legend. */
export function widthBeside(
  labels: readonly Label[],
  width: number,
  plotHeight: number,
  most: number,
): number | null {
  if (labels.length === 0) return 0;
  const widest = Math.max(...labels.map(({ text }) => textWidth(fitText(text, width, TEXT), TEXT)));
  const needed = widest + SWATCH + GAP + 4;
  return width >= 480 && needed <= most && labels.length * ROW <= plotHeight ? needed : null;
}

/** Each at the height of its line's end, moved apart as far as they need. */
export function renderLabelsBeside(labels: readonly Label[], frame: Frame): string {
  const placed = labels
    .map((label) => ({ label, target: label.value === null ? frame.bottom : frame.y(label.value) }))
    .sort((a, b) => a.target - b.target);
  const places = spread(
    placed.map(({ target }) => target),
    ROW,
    frame.top + 5,
    frame.bottom,
  );
  const x = frame.right + 3;
  const room = frame.width - x - SWATCH - GAP;
  return placed
    .map(({ label, target }, at) => {
      const y = places[at] as number;
      return (
        renderSwatch(label, [x, label.isDot ? y : target], [x + SWATCH, y]) +
        textElement(x + SWATCH + GAP, y + 4, fitText(label.text, room, TEXT))
      );
    })
    .join('');
}

interface LegendItem {
  readonly label: Label;
  readonly text: string;
  readonly x: number;
  readonly row: number;
}

/** Rows of names for a legend of this width. */
export function layOutLegend(labels: readonly Label[], width: number): LegendItem[] {
  const items: LegendItem[] = [];
  let x = 0;
  let row = 0;
  for (const label of labels) {
    const text = fitText(label.text, width - SWATCH - GAP - 2, TEXT);
    const needed = SWATCH + GAP + textWidth(text, TEXT);
    if (x > 0 && x + needed > width) {
      x = 0;
      row++;
    }
    items.push({ label, text, x, row });
    x += needed + 12;
  }
  return items;
}

export function renderLegend(items: readonly LegendItem[], top: number): string {
  return items
    .map(({ label, text, x, row }) => {
      const y = top + row * ROW + ROW / 2;
      return renderSwatch(label, [x, y], [x + SWATCH, y]) + textElement(x + SWATCH + GAP, y + 4, text);
    })
    .join('');
}

function renderSwatch(label: Label, from: readonly [number, number], to: readonly [number, number]): string {
  if (label.isDot) {
    return lineElement(to, to, { stroke: label.color, 'stroke-width': 7, 'stroke-linecap': 'round' });
  }
  return lineElement(from, to, {
    fill: 'none',
    stroke: label.color,
    'stroke-width': label.strokeWidth,
    'stroke-dasharray': label.dash === '' ? undefined : label.dash,
  });
}

/**
 * Places as near to the targets (rising) as they can be with `gap` between them, inside `from` … `to` if there is room:
 * neighbours that touch become one block around the mean of their targets.
 */
export function spread(targets: readonly number[], gap: number, from: number, to: number): number[] {
  const blocks: { start: number; size: number; sum: number }[] = [];
  targets.forEach((target) => {
    let block = { start: target, size: 1, sum: target };
    for (let before = blocks.at(-1); before !== undefined; before = blocks.at(-1)) {
      if (before.start + before.size * gap <= block.start) break;
      blocks.pop();
      // Its members want to begin `before.size` gaps further up than this block's do.
      const sum = before.sum + block.sum - block.size * before.size * gap;
      const size = before.size + block.size;
      block = { start: sum / size, size, sum };
    }
    blocks.push(block);
  });
  const places = blocks.flatMap(({ start, size }) =>
    Array.from({ length: size }, (_, at) => start + at * gap),
  );
  let low = from;
  for (let at = 0; at < places.length; at++) {
    places[at] = Math.max(low, places[at] as number);
    low = (places[at] as number) + gap;
  }
  let high = to;
  for (let at = places.length - 1; at >= 0; at--) {
    places[at] = Math.min(high, places[at] as number);
    high = (places[at] as number) - gap;
  }
  return places;
}
