/** A hand-made run: every number is chosen, so that reports of it can be compared to the letter. */
import type { BoundaryName } from '../../src/core/boundary.ts';
import type { LatencySummary } from '../../src/core/histogram.ts';
import { createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';
import { DEFAULT_SYSTEM_SETTINGS } from '../../src/core/plan.ts';
import type { FeedResult, GroupResult, LatencyViews, RunRecord } from '../../src/core/record.ts';
import type { StrategySpec } from '../../src/core/strategy.ts';
import type { TimelineRow } from '../../src/report/timeline-row.ts';

export function summaryOf(
  count: number,
  p50: number,
  p99: number,
  p999: number,
  max: number,
): LatencySummary {
  return { unit: 'ms', count, min: 0.4, mean: p50, p50, p90: p99, p95: p99, p99, p999, max };
}

export const NO_LATENCY: LatencySummary = {
  unit: 'ms',
  count: 0,
  min: null,
  mean: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
};

export function viewsOf(
  response: LatencySummary,
  options: { ageP99?: number | null; undelivered?: number; deadlineMs?: number; miss?: number | null } = {},
): LatencyViews {
  const { ageP99 = null, undelivered = 0, deadlineMs = 1000, miss = 0 } = options;
  const orInf = (value: number | null): number | 'inf' | null => (undelivered > 0 ? 'inf' : value);
  return {
    response,
    service: response,
    slip: summaryOf(response.count, 0.1, 0.8, 1.2, 2),
    age: ageP99 === null ? null : summaryOf(response.count, ageP99 / 2, ageP99, ageP99, ageP99),
    all: {
      unit: 'ms',
      count: response.count + undelivered,
      undelivered,
      p50: response.p50,
      p90: orInf(response.p90),
      p95: orInf(response.p95),
      p99: orInf(response.p99),
      p999: orInf(response.p999),
      max: orInf(response.max),
    },
    deadlineMiss: { deadlineMs, share: miss },
  };
}

export function ledgerOf(part: Partial<LedgerSnapshot>): LedgerSnapshot {
  return { ...createEmptyLedger(), ...part };
}

export function strategyOf(name: string, capacityItems: number): StrategySpec {
  return {
    text: name,
    stages: [{ stage: 'overflow', name, params: { capacityItems, capacityBytes: 1_048_576 } }],
  };
}

function groupOf(part: Partial<GroupResult> & Pick<GroupResult, 'path' | 'latency' | 'ledger'>): GroupResult {
  return { connections: 10, gaps: 0, duplicates: 0, reordered: 0, ...part };
}

/** Feeds that nothing is wrong with; every count that may be 0 is. */
export function createFeed(): FeedResult {
  const distribution = (bounds: number[], counts: number[], sum: number) => ({
    bounds,
    counts,
    sum,
    count: counts.reduce((total, count) => total + count, 0),
  });
  return {
    store: {
      ...{ appended: 380, failed: 0, pending: 0, headId: 380, oldestId: 1 },
      appendMs: distribution([1, 10, 100, 1000], [300, 79, 1, 0, 0], 700),
      commitSizes: distribution([1, 2, 5], [300, 40, 0, 0], 380),
      error: null,
    },
    projections: ['todo_list', 'user_profile', 'analytics'].map((name) => ({
      ...{ name, lag: 0, processed: 380, missed: 0, recovered: 0, lagMax: 3 },
    })),
    sse: {
      ...{ lags: 0, missed: 0, resumes: 0, replays: 0, replayed: 0, deduplicated: 0 },
      ...{ gaps: 0, snapshots: 0, reloads: 0, staleMarks: 0, endedByLag: 0, endedByDeadline: 0 },
      lagsPerMinuteMax: 0,
      emitMs: distribution([1, 50, 500], [80_000, 4130, 0, 0], 40_000),
      batchSizes: distribution([1, 2, 5], [10, 20_000, 11_000, 0], 84_000),
    },
    relay: {
      ...{ queueFull: 0, refused: 0, retried: 0, feedsKilled: 0, feedsEndedByLag: 0, lags: 0, missed: 0 },
      ...{ pings: 0, pongs: 0, pongsReplaced: 0, histories: 0, historyEvents: 0, historyTruncated: 0 },
      ...{ endedBySendTimeout: 0, endedBySilence: 0, endedByAge: 0, lagsPerMinuteMax: 0 },
      inboundMs: distribution([1, 10], [100, 0, 0], 20),
      outboundMs: distribution([1, 10], [48_000, 600, 0], 30_000),
    },
  };
}

const CLIENT = {
  via: 'tcp',
  readBytesPerSec: null,
  deadlineMs: 1000,
  arrivals: null,
  requestBytes: 0,
} as const;

const PHASE = { arrive: 'at-once', eventBytes: 200, arrivals: {}, measured: true } as const;

/** `burst` under drop-oldest: 50 slow SSE readers lose, everybody else is well. */
export function createRecord(change: Partial<RunRecord> = {}): RunRecord {
  const fast = summaryOf(81_200, 1.1, 9.44, 18, 31);
  const slow = summaryOf(2930, 140, 610, 702, 720);
  const ws = summaryOf(48_600, 1, 8.8, 15, 29);
  const proxy = summaryOf(2400, 7.2, 14.3, 30.1, 41);
  const fastLedger = ledgerOf({ offered: 81_200, delivered: 81_200 });
  const slowLedger = ledgerOf({ offered: 8100, delivered: 2930, dropped: { 'overflow.drop-oldest': 5170 } });
  const wsLedger = ledgerOf({ offered: 48_600, delivered: 48_600 });
  const proxyLedger = ledgerOf({ offered: 2400, delivered: 2400 });
  const record: RunRecord = {
    schemaVersion: 1,
    kind: 'run',
    id: 'k3f9a',
    startedAt: '2026-11-21T10:15:00.123Z',
    durationMs: 11_420,
    plannedDurationMs: 11_000,
    partial: false,
    interruptedBy: null,
    command: 'bpbench run burst --strategy drop-oldest --seed 4711',
    seed: 4711,
    environment: {
      bpbenchVersion: '0.1.0',
      nodeVersion: '26.10.0',
      os: 'linux',
      kernel: '6.1.0',
      cpuModel: 'Imaginary CPU',
      cores: 8,
      memoryBytes: 17_179_869_184,
      openFilesLimit: 65_536,
      gitCommit: '4f2c1e9',
      packages: { undici: '8.12.4' },
    },
    scenario: {
      name: 'burst',
      description:
        'Ten connections, then 990 more at once while events come ten times faster. Does everybody recover?',
      boundary: ['sse.client', 'ws.outbound', 'proxy.events'],
      events: { keys: 100, flows: 8, criticalShare: 0.05, sheddableShare: 0.45 },
      system: {
        resources: { maxConnections: 1000, maxMemoryBytes: 104_857_600, maxTasks: 10_000 },
        ...DEFAULT_SYSTEM_SETTINGS,
        consumer: { ...DEFAULT_SYSTEM_SETTINGS.consumer, serviceTimeMs: 1 },
      },
      clients: [
        { ...CLIENT, name: 'sse fast', path: 'sse', share: 0.5 },
        { ...CLIENT, name: 'sse slow', path: 'sse', share: 0.05, via: 'unix', readBytesPerSec: 20_480 },
        { ...CLIENT, name: 'ws', path: 'ws', share: 0.3 },
        {
          ...CLIENT,
          name: 'proxy',
          path: 'proxy',
          share: 0.15,
          arrivals: { model: 'constant', fromPerSec: 200, toPerSec: 200 },
        },
      ],
      phases: [
        {
          ...PHASE,
          name: 'baseline',
          durationMs: 2000,
          connections: { 'sse fast': 5 },
          publish: { model: 'constant', fromPerSec: 10, toPerSec: 10 },
        },
        {
          ...PHASE,
          name: 'burst',
          durationMs: 3000,
          connections: { 'sse fast': 500, 'sse slow': 50, ws: 300, proxy: 150 },
          publish: { model: 'constant', fromPerSec: 100, toPerSec: 100 },
        },
        {
          ...PHASE,
          name: 'recovery',
          durationMs: 6000,
          connections: { 'sse fast': 500, 'sse slow': 50, ws: 300, proxy: 150 },
          publish: { model: 'constant', fromPerSec: 10, toPerSec: 10 },
        },
      ],
      checks: [{ name: 'loss(sse fast) == 0', expression: 'loss(sse fast) == 0', failIf: false }],
      seed: 4711,
      graceMs: 5000,
      stallAfterMs: 5000,
    },
    strategy: {
      'sse.client': strategyOf('drop-oldest', 64),
      'ws.outbound': strategyOf('drop-oldest', 100),
      'proxy.requests': strategyOf('drop-oldest', 256),
      'proxy.events': strategyOf('drop-oldest', 256),
      'sse.bus': strategyOf('ring-lag', 256),
      'ws.mailbox': strategyOf('unbounded', 64),
      'proxy.output': strategyOf('block', 256),
      'intercept.pending': strategyOf('unbounded', 100),
    },
    strategyName: 'drop-oldest',
    target: { kind: 'embedded', urls: {} },
    verdict: { status: 'pass', reasons: [] },
    validity: {
      status: 'valid',
      checks: [
        { name: 'ledger sse.client', actual: 0, limit: 0, unit: 'copies', status: 'ok', detail: null },
        { name: 'ledger end to end sse', actual: 0, limit: 0, unit: 'copies', status: 'ok', detail: null },
        {
          name: 'generator slip p99 outside bursts',
          actual: 0.8,
          limit: 5,
          unit: 'ms',
          status: 'ok',
          detail: null,
        },
      ],
    },
    ledgers: {
      boundaries: {
        'sse.client': ledgerOf({
          offered: 89_300,
          delivered: 84_130,
          dropped: { 'overflow.drop-oldest': 5170 },
        }),
        'ws.outbound': ledgerOf({ offered: 48_600, delivered: 48_600 }),
        'proxy.events': ledgerOf({ offered: 4800, delivered: 4800 }),
      },
      endToEnd: {
        sse: ledgerOf({ offered: 89_300, delivered: 84_130, dropped: { 'overflow.drop-oldest': 5170 } }),
        ws: wsLedger,
        proxy: proxyLedger,
        publish: ledgerOf({ offered: 380, delivered: 380 }),
      },
    },
    latency: {
      sse: viewsOf(slow, { ageP99: 640, undelivered: 5170 }),
      ws: viewsOf(ws, { ageP99: 11 }),
      proxy: viewsOf(proxy),
    },
    originLatency: summaryOf(2400, 5.1, 5.9, 7, 9),
    groups: {
      'sse fast': groupOf({
        path: 'sse',
        connections: 500,
        ledger: fastLedger,
        latency: viewsOf(fast, { ageP99: 12 }),
      }),
      'sse slow': groupOf({
        path: 'sse',
        connections: 50,
        ledger: slowLedger,
        latency: viewsOf(slow, { ageP99: 640, undelivered: 5170, miss: 0.638 }),
        gaps: 812,
      }),
      ws: groupOf({ path: 'ws', connections: 300, ledger: wsLedger, latency: viewsOf(ws, { ageP99: 11 }) }),
      proxy: groupOf({ path: 'proxy', connections: 150, ledger: proxyLedger, latency: viewsOf(proxy) }),
    },
    lifecycle: null,
    feed: createFeed(),
    queues: {
      'sse.client': {
        strategy: 'drop-oldest',
        capacityItems: 64,
        capacityBytes: 1_048_576,
        depth: { mean: 21.4, max: 64, final: 0 },
        bytes: { max: 844_800, final: 0 },
        blockedMs: 0,
        waitersMax: 0,
        classes: {},
      },
      'ws.outbound': {
        strategy: 'drop-oldest',
        capacityItems: 100,
        capacityBytes: 1_048_576,
        depth: { mean: 0.1, max: 2, final: 0 },
        bytes: { max: 9216, final: 0 },
        blockedMs: 0,
        waitersMax: 0,
        classes: {},
      },
      'proxy.events': {
        strategy: 'drop-oldest',
        capacityItems: 256,
        capacityBytes: 1_048_576,
        depth: { mean: 3, max: 31, final: 0 },
        bytes: { max: 12_000, final: 0 },
        blockedMs: 0,
        waitersMax: 0,
        classes: {},
      },
    },
    connections: { attempted: 1000, admitted: 1000, rejected: 0, failed: 0, maxOpen: 1000, byPath: {} },
    tasks: { max: 2012, final: 12, leaked: 0, maxPerConnection: 2, byKind: { 'sse.client': 550 } },
    memory: {
      rssMaxBytes: 149_946_368,
      heapMaxBytes: 62_914_560,
      accountedMaxBytes: 32_505_856,
      accountedPerConnectionBytes: 30_720,
      socketMaxBytes: 8_388_608,
      kernelMaxBytes: 4_194_304,
      slopeBytesPerMinute: null,
    },
    cpu: { systemMs: 4210 },
    backpressureEvents: 5170,
    hiddenBuffers: [
      { via: 'tcp', writeBytes: 200, hiddenBytes: 4_300_000 },
      { via: 'unix', writeBytes: 200, hiddenBytes: 33_792 },
    ],
    stalls: [],
    predictions: [
      {
        quantity: 'age on arrival, sse slow, burst',
        formula: 'B/λ + kernel/μ',
        predicted: 622.4,
        measured: 604,
        unit: 'ms',
        assumptions: 'λ 100/s, μ 93.5/s, B 64, kernel 229 events',
      },
      {
        quantity: 'loss, sse slow, burst',
        formula: '(1 − μ/λ)(1 − t_fill/t)',
        predicted: 0.62,
        measured: null,
        unit: 'ratio',
        assumptions: 'λ 100/s, μ 93.5/s, B 64, kernel 229 events',
      },
    ],
    phases: [
      {
        name: 'baseline',
        startedMs: 100,
        durationMs: 2000,
        measured: true,
        groups: { 'sse fast': { delivered: 100, p50Ms: 0.9, p99Ms: 9.1, maxMs: 12 } },
        connectionsOpen: 10,
        tasksOpen: 22,
        accountedBytes: 65_536,
        rssBytes: 80_000_000,
      },
      {
        name: 'burst',
        startedMs: 2100,
        durationMs: 3000,
        measured: true,
        groups: {
          'sse fast': { delivered: 70_000, p50Ms: 1.2, p99Ms: 9.8, maxMs: 31 },
          'sse slow': { delivered: 2000, p50Ms: 300, p99Ms: 640, maxMs: 720 },
        },
        connectionsOpen: 1000,
        tasksOpen: 2012,
        accountedBytes: 32_505_856,
        rssBytes: 149_946_368,
      },
      {
        name: 'recovery',
        startedMs: 5100,
        durationMs: 6000,
        measured: true,
        groups: {
          'sse fast': { delivered: 11_100, p50Ms: 1, p99Ms: 9.2, maxMs: 14 },
          'sse slow': { delivered: 930, p50Ms: 2, p99Ms: 12, maxMs: 90 },
        },
        connectionsOpen: 1000,
        tasksOpen: 2012,
        accountedBytes: 900_000,
        rssBytes: null,
      },
    ],
    checks: [
      {
        name: 'connections.rejected < 100',
        expression: 'connections.rejected < 100',
        actual: 0,
        limit: 100,
        unit: 'count',
        status: 'pass',
        detail: null,
      },
      {
        name: 'recoveryTime(sse fast) < 2s',
        expression: 'recoveryTime(sse fast) < 2s',
        actual: 900,
        limit: 2000,
        unit: 'ms',
        status: 'pass',
        detail: null,
      },
      {
        name: 'loss(sse fast) == 0',
        expression: 'loss(sse fast) == 0',
        actual: 0,
        limit: 0,
        unit: 'ratio',
        status: 'pass',
        detail: null,
      },
    ],
    findings: [],
    files: ['record.json', 'report.md', 'timeline.ndjson', 'latency.hlog'],
  };
  return { ...record, ...change };
}

/** The same run under another strategy, with the numbers by which it differs. */
export function createOtherRecord(
  name: string,
  part: { dropped: number; p99: number; ageP99: number; blockedMs: number; accountedBytes: number },
): RunRecord {
  const record = createRecord({
    strategyName: name,
    strategy: {
      'sse.client': strategyOf(name, 64),
      'ws.outbound': strategyOf(name, 100),
      'proxy.requests': strategyOf(name, 256),
      'proxy.events': strategyOf(name, 256),
      'sse.bus': strategyOf('ring-lag', 256),
      'ws.mailbox': strategyOf('unbounded', 64),
      'proxy.output': strategyOf('block', 256),
      'intercept.pending': strategyOf('unbounded', 100),
    },
    command: `bpbench run burst --strategy ${name} --seed 4711`,
  });
  const slow = record.groups['sse slow'] as GroupResult;
  const dropped = part.dropped === 0 ? {} : { [`overflow.${name}`]: part.dropped };
  slow.ledger = ledgerOf({ offered: 8100, delivered: 8100 - part.dropped, dropped });
  slow.latency = viewsOf(summaryOf(8100 - part.dropped, part.p99 / 2, part.p99, part.p99, part.p99), {
    ageP99: part.ageP99,
    undelivered: part.dropped,
  });
  const queue = record.queues['sse.client'];
  if (queue !== undefined) {
    queue.strategy = name;
    queue.blockedMs = part.blockedMs;
    if (name === 'unbounded') queue.depth.max = 12_000;
  }
  record.memory.accountedMaxBytes = part.accountedBytes;
  return record;
}

/** Nothing was measured at all: every number that may be absent is. */
export function createEmptyRecord(): RunRecord {
  const nothing = viewsOf(NO_LATENCY, { miss: null });
  return createRecord({
    validity: {
      status: 'doubt',
      checks: [
        { name: 'foreign CPU', actual: null, limit: 0.1, unit: 'cores', status: 'unknown', detail: null },
      ],
    },
    ledgers: { boundaries: {}, endToEnd: {} },
    latency: {},
    originLatency: null,
    groups: { 'sse fast': groupOf({ path: 'sse', connections: 0, ledger: ledgerOf({}), latency: nothing }) },
    queues: {},
    connections: { attempted: 0, admitted: 0, rejected: 0, failed: 0, maxOpen: 0, byPath: {} },
    tasks: { max: null, final: null, leaked: null, maxPerConnection: null, byKind: {} },
    memory: {
      rssMaxBytes: null,
      heapMaxBytes: null,
      accountedMaxBytes: null,
      accountedPerConnectionBytes: null,
      socketMaxBytes: null,
      kernelMaxBytes: null,
      slopeBytesPerMinute: null,
    },
    cpu: { systemMs: null },
    backpressureEvents: null,
    hiddenBuffers: [],
    predictions: [],
    phases: [],
    checks: [
      {
        name: 'p99 < 50ms',
        expression: 'p99 < 50ms',
        actual: null,
        limit: 50,
        unit: 'ms',
        status: 'unknown',
        detail: 'no samples',
      },
    ],
    files: [],
  });
}

/** Ten rows a second; the SSE queue fills in the burst and empties 900 ms after it. */
export function createTimeline(): TimelineRow[] {
  const rows: TimelineRow[] = [];
  for (let tMs = 100; tMs <= 11_100; tMs += 100) {
    const isBurst = tMs >= 2100 && tMs < 5100;
    const depth = isBurst
      ? Math.min(64, (tMs - 2100) / 20)
      : tMs < 2100
        ? 0
        : Math.max(0, 64 - (tMs - 5100) / 14);
    rows.push(
      rowAt(tMs, { 'sse.client': Math.round(depth), 'ws.outbound': isBurst ? 2 : 0, 'proxy.events': 0 }),
    );
  }
  return rows;
}

export function rowAt(
  tMs: number,
  depths: Partial<Record<BoundaryName, number>>,
  part: Partial<TimelineRow> = {},
): TimelineRow {
  const queue: TimelineRow['queue'] = {};
  for (const [name, maxItems] of Object.entries(depths) as [BoundaryName, number][]) {
    queue[name] = { items: maxItems, maxItems, bytes: maxItems * 264, waiters: 0, blockedMs: 0 };
  }
  return {
    tMs,
    phase: 'burst',
    offered: 0,
    delivered: 0,
    dropped: {},
    queue,
    connections: 1000,
    rejected: 0,
    inFlight: 0,
    tasks: 2012,
    rssBytes: 149_946_368,
    accountedBytes: 32_505_856,
    latencyMs: null,
    slipP99Ms: 0.8,
    ...part,
  };
}
