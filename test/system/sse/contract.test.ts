/**
 * What holds for every strategy that may stand at `sse.bus`, with any at `sse.client`: both ledgers close, each
 * connection's account agrees with what its client received, nothing comes twice, ids rise unless the strategy lets
 * one event overtake another, and the end comes in time, also with forwarders and publishers that wait.
 */
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/core/clock.ts';
import { BenchError } from '../../../src/core/errors.ts';
import type { LedgerSnapshot } from '../../../src/core/ledger.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { DEFINITIONS } from '../../../src/system/strategies/registry.ts';
import { type RunningSystem, startSystem, until } from '../../helpers/system.ts';
import { accountsOf, publishAll, subscribe } from './rig.ts';

/** Every part alone, as far as the boundary takes it. Specimens are wrong on purpose. */
function legalAt(boundary: 'sse.bus'): string[] {
  return DEFINITIONS.filter(({ specimen }) => specimen !== true).flatMap(({ name }) => {
    try {
      parseStrategy(name, boundary);
      return [name];
    } catch (error) {
      if (error instanceof BenchError) return [];
      throw error;
    }
  });
}

function reorders(name: 'sse.bus' | 'sse.client', text: string): boolean {
  const strategy = parseStrategy(text, name);
  return new Boundary({ name, strategy, clock: createVirtualClock(), random: createRandom(1, 'test') })
    .reorders;
}

const BUS = legalAt('sse.bus');
const PAIRS: [bus: string, client: string][] = [
  ...BUS.map((bus): [string, string] => [bus, 'drop-oldest']),
  ...['ring-lag,capacity=8', 'ring-gated,capacity=8', 'block,capacity=8', 'drop-oldest,capacity=8'].flatMap(
    (bus) =>
      ['block,capacity=4', 'latest', 'unbounded', 'spill,capacity=8', 'debounce,quiet=5ms + drop-oldest'].map(
        (client): [string, string] => [bus, client],
      ),
  ),
];

const EVENTS = 120;

async function play(running: RunningSystem, isShared: boolean) {
  const fast = await subscribe(running, { client: 'fast' });
  const frozen = await subscribe(running, { client: 'frozen', isFrozen: true });
  const leaver = await subscribe(running, { client: 'leaver' });
  const query = (i: number) => `key=k${i % 4}&class=${i % 3}&flow=f${i % 2}`;
  const first = publishAll(running, EVENTS / 2, { query, bytes: 6000, batch: 10 });
  await until(() => running.system.sample().published >= 10, 'the publishing is under way');
  leaver.socket.destroy();
  if (!isShared)
    await until(() => frozen.isClosed || running.system.sample().published >= 20, 'more was published');
  frozen.socket.resume();
  await first;
  await publishAll(running, EVENTS / 2, { query, batch: 10 });
  const left = await running.system.finish(5000);
  await Promise.all([fast.closed(), frozen.closed()]);
  return { fast, frozen, left };
}

describe.each(['per-client', 'shared'] as const)('with a %s fan-out', (fanout) => {
  const pairs = fanout === 'shared' ? PAIRS.filter(([bus]) => /^(ring|block|drop)/.test(bus)) : PAIRS;

  it.each(pairs)('%s at the bus and %s at the client keep their books', async (bus, client) => {
    await using running = await startSystem({
      strategies: { 'sse.bus': bus, 'sse.client': client },
      settings: { sse: { fanout }, store: { synchronous: 'off' } },
    });
    const { fast, frozen, left } = await play(running, fanout === 'shared');
    expect(left).toEqual({});
    const { boundaries, waits, memory } = running.system.sample();
    for (const name of ['sse.bus', 'sse.client'] as const) {
      const ledger = boundaries[name]?.ledger as LedgerSnapshot;
      expect(ledger, `${name} ${JSON.stringify(ledger)}`).toMatchObject({
        queued: 0,
        inFlight: 0,
        blocked: 0,
        spilled: 0,
        unaccounted: 0,
      });
    }
    expect(waits).toEqual([]);
    expect(memory.accountedBytes).toBe(0);
    const mayOvertake = reorders('sse.bus', bus) || reorders('sse.client', client);
    const accounts = await accountsOf(running, ['fast', 'frozen', 'leaver']);
    for (const [i, reader] of [fast, frozen].entries()) {
      expect(new Set(reader.ids).size).toBe(reader.ids.length);
      if (!mayOvertake) expect(reader.ids).toEqual([...reader.ids].sort((a, b) => a - b));
      const account = accounts[i];
      if (account?.endedCleanly !== true) continue; // some strategies send a reader away that was frozen
      expect(account.delivered).toBe(reader.events.length);
      expect(account.offered).toBe(EVENTS);
      expect(reader.ofType('end')).toHaveLength(1);
    }
  });
});

it('is asked of every strategy that may stand there', () => {
  expect(BUS.length).toBeGreaterThan(25);
  expect(BUS).toEqual(
    expect.arrayContaining([
      'ring-lag',
      'ring-gated',
      'block',
      'drop-oldest',
      'coalesce',
      'debounce',
      'batch',
      'ttl',
    ]),
  );
});
