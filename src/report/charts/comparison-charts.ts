/** All charts of a comparison. */
import type { ComparisonReport, RunReport } from '../report.ts';
import type { Chart } from './chart.ts';
import { armColor, forestPlot } from './comparison/forest.ts';
import { pairedDots } from './comparison/paired-dots.ts';
import { paretoScatter } from './comparison/pareto.ts';
import { curveOf, percentilePlot } from './percentile-plot.ts';
import { processMemory } from './run/bytes.ts';
import { latencyHeatMap } from './run/latency-heat-map.ts';
import { lossesOverTime } from './run/losses.ts';
import { queueDepth } from './run/queue-depth.ts';
import { ratesOverTime } from './run/rates.ts';
import { tasksOverTime } from './run/tasks.ts';
import { shareAxes } from './small-multiples.ts';
import { shortName } from './text-width.ts';

/** One row of the grid: the same chart for every arm, on the same axes, in the order of the record's arms. */
export interface MultiplesRow {
  readonly title: string;
  readonly charts: readonly { readonly arm: string; readonly runId: string; readonly chart: Chart }[];
}

export interface ComparisonCharts {
  readonly forest: Chart;
  readonly pareto: Chart;
  /** One for each gated metric (for all, where none is gated). */
  readonly paired: readonly Chart[];
  /** One for each group: arms over each other, all of their valid runs merged. */
  readonly percentiles: readonly Chart[];
  /** Of the first valid run of each arm; empty where no folder of a run was found. */
  readonly multiples: readonly MultiplesRow[];
}

const MAX_GROUPS = 8;
const MAX_PAIRED = 12;

export function comparisonCharts(report: ComparisonReport): ComparisonCharts {
  const { record } = report;
  const gated = record.metrics.filter(({ isGated }) => isGated);
  const runsByArm = groupRuns(report);
  const groups = [...new Set(report.runs.flatMap((run) => Object.keys(run.record.groups)))].slice(
    0,
    MAX_GROUPS,
  );
  return {
    forest: forestPlot(record),
    pareto: paretoScatter(record),
    paired: (gated.length > 0 ? gated : record.metrics)
      .slice(0, MAX_PAIRED)
      .map((spec) => pairedDots(record, spec)),
    percentiles: groups.map((group, at) => {
      const curves = [...runsByArm].map(([arm, runs]) => curveOf(runs, group, arm, armColor(record, arm)));
      const title = `Percentiles of ${shortName(group)}`;
      return percentilePlot({ id: `percentiles-${at}`, title, curves, basis: 'runs', seed: record.seed });
    }),
    multiples: makeMultiples(runsByArm, groups),
  };
}

/** The runs that count, whose folders were found, by arm in the record's order. */
function groupRuns({ record, runs }: ComparisonReport): Map<string, RunReport[]> {
  const byId = new Map(runs.map((run) => [run.record.id, run] as const));
  const byArm = new Map<string, RunReport[]>();
  for (const { name } of record.arms) {
    const found = record.runs.flatMap(({ arm, id, rejected }) => {
      const run = byId.get(id);
      return arm === name && rejected === null && run !== undefined ? [run] : [];
    });
    if (found.length > 0) byArm.set(name, found);
  }
  return byArm;
}

function makeMultiples(
  runsByArm: ReadonlyMap<string, readonly RunReport[]>,
  groups: readonly string[],
): MultiplesRow[] {
  const shown = [...runsByArm].flatMap(([arm, [run]]) => (run === undefined ? [] : [{ arm, run }]));
  if (shown.length === 0) return [];
  const makers: [string, (run: RunReport) => Chart][] = [
    ...groups.map((group): [string, (run: RunReport) => Chart] => [
      `Response times of ${shortName(group)}`,
      (run) => latencyHeatMap(run, group),
    ]),
    ['Queue depth', queueDepth],
    ['Drops and rejections', lossesOverTime],
    ['Offered and achieved rate', ratesOverTime],
    ['Tasks and connections', tasksOverTime],
    ['Memory', processMemory],
  ];
  return makers.map(([title, make]) => {
    const charts = shareAxes(shown.map(({ run }) => make(run)));
    return {
      title,
      charts: charts.map((chart, at) => ({
        arm: shown[at]?.arm ?? '',
        runId: shown[at]?.run.record.id ?? '',
        // Ids are unique on the page, where every arm shows the same charts.
        chart: { ...chart, id: `${chart.id}-arm-${at}` },
      })),
    };
  });
}
