import { LatencyHistogram } from '../../core/histogram.ts';
import type { RunReport } from '../report.ts';
import { plainText } from '../text.ts';
import type { Format } from './format.ts';

/**
 * One table for each group, of the response times of the whole run, warm-up included. Two empty lines between tables,
 * which gnuplot tells apart by `index`; HdrHistogram's own plotter wants one table for each file.
 */
export default {
  name: 'percentiles',
  extensions: ['.hgrm'],
  summary: 'percentile distribution of the response times in ms, for HdrHistogram plotter and gnuplot',
  isText: true,
  render(report) {
    const runs = report.kind === 'run' ? [report] : report.runs;
    const tables = runs.flatMap(renderTables);
    return tables.length === 0 ? '# no response times\n' : tables.join('\n\n');
  },
} satisfies Format;

function renderTables({ record, intervals }: RunReport): string[] {
  const byGroup = new Map<string, LatencyHistogram>();
  for (const { group, kind, encoded } of intervals) {
    if (kind !== 'response') continue;
    const histogram = byGroup.get(group) ?? new LatencyHistogram();
    byGroup.set(group, histogram);
    histogram.add(LatencyHistogram.decode(encoded));
  }
  return [...byGroup].map(([group, histogram]) => {
    const title = [record.scenario.name, record.strategyName, group, 'response, ms'].map(plainText);
    return `#[${title.join(' · ')}]\n${histogram.percentileDistribution()}`;
  });
}
