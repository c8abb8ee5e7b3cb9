import { describe, expect, it } from 'vitest';
import type { FeedResult, RunRecord } from '../../src/core/record.ts';
import { createCheckSpec, evaluateChecks, parseCheck } from '../../src/scenarios/checks.ts';
import { createFeed } from '../report/fixtures.ts';
import { makeLedger, makeRecord } from './make-record.ts';

/** Every threshold that the two notes name, as a check that fails when it is passed. */
const THRESHOLDS = {
  connections: 'connections.maxOpen(sse) <= 1000',
  lags: 'lagRate(sse) <= 10/min',
  append: 'append.p99 <= 100ms',
  emit: 'emit.p99 <= 50ms',
  projections: 'projectionLag <= 100',
  drops: 'loss(sse.client) < 1%',
  batch: 'batch.p50 >= 2',
  queueFull: 'ws.queueFull < 100',
  occupancy: 'queue.depthMax(ws.outbound) < 80',
  outbound: 'outbound.p99 < 50ms',
  inbound: 'inbound.p99 < 10ms',
} as const;

const outbound = (max: number): RunRecord['queues'] => ({
  'ws.outbound': {
    ...{ strategy: 'drop-newest', capacityItems: 100, capacityBytes: null, blockedMs: 0, waitersMax: 0 },
    ...{ depth: { mean: 1, max, final: 0 }, bytes: { max: 1024, final: 0 }, classes: {} },
  },
});

const dropping = (full: number): RunRecord['ledgers'] => ({
  boundaries: { 'sse.client': makeLedger({ offered: 1000, delivered: 1000 - full, dropped: { full } }) },
  endToEnd: {},
});

const connected = (maxOpen: number): RunRecord['connections'] => {
  const counts = { attempted: maxOpen, admitted: maxOpen, rejected: 0, failed: 0, maxOpen };
  return { ...counts, byPath: { sse: counts } };
};

function healthy(): RunRecord {
  return makeRecord({
    feed: createFeed(),
    queues: outbound(79),
    ledgers: dropping(0),
    connections: connected(1000),
  });
}

type Parts = { [Part in keyof FeedResult]: NonNullable<FeedResult[Part]> };

/** The healthy run with one thing of its feeds changed. */
function withFeed(change: (feed: Parts) => void): RunRecord {
  const record = healthy();
  change(record.feed as Parts);
  return record;
}

const slow = (bounds: readonly number[], counts: number[]) => ({
  ...{ bounds, counts, sum: 1, count: counts.reduce((total, count) => total + count, 0) },
});

/** Just at the threshold, which is still in order, and just past it. */
const CASES: [name: keyof typeof THRESHOLDS, at: RunRecord, past: RunRecord][] = [
  ['connections', healthy(), { ...healthy(), connections: connected(1001) }],
  [
    'lags',
    withFeed(({ sse }) => Object.assign(sse, { lags: 500, lagsPerMinuteMax: 10 })),
    withFeed(({ sse }) => Object.assign(sse, { lags: 500, lagsPerMinuteMax: 11 })),
  ],
  [
    'append',
    withFeed(({ store }) => Object.assign(store, { appendMs: slow([50, 100, 250], [50, 49, 1, 0]) })),
    withFeed(({ store }) => Object.assign(store, { appendMs: slow([50, 100, 250], [50, 48, 2, 0]) })),
  ],
  [
    'emit',
    withFeed(({ sse }) => Object.assign(sse, { emitMs: slow([25, 50, 100], [50, 49, 0, 1]) })),
    withFeed(({ sse }) => Object.assign(sse, { emitMs: slow([25, 50, 100], [50, 48, 0, 2]) })),
  ],
  [
    'projections',
    withFeed(({ projections }) => Object.assign(projections[2] as object, { lagMax: 100 })),
    withFeed(({ projections }) => Object.assign(projections[2] as object, { lagMax: 101 })),
  ],
  ['drops', { ...healthy(), ledgers: dropping(9) }, { ...healthy(), ledgers: dropping(10) }],
  [
    'batch',
    withFeed(({ sse }) => Object.assign(sse, { batchSizes: slow([1, 2, 5], [49, 51, 0, 0]) })),
    withFeed(({ sse }) => Object.assign(sse, { batchSizes: slow([1, 2, 5], [51, 49, 0, 0]) })),
  ],
  [
    'queueFull',
    withFeed(({ relay }) => Object.assign(relay, { queueFull: 99 })),
    withFeed(({ relay }) => Object.assign(relay, { queueFull: 100 })),
  ],
  ['occupancy', healthy(), { ...healthy(), queues: outbound(80) }],
  [
    'outbound',
    withFeed(({ relay }) => Object.assign(relay, { outboundMs: slow([25, 50, 100], [98, 2, 0, 0]) })),
    withFeed(({ relay }) => Object.assign(relay, { outboundMs: slow([25, 50, 100], [98, 0, 2, 0]) })),
  ],
  [
    'inbound',
    withFeed(({ relay }) => Object.assign(relay, { inboundMs: slow([5, 10, 25], [98, 2, 0, 0]) })),
    withFeed(({ relay }) => Object.assign(relay, { inboundMs: slow([5, 10, 25], [98, 0, 2, 0]) })),
  ],
];

function failuresOf(record: RunRecord): string[] {
  const specs = Object.entries(THRESHOLDS).map(([name, text]) => createCheckSpec(text, { name }));
  const results = evaluateChecks(specs, record, []);
  expect(results.filter(({ status }) => status === 'unknown')).toEqual([]);
  return results.filter(({ status }) => status === 'fail').map(({ name }) => name);
}

const judge = (text: string, record: RunRecord) => evaluateChecks([createCheckSpec(text)], record, [])[0];

describe("the notes' thresholds", () => {
  it('all hold for a healthy run', () => {
    expect(failuresOf(healthy())).toEqual([]);
  });

  it.each(CASES)('%s fires past its limit, and no other one does', (name, at, past) => {
    expect(failuresOf(at)).toEqual([]);
    expect(failuresOf(past)).toEqual([name]);
  });

  it('name every case once', () => {
    expect(CASES.map(([name]) => name).sort()).toEqual(Object.keys(THRESHOLDS).sort());
  });

  it('can be turned round with --fail-if', () => {
    const spec = createCheckSpec('lagRate > 10/min', { failIf: true });
    const lapped = withFeed(({ sse }) => Object.assign(sse, { lagsPerMinuteMax: 11 }));
    expect(evaluateChecks([spec], healthy(), [])[0]?.status).toBe('pass');
    expect(evaluateChecks([spec], lapped, [])[0]?.status).toBe('fail');
  });
});

describe('checks of the feeds', () => {
  const ALL = [
    ...['append.p50', 'append.p99', 'emit.p50', 'emit.p99', 'inbound.p50', 'inbound.p99'].map(
      (m) => `${m} < 1s`,
    ),
    ...['outbound.p50 < 1s', 'outbound.p99 < 1s', 'lagRate < 1/s', 'lags == 0', 'projectionLag == 0'],
    ...['store.failed == 0', 'batch.p50 > 1', 'ws.queueFull == 0', 'ws.feedsEnded == 0'],
  ];

  it.each(ALL)('%s is unknown, and never passes, where there is nothing to read', (text) => {
    const empty = { store: null, projections: [], sse: null, relay: null };
    for (const feed of [null, empty]) {
      expect(judge(text, makeRecord({ feed }))).toMatchObject({ status: 'unknown', actual: null });
    }
  });

  it('are unknown where nothing was counted yet', () => {
    const idle = withFeed(({ store }) => Object.assign(store, { appendMs: slow([1, 10], [0, 0, 0]) }));
    expect(judge('append.p99 < 100ms', idle)).toMatchObject({
      status: 'unknown',
      detail: 'nothing was counted',
    });
  });

  it('fail above the last bound, and say what is known', () => {
    const late = withFeed(({ store }) => Object.assign(store, { appendMs: slow([1, 10], [0, 0, 5]) }));
    expect(judge('append.p99 < 1m', late)).toMatchObject({
      status: 'fail',
      actual: Number.POSITIVE_INFINITY,
      detail: 'above 10, the last bound that is counted',
    });
  });

  it('add both feeds up, or ask one', () => {
    const record = withFeed(({ sse, relay }) => {
      Object.assign(sse, { lags: 3 });
      Object.assign(relay, { lags: 4, feedsKilled: 2, feedsEndedByLag: 1 });
    });
    const actual = (text: string) => judge(text, record)?.actual;
    expect([actual('lags < 1'), actual('lags(sse) < 1'), actual('lags(ws) < 1')]).toEqual([7, 3, 4]);
    expect(actual('ws.feedsEnded == 0')).toBe(3);
    expect(judge('lags(proxy) == 0', record)?.status).toBe('unknown');
  });

  it('write a rate with its unit', () => {
    expect(parseCheck('lagRate < 10/min')).toMatchObject({ limit: 10, unit: 'perMin' });
    expect(parseCheck('lagRate<0.5/s').limit).toBe(30);
    expect(parseCheck('lagRate == 0').limit).toBe(0);
    expect(() => parseCheck('lagRate < 10')).toThrow('a rate with its unit, such as 10/min or 1/s');
    expect(() => parseCheck('append.p99 < 100')).toThrow('a duration with its unit');
  });
});
