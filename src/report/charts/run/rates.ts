import type { RunReport } from '../../report.ts';
import type { Chart } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { ratesPerSec } from '../rates-per-sec.ts';
import { emptyChart, hasValues, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'rates';
const TITLE = 'Offered and achieved rate';

/** What was offered per second, and what clients received. */
export function ratesOverTime(report: RunReport): Chart {
  const { timeline } = report;
  if (timeline.length === 0) return emptyChart(ID, TITLE, 'This result has no timeline.');
  const timesMs = timeline.map(({ tMs }) => tMs);
  const offered = ratesPerSec(
    timesMs,
    timeline.map((row) => row.offered),
  );
  const delivered = ratesPerSec(
    timesMs,
    timeline.map((row) => row.delivered),
  );
  const most = peakOf(timesMs, offered);
  const achieved = peakOf(timesMs, delivered);
  if (achieved === null) return emptyChart(ID, TITLE, 'There are too few samples for a rate.');
  const columns: TimeColumn[] = [{ name: 'delivered', color: 0, values: delivered }];
  if (hasValues(offered)) columns.unshift({ name: 'offered', color: 1, values: offered });
  const lead =
    most === null
      ? 'What was offered is not known.'
      : `At most ${formatNumber(most.value, 'perSec')} offered, at ${formatMoment(most.tMs)};`;
  return makeTimePlot(report, {
    ...{
      id: ID,
      title: TITLE,
      timesMs,
      columns,
      unit: 'perSec',
      yLabel: 'copies, replies and requests per second',
    },
    caption: `${lead} at most ${formatNumber(achieved.value, 'perSec')} delivered, at ${formatMoment(achieved.tMs)}. Rates are over half a second.`,
  });
}
