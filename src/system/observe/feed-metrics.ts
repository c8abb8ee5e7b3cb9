/** The event store, the projections and the feed of server-sent events; the ironstar note's own names where it has any. */

import { sumReasons } from '../../core/ledger.ts';
import type { ProjectionSample, SseSample, StoreSample, SystemSample } from '../../core/samples.ts';
import { counter, gauge, histogram, inSeconds, type Metric, type MetricRow } from './exposition.ts';

/** Parts that are not there leave no metric, so that nobody takes their silence for a zero. */
export function feedMetrics({ boundaries, connections, store, projections, sse }: SystemSample): Metric[] {
  const clients = boundaries['sse.client'];
  return [
    ...(store ? storeMetrics(store) : []),
    ...(projections === undefined ? [] : projectionMetrics(projections)),
    gauge('sse_connections', 'Open SSE connections.', connections.sse.open),
    ...(clients === undefined
      ? []
      : [
          counter(
            'rate_limit_drops_total',
            'Events dropped between the bus and an SSE response.',
            sumReasons(clients.ledger.dropped),
          ),
        ]),
    ...(sse === undefined ? [] : sseMetrics(sse)),
  ];
}

function storeMetrics(store: StoreSample): Metric[] {
  return [
    counter('events_appended_total', 'Events in the store since the start.', store.appended),
    histogram(
      'append_duration_seconds',
      'Time from the call to the commit of an event.',
      inSeconds(store.appendMs),
    ),
    counter('bpbench_store_failures_total', 'Events that could not be stored.', store.failed),
    gauge('bpbench_store_pending_events', 'Events handed to the writer and not committed.', store.pending),
    histogram('bpbench_store_commit_events', 'Events per commit.', store.commitSizes),
    gauge('bpbench_store_head_id', 'The highest id there is.', store.headId),
    gauge('bpbench_store_oldest_id', 'The lowest id that can be read.', store.oldestId),
    gauge(
      'bpbench_store_up',
      'Whether the store works: 1, or 0 while it cannot be written.',
      store.error === null ? 1 : 0,
    ),
  ];
}

function projectionMetrics(projections: readonly ProjectionSample[]): Metric[] {
  const each = (pick: (projection: ProjectionSample) => number): MetricRow[] =>
    projections.map((one) => ({ labels: { projection: one.name }, value: pick(one) }));
  return [
    gauge(
      'projection_lag_events',
      'Events that the projection is behind.',
      each(({ lag }) => lag),
    ),
    counter(
      'bpbench_projection_events_total',
      'Events taken in.',
      each(({ processed }) => processed),
    ),
    counter(
      'bpbench_projection_missed_total',
      'Events that the bus overwrote before they were taken in.',
      each(({ missed }) => missed),
    ),
    counter(
      'bpbench_projection_recovered_total',
      'Events of those that were read from the store.',
      each(({ recovered }) => recovered),
    ),
  ];
}

function sseMetrics(sse: SseSample): Metric[] {
  const told: Record<string, number> = {
    gap: sse.gaps,
    snapshot: sse.snapshots,
    reload: sse.reloads,
    stale: sse.staleMarks,
  };
  const ended: Record<string, number> = { lag: sse.endedByLag, 'write-deadline': sse.endedByDeadline };
  return [
    counter('broadcast_lags_total', 'Times that the bus lapped a client.', sse.lags),
    histogram(
      'sse_emit_duration_seconds',
      'Time from the publication of an event to its hand-over to the kernel.',
      inSeconds(sse.emitMs),
    ),
    histogram('batch_sizes', 'Events written to a socket at a time.', sse.batchSizes),
    counter(
      'bpbench_sse_missed_total',
      'Events that clients had not taken when they were lapped.',
      sse.missed,
    ),
    counter('bpbench_sse_resumes_total', 'Clients that came with a Last-Event-ID.', sse.resumes),
    counter('bpbench_sse_replays_total', 'Replays from the store.', sse.replays),
    counter('bpbench_sse_replayed_events_total', 'Events that replays have sent.', sse.replayed),
    counter(
      'bpbench_sse_deduplicated_total',
      'Live events left out because a replay had sent them.',
      sse.deduplicated,
    ),
    counter('bpbench_sse_told_total', 'What clients were told instead of events.', byLabel('what', told)),
    counter('bpbench_sse_ended_total', 'Streams that were ended, by reason.', byLabel('reason', ended)),
  ];
}

function byLabel(label: string, values: Readonly<Record<string, number>>): MetricRow[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
