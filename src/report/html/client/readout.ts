/** What stands under an interactive chart: which line is which, and its value at the cursor. */
import { formatMoment, formatNumber } from '../../charts/number-text.ts';
import { HEAT_LEVELS, inkOf } from '../../charts/palette.ts';
import type { ClientBand, ClientChart, ClientSeries, ClientValue } from './client-data.ts';

interface Line {
  readonly series: ClientSeries;
  readonly xs: readonly number[];
  /** What is uncertain of it, where that is known. */
  readonly band: ClientBand | undefined;
  readonly bandXs: readonly number[];
  readonly value: HTMLElement;
}

const SVG = 'http://www.w3.org/2000/svg';

export class Readout {
  readonly element = document.createElement('div');
  readonly #chart: ClientChart;
  readonly #where = document.createElement('span');
  readonly #lines: Line[];

  constructor(chart: ClientChart, pool: readonly (readonly number[])[]) {
    this.#chart = chart;
    this.element.className = 'readout';
    this.#where.className = 'where';
    const list = document.createElement('ul');
    this.#lines = chart.series.map((series) => {
      const value = document.createElement('b');
      const item = document.createElement('li');
      item.append(drawKey(series, chart.heat !== null), series.name, ' ', value);
      list.append(item);
      const band = chart.bands.find(({ name, hasEdges }) => hasEdges && name === series.name);
      const bandXs = band === undefined ? [] : (pool[band.xs] ?? []);
      return { series, xs: pool[series.xs] ?? [], band, bandXs, value };
    });
    if (chart.heat !== null) list.append(drawHeatKey(chart.heat.maxCount));
    this.element.append(this.#where, list);
    this.show(null);
  }

  /** The values nearest to `x`, or none. */
  show(x: number | null): void {
    this.#where.textContent = x === null ? this.#chart.y.label : this.#nameX(x);
    for (const line of this.#lines) line.value.textContent = x === null ? '' : this.#nameLine(line, x);
  }

  /** `at 4.2 s, burst: p99 of sse fast 12 ms, …`. */
  describe(x: number): string {
    const values = this.#lines.map((line) => `${line.series.name} ${this.#nameLine(line, x)}`);
    return `${this.#chart.title}, ${this.#nameX(x)}: ${values.join(', ')}`;
  }

  /** `12 ms (10 ms to 15 ms)`. Lines of percentiles end where no sample is left: there they have no value. */
  #nameLine({ series, xs, band, bandXs }: Line, x: number): string {
    const hasEnded = this.#chart.x.scale === 'percentile' && x > (xs.at(-1) ?? 0);
    const value = this.#nameY(hasEnded ? null : valueAt(series.ys, xs, x));
    if (band === undefined || x < (bandXs[0] ?? 0) || x > (bandXs.at(-1) ?? 0)) return value;
    const [low, high] = [band.low, band.high].map((edge) => this.#nameY(valueAt(edge, bandXs, x)));
    return `${value} (${low} to ${high})`;
  }

  #nameX(x: number): string {
    if (this.#chart.x.scale === 'percentile') return `p${trimPercent(100 * (1 - 10 ** -x))}`;
    const spans = this.#chart.spans.filter(({ from, to, label }) => label !== '' && from <= x && x < to);
    const names = [...new Set(spans.map(({ label }) => label))];
    return [`at ${formatMoment(x)}`, ...names].join(', ');
  }

  #nameY(value: ClientValue): string {
    if (value === 'inf') return 'never';
    return formatNumber(value, this.#chart.y.unit);
  }
}

/** 99.9 and not 99.90000000000001. */
function trimPercent(percent: number): string {
  return String(Number(percent.toPrecision(percent > 99 ? 5 : 3)));
}

function valueAt(ys: readonly ClientValue[], xs: readonly number[], x: number): ClientValue {
  const at = nearest(xs, x);
  return at < 0 ? null : (ys[at] ?? null);
}

/** Place of the value nearest to `x` in a rising list; -1 for an empty one. */
export function nearest(xs: readonly number[], x: number): number {
  if (xs.length === 0) return -1;
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) <= x) low = middle;
    else high = middle;
  }
  return Math.abs((xs[low] ?? 0) - x) <= Math.abs((xs[high] ?? 0) - x) ? low : high;
}

/** A short piece of the line, with its colour, width and dashes. */
function drawKey({ color, isSolid, isThin }: ClientSeries, isOverHeat: boolean): SVGElement {
  const ink = inkOf(color);
  const svg = createSvg(24);
  const line = document.createElementNS(SVG, 'line');
  const attributes = {
    x1: '0',
    x2: '24',
    y1: '5',
    y2: '5',
    stroke: isOverHeat ? 'currentColor' : ink.color,
    'stroke-width': isThin ? '1.2' : '2.5',
  };
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  if (!isSolid && ink.dash !== '') line.setAttribute('stroke-dasharray', ink.dash);
  svg.append(line);
  return svg;
}

/** `1 ▒▒▒▒ 2,490 samples`. */
function drawHeatKey(maxCount: number): HTMLElement {
  const item = document.createElement('li');
  const cell = 10;
  const svg = createSvg(HEAT_LEVELS.length * cell);
  HEAT_LEVELS.forEach((color, at) => {
    const rect = document.createElementNS(SVG, 'rect');
    const attributes = { x: at * cell, y: 0, width: cell, height: cell, fill: color };
    for (const [name, value] of Object.entries(attributes)) rect.setAttribute(name, String(value));
    svg.append(rect);
  });
  item.append('1 ', svg, `${formatNumber(maxCount, 'count')} samples`);
  return item;
}

function createSvg(width: number): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('width', String(width));
  svg.setAttribute('height', '10');
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}
