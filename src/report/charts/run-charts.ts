/** All charts of one run. */
import type { RunReport } from '../report.ts';
import type { Chart } from './chart.ts';
import { ageOverTime } from './run/age.ts';
import { bytesByPlace, processMemory } from './run/bytes.ts';
import { latencyHeatMap } from './run/latency-heat-map.ts';
import { latencyOverTime } from './run/latency-over-time.ts';
import { ledgerFlow } from './run/ledger-flow.ts';
import { lossesOverTime } from './run/losses.ts';
import { percentilesOfGroups } from './run/percentiles.ts';
import { queueDepth } from './run/queue-depth.ts';
import { ratesOverTime } from './run/rates.ts';
import { tasksOverTime } from './run/tasks.ts';
import { waitGraph } from './run/wait-graph.ts';

export interface RunCharts {
  /** All on one time axis, fit for a shared cursor. */
  readonly latency: Chart;
  readonly age: Chart;
  readonly queues: Chart;
  readonly losses: Chart;
  readonly rates: Chart;
  readonly bytes: Chart;
  readonly memory: Chart;
  readonly tasks: Chart;
  /** One for each group, in the record's order; on the same time axis. */
  readonly heatMaps: readonly Chart[];
  readonly percentiles: Chart;
  readonly ledger: Chart;
  /** One for each stall, in the record's order. */
  readonly waits: readonly Chart[];
}

/** More groups and stalls are in the tables. */
const MAX_HEAT_MAPS = 12;
const MAX_WAIT_GRAPHS = 8;

export function runCharts(report: RunReport): RunCharts {
  const { record } = report;
  return {
    latency: latencyOverTime(report),
    age: ageOverTime(report),
    queues: queueDepth(report),
    losses: lossesOverTime(report),
    rates: ratesOverTime(report),
    bytes: bytesByPlace(report),
    memory: processMemory(report),
    tasks: tasksOverTime(report),
    heatMaps: Object.keys(record.groups)
      .slice(0, MAX_HEAT_MAPS)
      .map((group) => latencyHeatMap(report, group)),
    percentiles: percentilesOfGroups(report),
    ledger: ledgerFlow(report),
    waits: record.stalls.slice(0, MAX_WAIT_GRAPHS).map((stall, at) => waitGraph(stall, at + 1)),
  };
}
