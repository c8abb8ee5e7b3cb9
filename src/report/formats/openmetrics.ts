import type { LatencySummary } from '../../core/histogram.ts';
import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { GroupResult, LatencyOfAll, RunRecord } from '../../core/record.ts';
import type { Report, RunReport } from '../report.ts';
import type { Format } from './format.ts';
import { type Labels, type MetricFamily, OpenMetricsText } from './open-metrics-text.ts';
import { addComparison } from './openmetrics-comparison.ts';

const gauge = (name: string, help: string): MetricFamily => ({ name, type: 'gauge', help });
const counter = (name: string, help: string): MetricFamily => ({ name, type: 'counter', help });

const RUN = { name: 'bpbench_run', type: 'info', help: 'What was played.' } as const;
const VERDICT = { name: 'bpbench_verdict', type: 'stateset', help: 'The verdict of the run.' } as const;
const VERDICTS = ['pass', 'fail', 'invalid', 'stalled'] as const;
const CHECK = gauge('bpbench_check', '1 for the status that the check has.');
const DURATION = {
  ...gauge('bpbench_run_duration_seconds', 'From the first phase to the last event.'),
  unit: 'seconds',
} as const;
const LATENCY = {
  name: 'bpbench_latency_seconds',
  type: 'summary',
  unit: 'seconds',
  help: 'By view: response of what was delivered from the intended time, service from the real send, slip of the generator, age of information, all with what was never served as +Inf.',
} as const;
const DEADLINE_MISS = {
  ...gauge('bpbench_deadline_miss_ratio', 'Share of the offered that was not delivered in time.'),
  unit: 'ratio',
} as const;
const QUEUE_ITEMS = gauge('bpbench_queue_items', 'Items queued at a boundary.');
const QUEUE_BYTES = {
  ...gauge('bpbench_queue_bytes', 'Bytes queued at a boundary.'),
  unit: 'bytes',
} as const;
const BLOCKED = {
  ...counter('bpbench_producer_blocked_seconds', 'Time that producers waited, added up.'),
  unit: 'seconds',
} as const;
const CONNECTIONS = counter('bpbench_connections', 'Connections by what became of them.');
const TASKS = gauge('bpbench_tasks', 'Open tasks of the system.');
const MEMORY = {
  ...gauge('bpbench_memory_bytes', 'Memory at its highest, by kind.'),
  unit: 'bytes',
} as const;
const CPU = { ...counter('bpbench_cpu_seconds', 'Processor time of the system.'), unit: 'seconds' } as const;
const STALLS = counter('bpbench_stalls', 'Standstills with work and demand on both sides.');
const COLUMNS = {
  offered: counter('bpbench_offered', 'Copies and requests that were offered.'),
  delivered: counter('bpbench_delivered', 'Copies and requests that arrived.'),
  dropped: counter('bpbench_dropped', 'Copies and requests that were dropped, by reason.'),
  coalesced: counter('bpbench_coalesced', 'Copies that were merged into others, by reason.'),
  failed: counter('bpbench_failed', 'Copies and requests that failed, by reason.'),
  unaccounted: gauge('bpbench_unaccounted', 'What the ledger cannot explain; 0 for a sound one.'),
} as const;

export default {
  name: 'openmetrics',
  extensions: ['.om', '.openmetrics'],
  summary: 'OpenMetrics 1.0 without timestamps, for scrapes and GitLab metrics reports',
  isText: true,
  render(report) {
    const text = new OpenMetricsText();
    for (const run of report.kind === 'run' ? [report] : report.runs)
      addRun(text, run, labelsOf(report, run));
    if (report.kind === 'comparison') addComparison(text, report.record);
    return text.toString();
  },
} satisfies Format;

/** What tells this run from the others: also the labels of its time series. */
export function labelsOf(report: Report, { record }: RunReport): Labels {
  const labels = { scenario: record.scenario.name, strategy: record.strategyName, run: record.id };
  if (report.kind === 'run') return labels;
  const run = report.record.runs.find(({ id }) => id === record.id);
  const block = run?.block ?? null;
  // From 1, as people are shown it.
  return { ...labels, arm: run?.arm ?? null, block: block === null ? null : block + 1 };
}

function addRun(text: OpenMetricsText, { record }: RunReport, run: Labels): void {
  const { environment, verdict, connections, memory, tasks } = record;
  text.add(RUN, { ...run, seed: record.seed, version: environment.bpbenchVersion }, 1);
  for (const status of VERDICTS) {
    text.add(VERDICT, { ...run, bpbench_verdict: status }, verdict.status === status ? 1 : 0);
  }
  text.add(DURATION, run, record.durationMs / 1000);
  for (const { name, status } of record.checks) text.add(CHECK, { ...run, check: name, status }, 1);
  for (const [name, group] of Object.entries(record.groups)) {
    addGroup(text, group, { ...run, group: name, path: group.path });
  }
  for (const [boundary, queue] of Object.entries(record.queues)) {
    const labels = { ...run, boundary };
    text.add(QUEUE_ITEMS, { ...labels, stat: 'mean' }, queue.depth.mean);
    text.add(QUEUE_ITEMS, { ...labels, stat: 'max' }, queue.depth.max);
    text.add(QUEUE_ITEMS, { ...labels, stat: 'final' }, queue.depth.final);
    text.add(QUEUE_BYTES, { ...labels, stat: 'max' }, queue.bytes.max);
    text.add(BLOCKED, labels, queue.blockedMs / 1000);
  }
  for (const outcome of ['admitted', 'rejected', 'failed'] as const) {
    text.add(CONNECTIONS, { ...run, outcome }, connections[outcome]);
  }
  for (const stat of ['max', 'final', 'leaked'] as const) text.add(TASKS, { ...run, stat }, tasks[stat]);
  for (const [kind, bytes] of Object.entries(memoryOf(memory))) text.add(MEMORY, { ...run, kind }, bytes);
  text.add(CPU, run, record.cpu.systemMs === null ? null : record.cpu.systemMs / 1000);
  text.add(STALLS, run, record.stalls.length);
}

function memoryOf(memory: RunRecord['memory']): Record<string, number | null> {
  return {
    rss: memory.rssMaxBytes,
    heap: memory.heapMaxBytes,
    queued: memory.accountedMaxBytes,
    socket: memory.socketMaxBytes,
    kernel: memory.kernelMaxBytes,
  };
}

function addGroup(text: OpenMetricsText, { ledger, latency }: GroupResult, labels: Labels): void {
  addLedger(text, ledger, labels);
  for (const view of ['response', 'service', 'slip', 'age', 'all'] as const) {
    addLatency(text, latency[view], { ...labels, view });
  }
  text.add(DEADLINE_MISS, labels, latency.deadlineMiss.share);
}

function addLedger(text: OpenMetricsText, ledger: LedgerSnapshot, labels: Labels): void {
  for (const column of ['offered', 'delivered', 'unaccounted'] as const) {
    text.add(COLUMNS[column], labels, ledger[column]);
  }
  for (const column of ['dropped', 'coalesced', 'failed'] as const) {
    for (const [reason, count] of Object.entries(ledger[column])) {
      text.add(COLUMNS[column], { ...labels, reason }, count);
    }
  }
}

const QUANTILES = { p50: '0.5', p90: '0.9', p95: '0.95', p99: '0.99', p999: '0.999', max: '1.0' } as const;

function addLatency(
  text: OpenMetricsText,
  latency: LatencySummary | LatencyOfAll | null,
  labels: Labels,
): void {
  if (latency === null) return;
  for (const [key, quantile] of Object.entries(QUANTILES)) {
    const ms = latency[key as keyof typeof QUANTILES];
    text.add(LATENCY, { ...labels, quantile }, typeof ms === 'number' ? ms / 1000 : ms);
  }
  text.add(LATENCY, labels, latency.count, { suffix: '_count' });
  const meanMs = 'mean' in latency ? latency.mean : null;
  text.add(LATENCY, labels, meanMs === null ? null : (meanMs * latency.count) / 1000, { suffix: '_sum' });
}
