/** The tiny picture in a cell of the matrix: an interval, its margin, zero. The word stands beside it. */
import type { ForestRow } from '../chart.ts';
import { TONES } from '../palette.ts';
import { element, lineElement } from '../svg-element.ts';
import { renderInterval } from '../svg-forest.ts';

const WIDTH = 96;
const HEIGHT = 14;
const MARGINS = 2;

/** `<svg>`, or the empty text where there is neither interval nor estimate. Hidden from screen readers: the cell says it. */
export function renderIntervalPicture(row: ForestRow): string {
  if (row.low === null && row.estimate === null) return '';
  const inside = WIDTH - 12;
  const scale = (margins: number): number =>
    6 + Math.min(1, Math.max(0, (margins / MARGINS + 1) / 2)) * inside;
  return element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', class: 'bpb-interval', width: WIDTH, height: HEIGHT },
      ...{ viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true', focusable: 'false' },
    },
    element('rect', {
      ...{ x: scale(-1), y: 1, width: scale(1) - scale(-1), height: HEIGHT - 2 },
      ...{ fill: TONES.grey, 'fill-opacity': 0.22 },
    }),
    lineElement([scale(0), 0], [scale(0), HEIGHT], { stroke: 'currentColor', 'stroke-opacity': 0.6 }),
    renderInterval(row, scale, HEIGHT / 2, MARGINS),
  );
}
