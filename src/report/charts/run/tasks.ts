import type { RunReport } from '../../report.ts';
import type { Chart } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { emptyChart, hasValues, isAllZero, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'tasks';
const TITLE = 'Tasks and connections';

/** What is open: tasks of the system, connections, and what was sent and has not ended. */
export function tasksOverTime(report: RunReport): Chart {
  const { timeline } = report;
  if (timeline.length === 0) return emptyChart(ID, TITLE, 'This result has no timeline.');
  const timesMs = timeline.map(({ tMs }) => tMs);
  const columns: TimeColumn[] = [
    { name: 'connections', color: 0, values: timeline.map(({ connections }) => connections) },
    { name: 'tasks', color: 1, values: timeline.map(({ tasks }) => tasks) },
    { name: 'in flight', color: 2, values: timeline.map(({ inFlight }) => inFlight) },
  ].filter(({ values }) => hasValues(values) && !isAllZero(values));
  if (columns.length === 0) return emptyChart(ID, TITLE, 'Nothing was open when it was sampled.');
  const sentences = columns.map(({ name, values }) => {
    const peak = peakOf(timesMs, values);
    return `${name} ${formatNumber(peak?.value, 'count')} at ${formatMoment(peak?.tMs ?? 0)}`;
  });
  return makeTimePlot(report, {
    ...{ id: ID, title: TITLE, timesMs, columns, unit: 'count', yLabel: 'open at the moment' },
    caption: `At most: ${sentences.join(', ')}.`,
  });
}
