/** Reconnects: what `Last-Event-ID` brings, in the sound variant and in those that the notes describe. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SseSettings, StoreSettings } from '../../../src/core/plan.ts';
import { range, type SseClientOptions, TestSseClient } from '../../helpers/sse-client.ts';
import { publish, type RunningSystem, startSystem, until } from '../../helpers/system.ts';

const open: TestSseClient[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client[Symbol.dispose]();
});

function start(sse: Partial<SseSettings> = {}, store: Partial<StoreSettings> = {}, bus?: string) {
  return startSystem({
    settings: { sse, store: { synchronous: 'off', ...store } },
    ...(bus === undefined ? {} : { strategies: { 'sse.bus': bus } }),
  });
}

function connectTo(running: RunningSystem, options: SseClientOptions = {}): Promise<TestSseClient> {
  const client = new TestSseClient(running.addresses, options);
  open.push(client);
  return client.opened();
}

/** A few at a time: a queue of 64 is meant for what comes within a moment. */
async function publishAll(running: RunningSystem, count: number, bytes = 0): Promise<void> {
  for (let done = 0; done < count; done += 20) {
    const batch = range(done, Math.min(count, done + 20) - 1);
    await Promise.all(batch.map((i) => publish(running.addresses, `e${i}${'x'.repeat(bytes)}`)));
  }
}

describe('resuming', () => {
  it('sends what was missed and goes on with what is live, each event once', async () => {
    await using running = await start();
    await publishAll(running, 100);
    const client = await connectTo(running, { lastEventId: 40 });
    await publishAll(running, 100);
    await until(() => client.events.length >= 160, 'all have come');
    expect(client.ids).toEqual(range(41, 200));
    const { sse } = running.system.sample();
    expect(sse).toMatchObject({ resumes: 1, replays: 1, gaps: 0, lags: 0 });
  });

  it('misses nothing and repeats nothing over many cuts while events are published', async () => {
    await using running = await start();
    const got: number[] = [];
    let lastId = 0;
    let isDone = false;
    const publishing = (async () => {
      for (let i = 0; i < 60; i++) await publishAll(running, 20);
      isDone = true;
    })();
    for (let cut = 0; !isDone || got.length < 1200; cut++) {
      using client = new TestSseClient(running.addresses, { lastEventId: lastId });
      const goal = got.length + 1 + ((cut * 37) % 90);
      await until(() => got.length + client.events.length >= Math.min(goal, 1200), 'some more have come');
      got.push(...client.ids);
      lastId = Number(client.lastEventId);
    }
    await publishing;
    expect(got).toEqual(range(1, 1200));
  });

  it('waits for room in a small queue, with what is live meanwhile as well', async () => {
    await using running = await startSystem({
      settings: { store: { synchronous: 'off' } },
      strategies: { 'sse.client': 'drop-oldest,capacity=4' },
    });
    await publishAll(running, 200, 8000);
    const client = new TestSseClient(running.addresses, { lastEventId: 0, isFrozen: true });
    open.push(client);
    await until(() => (running.system.sample().sse?.replayed ?? 0) > 0, 'the replay has begun');
    await publishAll(running, 100); // the ring holds them
    client.socket.resume();
    await until(() => client.lastEventId === '300', 'the newest has come');
    expect(client.ids).toEqual(range(1, 300));
    // Abreast of the bus the strategy has its way again.
    client.socket.pause();
    await publishAll(running, 100, 8000);
    await until(
      () =>
        (running.system.sample().boundaries['sse.client']?.ledger.dropped['overflow.drop-oldest'] ?? 0) > 0,
      'its queue drops',
    );
  });

  it('goes by the header where the link names an older event', async () => {
    await using running = await start();
    await publishAll(running, 10);
    const response = await fetch(`${running.addresses.sseUrl}?lastEventId=2`, {
      headers: { 'last-event-id': '8' },
    });
    const reader = response.body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(first.startsWith('id: 9\n')).toBe(true);
    await reader?.cancel();
  });

  it('duplicates what came during the replay where nobody leaves it out, and nothing where somebody does', async () => {
    for (const dedupe of [false, true]) {
      await using running = await start({ dedupe }, { writeMs: 0 });
      await publishAll(running, 300);
      const during = publishAll(running, 200);
      const client = await connectTo(running, { lastEventId: 0 });
      await during;
      await publish(running.addresses, 'last');
      await until(() => client.texts.includes('last'), 'the last one has come');
      expect([...new Set(client.ids)].sort((a, b) => a - b)).toEqual(range(1, 501));
      if (dedupe) expect(client.ids).toEqual(range(1, 501));
    }
  });

  it('loses exactly one event per reconnect with since-plus-one', async () => {
    await using running = await start({ resume: 'since-plus-one' });
    await publishAll(running, 5);
    for (const lastEventId of [0, 1, 2]) {
      using client = await connectTo(running, { lastEventId });
      await until(() => client.ids.includes(5), 'the last one has come');
      expect(client.ids).toEqual(range(lastEventId + 2, 5));
    }
  });

  it('loses with replay-first what is published during the replay', async () => {
    await using running = await start({ resume: 'replay-first' });
    await publishAll(running, 200, 8000);
    // A frozen reader holds up its replay, so that what comes meanwhile is known exactly.
    const client = new TestSseClient(running.addresses, { lastEventId: 0, isFrozen: true });
    open.push(client);
    await until(() => (running.system.sample().sse?.replayed ?? 0) > 0, 'the replay has begun');
    await publishAll(running, 10);
    client.socket.resume();
    await until(() => client.ids.includes(200), 'the replay is over');
    await until(
      () => (running.system.sample().tasks.byKind['sse.forwarder'] ?? 0) === 1,
      'it has subscribed',
    );
    await publish(running.addresses, 'after');
    await until(() => client.texts.includes('after'), 'it is live');
    expect(client.ids).toEqual([...range(1, 200), 211]);
  });

  it('tells of what retention has taken, and sends the rest', async () => {
    await using running = await start({}, { keepEvents: 20 });
    await publishAll(running, 100);
    const { oldestId } = running.system.sample().store as { oldestId: number };
    expect(oldestId).toBeGreaterThan(10);
    const client = await connectTo(running, { lastEventId: 10 });
    await until(() => client.ids.includes(100), 'the newest has come');
    expect(client.ids).toEqual(range(oldestId, 100));
    expect(client.ofType('gap').map(({ data }) => JSON.parse(data))).toEqual([
      { from: 11, to: oldestId - 1, missed: oldestId - 11 },
    ]);
    expect(client.all[0]?.type).toBe('gap');
  });

  it('sends the state instead where lags are answered with it', async () => {
    await using running = await start({ onLag: 'snapshot' }, { keepEvents: 20 });
    for (let i = 0; i < 100; i++) {
      const body = { method: 'POST', body: `v${i}` };
      await fetch(`${running.addresses.publishUrl}?key=k${i % 3}`, body);
    }
    await until(() => running.system.sample().projections?.[0]?.lag === 0, 'the projection is up to date');
    const client = await connectTo(running, { lastEventId: 10 });
    await until(() => client.all.length > 0, 'something has come');
    await publish(running.addresses, 'live');
    await until(() => client.texts.includes('live'), 'it is live');
    expect(client.all.map(({ type }) => type)).toEqual(['snapshot', 'message']);
    const state = JSON.parse(client.all[0]?.data as string) as { id: number; items: { text: string }[] };
    expect(state.id).toBe(100);
    expect(state.items.map(({ text }) => text)).toEqual(['v97', 'v98', 'v99']);
  });

  it('says so when the client has seen what is not there, and counts anew from here', async () => {
    await using running = await start();
    await publishAll(running, 3);
    const client = await connectTo(running, { lastEventId: 50 });
    await until(() => client.all.length > 0, 'it was told');
    expect(client.all).toEqual([{ type: 'gap', data: '{"from":4,"to":50,"missed":0}', id: '3' }]);
    await publish(running.addresses, 'live');
    await until(() => client.events.length === 1, 'it is live');
    expect(client.ids).toEqual([4]);
  });

  it('tells of what no store has kept', async () => {
    await using running = await start({}, { mode: 'none' });
    await publishAll(running, 5);
    const client = await connectTo(running, { lastEventId: 2 });
    await until(() => client.all.length > 0, 'it was told');
    expect(client.all.map(({ type, data }) => [type, data])).toEqual([
      ['gap', '{"from":3,"to":5,"missed":3}'],
    ]);
  });

  it('sends live events alone where resuming is off', async () => {
    await using running = await start({ resume: 'none' });
    await publishAll(running, 5);
    const client = await connectTo(running, { lastEventId: 2 });
    await publish(running.addresses, 'live');
    await until(() => client.events.length === 1, 'it is live');
    expect(client.ids).toEqual([6]);
  });

  it('replays at most so many events, and tells of the older ones', async () => {
    await using running = await start({ replayEvents: 10 });
    await publishAll(running, 50);
    const client = await connectTo(running, { lastEventId: 5 });
    await until(() => client.ids.includes(50), 'the newest has come');
    expect(client.ids).toEqual(range(41, 50));
    expect(client.ofType('gap').map(({ data }) => data)).toEqual(['{"from":6,"to":40,"missed":35}']);
  });

  it.each([
    ['garbage', 'abc'],
    ['negative', '-1'],
    ['fraction', '1.5'],
    ['no Latin-1', '\u0436'],
    ['hexadecimal', '0x10'],
    ['a number too large to be exact', '9'.repeat(20)],
    ['spaces within', '1 2'],
  ])('answers %s with 400 and sends nothing again', async (_, value) => {
    await using running = await start();
    await publishAll(running, 3);
    const response = await fetch(`${running.addresses.sseUrl}?lastEventId=${encodeURIComponent(value)}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('lastEventId');
    expect(running.system.sample().connections.sse.open).toBe(0);
  });

  it('answers two ids with 400, and one of a megabyte with 431', async () => {
    await using running = await start();
    const two = await connectTo(running, { lastEventId: '1\r\nLast-Event-ID: 2' });
    expect(two.status).toBe(400);
    const latin = await connectTo(running, { lastEventId: '\xe4\xff' });
    expect(latin.status).toBe(400);
    const large = await connectTo(running, { lastEventId: '1'.repeat(1_000_000) });
    expect(large.status).toBe(431);
  });
});
