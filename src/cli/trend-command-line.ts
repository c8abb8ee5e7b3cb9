/** The command that shows a trend again: what was typed, without what is so anyway. */
import { quoteForShell } from '../core/shell.ts';
import type { TrendOptions } from './commands/trend.ts';

export const DEFAULT_LIMIT = 20;
export const DEFAULT_RESULTS = 'results';

export function trendCommandLine(scenario: string | undefined, options: TrendOptions): string {
  const { metric, strategy, plan, limit, results, out, csv, json } = options;
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  return [
    ...['bpbench', 'trend', ...(scenario === undefined ? [] : [scenario])],
    ...flag('--metric', metric),
    ...flag('--strategy', strategy),
    ...flag('--plan', plan),
    ...flag('--limit', limit === DEFAULT_LIMIT ? undefined : String(limit)),
    ...flag('--results', results === DEFAULT_RESULTS ? undefined : results),
    ...(csv ? ['--csv'] : []),
    ...(json ? ['--json'] : []),
    ...out.flatMap((word) => ['-o', word]),
  ]
    .map(quoteForShell)
    .join(' ');
}
