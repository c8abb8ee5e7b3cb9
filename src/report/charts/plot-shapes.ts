/** Lines, steps, dots, bands and heat cells. */
import type { Band, Heat, PlotChart, Series } from './chart.ts';
import { HEAT_LEVELS, HEAT_PLATE, inkOf } from './palette.ts';
import { type Frame, TEXT } from './plot-frame.ts';
import { element, formatPixel, textElement } from './svg-element.ts';
import { fitText, textWidth } from './text-width.ts';

type Point = readonly [x: number, y: number];

export function renderSeries(series: Series, frame: Frame, hasPlate: boolean): string {
  const runs = toRuns(series.xs, series.ys, frame).map(thinOut);
  const { color, dash } = inkOf(series.color);
  const parts: string[] = [];
  if (series.shape !== 'dots') {
    const d = runs.map((run) => toPath(run, series.shape === 'step')).join('');
    const look = {
      d,
      fill: 'none',
      'stroke-width': series.weight === 'strong' ? 1.8 : 1,
      'stroke-linejoin': 'round',
      'stroke-linecap': 'round',
      'stroke-dasharray': series.dash === 'solid' || dash === '' ? undefined : dash,
    };
    // Over the bright cells of a heat map a line shows by its dark edge.
    if (hasPlate && d !== '')
      parts.push(
        element('path', { ...look, stroke: HEAT_PLATE, 'stroke-width': 4, 'stroke-dasharray': undefined }),
      );
    if (d !== '') parts.push(element('path', { ...look, stroke: hasPlate ? '#ffffff' : color }));
  }
  if (series.shape === 'dots' || series.shape === 'line-dots') {
    // One path of points, whose round ends are the dots: a tenth of the text that as many circles need.
    const d = runs
      .flat()
      .map(([x, y]) => `M${formatPixel(x)} ${formatPixel(y)}h0`)
      .join('');
    if (d !== '')
      parts.push(element('path', { d, stroke: color, 'stroke-width': 7, 'stroke-linecap': 'round' }));
  }
  return parts.join('');
}

export function renderBand(band: Band, frame: Frame): string {
  const { color, dash } = inkOf(band.color);
  const high = toRuns(band.xs, band.high, frame, band.low);
  const low = toRuns(band.xs, band.low, frame, band.high);
  const d = high
    .map((run, at) => {
      const back = thinEdge(low[at] ?? [], 1).reverse();
      return `${toPath(thinEdge(run, -1), false)}${toPath(back, false).replace('M', 'L')}Z`;
    })
    .join('');
  if (d === '') return '';
  const area = element('path', { d, fill: color, 'fill-opacity': 0.18, stroke: 'none' });
  if (band.hasEdges !== true) return area;
  const edges = [
    ...high.map((run) => toPath(thinEdge(run, -1), false)),
    ...low.map((run) => toPath(thinEdge(run, 1), false)),
  ];
  const thin = {
    'stroke-width': 0.8,
    'stroke-opacity': 0.7,
    'stroke-dasharray': dash === '' ? undefined : dash,
  };
  return area + element('path', { d: edges.join(''), fill: 'none', stroke: color, ...thin });
}

/** Stretches without a gap. */
function toRuns(
  xs: readonly number[],
  ys: readonly (number | null)[],
  frame: Frame,
  others?: readonly (number | null)[],
): Point[][] {
  const runs: Point[][] = [];
  let run: Point[] = [];
  xs.forEach((x, at) => {
    const y = ys[at] ?? null;
    const other = others === undefined ? y : (others[at] ?? null);
    if (y === null || other === null || !Number.isFinite(x) || Number.isNaN(y) || Number.isNaN(other)) {
      if (run.length > 0) runs.push(run);
      run = [];
    } else run.push([frame.x(x), frame.y(y)]);
  });
  if (run.length > 0) runs.push(run);
  return runs;
}

/** In pixels: what stands nearer to each other than this cannot be told apart. */
const THIN_COLUMN = 2;

/** Of the points in one narrow column the first, the highest, the lowest and the last. */
function thinOut(points: readonly Point[]): Point[] {
  if (points.length < 300) return [...points];
  const kept: Point[] = [];
  const columnOf = (at: number): number => Math.floor((points[at] as Point)[0] / THIN_COLUMN);
  for (let from = 0; from < points.length; ) {
    const column = columnOf(from);
    let to = from;
    let low = from;
    let high = from;
    for (; to < points.length && columnOf(to) === column; to++) {
      if ((points[to] as Point)[1] < (points[low] as Point)[1]) low = to;
      if ((points[to] as Point)[1] > (points[high] as Point)[1]) high = to;
    }
    const rows = [...new Set([from, low, high, to - 1])].sort((a, b) => a - b);
    kept.push(...rows.map((row) => points[row] as Point));
    from = to;
  }
  return kept;
}

/** The edge of a band: the outermost point of each narrow column; `side` -1 is the upper edge, where y is smallest. */
function thinEdge(points: readonly Point[], side: 1 | -1): Point[] {
  if (points.length < 300) return [...points];
  const edge: Point[] = [];
  let column = Number.NaN;
  for (const point of points) {
    const here = Math.floor(point[0] / THIN_COLUMN);
    const last = edge.at(-1);
    if (here !== column || last === undefined) edge.push(point);
    else if (point[1] * side > last[1] * side) edge[edge.length - 1] = point;
    column = here;
  }
  return edge;
}

function toPath(points: readonly Point[], isStep: boolean): string {
  let path = '';
  let last = '';
  points.forEach(([x, y], at) => {
    const [px, py] = [formatPixel(x), formatPixel(y)];
    if (at === 0) path += `M${px} ${py}`;
    else if (isStep) path += `H${px}${py === last ? '' : `V${py}`}`;
    else path += `L${px} ${py}`;
    last = py;
  });
  // A single point has no length: a round cap makes it a dot.
  return points.length === 1 ? `${path}h0` : path;
}

/** One path for each level of colour: cells of a row that share it become one rectangle. */
export function renderHeat(heat: Heat, frame: Frame): string {
  const { left, right, top, bottom } = frame;
  const paths = HEAT_LEVELS.map(() => '');
  const rowCount = heat.yEdges.length - 1;
  for (let row = 0; row < rowCount; row++) {
    const [y1, y2] = [frame.y(heat.yEdges[row + 1] ?? 0), frame.y(heat.yEdges[row] ?? 0)];
    for (let column = 0; column < heat.counts.length; ) {
      const level = levelOf(heat.counts[column]?.[row] ?? 0, heat.maxCount);
      let end = column + 1;
      while (end < heat.counts.length && levelOf(heat.counts[end]?.[row] ?? 0, heat.maxCount) === level)
        end++;
      const [x1, x2] = [frame.x(heat.xEdges[column] ?? 0), frame.x(heat.xEdges[end] ?? 0)];
      if (level >= 0 && y2 > y1 && x2 > x1) {
        const [width, height] = [formatPixel(x2 - x1), formatPixel(y2 - y1)];
        paths[level] += `M${formatPixel(x1)} ${formatPixel(y1)}h${width}v${height}h-${width}z`;
      }
      column = end;
    }
  }
  const plate = { x: left, y: top, width: right - left, height: bottom - top, fill: HEAT_PLATE };
  return (
    element('rect', plate) +
    element(
      'g',
      { 'shape-rendering': 'crispEdges' },
      ...paths.map((d, level) => (d === '' ? '' : element('path', { d, fill: HEAT_LEVELS[level] }))),
    )
  );
}

/** By the logarithm of the count, from 0; -1 for none. */
function levelOf(count: number, maxCount: number): number {
  if (!(count > 0)) return -1;
  const last = HEAT_LEVELS.length - 1;
  if (maxCount <= 1) return last;
  return Math.min(last, Math.max(0, Math.round((Math.log(count) / Math.log(maxCount)) * last)));
}

/** Names of single points, each where it touches neither a point nor a name; where there is no such place, none. */
export function renderPointLabels(chart: PlotChart, frame: Frame): string {
  const dots: Point[] = [];
  const wanted: { text: string; point: Point }[] = [];
  for (const { xs, ys, pointLabels } of chart.series) {
    if (pointLabels === undefined) continue;
    xs.forEach((x, at) => {
      const y = ys[at];
      if (y === null || y === undefined || Number.isNaN(y) || !Number.isFinite(x)) return;
      const point: Point = [frame.x(x), frame.y(y)];
      dots.push(point);
      const text = fitText(pointLabels[at] ?? '', 140, TEXT);
      if (text !== '') wanted.push({ text, point });
    });
  }
  const taken: Box[] = dots.map(([x, y]) => [x - 4, y - 4, x + 4, y + 4]);
  let markup = '';
  for (const { text, point } of wanted) {
    const box = findRoom(textWidth(text, TEXT), point, frame, taken);
    if (box === undefined) continue;
    taken.push(box);
    markup += textElement(box[0], box[3] - 3, text);
  }
  return markup;
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

function findRoom(width: number, [x, y]: Point, frame: Frame, taken: readonly Box[]): Box | undefined {
  // Above the area stand the names of phases, unless there is room for what is infinite.
  const highest = frame.infinityY === null ? frame.top : frame.top - 24;
  const places: Point[] = [
    [x + 7, y - 7],
    [x - 7 - width, y - 7],
    [x - width / 2, y - 21],
    [x - width / 2, y + 6],
    [x + 5, y - 19],
    [x + 5, y + 5],
    [x - 5 - width, y - 19],
    [x - 5 - width, y + 5],
  ];
  return places
    .map(([left, top]): Box => [left, top, left + width, top + 14])
    .find(
      (box) =>
        box[0] >= frame.left &&
        box[2] <= frame.right &&
        box[1] >= highest &&
        box[3] <= frame.bottom &&
        !taken.some(
          (other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3],
        ),
    );
}
