/** A thousand readers of each feed, one in a hundred frozen: what the others notice under a queue each, and under a shared one. */
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { runValidRecord } from '../helpers/cli.ts';
import { isHostTooBusy } from '../helpers/validity.ts';

/** The bound that the scenario states: twice what it is without frozen readers, and 250 ms. */
const FACTOR = 2;
const SLACK_MS = 250;

const NOBODY_FROZEN = ['--set', 'clients.1.read=1MiB/s', '--set', 'clients.3.read=1MiB/s'];
const IS_CI = process.env['BPBENCH_CI'] === '1';
const PER_CLIENT = ['drop-oldest', ...(IS_CI ? ['drop-newest', 'evict-newest', 'latest', 'disconnect'] : [])];
const SHARED: [string, string[], Group[]][] = [
  [
    'one forwarder for all SSE clients',
    ['--set', 'system.sse.fanout=shared', '--at', 'sse.client=block,capacity=8'],
    ['sse others'],
  ],
  ['a publisher that waits for each WebSocket', ['--at', 'ws.outbound=block,capacity=8'], ['ws others']],
];

type Group = 'sse others' | 'ws others';

describe('one reader in a hundred is frozen', () => {
  let alone: Record<Group, number>;

  it('has something to compare with', async () => {
    const { record } = await play(['--strategy', 'drop-oldest,capacity=8', ...NOBODY_FROZEN]);
    alone = { 'sse others': p99Of(record, 'sse others'), 'ws others': p99Of(record, 'ws others') };
    expect(record.connections.maxOpen).toBe(2000);
  });

  it.for(PER_CLIENT)('%s: the others hardly notice', async (name, { skip }) => {
    const strategy =
      name === 'disconnect' ? 'block,capacity=8+disconnect-deadline,deadline=1s' : `${name},capacity=8`;
    const { record } = await play(['--strategy', name === 'latest' ? 'latest' : strategy]);
    const p99s = (['sse others', 'ws others'] as const).map(
      (group) => [group, p99Of(record, group)] as const,
    );
    const frozen = record.groups['sse frozen']?.ledger;
    expect(Object.values(frozen?.dropped ?? {}).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    if (isHostTooBusy(record)) return skip('three times this host stood still: the others noticed that');
    for (const [group, p99Ms] of p99s) {
      process.stdout.write(
        `isolation, ${name}, ${group}: p99 ${alone[group].toFixed(0)} ms alone, ${p99Ms.toFixed(0)} ms beside frozen readers\n`,
      );
      expect(p99Ms).toBeLessThan(FACTOR * alone[group] + SLACK_MS);
      expect(record.groups[group]?.ledger.dropped).toEqual({});
    }
  });

  it.each(SHARED)('%s: everybody notices', async (_, args, groups) => {
    const { record } = await play(['--strategy', 'drop-oldest,capacity=8', ...args]);
    for (const group of groups) {
      const { p99 } = record.groups[group]?.latency.all ?? { p99: null };
      expect(p99 === 'inf' ? Number.POSITIVE_INFINITY : p99).toBeGreaterThan(5 * alone[group] + SLACK_MS);
    }
  });
});

function play(args: readonly string[]): Promise<{ record: RunRecord }> {
  return runValidRecord(['isolation', '-d', '12s', '--grace', '2s', '--seed', '3', ...args]);
}

function p99Of(record: RunRecord, group: Group): number {
  expect(record.ledgers.endToEnd.sse?.unaccounted).toBe(0);
  expect(record.ledgers.endToEnd.ws?.unaccounted).toBe(0);
  const p99 = record.groups[group]?.latency.response.p99;
  if (p99 === null || p99 === undefined) throw new Error(`${group} received nothing`);
  return p99;
}
