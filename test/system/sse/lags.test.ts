/** Clients that the bus laps: each reaction, and what the client and the books say of it. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SseSettings } from '../../../src/core/plan.ts';
import { range, type TestSseClient } from '../../helpers/sse-client.ts';
import { publish, type RunningSystem, startSystem, until } from '../../helpers/system.ts';
import { accountOf, lossOf, publishAll, sseOf, subscribe, toldMissing } from './rig.ts';

const clients: TestSseClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client[Symbol.dispose]();
});

const EVENTS = 200;

/** The queue of a client makes its forwarder wait, so that the small ring laps it. */
function start(sse: Partial<SseSettings>, store: 'sqlite' | 'none' = 'sqlite') {
  return startSystem({
    settings: { sse, store: { mode: store, synchronous: 'off' } },
    strategies: { 'sse.bus': 'ring-lag,capacity=16', 'sse.client': 'block,capacity=4' },
  });
}

async function lap(running: RunningSystem): Promise<TestSseClient> {
  const client = await subscribe(running, { isFrozen: true });
  clients.push(client);
  const statuses = await publishAll(running, EVENTS, { bytes: 8000, query: (i) => `key=k${i % 5}` });
  expect(new Set(statuses)).toEqual(new Set([202])); // the publisher never waits for it
  expect(running.system.sample().boundaries['sse.bus']?.ledger.dropped['lag']).toBeGreaterThan(0);
  return client;
}

/** Reads on, until everything has been said. */
async function thaw(running: RunningSystem, client: TestSseClient): Promise<void> {
  client.socket.resume();
  await publish(running.addresses, 'last');
  const { published } = running.system.sample();
  await until(() => client.lastEventId === `${published}` || client.isClosed, 'the last event has come');
}

describe('a client that is lapped', () => {
  it('gets what it missed from the store: nothing lost, nothing twice', async () => {
    await using running = await start({ onLag: 'replay' });
    const client = await lap(running);
    await thaw(running, client);
    expect(client.ids).toEqual(range(1, EVENTS + 1));
    expect(sseOf(running)).toMatchObject({ gaps: 0, deduplicated: 0 });
    expect(sseOf(running).lags).toBeGreaterThan(0);
    await running.system.finish(2000);
    const account = await accountOf(running, 'test');
    expect(account).toMatchObject({ offered: EVENTS + 1, delivered: EVENTS + 1, endedCleanly: true });
    expect(lossOf(account)).toBe(0);
    expect(running.system.sample().boundaries['sse.bus']?.ledger.unaccounted).toBe(0);
  });

  it('is told exactly what is missing where no store has it', async () => {
    await using running = await start({ onLag: 'replay' }, 'none');
    const client = await lap(running);
    await thaw(running, client);
    const missing = range(1, EVENTS + 1).filter((id) => !client.ids.includes(id));
    expect(missing.length).toBeGreaterThan(100);
    expect(toldMissing(client)).toEqual(missing);
    await running.system.finish(2000);
    expect((await accountOf(running, 'test')).dropped).toEqual({ lag: missing.length });
  });

  it('gets the state and goes on behind it', async () => {
    await using running = await start({ onLag: 'snapshot' });
    const client = await lap(running);
    await until(() => running.system.sample().projections?.[0]?.lag === 0, 'the projection is up to date');
    await thaw(running, client);
    const [snapshot, ...more] = client.ofType('snapshot');
    expect(more).toEqual([]);
    const state = JSON.parse(snapshot?.data as string) as {
      id: number;
      items: { id: number; key: string }[];
    };
    const keys = state.items.map(({ key }) => key).filter((key) => key !== null);
    expect(keys.sort()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4']);
    const before = client.ids.filter((id) => id <= state.id);
    const after = client.ids.filter((id) => id > state.id);
    expect(after).toEqual(range(state.id + 1, EVENTS + 1));
    expect(client.ids).toEqual([...before, ...after]);
    await running.system.finish(2000);
    await accountOf(running, 'test');
  });

  it.each(['reload', 'stale'] as const)(
    'is told once per episode with %s, however often it is lapped',
    async (onLag) => {
      await using running = await start({ onLag });
      const client = await lap(running);
      for (let round = 0; round < 5; round++) {
        // It reads a little and stays behind: the same episode goes on.
        const goal = client.events.length + 40;
        client.socket.resume();
        await until(() => client.events.length >= Math.min(goal, 40 * (round + 1)), 'it has read a little');
        client.socket.pause();
        await publishAll(running, 60, { bytes: 8000 });
      }
      await thaw(running, client);
      const words = client.ofType(onLag);
      expect(words.length).toBeGreaterThan(0);
      expect(words.length).toBeLessThanOrEqual(sseOf(running).lags);
      if (onLag === 'stale') {
        const [first] = words.map(
          ({ data }) => JSON.parse(data) as { from: number; to: number; missed: number },
        );
        expect(first?.missed).toBe((first?.to ?? 0) - (first?.from ?? 0) + 1);
        expect(client.ids).not.toContain(first?.from);
      }
      const missing = range(1, Math.max(...client.ids)).filter((id) => !client.ids.includes(id));
      await running.system.finish(2000);
      const account = await accountOf(running, 'test');
      expect(account.dropped).toEqual({ lag: missing.length });
      expect(sseOf(running).missed).toBe(missing.length);
    },
  );

  it('goes on as if nothing were with ignore', async () => {
    await using running = await start({ onLag: 'ignore' });
    const client = await lap(running);
    await thaw(running, client);
    expect(client.all.map(({ type }) => type)).toEqual(client.events.map(() => 'message'));
    expect(client.ids.length).toBeLessThan(EVENTS);
    expect(client.ids).toEqual([...client.ids].sort((a, b) => a - b));
  });

  it('is cut off with disconnect, and everything is accounted for', async () => {
    await using running = await start({ onLag: 'disconnect' });
    const client = await lap(running);
    client.socket.resume();
    await client.closed();
    expect(client.ofType('end')).toEqual([]);
    expect(sseOf(running).endedByLag).toBe(1);
    const account = await accountOf(running, 'test');
    expect(account).toMatchObject({ offered: EVENTS, endedCleanly: false });
    expect(account.dropped['lag']).toBeGreaterThan(0);
  });

  it('ends without a word with end, as found, after what was queued', async () => {
    await using running = await start({ onLag: 'end' });
    const client = await lap(running);
    client.socket.resume();
    await client.closed();
    expect(client.ofType('end')).toEqual([]);
    expect(client.ids).toEqual(range(1, client.ids.length)); // in order up to there
    const account = await accountOf(running, 'test');
    expect(account).toMatchObject({ offered: EVENTS, delivered: client.ids.length });
    expect(running.system.sample().connections.sse.open).toBe(0);
  });
});

describe('what the queue of a client drops', () => {
  it.each([
    'drop-oldest,capacity=8',
    'drop-newest,capacity=8',
    'coalesce,capacity=8,position=tail',
    'latest',
    'evict-all,capacity=8',
  ])(
    'is told before the next event under %s: gaps received = gaps told = dropped + coalesced',
    async (strategy) => {
      await using running = await startSystem({
        settings: { sse: { gaps: 'record' }, store: { synchronous: 'off' } },
        strategies: { 'sse.client': strategy },
      });
      const client = await subscribe(running, { isFrozen: true });
      clients.push(client);
      await publishAll(running, 150, { bytes: 8000, query: (i) => `key=k${i % 3}` });
      client.socket.resume();
      await running.system.finish(3000);
      await client.closed();
      const missing = range(1, 150).filter((id) => !client.ids.includes(id));
      expect(missing.length).toBeGreaterThan(20);
      expect(toldMissing(client)).toEqual(missing);
      expect(lossOf(await accountOf(running, 'test'))).toBe(missing.length);
      // Each gap stands right where it is.
      let last = 0;
      for (const event of client.all.filter(({ type }) => type !== 'end')) {
        const from =
          event.type === 'gap' ? (JSON.parse(event.data) as { from: number }).from : Number(event.id);
        expect(from).toBe(last + 1);
        last = Number(event.id);
      }
    },
  );

  it('is not told where events may overtake each other: what is missing may yet come', async () => {
    await using running = await startSystem({
      settings: { sse: { gaps: 'record' }, store: { synchronous: 'off' } },
      strategies: { 'sse.client': 'coalesce,capacity=8' },
    });
    const client = await subscribe(running, { isFrozen: true });
    clients.push(client);
    await publishAll(running, 100, { bytes: 8000, query: (i) => `key=k${i % 3}` });
    client.socket.resume();
    await running.system.finish(3000);
    expect(client.ofType('gap')).toEqual([]);
    expect(client.ids.length).toBeLessThan(100);
  });

  it('is not told where nobody asks for it', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'drop-oldest,capacity=8' } });
    const client = await subscribe(running, { isFrozen: true });
    clients.push(client);
    await publishAll(running, 100, { bytes: 8000 });
    client.socket.resume();
    await running.system.finish(3000);
    expect(client.ofType('gap')).toEqual([]);
    expect(client.ids.length).toBeLessThan(100);
  });
});
