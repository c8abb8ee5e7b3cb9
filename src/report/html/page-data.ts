/** The charts as data for the page's script: what is drawn, and nothing of the record beside it. */
import { gzipSync } from 'node:zlib';
import type { Chart, PlotChart } from '../charts/chart.ts';
import { embedJson } from '../charts/escape.ts';
import type { ClientBand, ClientChart, ClientData, ClientSeries } from './client/client-data.ts';
import { html, type Markup, trusted } from './markup.ts';

/** Longer data are compressed; a browser of any age reads what is not. */
const MAX_PLAIN_BYTES = 1024 ** 2;

/** What a script can draw anew: lines over time or over percentiles. */
export function isInteractive(chart: Chart): chart is PlotChart {
  return (
    chart.kind === 'plot' &&
    (chart.x.scale === 'time' || chart.x.scale === 'percentile') &&
    chart.series.every(({ shape }) => shape === 'line' || shape === 'step') &&
    (chart.heat !== null || chart.series.some(({ xs }) => xs.length > 1))
  );
}

/** `charts`: by the id of their figure. */
export function renderPageData(charts: ReadonlyMap<string, Chart>): Markup {
  const text = embedJson(toClientData(charts));
  if (text.length <= MAX_PLAIN_BYTES)
    return html`<template id="bpb-data">${trusted(text)}</template>
`;
  const packed = gzipSync(text, { level: 9 }).toString('base64');
  return html`<template id="bpb-data" data-encoding="gzip">${trusted(packed)}</template>
`;
}

export function toClientData(charts: ReadonlyMap<string, Chart>): ClientData {
  const pool = new NumberPool();
  const drawn: Record<string, ClientChart> = {};
  for (const [id, chart] of charts) if (isInteractive(chart)) drawn[id] = toClientChart(chart, pool);
  return { xs: pool.lists, charts: drawn };
}

function toClientChart(chart: PlotChart, pool: NumberPool): ClientChart {
  const { title, x, y, spans, rules, heat } = chart;
  return {
    title,
    x,
    y,
    spans,
    rules,
    series: chart.series.map(
      ({ name, color, dash, shape, weight, xs, ys }): ClientSeries => ({
        name,
        color,
        isSolid: dash === 'solid',
        isStep: shape === 'step',
        isThin: weight === 'thin',
        xs: pool.add(xs),
        ys: ys.map(toClientValue),
      }),
    ),
    bands: chart.bands.map(
      ({ name, color, hasEdges = false, xs, low, high }): ClientBand => ({
        name,
        color,
        hasEdges,
        xs: pool.add(xs),
        low: low.map(toClientValue),
        high: high.map(toClientValue),
      }),
    ),
    heat,
  };
}

/** Lists of times that several series share are kept once. */
class NumberPool {
  readonly lists: (readonly number[])[] = [];
  readonly #places = new Map<readonly number[], number>();

  add(list: readonly number[]): number {
    const known = this.#places.get(list);
    if (known !== undefined) return known;
    const place = this.lists.push(list.map((value) => Number(value.toPrecision(7)))) - 1;
    this.#places.set(list, place);
    return place;
  }
}

/** Four figures are more than a screen shows. */
function toClientValue(value: number | null): number | 'inf' | null {
  if (value === null || Number.isNaN(value)) return null;
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : 'inf';
}
