import type { RunReport } from '../../report.ts';
import type { Chart } from '../chart.ts';
import { groupsWith } from '../latencies.ts';
import { curveOf, percentilePlot } from '../percentile-plot.ts';
import { emptyChart } from '../time-plot.ts';

const ID = 'percentiles';
const TITLE = 'Percentiles of the response time';

/** All groups of one run. */
export function percentilesOfGroups(report: RunReport): Chart {
  if (report.intervals.length === 0) return emptyChart(ID, TITLE, 'This result has no interval histograms.');
  const names = Object.keys(report.record.groups);
  const curves = groupsWith(report, 'response').map((group, at) =>
    curveOf([report], group, group, names.includes(group) ? names.indexOf(group) : at),
  );
  return percentilePlot({ id: ID, title: TITLE, curves, basis: 'run', seed: report.record.seed });
}
