import { BOUNDARY_NAMES, type BoundaryName } from '../../../core/boundary.ts';
import { sumReasons } from '../../../core/ledger.ts';
import type { RunRecord } from '../../../core/record.ts';
import type { RunReport } from '../../report.ts';
import type { Chart } from '../chart.ts';
import { formatMoment, formatNumber } from '../number-text.ts';
import { ratesPerSec } from '../rates-per-sec.ts';
import { shortName } from '../text-width.ts';
import { emptyChart, isAllZero, makeTimePlot, peakOf, type TimeColumn } from '../time-plot.ts';

const ID = 'losses';
const TITLE = 'Drops and rejections';

/** Copies dropped at each boundary and connections refused, per second. */
export function lossesOverTime(report: RunReport): Chart {
  const { timeline, record } = report;
  if (timeline.length === 0) return emptyChart(ID, TITLE, 'This result has no timeline.');
  const timesMs = timeline.map(({ tMs }) => tMs);
  const sources = BOUNDARY_NAMES.map((name, color) => ({
    name: nameOf(record, name),
    color,
    totals: timeline.map(({ dropped }) => dropped[name] ?? null),
  }));
  sources.push({
    name: 'connections refused',
    color: 7,
    totals: timeline.map(({ rejected }) => rejected),
  });
  const columns: TimeColumn[] = [];
  const sentences: string[] = [];
  for (const { name, color, totals } of sources) {
    const values = ratesPerSec(timesMs, totals);
    const peak = peakOf(timesMs, values);
    if (peak === null || isAllZero(values)) continue;
    columns.push({ name, color, values });
    sentences.push(`${name} ${formatNumber(peak.value, 'perSec')} at ${formatMoment(peak.tMs)}`);
  }
  if (columns.length === 0) return emptyChart(ID, TITLE, 'Nothing was dropped and nobody was refused.');
  return makeTimePlot(report, {
    ...{ id: ID, title: TITLE, timesMs, columns, unit: 'perSec', yLabel: 'copies or connections per second' },
    caption: `At most: ${sentences.join(', ')}. Rates are over half a second.`,
  });
}

/** With the reason, where one accounts for nearly everything that the boundary dropped. */
function nameOf(record: RunRecord, boundary: BoundaryName): string {
  const dropped = record.ledgers.boundaries[boundary]?.dropped ?? {};
  const [first] = Object.entries(dropped).sort(([, a], [, b]) => b - a);
  if (first === undefined || first[1] < 0.95 * sumReasons(dropped)) return boundary;
  return `${boundary} ${shortName(first[0])}`;
}
