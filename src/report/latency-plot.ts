/** Response times over the run, one small picture for each client group, all on one scale, above the phases. */
import type { RunRecord } from '../core/record.ts';
import { formatMs } from './format.ts';
import type { Paint } from './look.ts';
import { type BandPoint, type LogScale, renderBand } from './plot.ts';
import { listGroups } from './readings.ts';
import { renderBands, type TimeAxis } from './sparkline.ts';
import { INDENT } from './terminal-parts.ts';
import { displayWidth, padEnd, padStart, plainText, truncate, wrap } from './text.ts';
import type { TimelineRow } from './timeline-row.ts';

/** Narrower screens have the numbers alone. */
const MIN_WIDTH = 100;
const MAX_COLUMNS = 96;
const MAX_GROUPS = 4;
const MAX_NAME_WIDTH = 16;
const ROWS = 3;
/** Intervals come four times a second: half a second without one means that nothing arrived. */
const HOLD_MS = 500;

interface GroupSeries {
  readonly name: string;
  readonly points: readonly BandPoint[];
}

/** Empty on a narrow screen, or where nothing is known over time. Of many groups the slowest. */
export function renderLatencyPlot(
  record: RunRecord,
  timeline: readonly TimelineRow[],
  look: { readonly width: number; readonly unicode: boolean },
  paint: Paint,
): string[] {
  const { width, unicode: isUnicode } = look;
  const [firstRow, lastRow] = [timeline[0], timeline.at(-1)];
  if (width < MIN_WIDTH || firstRow === undefined || lastRow === undefined) return [];
  const all = listGroups(record)
    .map(({ name }) => seriesOf(name, timeline))
    .filter(({ points }) => points.length > 1);
  const series = all.toSorted((a, b) => highest(b) - highest(a)).slice(0, MAX_GROUPS);
  if (series.length === 0) return [];
  const scale = scaleOf(series.flatMap(({ points }) => points));
  const labels = [formatMs(scale.max), formatMs(scale.min)];
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const names = series.map(({ name }) => truncate(plainText(name), MAX_NAME_WIDTH));
  const nameWidth = Math.max(...names.map(displayWidth));
  const before = INDENT.length + nameWidth + 2 + labelWidth + 2;
  const axis: TimeAxis = {
    fromMs: firstRow.tMs,
    toMs: lastRow.tMs,
    columns: Math.min(MAX_COLUMNS, width - before),
  };
  const pictures = series.flatMap(({ points }, at) =>
    renderBand(points, axis, scale, { rows: ROWS, isUnicode, holdMs: HOLD_MS }).map((row, line) => {
      const name = line === 0 ? (names[at] ?? '') : '';
      const label = line === 0 ? labels[0] : line === ROWS - 1 ? labels[1] : '';
      const edge = label === '' ? '│' : '┤';
      return `${INDENT}${padEnd(name, nameWidth)}  ${padStart(label ?? '', labelWidth)} ${edge}${row}`;
    }),
  );
  const left = all.length - series.length;
  const title = `response times, from p50 to p99 of each moment, logarithmic${left > 0 ? `; ${left} faster groups are not shown` : ''}`;
  const ruler = renderBands(
    record.phases.map((phase) => ({ ...phase, name: plainText(phase.name) })),
    axis,
  );
  return [
    ...wrap(title, width, INDENT).map(paint.dim),
    ...pictures,
    `${' '.repeat(before)}${paint.dim(ruler)}`,
  ];
}

function seriesOf(name: string, timeline: readonly TimelineRow[]): GroupSeries {
  const points = timeline.flatMap(({ tMs, latencyMs }) => {
    const latency = latencyMs !== null && Object.hasOwn(latencyMs, name) ? latencyMs[name] : undefined;
    return latency === undefined ? [] : [{ tMs, low: latency.p50, high: latency.p99 }];
  });
  return { name, points };
}

function highest({ points }: GroupSeries): number {
  return points.reduce((max, { high }) => Math.max(max, high), 0);
}

/** Whole powers of ten around all of it, a microsecond at least. */
function scaleOf(points: readonly BandPoint[]): LogScale {
  const low = points.reduce((min, point) => Math.min(min, point.low), Number.POSITIVE_INFINITY);
  const high = points.reduce((max, point) => Math.max(max, point.high), 0);
  const min = 10 ** Math.floor(Math.log10(Math.max(0.001, low)));
  const max = 10 ** Math.ceil(Math.log10(Math.max(0.001, high)));
  return { min, max: max > min ? max : min * 10 };
}
