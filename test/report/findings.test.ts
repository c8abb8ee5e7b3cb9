import { describe, expect, it } from 'vitest';
import type { GroupResult, QueueResult, RunRecord } from '../../src/core/record.ts';
import { findFindings } from '../../src/report/findings.ts';
import {
  createEmptyRecord,
  createRecord,
  ledgerOf,
  NO_LATENCY,
  strategyOf,
  summaryOf,
  viewsOf,
} from './fixtures.ts';

function textsOf(record: RunRecord): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  for (const { code, level, text } of findFindings(record)) {
    texts[code] = [...(texts[code] ?? []), `${level}: ${text}`];
  }
  return texts;
}

function groupOf(record: RunRecord, name: string): GroupResult {
  return record.groups[name] as GroupResult;
}

function queueOf(record: RunRecord, name: 'sse.client' | 'ws.outbound' | 'proxy.events'): QueueResult {
  return record.queues[name] as QueueResult;
}

/** The fixed run without anything that filled a queue. */
function createCalmRecord(): RunRecord {
  const record = createRecord();
  queueOf(record, 'sse.client').depth.max = 3;
  record.ledgers.boundaries['sse.client'] = ledgerOf({ offered: 89_300, delivered: 89_300 });
  groupOf(record, 'sse slow').ledger = ledgerOf({ offered: 8100, delivered: 8100 });
  return record;
}

describe('findings', () => {
  it('tells the fixed run: who lost, who did not notice, how far behind, what was full', () => {
    expect(textsOf(createRecord())).toEqual({
      drops: ['warn: sse slow (50 clients) lost 5,170 of 8,100 events (63.8 %): every drop of the run.'],
      'pressure-elsewhere': [
        'info: No pressure at ws.outbound (2 of 100 at most), proxy.events (31 of 256 at most): the run says nothing about the strategy there.',
      ],
      'fast-readers-unhurt': [
        'info: sse fast never noticed: 0 of 81,200 events dropped, p99 9.4 ms, 9.1 ms at first.',
        'info: ws never noticed: 0 of 48,600 messages dropped, p99 8.8 ms.',
      ],
      'slow-readers-behind': ['info: What sse slow gets is 140 ms old at the median and 610 ms at p99.'],
      'capacity-reached': ['info: A queue of sse.client was full: 64 of 64 items.'],
      'memory-within-limit': [
        'info: Queues and unsent writes never held more than 31 MiB of the 100 MiB allowed.',
      ],
      'hidden-buffer': [
        'info: Before a slow reader over the Unix socket is felt, the kernel takes 33 KiB: about 169 events beside the queue.',
      ],
    });
  });

  it('tells what weakens the result first, then who was hurt, then the rest', () => {
    const record = createCalmRecord();
    record.connections.rejected = 48;
    const levels = findFindings(record).map(({ level }) => level);
    expect(levels).toEqual(
      [...levels].sort((a, b) => 'doubt warn info'.indexOf(a) - 'doubt warn info'.indexOf(b)),
    );
    expect(levels.slice(0, 2)).toEqual(['doubt', 'warn']);
  });

  it('doubts a run in which no queue ever filled', () => {
    expect(textsOf(createCalmRecord())['no-pressure']).toEqual([
      'doubt: No queue ever filled: sse.client (3 of 64 at most), ws.outbound (2 of 100 at most), proxy.events (31 of 256 at most). This run tested nothing about drop-oldest.',
    ]);
  });

  it.each<[string, (record: RunRecord) => void]>([
    ['a queue at its capacity', (record) => (queueOf(record, 'ws.outbound').depth.max = 100)],
    ['a producer that waited', (record) => (queueOf(record, 'ws.outbound').blockedMs = 1)],
    [
      'a drop between two samples',
      (record) => {
        record.ledgers.boundaries['ws.outbound'] = ledgerOf({
          offered: 10,
          delivered: 9,
          dropped: { 'overflow.block': 1 },
        });
      },
    ],
  ])('takes %s for pressure', (_, press) => {
    const record = createCalmRecord();
    press(record);
    expect(textsOf(record)['no-pressure']).toBeUndefined();
  });

  it('does not take what a shutdown dropped for pressure, nor for the doing of a strategy', () => {
    const record = createCalmRecord();
    record.ledgers.boundaries['ws.outbound'] = ledgerOf({
      offered: 10,
      delivered: 2,
      dropped: { shutdown: 8 },
    });
    groupOf(record, 'ws').ledger = ledgerOf({ offered: 10, delivered: 2, dropped: { shutdown: 8 } });
    const texts = textsOf(record);
    expect(texts['no-pressure']).toHaveLength(1);
    expect(texts['drops']).toBeUndefined();
  });

  it('looks for pressure only where the strategy applies', () => {
    const record = createRecord();
    record.scenario = { ...record.scenario, boundary: ['ws.outbound'] };
    record.strategy['proxy.events'] = strategyOf('block', 256); // as found
    expect(textsOf(record)['no-pressure']?.[0]).toContain(
      'ws.outbound (2 of 100 at most). This run tested nothing',
    );
  });

  it('shares the drops out among the groups that took them', () => {
    const record = createRecord();
    groupOf(record, 'ws').ledger = ledgerOf({
      offered: 10_000,
      delivered: 4830,
      dropped: { 'overflow.drop-oldest': 5170 },
    });
    expect(textsOf(record)['drops']).toEqual([
      'warn: sse slow (50 clients) lost 5,170 of 8,100 events (63.8 %): 50 % of all drops.',
      'warn: ws (300 clients) lost 5,170 of 10,000 events (51.7 %): 50 % of all drops.',
    ]);
  });

  it('warns when fast readers lose events beside slow ones', () => {
    const record = createRecord();
    groupOf(record, 'sse fast').ledger = ledgerOf({
      offered: 81_200,
      delivered: 81_190,
      dropped: { 'overflow.block': 10 },
    });
    expect(textsOf(record)['fast-readers-hurt']).toEqual([
      'warn: sse fast read at full speed and lost 10 of 81,200 events all the same (p99 9.4 ms).',
    ]);
  });

  it('warns when fast readers wait: a phase with a p99 both double and 10 ms above the first', () => {
    const record = createRecord();
    const fast = (record.phases[1] as RunRecord['phases'][number]).groups['sse fast'];
    if (fast !== undefined) fast.p99Ms = 19.1;
    expect(textsOf(record)['fast-readers-waited']).toBeUndefined();
    if (fast !== undefined) fast.p99Ms = 19.2;
    const texts = textsOf(record);
    expect(texts['fast-readers-waited']).toEqual([
      'warn: sse fast read at full speed and lost nothing, but waited: p99 9.1 ms at first, 19.2 ms in burst.',
    ]);
    expect(texts['recovered']).toEqual([
      'info: sse fast recovered: p99 9.1 ms at first, 19.2 ms in burst, 9.2 ms in recovery.',
    ]);
  });

  it('calls a wait one only when it is also more than double', () => {
    const record = createRecord();
    record.phases.forEach((phase, at) => {
      const fast = phase.groups['sse fast'];
      if (fast !== undefined) fast.p99Ms = [100, 200, 100][at] as number;
    });
    expect(textsOf(record)['fast-readers-waited']).toBeUndefined();
  });

  it('says when a group had not recovered at the end', () => {
    const record = createRecord();
    for (const phase of record.phases.slice(1)) {
      const fast = phase.groups['sse fast'];
      if (fast !== undefined) fast.p99Ms = phase.name === 'burst' ? 900 : 400;
    }
    expect(textsOf(record)['not-recovered']).toEqual([
      'warn: sse fast had not recovered at the end: p99 9.1 ms at first, 900 ms in burst, 400 ms in recovery.',
    ]);
  });

  it('says nothing about fast readers when there is no slow one', () => {
    const record = createRecord();
    record.scenario = {
      ...record.scenario,
      clients: record.scenario.clients.map((client) => ({ ...client, readBytesPerSec: null })),
    };
    expect(Object.keys(textsOf(record)).filter((code) => code.startsWith('fast-readers'))).toEqual([]);
  });

  it('adds up how long producers waited', () => {
    const record = createRecord();
    Object.assign(queueOf(record, 'proxy.events'), { blockedMs: 84_000, waitersMax: 40 });
    expect(textsOf(record)['producers-waited']).toEqual([
      'warn: Producers waited 84 s in total for room in proxy.events, up to 40 at a time.',
    ]);
  });

  it('blames the system and not a healthy upstream when clients of the proxy wait', () => {
    const record = createRecord();
    record.latency.proxy = viewsOf(summaryOf(2400, 300, 640, 650, 660));
    expect(textsOf(record)['wait-inside-system']).toEqual([
      'warn: The upstream answered in 5.9 ms (p99), clients of the proxy waited 640 ms: the wait is inside the system.',
    ]);
    record.originLatency = summaryOf(2400, 300, 635, 650, 660);
    expect(textsOf(record)['wait-inside-system']).toBeUndefined();
  });

  it('tells lost events of the proxy apart from lost requests', () => {
    const record = createRecord();
    record.ledgers.boundaries['proxy.events'] = ledgerOf({
      offered: 4800,
      delivered: 3596,
      dropped: { 'overflow.drop-newest': 1204 },
    });
    expect(textsOf(record)['proxy-events-lost']).toEqual([
      'warn: The consumer of proxy.events never saw 1,204 of 4,800 request events (25.1 %), while 2,400 of 2,400 requests were answered.',
    ]);
  });

  it('says how far an unbounded queue grew, and warns once it passed its mark', () => {
    const record = createRecord();
    record.strategy = { ...record.strategy, 'sse.client': strategyOf('unbounded', 64) };
    Object.assign(queueOf(record, 'sse.client'), {
      depth: { mean: 1, max: 12_000, final: 0 },
      bytes: { max: 32_505_856, final: 0 },
    });
    const texts = textsOf(record);
    expect(texts['unbounded-growth']).toEqual([
      'warn: Nothing bounds sse.client: its fullest queue grew to 12,000 items, all of them together to 31 MiB.',
    ]);
    expect(texts['capacity-reached']).toBeUndefined();
  });

  it('says when the guard against using up all memory had to step in', () => {
    const record = createRecord();
    record.ledgers.boundaries['sse.client'] = ledgerOf({
      offered: 10,
      delivered: 4,
      dropped: { oom_guard: 6 },
    });
    expect(textsOf(record)['memory-guard']?.[0]).toContain('dropped 6 items');
  });

  it('warns when memory came within 10 % of its limit', () => {
    const record = createRecord();
    record.memory.accountedMaxBytes = 94_371_840;
    expect(textsOf(record)['memory-near-limit']).toEqual([
      'warn: Queues and unsent writes held 90 MiB of the 100 MiB allowed (90 %).',
    ]);
  });

  it('counts refused and failed connections, failed work and leaked tasks', () => {
    const record = createRecord();
    Object.assign(record.connections, { attempted: 1048, rejected: 48, failed: 2 });
    record.tasks.leaked = 1;
    groupOf(record, 'proxy').ledger = ledgerOf({ offered: 2400, delivered: 2390, failed: { timeout: 10 } });
    const texts = textsOf(record);
    expect(texts['connections-rejected']).toEqual([
      'warn: 48 of 1,048 connections were refused (the system takes 1,000).',
    ]);
    expect(texts['connections-failed']).toEqual([
      'warn: 2 of 1,048 connections broke before they were taken.',
    ]);
    expect(texts['failed']).toEqual(['warn: 10 of 2,400 requests of proxy failed (timeout 10).']);
    expect(texts['tasks-leaked']).toEqual(['warn: 1 task was still alive after the load was gone.']);
  });

  it('says of slow readers without a single measured event that they starved', () => {
    const record = createRecord();
    const slow = groupOf(record, 'sse slow');
    slow.latency = viewsOf(NO_LATENCY);
    expect(textsOf(record)['slow-readers-starved']).toEqual([
      'warn: sse slow received none of its 8,100 events in a measured phase.',
    ]);
  });

  it('finds nothing in a record without numbers', () => {
    expect(findFindings(createEmptyRecord())).toEqual([]);
  });

  describe('what the bus dropped', () => {
    const CRITICAL = { offered: 40, delivered: 30, dropped: 10, coalesced: 0, failed: 0 };

    /** The bus lapped slow clients by 200 copies; `stayedLost` of them never came, neither live nor from the store. */
    function createLapped(stayedLost: number): RunRecord {
      const record = createCalmRecord();
      const bus = structuredClone(queueOf(record, 'sse.client'));
      record.queues['sse.bus'] = { ...bus, strategy: 'ring-lag', classes: { '0': CRITICAL } };
      record.ledgers.boundaries['sse.bus'] = ledgerOf({
        ...{ offered: 89_300, delivered: 89_100, dropped: { lag: 200 } },
      });
      const dropped: Record<string, number> = stayedLost === 0 ? {} : { lag: stayedLost };
      record.ledgers.endToEnd.sse = ledgerOf({ offered: 89_300, delivered: 89_300 - stayedLost, dropped });
      return record;
    }

    it('and the store brought back is no loss', () => {
      const texts = textsOf(createLapped(0));
      expect(texts['brought-back']).toEqual([
        'info: The store brought back all 200 copies that sse.bus had dropped: late, and not lost.',
      ]);
      expect(texts['critical-lost']).toBeUndefined();
    });

    it('and stayed lost is one', () => {
      const texts = textsOf(createLapped(4));
      expect(texts['brought-back']).toEqual([
        'info: The store brought back 196 of 200 copies that sse.bus had dropped: late, and not lost.',
      ]);
      expect(texts['critical-lost']).toEqual([
        'info: sse.bus dropped 10 of 40 critical items; at most 4 of these stayed lost; ring-lag treats all alike unless a class-aware strategy such as reserve keeps room for them.',
      ]);
      expect(textsOf(createLapped(200))['brought-back']).toBeUndefined();
    });

    it('of projections counts too', () => {
      const record = createLapped(0);
      const [projection] = record.feed?.projections ?? [];
      if (projection !== undefined) Object.assign(projection, { missed: 50, recovered: 20 });
      expect(textsOf(record)['brought-back']).toEqual([
        'info: The store brought back 170 of 200 copies that sse.bus had dropped: late, and not lost.',
      ]);
    });
  });

  it('does not take for a loss under pressure what an end left in a queue', () => {
    const record = createCalmRecord();
    queueOf(record, 'ws.outbound').classes = {
      '0': { offered: 101, delivered: 0, dropped: 101, coalesced: 0, failed: 0 },
    };
    record.ledgers.boundaries['ws.outbound'] = ledgerOf({ offered: 101, dropped: { shutdown: 101 } });
    expect(textsOf(record)['critical-lost']).toBeUndefined();
    record.ledgers.boundaries['ws.outbound'] = ledgerOf({ offered: 101, dropped: { 'overflow.x': 101 } });
    expect(textsOf(record)['critical-lost']).toHaveLength(1);
  });

  it('says that a boundary was not tested where somebody chose its strategy, whatever the scenario is about', () => {
    const record = createRecord();
    record.queues['sse.bus'] = { ...structuredClone(queueOf(record, 'ws.outbound')), capacityItems: 4 };
    record.ledgers.boundaries['sse.bus'] = ledgerOf({ offered: 10, delivered: 10 });
    expect(textsOf(record)['pressure-elsewhere']?.[0]).not.toContain('sse.bus');
    record.strategy['sse.bus'] = strategyOf('ring-lag,capacity=4', 4);
    expect(textsOf(record)['pressure-elsewhere']?.[0]).toContain('No pressure at sse.bus (2 of 4 at most)');
  });

  it('says what clients that the bus lapped were told, and nothing where nobody was', () => {
    const record = createRecord();
    expect(textsOf(record)['clients-told']).toBeUndefined();
    Object.assign(record.feed?.sse ?? {}, { lags: 24, reloads: 8, endedByLag: 1 });
    expect(textsOf(record)['clients-told']).toEqual([
      'info: What SSE clients saw of what they missed: 8 reloads, 1 stream ended. The bus lapped them 24 times.',
    ]);
  });

  it('names how many waited only where a sample saw one', () => {
    const record = createCalmRecord();
    Object.assign(queueOf(record, 'ws.outbound'), { blockedMs: 2, waitersMax: 0 });
    expect(textsOf(record)['producers-waited']).toEqual([
      'warn: Producers waited 2 ms in total for room in ws.outbound.',
    ]);
  });
});
