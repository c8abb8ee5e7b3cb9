import type { TimelineRow } from '../timeline-row.ts';
import type { Format } from './format.ts';
import { type Labels, type MetricFamily, OpenMetricsText } from './open-metrics-text.ts';
import { labelsOf } from './openmetrics.ts';

const gauge = (name: string, help: string): MetricFamily => ({ name, type: 'gauge', help });
const counter = (name: string, help: string): MetricFamily => ({ name, type: 'counter', help });

const OFFERED = counter('bpbench_timeline_offered', 'Copies and requests offered so far.');
const DELIVERED = counter('bpbench_timeline_delivered', 'Copies, replies and responses received so far.');
const REJECTED = counter('bpbench_timeline_rejected', 'Connections rejected so far.');
const DROPPED = counter('bpbench_timeline_dropped', 'Copies dropped so far at a boundary.');
const BLOCKED = {
  ...counter('bpbench_timeline_blocked_seconds', 'Time that producers waited so far.'),
  unit: 'seconds',
} as const;
const CONNECTIONS = gauge('bpbench_timeline_connections', 'Open connections.');
const IN_FLIGHT = gauge('bpbench_timeline_in_flight', 'Requests and messages that have not ended.');
const TASKS = gauge('bpbench_timeline_tasks', 'Open tasks of the system.');
const RSS = {
  ...gauge('bpbench_timeline_rss_bytes', 'Resident memory of the system.'),
  unit: 'bytes',
} as const;
const ITEMS = gauge('bpbench_timeline_queue_items', 'Items queued at a boundary.');
const BYTES = {
  ...gauge('bpbench_timeline_queue_bytes', 'Bytes queued at a boundary.'),
  unit: 'bytes',
} as const;
const SLIP = {
  ...gauge('bpbench_timeline_slip_seconds', 'Lateness of the generator, p99.'),
  unit: 'seconds',
} as const;
const RESPONSE = {
  ...gauge('bpbench_timeline_response_seconds', 'Response time of a group since the moment before.'),
  unit: 'seconds',
} as const;

/** Series by series, each in the order of time, as a backfill wants them. */
export default {
  name: 'openmetrics-series',
  extensions: ['.series.om', '.backfill.om'],
  summary: 'OpenMetrics 1.0 of the whole timeline with timestamps, for promtool tsdb create-blocks-from',
  isText: true,
  render(report) {
    const text = new OpenMetricsText();
    for (const run of report.kind === 'run' ? [report] : report.runs) {
      addTimeline(text, run.timeline, Date.parse(run.record.startedAt), labelsOf(report, run));
    }
    return text.toString();
  },
} satisfies Format;

function addTimeline(
  text: OpenMetricsText,
  timeline: readonly TimelineRow[],
  epochMs: number,
  run: Labels,
): void {
  const rows = timeline.toSorted((a, b) => a.tMs - b.tMs);
  const series = (
    family: MetricFamily,
    labels: Labels,
    pick: (row: TimelineRow) => number | null | undefined,
  ): void => {
    for (const row of rows) text.add(family, labels, pick(row) ?? null, { atMs: epochMs + row.tMs });
  };
  series(OFFERED, run, (row) => row.offered);
  series(DELIVERED, run, (row) => row.delivered);
  series(REJECTED, run, (row) => row.rejected);
  series(CONNECTIONS, run, (row) => row.connections);
  series(IN_FLIGHT, run, (row) => row.inFlight);
  series(TASKS, run, (row) => row.tasks);
  series(RSS, run, (row) => row.rssBytes);
  series(SLIP, run, (row) => row.slipP99Ms / 1000);
  for (const boundary of keysOf(rows, (row) => row.dropped)) {
    series(DROPPED, { ...run, boundary }, (row) => row.dropped[boundary]);
  }
  for (const boundary of keysOf(rows, (row) => row.queue)) {
    const labels = { ...run, boundary };
    series(ITEMS, labels, (row) => row.queue[boundary]?.items);
    series(BYTES, labels, (row) => row.queue[boundary]?.bytes);
    series(BLOCKED, labels, (row) => secondsOf(row.queue[boundary]?.blockedMs));
  }
  for (const group of keysOf(rows, (row) => row.latencyMs ?? {})) {
    const labels = { ...run, group };
    series(RESPONSE, { ...labels, stat: 'p50' }, (row) => secondsOf(row.latencyMs?.[group]?.p50));
    series(RESPONSE, { ...labels, stat: 'p99' }, (row) => secondsOf(row.latencyMs?.[group]?.p99));
    series(RESPONSE, { ...labels, stat: 'max' }, (row) => secondsOf(row.latencyMs?.[group]?.max));
  }
}

/** In the order in which they first came. */
function keysOf<K extends string>(
  rows: readonly TimelineRow[],
  tableOf: (row: TimelineRow) => Partial<Record<K, unknown>>,
): K[] {
  const keys = new Set<K>();
  for (const row of rows) for (const key of Object.keys(tableOf(row))) keys.add(key as K);
  return [...keys];
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}
