import { METRIC_NAMES } from '../../comparison/metrics.ts';
import { BenchError } from '../../core/errors.ts';
import { toCell } from '../formats/csv.ts';
import { plainText } from '../text.ts';
import type { TrendReport, TrendSeries } from './trend.ts';

/**
 * What Apache Otava reads: a row for each result of one series, `time,commit` and a column for each metric, in ISO 8601 and
 * plain numbers. What is absent, infinite or of a run that does not count is empty. All metrics, unless one was asked for.
 *
 * Errors: BPB_ERR_USAGE where there is no series, or more than one.
 */
export function renderOtavaCsv(report: TrendReport): string {
  const metrics = report.metric === null ? METRIC_NAMES : [report.metric];
  const { points } = onlyOne(report);
  const rows = points.map(({ startedAt, commit, values }) => [
    startedAt,
    commit ?? '',
    ...metrics.map((metric) => (typeof values[metric] === 'number' ? String(values[metric]) : '')),
  ]);
  return [['time', 'commit', ...metrics], ...rows]
    .map((cells) => `${cells.map(toCell).join(',')}\n`)
    .join('');
}

function onlyOne({ series, commandOf }: TrendReport): TrendSeries {
  const [first, second] = series;
  if (first !== undefined && second === undefined) return first;
  if (first === undefined) throw new BenchError('BPB_ERR_USAGE', 'there is no result to write a trend of');
  const names = series.map((one) => {
    const { scenario, strategy, plan } = one;
    return plainText(`${scenario} ${strategy}${plan === '' ? '' : ` (plan ${plan})`}`);
  });
  throw new BenchError(
    'BPB_ERR_USAGE',
    `CSV is for results of one scenario, strategy and plan, got ${series.length} of these`,
    {
      hints: [`name one: ${plainText(commandOf(first))}`, `there are: ${names.join(', ')}`],
    },
  );
}
