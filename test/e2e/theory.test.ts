/** The strategies differ as theory says, measured end to end, after allowing for the kernel's buffers. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { runValidRecord } from '../helpers/cli.ts';

const GROUP = 'slow';
const records = new Map<string, RunRecord>();

beforeAll(async () => {
  for (const strategy of ['drop-oldest', 'drop-newest', 'block', 'unbounded']) {
    records.set(
      strategy,
      (
        await runValidRecord([
          'slow-cohort',
          '--strategy',
          strategy,
          '--seed',
          '7',
          '-d',
          '8s',
          '--grace',
          '1s',
        ])
      ).record,
    );
  }
}, 180_000);

const recordOf = (strategy: string) => records.get(strategy) as RunRecord;
const slowOf = (record: RunRecord) => {
  const name = Object.keys(record.groups).find((group) => group.includes(GROUP)) as string;
  return record.groups[name] as RunRecord['groups'][string];
};
const lossOf = (record: RunRecord) => {
  const { ledger } = slowOf(record);
  return Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0) / ledger.offered;
};

describe('a slow cohort', () => {
  it('loses the same share under drop-oldest and drop-newest', () => {
    const oldest = lossOf(recordOf('drop-oldest'));
    expect(oldest).toBeGreaterThan(0.3);
    expect(Math.abs(oldest - lossOf(recordOf('drop-newest')))).toBeLessThan(0.05);
  });

  it.each(['drop-oldest', 'drop-newest'])('gets events as old as predicted under %s', (strategy) => {
    const age = recordOf(strategy).predictions.find((prediction) =>
      prediction.quantity.startsWith('age on arrival'),
    );
    expect(age?.measured).not.toBeNull();
    const ratio = (age?.measured as number) / (age?.predicted as number);
    expect(ratio, JSON.stringify(age)).toBeGreaterThan(0.75);
    expect(ratio, JSON.stringify(age)).toBeLessThan(1.35);
  });

  it('gets fresher events from drop-oldest than from drop-newest', () => {
    const medianOf = (strategy: string) => slowOf(recordOf(strategy)).latency.response.p50 as number;
    expect(medianOf('drop-newest') / medianOf('drop-oldest')).toBeGreaterThan(1.3);
  });

  it('loses nothing under block, and its producer waits', () => {
    const record = recordOf('block');
    expect(slowOf(record).ledger).toMatchObject({ dropped: {}, unaccounted: 0 });
    expect(record.queues['sse.client']?.blockedMs).toBeGreaterThan(1000);
  });

  it('grows under unbounded, far above what the others hold', () => {
    expect(recordOf('unbounded').queues['sse.client']?.depth.max).toBeGreaterThan(
      5 * (recordOf('drop-oldest').queues['sse.client']?.depth.max as number),
    );
  });
});

describe('the stall of the event channel', () => {
  it('lifts the p99 of requests to a hundred times what the origin takes under block, and not under drop-oldest', async () => {
    const play = async (strategy: string) =>
      await runValidRecord([
        'stall',
        '--at',
        `proxy.events=${strategy},capacity=256`,
        '--no-checks',
        '--seed',
        '3',
      ]);
    const block = await play('block');
    const dropping = await play('drop-oldest');
    const answersOf = ({ latency }: RunRecord, rank: 'p50' | 'p99') =>
      latency.proxy?.response[rank] as number;
    const originOf = ({ originLatency }: RunRecord) => originLatency?.p50 as number;
    expect(answersOf(block.record, 'p99') / originOf(block.record)).toBeGreaterThan(100);
    expect(answersOf(dropping.record, 'p99') / originOf(dropping.record)).toBeLessThan(100);
    expect(block.record.originLatency?.p99).toBeLessThan(answersOf(block.record, 'p99') / 30);
    // Between two runs the median: a host that stands still for half a second moves every higher rank of one of them.
    expect(answersOf(block.record, 'p50') / answersOf(dropping.record, 'p50')).toBeGreaterThan(20);
    expect(answersOf(dropping.record, 'p50') / originOf(dropping.record)).toBeLessThan(5);
    expect(originOf(block.record)).toBeLessThan(3 * originOf(dropping.record));
    expect(block.record.queues['proxy.events']?.blockedMs).toBeGreaterThan(1000);
    expect(dropping.record.queues['proxy.events']?.blockedMs).toBe(0);
  });
});
