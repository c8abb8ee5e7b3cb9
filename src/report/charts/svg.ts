/**
 * Draws a chart as SVG: presentation attributes only, no style, no script, no reference to anything outside. So it shows
 * everywhere, also under a policy that forbids inline styles. Text, axes and grid take the colour of the page's text.
 */
import type { Chart } from './chart.ts';
import { escapeMarkup } from './escape.ts';
import { element } from './svg-element.ts';
import { renderFlow } from './svg-flow.ts';
import { renderForest } from './svg-forest.ts';
import { renderGraph } from './svg-graph.ts';
import { renderPlot } from './svg-plot.ts';

export interface SvgOptions {
  /** Pixels of the page's own: the picture is laid out for this width. Default 720, at least 240. */
  readonly width?: number;
  /** Of plots; the other kinds take what they need. Default 240. */
  readonly height?: number;
  /** In front of the ids inside, where one page shows two charts of the same id. */
  readonly idPrefix?: string;
}

/** What a kind of chart draws, on an area of its own size. */
export interface Drawing {
  readonly markup: string;
  readonly height: number;
}

const DEFAULT_WIDTH = 720;
const FONT_SIZE = 11;
/** Quotes inside are single ones, because this is the value of an attribute. */
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** The whole `<svg>` element; the empty text for an empty chart, whose caption says all. */
export function renderSvg(chart: Chart, options: SvgOptions = {}): string {
  if (chart.kind === 'empty') return '';
  const width = Math.max(240, Math.round(options.width ?? DEFAULT_WIDTH));
  const { markup, height } = draw(chart, width, Math.max(120, options.height ?? 240));
  const id = `${options.idPrefix ?? ''}${chart.id}`.replace(/[^A-Za-z0-9_-]+/g, '-');
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: `bpb-chart bpb-${chart.kind}`,
      viewBox: `0 0 ${width} ${Math.ceil(height)}`,
      width,
      height: Math.ceil(height),
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-desc`,
      'font-family': FONT,
      'font-size': FONT_SIZE,
      fill: 'currentColor',
    },
    element('title', { id: `${id}-title` }, escapeMarkup(chart.title)),
    element('desc', { id: `${id}-desc` }, escapeMarkup(chart.caption)),
    markup,
  );
}

function draw(chart: Exclude<Chart, { kind: 'empty' }>, width: number, height: number): Drawing {
  switch (chart.kind) {
    case 'plot':
      return renderPlot(chart, width, height);
    case 'forest':
      return renderForest(chart, width);
    case 'flow':
      return renderFlow(chart, width);
    case 'graph':
      return renderGraph(chart, width);
  }
}
