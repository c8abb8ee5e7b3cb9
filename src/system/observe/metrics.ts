/**
 * The system's state as Prometheus text. Counters begin with the process, gauges are of the moment. What a noted
 * system names has that name; everything else begins with bpbench_.
 */
import type { BoundarySample, SystemSample } from '../../core/samples.ts';
import { counter, gauge, type Metric, type MetricRow, renderExposition } from './exposition.ts';
import { feedMetrics } from './feed-metrics.ts';
import { type ProcessReading, processMetrics, readOwnProcess } from './process-metrics.ts';
import { relayMetrics } from './relay-metrics.ts';

export function renderMetrics(sample: SystemSample, reading: ProcessReading = readOwnProcess()): string {
  return renderExposition([
    ...queueMetrics(sample),
    ...connectionMetrics(sample),
    ...proxyMetrics(sample),
    ...observerMetrics(sample),
    ...programMetrics(sample),
    ...feedMetrics(sample),
    ...relayMetrics(sample),
    ...waitMetrics(sample),
    ...holdingMetrics(sample),
    ...processMetrics(sample.memory.rssBytes, reading),
  ]);
}

/** Everything about queues, for each boundary at which there are any. */
function queueMetrics(sample: SystemSample): Metric[] {
  const boundaries = Object.entries(sample.boundaries);
  const each = (pick: (boundary: BoundarySample) => number): MetricRow[] =>
    boundaries.map(([boundary, reading]) => ({ labels: { boundary }, value: pick(reading) }));
  const byReason = (column: 'dropped' | 'coalesced' | 'failed'): MetricRow[] =>
    boundaries.flatMap(([boundary, { ledger }]) =>
      Object.entries(ledger[column]).map(([reason, value]) => ({ labels: { boundary, reason }, value })),
    );
  return [
    counter('bpbench_events_published_total', 'Events taken from publishers.', sample.published),
    counter(
      'bpbench_copies_offered_total',
      'Copies offered to a queue.',
      each((b) => b.ledger.offered),
    ),
    counter(
      'bpbench_copies_delivered_total',
      'Copies accepted by the sink.',
      each((b) => b.ledger.delivered),
    ),
    counter('bpbench_copies_dropped_total', 'Copies dropped, by reason.', byReason('dropped')),
    counter(
      'bpbench_copies_coalesced_total',
      'Copies that another one stands for, by reason.',
      byReason('coalesced'),
    ),
    counter(
      'bpbench_copies_failed_total',
      'Copies that could not be handed over, by reason.',
      byReason('failed'),
    ),
    gauge(
      'bpbench_queue_items',
      'Items queued now, over all queues.',
      each((b) => b.depthItems),
    ),
    gauge(
      'bpbench_queue_items_max',
      'Items in the fullest queue now.',
      each((b) => b.depthMaxItems),
    ),
    gauge(
      'bpbench_queue_bytes',
      'Bytes queued now.',
      each((b) => b.bytes),
    ),
    gauge(
      'bpbench_queue_in_flight_items',
      'Items handed to the sink and not finished.',
      each((b) => b.ledger.inFlight),
    ),
    gauge(
      'bpbench_queue_spilled_items',
      'Items on disk now.',
      each((b) => b.ledger.spilled),
    ),
    gauge(
      'bpbench_queue_waiters',
      'Producers waiting now.',
      each((b) => b.waiters),
    ),
    counter(
      'bpbench_blocked_seconds_total',
      'Time producers waited.',
      each((b) => b.blockedMs / 1000),
    ),
    counter('bpbench_backpressure_events_total', 'Times work met a lack of room.', sample.backpressureEvents),
  ];
}

function connectionMetrics(sample: SystemSample): Metric[] {
  const paths = Object.entries(sample.connections);
  return [
    gauge(
      'bpbench_connections',
      'Open connections.',
      paths.map(([path, { open }]) => ({ labels: { path }, value: open })),
    ),
    counter(
      'bpbench_connections_admitted_total',
      'Connections let in.',
      paths.map(([path, { admitted }]) => ({ labels: { path }, value: admitted })),
    ),
    counter(
      'bpbench_connections_rejected_total',
      'Connections refused.',
      paths.map(([path, { rejected }]) => ({ labels: { path }, value: rejected })),
    ),
  ];
}

function proxyMetrics({ proxied, terminations, upstream }: SystemSample): Metric[] {
  const clients = Object.entries(terminations ?? {});
  const upstreams = Object.entries(upstream ?? {});
  return [
    counter('bpbench_requests_started_total', 'Requests that the reverse proxy took.', proxied.started),
    counter('bpbench_requests_finished_total', 'Requests answered whole.', proxied.finished),
    counter('bpbench_requests_failed_total', 'Requests that failed.', proxied.failed),
    counter(
      'bpbench_proxy_connections_accepted_total',
      'Client connections accepted.',
      clients.map(([proxy, { accepted }]) => ({ labels: { proxy }, value: accepted })),
    ),
    gauge(
      'bpbench_proxy_connections',
      'Open client connections.',
      clients.map(([proxy, { open }]) => ({ labels: { proxy }, value: open })),
    ),
    counter(
      'bpbench_proxy_connections_ended_total',
      'Client connections that ended, by code: who ended it, and in which phase.',
      clients.flatMap(([proxy, { codes }]) =>
        Object.entries(codes).map(([code, value]) => ({ labels: { proxy, code }, value })),
      ),
    ),
    gauge(
      'bpbench_upstream_connections',
      'Open connections to upstream servers.',
      upstreams.flatMap(([proxy, { open, idle }]) => [
        { labels: { proxy, state: 'busy' }, value: open - idle },
        { labels: { proxy, state: 'idle' }, value: idle },
      ]),
    ),
    counter(
      'bpbench_upstream_connections_created_total',
      'Connections made to upstream servers.',
      upstreams.map(([proxy, { created }]) => ({ labels: { proxy }, value: created })),
    ),
    counter(
      'bpbench_upstream_connections_reused_total',
      'Exchanges on a connection that was there already.',
      upstreams.map(([proxy, { reused }]) => ({ labels: { proxy }, value: reused })),
    ),
  ];
}

function observerMetrics({ lifecycle, observer }: SystemSample): Metric[] {
  const seen: Record<string, number> = {
    complete: lifecycle.complete,
    'summary-only': lifecycle.summaryOnly,
    unseen: lifecycle.unseen,
  };
  const metrics = [
    counter(
      'bpbench_observed_requests_total',
      'Requests that have ended, by what the observer saw of them.',
      Object.entries(seen).map(([as, value]) => ({ labels: { as }, value })),
    ),
    gauge(
      'bpbench_observed_requests_pending_forever',
      'Requests that have ended and whose end the observer never saw.',
      lifecycle.pendingForever,
    ),
  ];
  if (observer === undefined) return metrics;
  return [
    ...metrics,
    gauge('bpbench_observer_pending_rows', 'Requests shown as pending.', observer.pendingRows),
    gauge('bpbench_observer_kept_events', 'Events that the observer keeps.', observer.keptEvents),
    gauge('bpbench_observer_kept_requests', 'Requests that the observer keeps.', observer.keptRequests),
    gauge('bpbench_observer_kept_bytes', 'Bytes of what the observer keeps.', observer.keptBytes),
    gauge('bpbench_observer_tick_chains', 'Chains of redraws under way.', observer.tickChains),
  ];
}

function programMetrics({ program }: SystemSample): Metric[] {
  if (program === undefined || program === null) return [];
  return [
    gauge('bpbench_program_state', 'The state of the program beside the proxy; its value is 1.', [
      { labels: { state: program.state }, value: 1 },
    ]),
    counter('bpbench_program_lines_total', 'Output lines read.', program.lines),
    counter(
      'bpbench_program_paused_seconds_total',
      'Time in which its output was not read for lack of room.',
      program.pausedMs / 1000,
    ),
  ];
}

/** Of waits that have lasted; the longest stands first. */
function waitMetrics({ waits = [] }: SystemSample): Metric[] {
  return [
    gauge('bpbench_waits', 'Waits that have lasted, 200 at most.', waits.length),
    gauge('bpbench_wait_longest_seconds', 'The longest of them so far.', (waits[0]?.ageMs ?? 0) / 1000),
  ];
}

function holdingMetrics({ tasks, memory }: SystemSample): Metric[] {
  return [
    gauge(
      'bpbench_tasks',
      'Live tasks.',
      Object.entries(tasks.byKind).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    gauge('bpbench_accounted_bytes', 'Bytes held by queues and unfinished writes.', memory.accountedBytes),
    gauge('bpbench_socket_bytes', 'Bytes of writes that the kernel has not taken.', memory.socketBytes),
    gauge('bpbench_heap_used_bytes', 'Heap in use.', memory.heapUsedBytes),
    gauge('bpbench_external_bytes', 'Memory outside of the heap, buffers included.', memory.externalBytes),
  ];
}
