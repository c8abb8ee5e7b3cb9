import { describe, expect, it } from 'vitest';
import type { GroupSample, LoadSample, SystemSample } from '../../src/core/samples.ts';
import { requestGroupsOf, toTimelineRow } from '../../src/report/timeline-row.ts';
import { createRecord, ledgerOf } from './fixtures.ts';

function groupSample(part: Partial<GroupSample>): GroupSample {
  const nothing = { open: 0, attempted: 0, admitted: 0, rejected: 0, failed: 0, due: 0, received: 0 };
  return { ...nothing, failures: {}, pending: 0, inTime: 0, gaps: 0, duplicates: 0, reordered: 0, ...part };
}

const LOAD: LoadSample = {
  tMs: 1234.6,
  phase: 'burst',
  groups: {
    'sse slow': groupSample({ open: 50, received: 2930, rejected: 2 }),
    ws: groupSample({ open: 300, received: 500, due: 70, pending: 3 }),
    proxy: groupSample({ open: 10, received: 190, due: 200, pending: 10 }),
  },
  publish: { due: 380, sent: 380, accepted: 379, failures: {}, pending: 1 },
  latenessP99Ms: 0.8,
  latenessMaxMs: 2,
  calmLatenessP99Ms: 0.8,
  loop: { delayP99Ms: 1, delayMaxMs: 2, utilization: 0.2 },
};

const boundary = (part: Parameters<typeof ledgerOf>[0], depthItems: number) => ({
  ledger: ledgerOf(part),
  classes: {},
  depthItems,
  depthMaxItems: Math.min(64, depthItems),
  bytes: depthItems * 264,
  waiters: 2,
  blockedMs: 12.4,
});

const SYSTEM: SystemSample = {
  tMs: 1200,
  boundaries: {
    'sse.client': boundary({ offered: 8100, dropped: { 'overflow.drop-oldest': 5000, shutdown: 1 } }, 100),
    'ws.outbound': boundary({ offered: 500 }, 0),
    'proxy.events': boundary({ offered: 400, dropped: { 'overflow.drop-oldest': 7 } }, 3),
  },
  published: 380,
  connections: {
    sse: { open: 50, admitted: 50, rejected: 0 },
    ws: { open: 300, admitted: 300, rejected: 0 },
    proxy: { open: 10, admitted: 10, rejected: 0 },
  },
  lifecycle: { complete: 0, summaryOnly: 0, unseen: 0, pendingForever: 0 },
  proxied: { started: 200, finished: 190, failed: 0 },
  tasks: { open: 361, byKind: {}, maxPerConnection: 1 },
  memory: { rssBytes: 1e8, heapUsedBytes: 1, externalBytes: 1, accountedBytes: 26_400, socketBytes: 1 },
  loop: { delayP99Ms: 1, delayMaxMs: 2, utilization: 0.5 },
  backpressureEvents: 5008,
};
const requestGroups = requestGroupsOf(createRecord().scenario);

describe('timeline row', () => {
  it('joins both samples; requests count when due, everything else by the boundaries', () => {
    expect([...requestGroups]).toEqual(['proxy']);
    expect(toTimelineRow({ system: SYSTEM, load: LOAD, requestGroups })).toEqual({
      tMs: 1235,
      phase: 'burst',
      offered: 8100 + 500 + 200,
      delivered: 2930 + 500 + 190,
      dropped: { 'sse.client': 5001, 'ws.outbound': 0, 'proxy.events': 7 },
      queue: {
        'sse.client': { items: 100, maxItems: 64, bytes: 26_400, waiters: 2, blockedMs: 12 },
        'ws.outbound': { items: 0, maxItems: 0, bytes: 0, waiters: 2, blockedMs: 12 },
        'proxy.events': { items: 3, maxItems: 3, bytes: 792, waiters: 2, blockedMs: 12 },
      },
      connections: 360,
      rejected: 2,
      inFlight: 14,
      tasks: 361,
      rssBytes: 1e8,
      accountedBytes: 26_400,
      latencyMs: null,
      slipP99Ms: 0.8,
    });
  });

  it('says null of what nobody can tell about a foreign service', () => {
    const row = toTimelineRow({ system: null, load: LOAD, requestGroups });
    expect(row).toMatchObject({
      offered: null,
      tasks: null,
      rssBytes: null,
      accountedBytes: null,
      queue: {},
      dropped: {},
    });
    expect(row.delivered).toBe(3620);
  });

  it('takes the response times by group, of two entries the larger one', () => {
    const entry = { group: 'ws', kind: 'response', count: 10, p50Ms: 1, p99Ms: 2, maxMs: 3 };
    const interval = [
      entry,
      { ...entry, count: 4, p99Ms: 99 },
      { ...entry, kind: 'age', count: 1000 },
      { ...entry, group: '__proto__', count: 1 },
    ];
    const { latencyMs } = toTimelineRow({ system: SYSTEM, load: LOAD, interval, requestGroups });
    expect(latencyMs?.['ws']).toEqual({ count: 10, p50: 1, p99: 2, max: 3 });
    expect(Object.keys(latencyMs ?? {})).toEqual(['ws', '__proto__']);
  });
});
