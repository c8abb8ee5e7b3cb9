/** A plot: names above and beside it, spans, bands, cells, lines, axes. */
import type { PlotChart } from './chart.ts';
import { formatNumber } from './number-text.ts';
import { HEAT_LEVELS } from './palette.ts';
import { renderAxes } from './plot-axes.ts';
import { ALIGNED_FROM, ALIGNED_RIGHT, createFrame, type Frame, ROW, TEXT } from './plot-frame.ts';
import { layOutLegend, listLabels, renderLabelsBeside, renderLegend, widthBeside } from './plot-labels.ts';
import { renderBand, renderHeat, renderPointLabels, renderSeries } from './plot-shapes.ts';
import { layOutSpans, renderRules, renderSpanAreas, renderSpanNames } from './plot-spans.ts';
import type { Drawing } from './svg.ts';
import { element, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

export function renderPlot(chart: PlotChart, width: number, height: number): Drawing {
  const labels = listLabels(chart);
  const isStacked = chart.x.scale === 'time' && width >= ALIGNED_FROM;
  const beside = widthBeside(labels, width, height - 60, isStacked ? ALIGNED_RIGHT : width * 0.3);
  const legend = beside === null ? layOutLegend(labels, width - 8) : [];
  const legendRows = legend.reduce((rows, { row }) => Math.max(rows, row + 1), 0);
  const rightWidth = isStacked ? ALIGNED_RIGHT : (beside ?? 0);
  const spans = layOutSpans(chart, width, rightWidth);
  const rowsAbove = 1 + legendRows + spans.rowCount;
  const total = height + (legendRows + spans.rowCount) * ROW;
  const frame = createFrame(chart, width, total, { rowsAbove, rightWidth, isInset: spans.rowCount > 0 });
  const spansTop = 4 + (1 + legendRows) * ROW;
  const markup = [
    renderHeading(chart, width),
    renderLegend(legend, 4 + ROW),
    chart.heat === null ? '' : renderHeat(chart.heat, frame),
    renderSpanAreas(chart, frame),
    renderSpanNames(spans, frame, spansTop),
    renderAxes(chart, frame),
    ...chart.bands.map((band) => renderBand(band, frame)),
    ...chart.series.map((series) => renderSeries(series, frame, chart.heat !== null)),
    renderRules(chart, frame),
    beside === null ? '' : renderLabelsBeside(labels, frame),
    renderPointLabels(chart, frame),
  ].join('');
  return { markup, height: totalHeight(frame, total) };
}

function totalHeight(frame: Frame, total: number): number {
  return Math.max(total, frame.bottom + 18);
}

/** What the y axis shows and, over a heat map, how many a colour stands for. */
function renderHeading(chart: PlotChart, width: number): string {
  const key = chart.heat === null ? null : heatKey(chart.heat.maxCount, width);
  const room = width - 8 - (key?.width ?? 0);
  const text = fitText(chart.y.label, room, TEXT);
  return textElement(2, ROW, text, { 'fill-opacity': 0.8 }) + (key?.markup ?? '');
}

function heatKey(maxCount: number, width: number): { markup: string; width: number } {
  const most = formatNumber(maxCount, 'count');
  const unit = 'samples';
  const step = 9;
  const right = width - 6 - textWidth(`${most} ${unit}`, TEXT);
  const left = right - 6 - HEAT_LEVELS.length * step;
  const cells = HEAT_LEVELS.map((fill, at) =>
    element('rect', { x: left + at * step, y: 6, width: step, height: 9, fill }),
  );
  const markup = [
    textElement(left - 4, ROW, '1', { 'text-anchor': 'end', 'fill-opacity': 0.8 }),
    ...cells,
    textElement(right, ROW, `${most} ${unit}`, { 'fill-opacity': 0.8 }),
  ].join('');
  return { markup, width: width - left + 16 };
}
