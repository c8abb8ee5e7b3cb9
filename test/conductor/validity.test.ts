import { describe, expect, it } from 'vitest';
import { Collector } from '../../src/conductor/collector.ts';
import { judgeValidity } from '../../src/conductor/validity.ts';
import { createEmptyLedger, type LedgerSnapshot } from '../../src/core/ledger.ts';
import type { LoadSample, SystemSample } from '../../src/core/samples.ts';

const ledger = (changes: Partial<LedgerSnapshot>): LedgerSnapshot => ({ ...createEmptyLedger(), ...changes });

function judge(changes: {
  finished?: number;
  proxy?: Partial<LedgerSnapshot>;
  boundary?: Partial<LedgerSnapshot>;
  load?: object;
  hasStalled?: boolean;
}) {
  const collector = new Collector();
  const path = { open: 0, admitted: 0, rejected: 0 };
  collector.addSystemSample({
    tMs: 1,
    boundaries: {
      'sse.client': {
        ledger: ledger(changes.boundary ?? {}),
        classes: {},
        depthItems: 0,
        depthMaxItems: 0,
        bytes: 0,
        waiters: 0,
        blockedMs: 0,
      },
    },
    published: 0,
    connections: { sse: path, ws: path, proxy: path },
    lifecycle: { complete: 0, summaryOnly: 0, unseen: 0, pendingForever: 0 },
    proxied: { started: 10, finished: changes.finished ?? 10, failed: 0 },
    tasks: { open: 0, byKind: {}, maxPerConnection: 0 },
    memory: { rssBytes: 0, heapUsedBytes: 0, externalBytes: 0, accountedBytes: 0, socketBytes: 0 },
    loop: { delayP99Ms: 0, delayMaxMs: 0, utilization: 0 },
    backpressureEvents: 0,
  } satisfies SystemSample);
  collector.addLoadSample({
    tMs: 1,
    phase: null,
    groups: {},
    publish: { due: 100, sent: 100, accepted: 100, failures: {}, pending: 0 },
    latenessP99Ms: 0,
    latenessMaxMs: 0,
    calmLatenessP99Ms: 1,
    loop: { delayP99Ms: 0, delayMaxMs: 0, utilization: 0 },
    ...changes.load,
  } satisfies LoadSample);
  const endToEnd = { proxy: ledger({ offered: 10, delivered: 10, ...changes.proxy }) };
  const { status, checks } = judgeValidity({
    ...{ collector, durationMs: 1000, endToEnd, isEmbedded: true },
    hasStalled: changes.hasStalled ?? false,
  });
  return {
    status,
    ledgers: checks.filter(({ name }) => name.startsWith('ledger')).map(({ name }) => name),
    wrong: checks.filter((check) => ['doubt', 'invalid'].includes(check.status)).map((check) => check.name),
  };
}

describe('validity', () => {
  it('is given when every ledger closes and the generator kept its plan', () => {
    expect(judge({})).toMatchObject({ status: 'valid', wrong: [] });
  });

  it('judges the ledgers of the boundaries that were there, and of no others', () => {
    expect(judge({}).ledgers).toEqual(['ledger sse.client', 'ledger end to end proxy']);
  });

  it.each([
    ['a boundary lost a copy', { boundary: { offered: 3, delivered: 2 } }, 'ledger sse.client'],
    ['a path lost a copy', { proxy: { unaccounted: 1 } }, 'ledger end to end proxy'],
    ['the proxy finished fewer requests than were answered', { finished: 9 }, 'harness and proxy agree'],
    ['the proxy finished more than can have been lost', { finished: 11 }, 'harness and proxy agree'],
    ['arrivals came much too late', { load: { calmLatenessP99Ms: 80 } }, 'generator slip p99 outside bursts'],
    [
      'the plan was not sent',
      { load: { publish: { due: 100, sent: 90, accepted: 90, failures: {}, pending: 10 } } },
      'events sent of those due',
    ],
    ['nothing was delivered', { finished: 0, proxy: { offered: 0, delivered: 0 } }, 'anything delivered'],
  ])('is refused when %s', (_, changes, name) => {
    expect(judge(changes)).toMatchObject({ status: 'invalid', wrong: [name] });
  });

  it('is not refused when nothing was delivered because all stood still: that is what the run shows', () => {
    const nothing = { finished: 0, proxy: { offered: 0, delivered: 0 } };
    expect(judge({ ...nothing, hasStalled: true }).status).toBe('valid');
  });

  it('is weakened, not refused, by a little lateness', () => {
    expect(judge({ load: { calmLatenessP99Ms: 8 } })).toMatchObject({
      status: 'doubt',
      wrong: ['generator slip p99 outside bursts'],
    });
  });

  it('lets the answers of failed requests have been lost on their way', () => {
    expect(judge({ finished: 10, proxy: { delivered: 9, failed: { reset: 1 } } }).status).toBe('valid');
  });
});
