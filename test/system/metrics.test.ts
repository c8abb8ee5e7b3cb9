import { describe, expect, it } from 'vitest';
import type { SystemSample } from '../../src/core/samples.ts';
import { renderExposition } from '../../src/system/observe/exposition.ts';
import { renderMetrics } from '../../src/system/observe/metrics.ts';

interface Family {
  type: string;
  help: string;
  /** By labels as JSON, in the order written. */
  values: Map<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

/** A strict reader of exposition format 0.0.4: every family announced once, together, without repeats. */
function parse(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end');
  const families = new Map<string, Family>();
  let current = '';
  const lines = text.slice(0, -1).split('\n');
  for (const [at, line] of lines.entries()) {
    const fail = (what: string): never => {
      throw new Error(`line ${at + 1}: ${what}: ${line}`);
    };
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment;
      if (!NAME.test(name)) fail('no name');
      if (kind === 'HELP') {
        if (families.has(name)) fail('announced twice');
        if (rest.replace(/\\[\\n]/g, '').includes('\\')) fail('no escape');
        families.set(name, { type: '', help: rest, values: new Map() });
        current = name;
      } else {
        const family = families.get(name);
        if (name !== current || family === undefined || family.type !== '') fail('TYPE out of place');
        if (!['counter', 'gauge'].includes(rest)) fail('no type');
        (family as Family).type = rest;
      }
      continue;
    }
    const [, name = '', labelText = '', value = ''] = SAMPLE.exec(line) ?? fail('no sample');
    const family = families.get(name) ?? fail('never announced');
    if (name !== current || family.type === '') fail('out of its family');
    const labels = parseLabels(labelText) ?? fail('no labels');
    const key = JSON.stringify(labels);
    if (family.values.has(key)) fail('said twice');
    const number = Number(value.replace('Inf', 'Infinity'));
    if (family.type === 'counter' && !(number >= 0)) fail('a counter below 0');
    family.values.set(key, number);
  }
  return families;
}

function parseLabels(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  if (text === '') return labels;
  const inner = text.slice(1, -1);
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const match = LABEL.exec(inner);
    if (match === null || (match[1] as string) in labels) return undefined;
    labels[match[1] as string] = (match[2] as string).replace(/\\(.)/g, (_, one) =>
      one === 'n' ? '\n' : one,
    );
    if (match[3] === '') break;
  }
  return LABEL.lastIndex === inner.length ? labels : undefined;
}

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
};

const read = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}) =>
  families.get(name)?.values.get(JSON.stringify(labels));

describe('metrics', () => {
  const families = parse(renderMetrics(SAMPLE_OF_ALL));

  it('are Prometheus text with units in the names, and counters that say so', () => {
    for (const [name, { type, help }] of families) {
      expect(name).toMatch(/^(bpbench|process)_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(name).not.toMatch(/_(ms|millis)/);
      expect(help).toMatch(/^[A-Z].*\.$/);
    }
    expect(families.size).toBeGreaterThan(35);
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
    const { terminations: _t, upstream: _u, observer: _o, ...bare } = SAMPLE_OF_ALL;
    const names = [...parse(renderMetrics({ ...bare, program: null })).keys()].join(' ');
    expect(names).not.toMatch(/observer|program/);
  });

  it.each([
    ['a value that is no number', 'x{a="b"} soon\n'],
    ['a label without its end', '# HELP x X.\n# TYPE x gauge\nx{a="b} 1\n'],
    ['a quote within a label', '# HELP x X.\n# TYPE x gauge\nx{a="b"c"} 1\n'],
    ['a family that nobody announced', 'x 1\n'],
    ['a sample twice', '# HELP x X.\n# TYPE x gauge\nx 1\nx 2\n'],
    ['a last line that does not end', '# HELP x X.\n# TYPE x gauge\nx 1'],
  ])('would not be taken with %s', (_, text) => {
    expect(() => parse(text)).toThrow();
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
    expect(parse(text).get('x')?.values.size).toBe(4);
  });
});
