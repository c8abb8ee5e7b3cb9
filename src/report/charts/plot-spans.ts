/** What happened meanwhile: phases, warm-up, stalls, faults and marks, as tints of the plot and names above it. */
import type { PlotChart, Span } from './chart.ts';
import { escapeMarkup } from './escape.ts';
import { inkOf, TONES } from './palette.ts';
import { createFrame, type Frame, ROW, TEXT } from './plot-frame.ts';
import { element, lineElement, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

interface Named {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly color: string;
}

/** Names with a row each: as many rows as they need, at most three. */
export interface SpanRows {
  readonly phases: readonly Span[];
  readonly events: readonly {
    readonly named: Named;
    readonly x: number;
    readonly text: string;
    readonly row: number;
  }[];
  readonly rowCount: number;
}

const EVENT_ROWS = 3;
const LOOK: Record<Span['tone'], { fill: string; opacity: number; edge: string | null }> = {
  phase: { fill: 'none', opacity: 0, edge: null },
  unmeasured: { fill: TONES.grey, opacity: 0.16, edge: null },
  unsupported: { fill: TONES.grey, opacity: 0.16, edge: null },
  margin: { fill: TONES.grey, opacity: 0.16, edge: null },
  stall: { fill: TONES.stall, opacity: 0.2, edge: TONES.stall },
  fault: { fill: TONES.fault, opacity: 0.2, edge: TONES.fault },
};

/** `width` as the frame will have it: the names' places depend on its x axis alone. */
export function layOutSpans(chart: PlotChart, width: number, rightWidth: number): SpanRows {
  const phases = chart.spans.filter(({ tone }) => tone === 'phase');
  const frame = createFrame(chart, width, 400, { rowsAbove: 0, rightWidth, isInset: true });
  const named: Named[] = chart.spans
    .filter(({ tone, label }) => tone !== 'phase' && label !== '')
    .map(({ label, from, to, tone }) => ({ label, from, to, color: LOOK[tone].edge ?? 'currentColor' }));
  for (const { axis, at, label, color } of chart.rules) {
    if (axis !== 'x' || label === '') continue;
    named.push({ label, from: at, to: at, color: color === undefined ? 'currentColor' : inkOf(color).color });
  }
  named.sort((a, b) => a.from - b.from);
  const free = Array.from({ length: EVENT_ROWS }, () => frame.left);
  const events: SpanRows['events'][number][] = [];
  for (const event of named) {
    const text = fitText(event.label, (frame.right - frame.left) * 0.6, TEXT);
    const needed = textWidth(text, TEXT) + 10;
    const wanted = Math.min(frame.x(event.from), width - needed);
    const row = free.findIndex((x) => x <= wanted);
    // More than three at one place cannot be read anyway: their tints and the table still tell of them.
    if (row < 0) continue;
    free[row] = wanted + needed + 6;
    events.push({ named: event, x: wanted, text, row });
  }
  const eventRows = events.reduce((rows, { row }) => Math.max(rows, row + 1), 0);
  return { phases, events, rowCount: eventRows + (phases.length > 0 ? 1 : 0) };
}

/** Under everything else. */
export function renderSpanAreas(chart: PlotChart, frame: Frame): string {
  const { top, bottom } = frame;
  const parts: string[] = [];
  for (const { from, to, label, tone } of chart.spans) {
    const [x1, x2] = [frame.x(from), frame.x(to)];
    const { fill, opacity, edge } = LOOK[tone];
    if (tone === 'phase') {
      if (x1 > frame.left + 1) parts.push(lineElement([x1, top], [x1, bottom], PHASE_EDGE));
      continue;
    }
    // Also what was too short to have a width can be seen.
    const width = Math.max(1.5, x2 - x1);
    const tooltip = label === '' ? [] : [element('title', {}, escapeMarkup(label))];
    parts.push(
      element(
        'rect',
        { x: x1, y: top, width, height: bottom - top, fill, 'fill-opacity': opacity },
        ...tooltip,
      ),
    );
    if (edge !== null) parts.push(lineElement([x1, top], [x1, bottom], { ...RULE, stroke: edge }));
  }
  return parts.join('');
}

const PHASE_EDGE = { stroke: 'currentColor', 'stroke-opacity': 0.4, 'stroke-dasharray': '2 3' };
const RULE = { 'stroke-width': 1.2 };

/** Names of phases in the lowest row, of events above it; `top` is where the rows begin. */
export function renderSpanNames(rows: SpanRows, frame: Frame, top: number): string {
  const parts: string[] = [];
  for (const { named, x, text, row } of rows.events) {
    const y = top + row * ROW + ROW / 2;
    parts.push(
      lineElement([x + 3, y - 4], [x + 3, y + 4], { stroke: named.color, 'stroke-width': 3 }),
      textElement(x + 8, y + 4, text),
    );
  }
  const y = top + (rows.rowCount - 1) * ROW + ROW / 2;
  let isOdd = false;
  let free = frame.left;
  for (const { from, to, label } of rows.phases) {
    // Where records tell of phases that overlap, the earlier one keeps its room.
    const [x1, x2] = [Math.max(free, frame.x(from)), frame.x(to)];
    isOdd = !isOdd;
    if (x2 - x1 < 1) continue;
    free = x2;
    parts.push(
      element('rect', {
        ...{ x: x1, y: y - ROW / 2, width: x2 - x1, height: ROW - 1, fill: 'currentColor' },
        'fill-opacity': isOdd ? 0.12 : 0.05,
      }),
    );
    const text = fitText(label, x2 - x1 - 4, TEXT);
    if (text !== '')
      parts.push(textElement((x1 + x2) / 2, y + 3.5, text, { 'text-anchor': 'middle', 'fill-opacity': 0.8 }));
  }
  return parts.join('');
}

/** Limits and marks, over the data. */
export function renderRules(chart: PlotChart, frame: Frame): string {
  return chart.rules
    .map(({ axis, at, tone, color }) => {
      const stroke = color === undefined ? 'currentColor' : inkOf(color).color;
      const look = {
        stroke,
        'stroke-width': 1,
        'stroke-opacity': tone === 'zero' ? 0.5 : 0.8,
        'stroke-dasharray': tone === 'limit' ? '6 3' : undefined,
      };
      return axis === 'y'
        ? lineElement([frame.left, frame.y(at)], [frame.right, frame.y(at)], look)
        : lineElement([frame.x(at), frame.top], [frame.x(at), frame.bottom], look);
    })
    .join('');
}
