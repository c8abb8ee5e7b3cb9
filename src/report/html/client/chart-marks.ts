/** What stands behind and above the lines: phases, stalls, faults, limits, and the cells of a heat map. */
import type UPlot from 'uplot';
import type { Heat, Rule, Span } from '../../charts/chart.ts';
import { HEAT_LEVELS, HEAT_PLATE, inkOf, TONES } from '../../charts/palette.ts';
import type { ClientChart } from './client-data.ts';
import { colorOf } from './theme.ts';

const FONT_PX = 11;
const GREY_ALPHA = 0.14;
const HATCH_ALPHA = 0.18;
/** Names have a little room to both sides. */
const LABEL_PAD = 4;

export function drawBelow(u: UPlot, { spans, heat, series }: ClientChart): void {
  inPlot(u, (context) => {
    if (heat !== null) {
      drawHeat(u, context, heat);
      for (let column = 1; column <= series.length; column++) drawCasing(u, context, column);
    }
    for (const span of spans) if (heat === null || span.tone !== 'unmeasured') fillSpan(u, context, span);
  });
}

export function drawAbove(u: UPlot, { spans, rules }: ClientChart): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  inPlot(u, (context) => {
    for (const { axis, at, color } of rules) {
      context.strokeStyle = color === undefined ? colorOf('--muted') : inkOf(color).color;
      context.lineWidth = ratio;
      context.setLineDash([5 * ratio, 4 * ratio]);
      const [from, to] = axis === 'x' ? [u.valToPos(at, 'x', true), 0] : [0, u.valToPos(at, 'y', true)];
      context.beginPath();
      if (axis === 'x') {
        context.moveTo(from, bbox.top);
        context.lineTo(from, bbox.top + bbox.height);
      } else {
        context.moveTo(bbox.left, to);
        context.lineTo(bbox.left + bbox.width, to);
      }
      context.stroke();
    }
    context.setLineDash([]);
    context.fillStyle = colorOf('--muted');
    context.font = `${FONT_PX * ratio}px system-ui, sans-serif`;
    let row = 0;
    for (const { axis, at, label } of nameOnce(rules)) {
      if (label === '' || !isShown(u, axis, at)) continue;
      const width = context.measureText(label).width;
      const left =
        axis === 'y'
          ? bbox.left + bbox.width - width - LABEL_PAD * ratio
          : Math.min(u.valToPos(at, 'x', true) + LABEL_PAD * ratio, bbox.left + bbox.width - width);
      // Names of upright lines stand under each other: they may be close.
      const line = axis === 'y' ? u.valToPos(at, 'y', true) : bbox.top + row++ * (FONT_PX + 3) * ratio;
      // Above its line, or below it where there is no room.
      const hasRoom = axis === 'y' && line - bbox.top > (FONT_PX + 4) * ratio;
      context.fillText(label, left, hasRoom ? line - 4 * ratio : line + (FONT_PX + 2) * ratio);
    }
  });
  ctx.save();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.fillStyle = colorOf('--muted');
  ctx.font = `${FONT_PX * ratio}px system-ui, sans-serif`;
  for (const span of spans) nameSpan(u, ctx, span);
  ctx.restore();
}

/** Rules at one place share one line, and their names stand beside each other. */
function nameOnce(rules: readonly Rule[]): Rule[] {
  return [...Map.groupBy(rules, ({ axis, at }) => `${axis} ${at}`).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, label: [first, ...others].map(({ label }) => label).join(', ') }],
  );
}

function isShown(u: UPlot, axis: 'x' | 'y', at: number): boolean {
  const { min, max } = u.scales[axis] ?? {};
  return at >= (min ?? 0) && at <= (max ?? 0);
}

/** Drawing that does not leave the plot. */
function inPlot(u: UPlot, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  draw(ctx);
  ctx.restore();
}

function edgesOf(u: UPlot, span: Span): { left: number; right: number } {
  const { left, width } = u.bbox;
  const clamp = (x: number): number => Math.min(left + width, Math.max(left, x));
  return { left: clamp(u.valToPos(span.from, 'x', true)), right: clamp(u.valToPos(span.to, 'x', true)) };
}

function fillSpan(u: UPlot, context: CanvasRenderingContext2D, span: Span): void {
  const { left, right } = edgesOf(u, span);
  const { top, height } = u.bbox;
  if (right <= left && span.tone !== 'stall') return;
  const width = Math.max(right - left, 2);
  if (span.tone === 'phase') {
    context.fillStyle = colorOf('--grid');
    context.fillRect(left, top, devicePixelRatio, height);
    return;
  }
  const isEvent = span.tone === 'stall' || span.tone === 'fault';
  context.fillStyle = span.tone === 'stall' ? TONES.stall : span.tone === 'fault' ? TONES.fault : TONES.grey;
  context.globalAlpha = isEvent ? HATCH_ALPHA : GREY_ALPHA;
  context.fillRect(left, top, width, height);
  context.globalAlpha = 1;
  if (isEvent) hatch(context, { left, top, width, height });
}

function hatch(
  context: CanvasRenderingContext2D,
  box: { left: number; top: number; width: number; height: number },
): void {
  const step = 8 * devicePixelRatio;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.width, box.height);
  context.clip();
  context.strokeStyle = context.fillStyle;
  context.globalAlpha = 0.5;
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  for (let at = box.left - box.height; at < box.left + box.width; at += step) {
    context.moveTo(at, box.top + box.height);
    context.lineTo(at + box.height, box.top);
  }
  context.stroke();
  context.restore();
}

/** Over the plot, where it fits between its edges. */
function nameSpan(u: UPlot, context: CanvasRenderingContext2D, span: Span): void {
  if (span.label === '' || span.tone === 'unmeasured') return;
  const { left, right } = edgesOf(u, span);
  const room = right - left - 2 * LABEL_PAD * devicePixelRatio;
  if (context.measureText(span.label).width > room) return;
  context.fillText(span.label, left + LABEL_PAD * devicePixelRatio, u.bbox.top - 6 * devicePixelRatio);
}

/** A dark rim, so that a white line shows on the brightest cells too. */
function drawCasing(u: UPlot, context: CanvasRenderingContext2D, column: number): void {
  const xs = u.data[0] as readonly number[];
  const ys = u.data[column] as readonly (number | null)[];
  context.strokeStyle = HEAT_PLATE;
  context.lineWidth = 5 * devicePixelRatio;
  context.lineJoin = 'round';
  context.beginPath();
  let isDown = false;
  ys.forEach((y, at) => {
    if (typeof y !== 'number') {
      isDown = isDown && y === undefined;
      return;
    }
    const place = [u.valToPos(xs[at] ?? 0, 'x', true), u.valToPos(y, 'y', true)] as const;
    if (isDown) context.lineTo(...place);
    else context.moveTo(...place);
    isDown = true;
  });
  context.stroke();
}

function drawHeat(u: UPlot, context: CanvasRenderingContext2D, heat: Heat): void {
  const { bbox } = u;
  context.fillStyle = HEAT_PLATE;
  context.fillRect(bbox.left, bbox.top, bbox.width, bbox.height);
  const xs = heat.xEdges.map((edge) => u.valToPos(edge, 'x', true));
  const ys = heat.yEdges.map((edge) => u.valToPos(edge, 'y', true));
  const top = Math.log(heat.maxCount + 1);
  heat.counts.forEach((column, x) => {
    column.forEach((count, y) => {
      if (count === 0) return;
      const level = Math.min(
        HEAT_LEVELS.length - 1,
        Math.floor((Math.log(count + 1) / top) * HEAT_LEVELS.length),
      );
      const [left = 0, right = 0] = [xs[x], xs[x + 1]];
      const [low = 0, high = 0] = [ys[y], ys[y + 1]];
      context.fillStyle = HEAT_LEVELS[level] ?? '';
      // Half a pixel more: neighbours of one colour must not show a seam.
      context.fillRect(left, high, right - left + 0.5, low - high + 0.5);
    });
  });
}
