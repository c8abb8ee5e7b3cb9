/** The system's state as Prometheus text (exposition format 0.0.4). */
import type { SystemSample } from '../../core/samples.ts';

type Row = [labels: string, value: number];

export function renderMetrics(sample: SystemSample): string {
  const lines: string[] = [];
  const metric = (name: string, type: 'counter' | 'gauge', help: string, rows: Row[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of rows) lines.push(`${name}${labels} ${value}`);
  };
  const boundaries = Object.entries(sample.boundaries);
  const of = (pick: (boundary: (typeof boundaries)[number][1]) => number): Row[] =>
    boundaries.map(([name, boundary]) => [`{boundary="${name}"}`, pick(boundary)]);
  const reasons = boundaries.flatMap(([name, { ledger }]) =>
    Object.entries(ledger.dropped).map(
      ([reason, count]): Row => [`{boundary="${name}",reason="${reason}"}`, count],
    ),
  );
  const paths = Object.entries(sample.connections);

  metric('bpbench_events_published_total', 'counter', 'Events taken from publishers.', [
    ['', sample.published],
  ]);
  metric(
    'bpbench_copies_offered_total',
    'counter',
    'Copies offered to a queue.',
    of((b) => b.ledger.offered),
  );
  metric(
    'bpbench_copies_delivered_total',
    'counter',
    'Copies accepted by the sink.',
    of((b) => b.ledger.delivered),
  );
  metric('bpbench_copies_dropped_total', 'counter', 'Copies dropped, by reason.', reasons);
  metric(
    'bpbench_queue_items',
    'gauge',
    'Items queued now, over all queues.',
    of((b) => b.depthItems),
  );
  metric(
    'bpbench_queue_items_max',
    'gauge',
    'Items in the fullest queue now.',
    of((b) => b.depthMaxItems),
  );
  metric(
    'bpbench_queue_bytes',
    'gauge',
    'Bytes queued now.',
    of((b) => b.bytes),
  );
  metric(
    'bpbench_queue_waiters',
    'gauge',
    'Producers waiting now.',
    of((b) => b.waiters),
  );
  metric(
    'bpbench_blocked_seconds_total',
    'counter',
    'Time producers waited.',
    of((b) => b.blockedMs / 1000),
  );
  metric(
    'bpbench_connections',
    'gauge',
    'Open connections.',
    paths.map(([path, c]) => [`{path="${path}"}`, c.open]),
  );
  metric(
    'bpbench_connections_rejected_total',
    'counter',
    'Connections refused.',
    paths.map(([path, c]) => [`{path="${path}"}`, c.rejected]),
  );
  metric(
    'bpbench_tasks',
    'gauge',
    'Live tasks.',
    Object.entries(sample.tasks.byKind).map(([kind, count]) => [`{kind="${kind}"}`, count]),
  );
  metric('bpbench_backpressure_events_total', 'counter', 'Times work met a lack of room.', [
    ['', sample.backpressureEvents],
  ]);
  metric('bpbench_accounted_bytes', 'gauge', 'Bytes held by queues and unfinished writes.', [
    ['', sample.memory.accountedBytes],
  ]);
  metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [['', sample.memory.rssBytes]]);
  return `${lines.join('\n')}\n`;
}
