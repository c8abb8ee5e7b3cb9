import { formatMetric } from '../../../comparison/metric-words.ts';
import {
  DOMINANCE_UNKNOWN,
  type Dominance,
  OBJECTIVE_NAMES,
  OBJECTIVES,
  readDominance,
} from '../../../comparison/pareto.ts';
import type { ComparisonRecord, Objective, ParetoPoint } from '../../../core/comparison.ts';
import type { Chart, Series } from '../chart.ts';
import { linearDomain, logDomain } from '../scale.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';
import { armColor } from './forest.ts';
import { toNumber } from './paired-dots.ts';

const ID = 'pareto';
const TITLE = 'What each strategy costs';

/** Loss against age (against latency, where nothing has an age): nearer to the lower left is better. */
export function paretoScatter(record: ComparisonRecord): Chart {
  const points = record.pareto;
  if (points.length === 0) return emptyChart(ID, TITLE, 'No arm has a valid run.');
  const dominance = readDominance(record);
  const hasAge = points.some(({ values }) => values.ageP99 !== null);
  const other: Objective = hasAge ? 'ageP99' : 'allP99';
  const placed = points.flatMap((point) => {
    const [x, y] = [toNumber(point.values.loss), toNumber(point.values[other])];
    return x === null || y === null || !Number.isFinite(x) ? [] : [{ point, x, y }];
  });
  const missing = points.length - placed.length;
  if (placed.length === 0) return emptyChart(ID, TITLE, 'No arm has both a loss and an age or latency.');
  placed.sort((a, b) => a.x - b.x || a.y - b.y);
  const series: Series[] = placed.map(({ point, x, y }) => ({
    ...{ name: shortName(point.arm), color: armColor(record, point.arm), shape: 'dots', weight: 'strong' },
    ...{ xs: [x], ys: [y], isLabelled: false, pointLabels: [labelOf(point, dominance)] },
  }));
  // A line that joins the best of single runs would be a claim.
  const front = dominance === null ? [] : frontOf(placed);
  if (front.length > 1) {
    series.unshift({
      ...{ name: 'best of these two', color: 7, shape: 'line', weight: 'thin', isLabelled: false },
      ...{ xs: front.map(({ x }) => x), ys: front.map(({ y }) => y) },
    });
  }
  const ys = placed.map(({ y }) => y);
  const isLog = ys.every((y) => y > 0);
  const yName = hasAge ? 'age at the consumer, p99' : 'response time of all offered, p99';
  const x = linearDomain(placed.map((place) => place.x));
  return {
    ...{ kind: 'plot', id: ID, title: TITLE, series, bands: [], spans: [], rules: [], heat: null },
    caption:
      captionOf(dominance) +
      (front.length > 1 ? ' The dotted line joins the best of these two alone.' : '') +
      (missing > 0 ? ` ${missing} of ${points.length} could not be placed.` : ''),
    // A little below 0, so that a dot without any loss does not stand on the axis, and room for names at the right.
    x: {
      label: 'lost share of what was offered; lower is better',
      unit: 'share',
      scale: 'linear',
      min: -x.max * 0.03,
      max: x.max * 1.12,
    },
    y: {
      ...{ label: `${yName}; lower is better${isLog ? ' (log)' : ''}`, unit: 'ms' },
      ...(isLog ? { scale: 'log', ...logDomain(ys) } : { scale: 'linear', ...linearDomain(ys) }),
    },
    table: {
      columns: [
        { header: 'arm', isNumber: false },
        ...OBJECTIVE_NAMES.map((name) => ({ header: OBJECTIVES[name].header, isNumber: true })),
        ...(dominance === null ? [] : [{ header: 'dominated by', isNumber: false }]),
      ],
      rows: points.map(({ arm, values, dominatedBy }) => [
        shortName(arm),
        ...OBJECTIVE_NAMES.map((name) => formatMetric(values[name], OBJECTIVES[name])),
        ...(dominance === null ? [] : [dominatedBy.map((name) => shortName(name)).join(', ')]),
      ]),
      note: 'Medians of the valid runs; lower is better everywhere.',
    },
  };
}

function labelOf(point: ParetoPoint, dominance: Dominance | null): string {
  const name = shortName(point.arm, 28);
  return dominance?.dominated.includes(point) ? `${name} (dominated)` : name;
}

interface Placed {
  readonly x: number;
  readonly y: number;
}

/** Of points by rising x, those with the smallest y so far. */
function frontOf(placed: readonly Placed[]): Placed[] {
  const front: Placed[] = [];
  for (const place of placed) if (place.y < (front.at(-1)?.y ?? Number.POSITIVE_INFINITY)) front.push(place);
  return front;
}

function captionOf(dominance: Dominance | null): string {
  if (dominance === null) return `There are ${DOMINANCE_UNKNOWN}.`;
  const front = dominance.front.map((arm) => shortName(arm));
  const dominated = dominance.dominated.map(
    ({ arm, dominatedBy }) => `${shortName(arm)} by ${dominatedBy.map((name) => shortName(name)).join(', ')}`,
  );
  const lead = `Nothing beats ${front.join(', ')} at everything.`;
  return dominated.length === 0 ? lead : `${lead} Dominated: ${dominated.join('; ')}.`;
}
