import { describe, expect, it } from 'vitest';
import type { Distribution, SystemSample } from '../../src/core/samples.ts';
import { renderExposition } from '../../src/system/observe/exposition.ts';
import { renderMetrics } from '../../src/system/observe/metrics.ts';
import { type Family, parsePrometheusText } from './prometheus-text.ts';

const distribution = (bounds: number[], counts: number[], sum: number): Distribution => ({
  bounds,
  counts,
  sum,
  count: counts.reduce((total, count) => total + count, 0),
});

const SAMPLE_OF_ALL: SystemSample = {
  tMs: 1,
  boundaries: {
    'proxy.events': {
      ledger: {
        offered: 20,
        delivered: 5,
        dropped: { 'overflow.drop-oldest': 3, 'odd "reason"\\\n': 1 },
        coalesced: { 'overflow.coalesce': 4 },
        failed: { shutdown: 1 },
        queued: 3,
        inFlight: 1,
        blocked: 1,
        spilled: 1,
        unaccounted: 0,
      },
      classes: {},
      depthItems: 3,
      depthMaxItems: 3,
      bytes: 792,
      waiters: 1,
      blockedMs: 1500,
    },
  },
  published: 7,
  connections: {
    sse: { open: 1, admitted: 2, rejected: 3 },
    ws: { open: 0, admitted: 0, rejected: 0 },
    proxy: { open: 4, admitted: 5, rejected: 6 },
  },
  proxied: { started: 10, finished: 8, failed: 1 },
  lifecycle: { complete: 5, summaryOnly: 1, unseen: 2, pendingForever: 1 },
  terminations: {
    forward: { accepted: 3, open: 1, codes: { '--': 1, CD: 1 } },
    reverse: { accepted: 0, open: 0, codes: {} },
  },
  upstream: {
    forward: { open: 0, idle: 0, created: 0, reused: 0 },
    reverse: { open: 5, idle: 2, created: 6, reused: 44 },
  },
  program: { state: 'running', lines: 12, pausedMs: 250 },
  observer: { pendingRows: 1, keptEvents: 256, keptRequests: 9, keptBytes: 4096, tickChains: 1 },
  tasks: { open: 3, byKind: { 'ws.reader': 2, 'ws.echo': 1 }, maxPerConnection: 2 },
  memory: { rssBytes: 1e8, heapUsedBytes: 1, externalBytes: 1, accountedBytes: 792, socketBytes: 0 },
  loop: { delayP99Ms: 0, delayMaxMs: 0, utilization: 0 },
  backpressureEvents: 9,
  store: {
    appended: 40,
    failed: 2,
    pending: 3,
    headId: 140,
    oldestId: 101,
    appendMs: distribution([1, 5, 1000], [30, 8, 1, 1], 2500),
    commitSizes: distribution([1, 2], [10, 10, 2], 40),
    error: null,
  },
  projections: [
    { name: 'todo_list', lag: 0, processed: 40, missed: 0, recovered: 0 },
    { name: 'analytics', lag: 15, processed: 20, missed: 5, recovered: 4 },
  ],
  sse: {
    ...{ lags: 6, missed: 60, resumes: 7, replays: 8, replayed: 80, deduplicated: 9 },
    ...{ gaps: 1, snapshots: 2, reloads: 3, staleMarks: 4, endedByLag: 5, endedByDeadline: 6 },
    emitMs: distribution([1, 50], [90, 9, 1], 250),
    batchSizes: distribution([1, 2, 5], [50, 30, 15, 5], 200),
  },
  relay: {
    ...{
      queueFull: 11,
      refused: 12,
      retried: 13,
      feedsKilled: 14,
      feedsEndedByLag: 15,
      lags: 16,
      missed: 17,
    },
    ...{ pings: 18, pongs: 19, pongsReplaced: 20, histories: 21, historyEvents: 22, historyTruncated: 23 },
    ...{ endedBySendTimeout: 24, endedBySilence: 26, endedByAge: 25 },
    inboundMs: distribution([10], [1, 2], 60),
    outboundMs: distribution([10], [3, 4], 90),
  },
  waits: [
    { who: 'ws 12 loop', what: 'room', freedBy: ['ws 12 loop'], boundary: 'ws.outbound', ageMs: 1500 },
    { who: 'publisher', what: 'room', freedBy: ['sse 3'], boundary: 'sse.client', ageMs: 500 },
  ],
};

const READING = { cpuSeconds: 1.25, startedAtSeconds: 1_790_000_000.5, openFiles: 21 };

/** The names that the ironstar note gives, and their types. */
const OF_THE_NOTE = {
  events_appended_total: 'counter',
  sse_connections: 'gauge',
  broadcast_lags_total: 'counter',
  append_duration_seconds: 'histogram',
  sse_emit_duration_seconds: 'histogram',
  projection_lag_events: 'gauge',
  rate_limit_drops_total: 'counter',
  batch_sizes: 'histogram',
};

/** Of the one sample with exactly these labels; `part` is what stands after the name of a histogram. */
function read(
  families: Map<string, Family>,
  name: string,
  labels: Record<string, string> = {},
  part = '',
): number | undefined {
  const wanted = JSON.stringify(labels);
  return families
    .get(name)
    ?.samples.find((sample) => sample.name === name + part && JSON.stringify(sample.labels) === wanted)
    ?.value;
}

describe('metrics', () => {
  const families = parsePrometheusText(renderMetrics(SAMPLE_OF_ALL, READING));

  it('are Prometheus text with units in the names, and counters that say so', () => {
    for (const [name, { type, help }] of families) {
      if (!Object.hasOwn(OF_THE_NOTE, name)) expect(name).toMatch(/^(bpbench|process)_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/_(ms|millis)/);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
    expect(families.size).toBeGreaterThan(70);
  });

  it('tell of depth, losses and blocked time at each boundary', () => {
    const boundary = 'proxy.events';
    const at = (name: string, more: Record<string, string> = {}) =>
      read(families, name, { boundary, ...more });
    expect({
      offered: at('bpbench_copies_offered_total'),
      delivered: at('bpbench_copies_delivered_total'),
      dropped: at('bpbench_copies_dropped_total', { reason: 'overflow.drop-oldest' }),
      odd: at('bpbench_copies_dropped_total', { reason: 'odd "reason"\\\n' }),
      coalesced: at('bpbench_copies_coalesced_total', { reason: 'overflow.coalesce' }),
      failed: at('bpbench_copies_failed_total', { reason: 'shutdown' }),
      items: at('bpbench_queue_items'),
      inFlight: at('bpbench_queue_in_flight_items'),
      spilled: at('bpbench_queue_spilled_items'),
      bytes: at('bpbench_queue_bytes'),
      waiters: at('bpbench_queue_waiters'),
      blocked: at('bpbench_blocked_seconds_total'),
    }).toEqual({
      ...{ offered: 20, delivered: 5, dropped: 3, odd: 1, coalesced: 4, failed: 1 },
      ...{ items: 3, inFlight: 1, spilled: 1, bytes: 792, waiters: 1, blocked: 1.5 },
    });
  });

  it('tell of the proxies, the observer and the program', () => {
    const proxy = 'reverse';
    expect(read(families, 'bpbench_requests_finished_total')).toBe(8);
    expect(read(families, 'bpbench_proxy_connections_ended_total', { proxy: 'forward', code: 'CD' })).toBe(1);
    expect(read(families, 'bpbench_proxy_connections', { proxy: 'forward' })).toBe(1);
    expect(read(families, 'bpbench_upstream_connections', { proxy, state: 'busy' })).toBe(3);
    expect(read(families, 'bpbench_upstream_connections', { proxy, state: 'idle' })).toBe(2);
    expect(read(families, 'bpbench_upstream_connections_reused_total', { proxy })).toBe(44);
    expect(read(families, 'bpbench_observed_requests_total', { as: 'summary-only' })).toBe(1);
    expect(read(families, 'bpbench_observed_requests_pending_forever')).toBe(1);
    expect(read(families, 'bpbench_observer_kept_events')).toBe(256);
    expect(read(families, 'bpbench_program_state', { state: 'running' })).toBe(1);
    expect(read(families, 'bpbench_program_paused_seconds_total')).toBe(0.25);
  });

  it('leave out what is not there', () => {
    const {
      terminations: _t,
      upstream: _u,
      observer: _o,
      sse: _s,
      relay: _r,
      projections: _p,
      ...bare
    } = SAMPLE_OF_ALL;
    const page = parsePrometheusText(renderMetrics({ ...bare, program: null, store: null }, READING));
    expect([...page.keys()].join(' ')).not.toMatch(
      /observer|program|store|append|projection|emit|batch|_ws_|lags/,
    );
    expect(page.has('sse_connections')).toBe(true);
  });

  it('of the feeds have the names that the note gives them, in seconds and events', () => {
    const { rate_limit_drops_total: _drops, ...ofSample } = OF_THE_NOTE;
    for (const [name, type] of Object.entries(ofSample)) {
      expect([name, families.get(name)?.type]).toEqual([name, type]);
    }
    expect(read(families, 'events_appended_total')).toBe(40);
    expect(read(families, 'sse_connections')).toBe(1);
    expect(read(families, 'broadcast_lags_total')).toBe(6);
    expect(read(families, 'projection_lag_events', { projection: 'analytics' })).toBe(15);
    const buckets = (name: string) =>
      families
        .get(name)
        ?.samples.filter((sample) => sample.name === `${name}_bucket`)
        .map(({ labels, value }) => [labels['le'], value]);
    expect(buckets('append_duration_seconds')).toEqual([
      ['0.001', 30],
      ['0.005', 38],
      ['1', 39],
      ['+Inf', 40],
    ]);
    expect(read(families, 'append_duration_seconds', {}, '_sum')).toBe(2.5);
    expect(read(families, 'append_duration_seconds', {}, '_count')).toBe(40);
    expect(buckets('sse_emit_duration_seconds')).toEqual([
      ['0.001', 90],
      ['0.05', 99],
      ['+Inf', 100],
    ]);
    expect(buckets('batch_sizes')).toEqual([
      ['1', 50],
      ['2', 80],
      ['5', 95],
      ['+Inf', 100],
    ]);
  });

  it('count as rate limit drops what the queues of SSE clients have dropped, and nothing else', () => {
    expect(read(families, 'rate_limit_drops_total')).toBeUndefined();
    const events = SAMPLE_OF_ALL.boundaries['proxy.events'];
    if (events === undefined) throw new Error('no sample');
    const boundaries = { 'proxy.events': events, 'sse.client': events };
    const page = parsePrometheusText(renderMetrics({ ...SAMPLE_OF_ALL, boundaries }, READING));
    expect(page.get('rate_limit_drops_total')?.type).toBe(OF_THE_NOTE.rate_limit_drops_total);
    expect(read(page, 'rate_limit_drops_total')).toBe(4);
  });

  it('of the relay tell the three that its note asks for, and how feeds and connections ended', () => {
    expect(read(families, 'bpbench_ws_queue_full_total')).toBe(11);
    expect(read(families, 'bpbench_ws_inbound_seconds', {}, '_sum')).toBe(0.06);
    expect(read(families, 'bpbench_ws_outbound_seconds', { le: '0.01' }, '_bucket')).toBe(3);
    expect(read(families, 'bpbench_ws_outbound_seconds', { le: '+Inf' }, '_bucket')).toBe(7);
    expect(read(families, 'bpbench_ws_feeds_ended_total', { reason: 'full' })).toBe(14);
    expect(read(families, 'bpbench_ws_feeds_ended_total', { reason: 'lag' })).toBe(15);
    expect(read(families, 'bpbench_ws_ended_total', { reason: 'send-timeout' })).toBe(24);
    expect(read(families, 'bpbench_ws_ended_total', { reason: 'age' })).toBe(25);
  });

  it('tell of every number of the samples, each in a place of its own', () => {
    const of = (value: object): number[] => Object.values(value).filter((one) => typeof one === 'number');
    const shown = new Set([...families.values()].flatMap(({ samples }) => samples.map(({ value }) => value)));
    const { store, sse, relay, projections = [] } = SAMPLE_OF_ALL;
    const numbers = [store ?? {}, sse ?? {}, relay ?? {}, ...projections].flatMap(of);
    expect(numbers.filter((number) => !shown.has(number))).toEqual([]);
    // Those of the relay differ from each other, so none of them can stand in for another.
    const ofRelay = [...families].filter(
      ([name, { type }]) => /^bpbench_ws_/.test(name) && type === 'counter',
    );
    expect(ofRelay.flatMap(([, { samples }]) => samples.map(({ value }) => value)).sort()).toEqual(
      of(relay ?? {}).sort(),
    );
    const told = (label: string) => read(families, 'bpbench_sse_told_total', { what: label });
    expect(['gap', 'snapshot', 'reload', 'stale'].map(told)).toEqual([1, 2, 3, 4]);
  });

  it('tell of the process and of waits that have lasted', () => {
    expect(read(families, 'process_cpu_seconds_total')).toBe(1.25);
    expect(read(families, 'process_start_time_seconds')).toBe(1_790_000_000.5);
    expect(read(families, 'process_open_fds')).toBe(21);
    expect(read(families, 'process_resident_memory_bytes')).toBe(1e8);
    expect(read(families, 'bpbench_waits')).toBe(2);
    expect(read(families, 'bpbench_wait_longest_seconds')).toBe(1.5);
    const names = [
      ...parsePrometheusText(renderMetrics(SAMPLE_OF_ALL, { ...READING, openFiles: null })).keys(),
    ];
    expect(names).not.toContain('process_open_fds');
  });

  it('say whether the store works', () => {
    const { store } = SAMPLE_OF_ALL;
    if (!store) throw new Error('no sample');
    const broken = { ...SAMPLE_OF_ALL, store: { ...store, error: 'the disk is full' } };
    expect(read(families, 'bpbench_store_up')).toBe(1);
    expect(read(parsePrometheusText(renderMetrics(broken, READING)), 'bpbench_store_up')).toBe(0);
  });

  it('write what is no finite number as Go does', () => {
    const rows = [Number.NaN, Infinity, -Infinity, 1e21].map((value, at) => ({
      labels: { at: String(at) },
      value,
    }));
    const text = renderExposition([{ name: 'x', type: 'gauge', help: 'A \\ and\na line.', rows }]);
    expect(text).toBe(
      '# HELP x A \\\\ and\\na line.\n# TYPE x gauge\nx{at="0"} NaN\nx{at="1"} +Inf\nx{at="2"} -Inf\nx{at="3"} 1e+21\n',
    );
    expect(parsePrometheusText(text).get('x')?.samples).toHaveLength(4);
  });
});
