/** Charts of any numbers and any texts: what a renderer has to bear. */
import fc from 'fast-check';
import type {
  Axis,
  Chart,
  FlowChart,
  ForestChart,
  GraphChart,
  PlotChart,
  ScaleKind,
  Unit,
} from '../../../src/report/charts/chart.ts';
import { HOSTILE_TEXTS } from '../formats/reports.ts';

export const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ minLength: 0, maxLength: 60 }),
);
/** Also what no chart should hold: NaN, infinite, huge. */
const anyNumber = fc.oneof(
  fc.double(),
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc.integer({ min: 0, max: 100 }),
  fc.constantFrom(0, Number.POSITIVE_INFINITY, Number.NaN, 1e308, -1e308, 5e-324),
);
const anyValue = fc.option(anyNumber, { nil: null });
const color = fc.integer({ min: 0, max: 12 });

const axis: fc.Arbitrary<Axis> = fc.record({
  label: anyText,
  unit: fc.constantFrom<Unit>('ms', 'bytes', 'items', 'perSec', 'share', 'count', 'date', 'none'),
  scale: fc.constantFrom<ScaleKind>('linear', 'log', 'time', 'percentile', 'category'),
  min: anyNumber,
  max: anyNumber,
  categories: fc.array(anyText, { maxLength: 30 }),
});

const parts = { id: anyText, title: anyText, caption: anyText, table: fc.constant(null) };

function columns(length: number) {
  return fc.array(anyValue, { minLength: length, maxLength: length });
}

export const anyPlot: fc.Arbitrary<PlotChart> = fc.integer({ min: 0, max: 12 }).chain((length) =>
  fc.record({
    ...parts,
    kind: fc.constant('plot' as const),
    x: axis,
    y: axis,
    series: fc.array(
      fc.record({
        name: anyText,
        color,
        shape: fc.constantFrom('line', 'step', 'dots', 'line-dots'),
        weight: fc.constantFrom('strong', 'thin'),
        isLabelled: fc.boolean(),
        xs: fc.array(anyNumber, { minLength: length, maxLength: length }),
        ys: columns(length),
        pointLabels: fc.array(fc.option(anyText, { nil: null }), { maxLength: length }),
      }),
      { maxLength: 9 },
    ),
    bands: fc.array(
      fc.record({
        name: anyText,
        color,
        xs: fc.array(anyNumber, { minLength: length, maxLength: length }),
        low: columns(length),
        high: columns(length),
      }),
      { maxLength: 3 },
    ),
    spans: fc.array(
      fc.record({
        from: anyNumber,
        to: anyNumber,
        label: anyText,
        tone: fc.constantFrom('phase', 'unmeasured', 'unsupported', 'stall', 'fault', 'margin'),
      }),
      { maxLength: 9 },
    ),
    rules: fc.array(
      fc.record({
        axis: fc.constantFrom('x', 'y'),
        at: anyNumber,
        label: anyText,
        tone: fc.constantFrom('limit', 'mark', 'zero'),
      }),
      { maxLength: 4 },
    ),
    heat: fc.option(
      fc.record({
        name: anyText,
        xEdges: fc.array(anyNumber, { maxLength: 6 }),
        yEdges: fc.array(anyNumber, { maxLength: 6 }),
        counts: fc.array(fc.array(anyNumber, { maxLength: 5 }), { maxLength: 5 }),
        maxCount: anyNumber,
      }),
      { nil: null },
    ),
  }),
);

const anyForest: fc.Arbitrary<ForestChart> = fc.record({
  ...parts,
  kind: fc.constant('forest' as const),
  maxMargins: anyNumber,
  rows: fc.array(
    fc.record({
      ...{ metric: anyText, arm: anyText, color, low: anyValue, high: anyValue, estimate: anyValue },
      value: anyText,
      verdict: fc.constantFrom('better', 'worse', 'same', 'inconclusive', 'invalid'),
      reason: fc.option(anyText, { nil: null }),
    }),
    { maxLength: 8 },
  ),
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const nodeIds = fc.uniqueArray(id, { maxLength: 7 });

const anyFlow: fc.Arbitrary<FlowChart> = nodeIds.chain((ids) =>
  fc.record({
    ...parts,
    kind: fc.constant('flow' as const),
    nodes: fc.tuple(
      ...ids.map((node) =>
        fc.record({
          id: fc.constant(node),
          label: anyText,
          value: anyNumber,
          column: fc.integer({ min: 0, max: 3 }),
          tone: fc.constantFrom('source', 'delivered', 'lost', 'coalesced', 'waiting', 'unaccounted'),
        }),
      ),
    ),
    links: fc.array(fc.record({ from: id, to: id, value: anyNumber }), { maxLength: 8 }),
  }),
);

const anyGraph: fc.Arbitrary<GraphChart> = nodeIds.chain((ids) =>
  fc.record({
    ...parts,
    kind: fc.constant('graph' as const),
    nodes: fc.tuple(
      ...ids.map((node, at) =>
        fc.record({ id: fc.constant(node), label: anyText, cyclePlace: fc.constantFrom(null, at) }),
      ),
    ),
    edges: fc.array(fc.record({ from: id, to: id, label: anyText, isInCycle: fc.boolean() }), {
      maxLength: 9,
    }),
  }),
);

export const anyChart: fc.Arbitrary<Chart> = fc.oneof(
  { arbitrary: anyPlot, weight: 4 },
  anyForest,
  anyFlow,
  anyGraph,
);
