import { arrowOf, formatMetric } from '../../../comparison/metric-words.ts';
import type { ArmRun, ComparisonRecord, MetricSpec, MetricValue } from '../../../core/comparison.ts';
import type { Chart, Series, Unit } from '../chart.ts';
import { linearDomain } from '../scale.ts';
import { shortName } from '../text-width.ts';
import { emptyChart } from '../time-plot.ts';

/** The values of one metric, a line for each block from arm to arm: shows the noise better than any p-value. */
export function pairedDots(record: ComparisonRecord, spec: MetricSpec): Chart {
  const id = `paired-${record.metrics.findIndex(({ name }) => name === spec.name)}`;
  const title = `${shortName(spec.name)} ${arrowOf(spec)}, block by block`;
  const arms = [...record.arms].sort(
    (a, b) => Number(b.name === record.reference) - Number(a.name === record.reference),
  );
  const valid = record.runs.filter(
    (run) => run.rejected === null && (run.values[spec.name] ?? null) !== null,
  );
  if (valid.length === 0) return emptyChart(id, title, 'No valid run has a value of this metric.');
  const lines = groupByBlock(valid).map((runs) =>
    toLine(
      runs,
      arms.map(({ name }) => name),
      spec,
      record.reference,
    ),
  );
  const isNamed = new Set<string>();
  const series = lines.map((line): Series => {
    const isLabelled = line.name !== '' && !isNamed.has(line.name);
    isNamed.add(line.name);
    return { ...line, isLabelled };
  });
  const worse = lines.filter(({ color }) => color === WORSE).length;
  const pairs = lines.filter(({ xs }) => xs.length > 1).length;
  const most =
    arms.length === 2 && pairs > 0 ? `worse in ${worse} of ${pairs} blocks` : `${valid.length} runs`;
  return {
    ...{ kind: 'plot', id, title, series, bands: [], spans: [], rules: [], heat: null },
    caption: `${shortName(spec.name)}: ${most}.`,
    x: {
      ...{ label: '', unit: 'none', scale: 'category', min: -0.5, max: arms.length - 0.5 },
      categories: arms.map(({ name }) => shortName(name)),
    },
    y: {
      label: `${shortName(spec.name)} of one run; ${spec.direction} is better`,
      unit: chartUnit(spec.unit),
      scale: 'linear',
      ...nearDomain(series.flatMap(({ ys }) => [...ys])),
    },
    table: {
      columns: ['block', ...arms.map(({ name }) => shortName(name))].map((header) => ({
        header,
        isNumber: true,
      })),
      rows: groupByBlock(valid).map((runs) => [
        runs[0]?.block === null ? '–' : String(runs[0]?.block ?? ''),
        ...arms.map(({ name }) =>
          formatMetric(runs.find(({ arm }) => arm === name)?.values[spec.name] ?? null, spec),
        ),
      ]),
      note: null,
    },
  };
}

const [PLAIN, WORSE] = [0, 1];

function toLine(
  runs: readonly ArmRun[],
  arms: readonly string[],
  { name, direction }: MetricSpec,
  reference: string,
): Series {
  const points = runs
    .map(({ arm, values }) => ({ x: arms.indexOf(arm), arm, y: toNumber(values[name] ?? null) }))
    .filter(({ x }) => x >= 0)
    .sort((a, b) => a.x - b.x);
  const from = points.find(({ arm }) => arm === reference)?.y ?? null;
  const to = points.find(({ arm }) => arm !== reference)?.y ?? null;
  const isPair = from !== null && to !== null && arms.length === 2;
  const isWorse = isPair && (direction === 'lower' ? to > from : to < from);
  return {
    name: !isPair ? '' : isWorse ? 'worse' : 'not worse',
    color: isWorse ? WORSE : PLAIN,
    ...{ shape: points.length > 1 ? 'line-dots' : 'dots', weight: 'thin' },
    xs: points.map(({ x }) => x),
    ys: points.map(({ y }) => y),
  };
}

/** Runs that are not paired stand alone. */
function groupByBlock(runs: readonly ArmRun[]): ArmRun[][] {
  const blocks = new Map<number | string, ArmRun[]>();
  for (const run of runs) {
    const key = run.block ?? `alone ${run.id}`;
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, [run]);
    else block.push(run);
  }
  return [...blocks.values()];
}

export function toNumber(value: MetricValue): number | null {
  return value === 'inf' ? Number.POSITIVE_INFINITY : value;
}

/** From 0, unless all values are so near to each other that nobody could tell them apart. */
export function nearDomain(values: readonly (number | null)[]): { min: number; max: number } {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const [min, max] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0 || min <= 0 || max - min > max / 2) return linearDomain(known);
  const room = Math.max((max - min) * 0.15, max * 0.05);
  return { min: min - room, max: max + room };
}

/** The unit of a metric in the words of charts. */
export function chartUnit(unit: string): Unit {
  if (unit === 'ms' || unit === 'bytes' || unit === 'items' || unit === 'share' || unit === 'count')
    return unit;
  return unit === '1/s' ? 'perSec' : 'none';
}
