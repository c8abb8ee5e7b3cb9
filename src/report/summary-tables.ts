/** The numbers of one run: by client group, by queue, over time, and beside the theory. */
import { sumReasons } from '../core/ledger.ts';
import type { RunRecord } from '../core/record.ts';
import { formatBytes, formatCount } from '../core/units.ts';
import {
  countUnfinished,
  formatMs,
  formatNumber,
  formatReasons,
  formatSize,
  formatValue,
  NO_VALUE,
} from './format.ts';
import type { Paint } from './look.ts';
import { countBroughtBack, listGroups, listQueues, type NamedQueue } from './readings.ts';
import { renderBands, renderSparkline, type TimeAxis } from './sparkline.ts';
import { type Column, renderTable } from './table.ts';
import { padEnd, plainText, wrap } from './text.ts';
import type { TimelineRow } from './timeline-row.ts';

const INDENT = '  ';
const MAX_SPARKLINE_COLUMNS = 60;

/** One row for each client group, and a line for each whose copies did not simply arrive or get dropped. */
export function renderGroups(record: RunRecord, width: number, paint: Paint): string[] {
  const groups = listGroups(record);
  if (groups.length === 0) return [];
  const columns = groupColumns(record).map((column): Column => {
    if (column.header !== 'dropped') return column;
    return { ...column, paint: (cell) => (/[1-9]/.test(cell) ? paint.yellow(cell) : cell) };
  });
  const lines = renderTable(columns, width, { indent: INDENT, paintHeader: paint.dim });
  for (const { name, result } of groups) {
    const { ledger } = result;
    const notes = [
      note('failed', sumReasons(ledger.failed), formatReasons(ledger.failed)),
      note('merged into others', sumReasons(ledger.coalesced), formatReasons(ledger.coalesced)),
      Object.keys(ledger.dropped).length > 1
        ? note('dropped', sumReasons(ledger.dropped), formatReasons(ledger.dropped))
        : '',
      note('unfinished at the end', countUnfinished(ledger), ''),
      note('unaccounted for', ledger.unaccounted, ''),
    ].filter((text) => text !== '');
    if (notes.length > 0) {
      lines.push(...wrap(`${plainText(name)}: ${notes.join('; ')}`, width, INDENT, INDENT.repeat(2)));
    }
  }
  return lines;
}

function note(what: string, count: number, reasons: string): string {
  return count === 0 ? '' : `${formatCount(count)} ${what}${reasons === '' ? '' : ` (${reasons})`}`;
}

/** Response times are of what was delivered; `p99 of all` counts what was not as infinitely late. */
export function groupColumns(record: RunRecord): Column[] {
  const groups = listGroups(record);
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (group: (typeof groups)[number]) => string,
  ): Column => ({ header, align: 'right', dropOrder, cells: groups.map(cellOf) });
  return [
    { ...column('', 0, ({ name }) => plainText(name)), align: 'left' },
    column('clients', 9, ({ result }) => formatCount(result.connections)),
    column('offered', 4, ({ result }) => formatCount(result.ledger.offered)),
    column('delivered', 0, ({ result }) => formatCount(result.ledger.delivered)),
    column('dropped', 0, ({ result }) => formatCount(sumReasons(result.ledger.dropped))),
    column('p50', 3, ({ result }) => formatMs(result.latency.response.p50, NO_VALUE)),
    column('p99', 0, ({ result }) => formatMs(result.latency.response.p99, NO_VALUE)),
    column('p99.9', 8, ({ result }) => formatMs(result.latency.response.p999, NO_VALUE)),
    column('max', 5, ({ result }) => formatMs(result.latency.response.max, NO_VALUE)),
    column('p99 of all', 6, ({ result }) => formatMs(result.latency.all.p99, NO_VALUE)),
    column('age p99', 2, ({ result }) => formatMs(result.latency.age?.p99, NO_VALUE)),
  ];
}

/** One row for each queue that was offered anything, and its depth over time when there is a timeline. */
export function renderQueues(
  record: RunRecord,
  timeline: readonly TimelineRow[],
  width: number,
  paint: Paint,
): string[] {
  const queues = listQueues(record);
  if (queues.length === 0) return [];
  return [
    ...renderTable(queueColumns(queues), width, { indent: INDENT, paintHeader: paint.dim }),
    ...describeBroughtBack(record).flatMap((text) => wrap(text, width, INDENT, INDENT.repeat(2))),
    ...renderDepths(record, queues, timeline, width, paint),
  ];
}

/** What the column `dropped` counts and nobody lost. */
export function describeBroughtBack(record: RunRecord): string[] {
  const back = countBroughtBack(record);
  return back === 0 ? [] : [`sse.bus: ${formatCount(back)} of the dropped brought back from the store`];
}

export function queueColumns(queues: readonly NamedQueue[]): Column[] {
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (queue: NamedQueue) => string,
    align: Column['align'] = 'right',
  ): Column => ({ header, align, dropOrder, cells: queues.map(cellOf) });
  return [
    column('queue', 0, ({ name }) => name, 'left'),
    column('strategy', 6, ({ queue }) => plainText(queue.strategy), 'left'),
    column('fullest', 0, formatFullest),
    column('mean', 5, ({ queue }) => formatValue(queue.depth.mean, 'count')),
    column('bytes', 3, ({ queue }) => formatBytes(queue.bytes.max)),
    column('dropped', 2, ({ ledger }) => formatNumber(ledger && sumReasons(ledger.dropped), NO_VALUE)),
    column('blocked', 1, ({ queue }) => formatMs(queue.blockedMs)),
    column('waiters', 4, ({ queue }) => formatCount(queue.waitersMax)),
  ];
}

/** `64/64`, or `12,000/no limit`. */
export function formatFullest({ queue, boundItems }: NamedQueue): string {
  return `${formatCount(queue.depth.max)}/${boundItems === null ? 'no limit' : formatCount(boundItems)}`;
}

function renderDepths(
  record: RunRecord,
  queues: readonly NamedQueue[],
  timeline: readonly TimelineRow[],
  width: number,
  paint: Paint,
): string[] {
  const [firstRow, lastRow] = [timeline[0], timeline.at(-1)];
  if (firstRow === undefined || lastRow === undefined || firstRow.tMs === lastRow.tMs) return [];
  const labelWidth = Math.max(...queues.map(({ name }) => name.length));
  const columns = Math.min(MAX_SPARKLINE_COLUMNS, width - INDENT.length - labelWidth - 2);
  if (columns < 10) return [];
  const axis: TimeAxis = { fromMs: firstRow.tMs, toMs: lastRow.tMs, columns };
  const rows = queues.map(({ name, boundItems, queue }) => {
    const points = timeline.flatMap((row) => {
      const reading = row.queue[name];
      return reading === undefined ? [] : [{ tMs: row.tMs, value: reading.maxItems }];
    });
    return `${INDENT}${padEnd(name, labelWidth)}  ${renderSparkline(points, axis, boundItems ?? queue.depth.max)}`;
  });
  const bands = renderBands(
    record.phases.map((phase) => ({ ...phase, name: plainText(phase.name) })),
    axis,
  );
  return ['', ...rows, `${INDENT}${' '.repeat(labelWidth)}  ${paint.dim(bands)}`];
}

/** Memory, connections and tasks, each a line when it is known. */
export function renderResources(record: RunRecord): string[] {
  const { memory, connections, tasks, scenario } = record;
  const lines: string[] = [];
  const bytes = [
    memory.rssMaxBytes === null ? '' : `${formatSize(memory.rssMaxBytes)} resident`,
    memory.accountedMaxBytes === null
      ? ''
      : `${formatSize(memory.accountedMaxBytes)} queued or unsent${scenario.system.resources.maxMemoryBytes === null ? '' : ` of ${formatBytes(scenario.system.resources.maxMemoryBytes)} allowed`}`,
    memory.kernelMaxBytes === null ? '' : `${formatSize(memory.kernelMaxBytes)} in kernel buffers`,
  ].filter((text) => text !== '');
  if (bytes.length > 0) lines.push(`memory at most: ${bytes.join(' · ')}`);
  if (connections.attempted > 0) {
    lines.push(
      `connections: ${formatCount(connections.maxOpen)} open at most · ${formatCount(connections.rejected)} refused · ${formatCount(connections.failed)} failed`,
    );
  }
  if (tasks.max !== null) {
    lines.push(`tasks: ${formatCount(tasks.max)} at most · ${formatNumber(tasks.leaked)} left over`);
  }
  return lines;
}

export function renderPredictions(record: RunRecord, width: number, paint: Paint): string[] {
  const { predictions } = record;
  if (predictions.length === 0) return [];
  const column = (
    header: string,
    dropOrder: number,
    cellOf: (prediction: (typeof predictions)[number]) => string,
    align: Column['align'] = 'right',
  ): Column => ({ header, align, dropOrder, cells: predictions.map(cellOf) });
  return renderTable(
    [
      column('theory', 0, ({ quantity }) => plainText(quantity), 'left'),
      column('predicted', 0, ({ predicted, unit }) => formatValue(predicted, unit)),
      column('measured', 0, ({ measured, unit }) => formatValue(measured, unit)),
      column('formula', 1, ({ formula }) => plainText(formula), 'left'),
      column('where', 2, ({ assumptions }) => plainText(assumptions), 'left'),
    ],
    width,
    { indent: INDENT, paintHeader: paint.dim },
  );
}
