/** `bpbench trend`: metrics over the results that are there. Shows and hints, and never gates. */
import { METRIC_NAMES, resolveMetrics, splitName } from '../../comparison/metrics.ts';
import { ALL_TREND_FORMATS, TREND_FORMATS } from '../../report/trend/formats.ts';
import { readTrend } from '../../report/trend/read-trend.ts';
import type { TrendReport } from '../../report/trend/trend.ts';
import { renderTrend } from '../../report/trend/trend-text.ts';
import { checkOutputs, writeEach } from '../outputs.ts';
import { writeOut } from '../streams.ts';
import { lookOf } from '../terminal.ts';
import { trendCommandLine } from '../trend-command-line.ts';

export interface TrendOptions {
  metric?: string;
  strategy?: string;
  plan?: string;
  limit: number;
  out: string[];
  csv?: boolean;
  json?: boolean;
  results: string;
}

export async function trendCommand(scenario: string | undefined, options: TrendOptions): Promise<void> {
  checkOutputs(options.out, ALL_TREND_FORMATS);
  const metric = options.metric?.trim() ?? null;
  // Whether there is such a group, each result knows for itself.
  if (metric !== null) resolveMetrics({ clients: [] }, { also: [splitName(metric).base] });
  const { strategy, plan } = options;
  const metrics = [...new Set([...METRIC_NAMES, ...(metric === null ? [] : [metric])])];
  const trend = await readTrend(options.results, metrics, { scenario, strategy, plan });
  const report: TrendReport = {
    ...{ ...trend, metric, limit: options.limit },
    command: trendCommandLine(scenario, options),
    commandOf: (one) =>
      trendCommandLine(one.scenario, {
        ...options,
        ...{ strategy: one.strategy, out: [] },
        ...(one.plan === '' ? {} : { plan: one.plan }),
      }),
  };
  if (options.csv) await writeOut(TREND_FORMATS.csv.render(report));
  else if (options.json) await writeOut(TREND_FORMATS.json.render(report));
  else if (options.out.length === 0) await writeOut(renderTrend(report, lookOf(process.stdout, 'auto')));
  await writeEach(options.out, report, ALL_TREND_FORMATS);
}
