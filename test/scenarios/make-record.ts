/** A small sound run record for tests of checks; every test changes what it is about. */
import type { LatencySummary } from '../../src/core/histogram.ts';
import { closeLedger, createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';
import type { LatencyViews, RunRecord } from '../../src/core/record.ts';
import { resolvePlan } from '../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../src/scenarios/source.ts';

export const SCENARIO = {
  name: 'sample',
  clients: [
    { name: 'sse fast', path: 'sse', share: '60%' },
    { name: 'sse slow', path: 'sse', share: '20%', read: '20KiB/s' },
    { name: 'proxy', path: 'proxy', share: '20%', rate: '10/s' },
  ],
  phases: [
    { name: 'baseline', duration: '2s', connections: 10, publish: '10/s' },
    { name: 'burst', duration: '3s', publish: '100/s' },
    { name: 'recovery', duration: '5s', publish: '10/s' },
  ],
};

export function makeLedger(columns: Partial<LedgerSnapshot>): LedgerSnapshot {
  return closeLedger({ ...createEmptyLedger(), ...columns });
}

export function makeSummary(values: Partial<LatencySummary>): LatencySummary {
  const none = { min: null, mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null };
  return { unit: 'ms', count: 0, ...none, ...values };
}

export function makeViews(p99: number | null, extra: Partial<LatencyViews> = {}): LatencyViews {
  const count = p99 === null ? 0 : 100;
  return {
    response: makeSummary({ count, p99 }),
    service: makeSummary({ count, p99 }),
    slip: makeSummary({ count, p99: p99 === null ? null : 0.5 }),
    age: null,
    all: { unit: 'ms', count, undelivered: 0, p50: p99, p90: p99, p95: p99, p99, p999: p99, max: p99 },
    deadlineMiss: { deadlineMs: 1000, share: p99 === null ? null : 0.01 },
    ...extra,
  };
}

export function makeRecord(changes: Partial<RunRecord> = {}): RunRecord {
  const group = (path: 'sse' | 'proxy', ledger: LedgerSnapshot, latency: LatencyViews) => ({
    path,
    connections: 5,
    ledger,
    latency,
    gaps: 0,
    duplicates: 0,
    reordered: 0,
  });
  const fast = makeLedger({ offered: 600, delivered: 600 });
  const slow = makeLedger({
    offered: 200,
    delivered: 150,
    dropped: { full: 30 },
    coalesced: { key: 10 },
    failed: { reset: 10 },
  });
  const proxy = makeLedger({ offered: 100, delivered: 99, failed: { timeout: 1 } });
  const counts = { attempted: 12, admitted: 10, rejected: 2, failed: 0, maxOpen: 10 };
  const phase = (name: string, startedMs: number, durationMs: number) => ({
    name,
    startedMs,
    durationMs,
    measured: true,
    groups: {},
    connectionsOpen: 10,
    tasksOpen: 20,
    accountedBytes: 1000,
    rssBytes: 1e8,
  });
  const overflow = { text: 'drop-oldest', stages: [] };
  return {
    schemaVersion: 1,
    kind: 'run',
    id: 'x',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 10_500,
    plannedDurationMs: 10_000,
    partial: false,
    interruptedBy: null,
    command: 'bpbench run sample --seed 1',
    seed: 1,
    environment: {
      bpbenchVersion: '0.1.0',
      nodeVersion: 'v26',
      os: 'linux',
      kernel: '6',
      cpuModel: 'x',
      cores: 2,
      memoryBytes: 1e9,
      openFilesLimit: null,
      gitCommit: null,
      packages: {},
    },
    scenario: resolvePlan(createScenarioSource(SCENARIO), { seed: 1 }),
    strategy: {
      'sse.client': overflow,
      'sse.bus': overflow,
      'ws.outbound': overflow,
      'ws.mailbox': overflow,
      'proxy.requests': overflow,
      'proxy.events': overflow,
      'proxy.output': overflow,
      'intercept.pending': overflow,
    },
    strategyName: 'drop-oldest',
    target: { kind: 'embedded', urls: {} },
    verdict: { status: 'pass', reasons: [] },
    validity: { status: 'valid', checks: [] },
    ledgers: {
      boundaries: { 'sse.client': makeLedger({ offered: 800, delivered: 750, dropped: { full: 50 } }) },
      endToEnd: {
        sse: makeLedger({
          offered: 800,
          delivered: 750,
          dropped: { full: 30 },
          coalesced: { key: 10 },
          failed: { reset: 10 },
        }),
        proxy,
        publish: makeLedger({ offered: 80, delivered: 80 }),
      },
    },
    latency: {
      sse: makeViews(40, { age: makeSummary({ count: 100, p99: 70 }) }),
      proxy: makeViews(14),
    },
    originLatency: null,
    groups: {
      'sse fast': group('sse', fast, makeViews(9, { age: makeSummary({ count: 60, p99: 12 }) })),
      'sse slow': group('sse', slow, makeViews(61)),
      proxy: group('proxy', proxy, makeViews(14)),
    },
    lifecycle: null,
    feed: null,
    queues: {
      'sse.client': {
        strategy: 'drop-oldest',
        capacityItems: 64,
        capacityBytes: null,
        depth: { mean: 10, max: 64, final: 0 },
        bytes: { max: 65_536, final: 0 },
        blockedMs: 0,
        waitersMax: 0,
        classes: {},
      },
      'proxy.events': {
        strategy: 'block',
        capacityItems: 256,
        capacityBytes: null,
        depth: { mean: 100, max: 256, final: 0 },
        bytes: { max: 1024, final: 0 },
        blockedMs: 1500,
        waitersMax: 3,
        classes: {},
      },
    },
    connections: { ...counts, byPath: { sse: { ...counts, rejected: 0 } } },
    tasks: { max: 40, final: 0, leaked: 0, maxPerConnection: 2.5, byKind: {} },
    memory: {
      rssMaxBytes: 90_000_000,
      heapMaxBytes: 40_000_000,
      accountedMaxBytes: 3_000_000,
      accountedPerConnectionBytes: 20_000,
      socketMaxBytes: null,
      kernelMaxBytes: null,
      slopeBytesPerMinute: null,
    },
    cpu: { systemMs: null },
    backpressureEvents: 7,
    hiddenBuffers: [],
    stalls: [],
    predictions: [],
    phases: [phase('baseline', 100, 2000), phase('burst', 2100, 3000), phase('recovery', 5100, 5000)],
    checks: [],
    findings: [],
    files: [],
    ...changes,
  };
}
