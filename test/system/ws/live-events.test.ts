/** Live events of the relay: the ring, subscriptions, what a full queue and a lag do, and history before them. */
import { describe, expect, it } from 'vitest';
import type { WsSettings } from '../../../src/core/plan.ts';
import { PLAIN_EVENT } from '../../../src/system/event.ts';
import { numbered, StoreFolder, textEvent } from '../../helpers/store.ts';
import { until } from '../../helpers/system.ts';
import { type Client, RunningRelay } from './relay.ts';

const BIG = 'x'.repeat(30_000);
const numbersOf = ({ messages }: Client): number[] =>
  messages.filter((text) => /^\d/.test(text)).map((text) => Number.parseInt(text, 10));

/** Publishes numbered events to a client that reads nothing until `enough`; answers how many there were. */
async function publishUntil(running: RunningRelay, enough: () => boolean, from = 0): Promise<number> {
  let number = from;
  while (!enough()) {
    if (number > from + 5000) throw new Error('5000 events in vain');
    await running.publish(`${number++} ${BIG}`);
    await new Promise(setImmediate);
  }
  return number;
}

describe('a live event that finds the queue full (W-15)', () => {
  const start = (onFull: WsSettings['onFull'], strategy = 'drop-newest,capacity=4') =>
    RunningRelay.start({ strategy, settings: { onFull } });

  it('drop: is lost, and what comes after the client reads again arrives, with a gap', async () => {
    await using running = await start('drop');
    const client = await running.openFrozen();
    const next = await publishUntil(running, () => running.sample().queueFull >= 10);
    client.ws.resume();
    await until(() => running.ledger().queued + running.ledger().inFlight === 0, 'it has caught up');
    await running.publish(`${next} ${BIG}`);
    await until(() => numbersOf(client).includes(next), 'the newest is there');
    const { delivered, dropped, unaccounted } = running.ledger();
    expect(numbersOf(client).length).toBe(delivered);
    expect(dropped).toEqual({ 'overflow.drop-newest': next + 1 - delivered });
    expect(unaccounted).toBe(0);
  });

  it('kill-subscription, as found: no live event ever again, over an open connection', async () => {
    await using running = await start('kill-subscription');
    const client = await running.openFrozen();
    const next = await publishUntil(running, () => running.sample().feedsKilled === 1);
    client.ws.resume();
    await until(() => running.ledger().queued + running.ledger().inFlight === 0, 'it has caught up');
    const before = running.ledger();
    for (let number = next; number < next + 5; number++) await running.publish(`${number} ${BIG}`);
    client.send('{"seq":1}');
    await until(() => client.messages.includes('{"re":1}'), 'the connection is open');
    expect(running.ledger()).toMatchObject({
      offered: before.offered + 1,
      dropped: { 'overflow.drop-newest': 1 },
    });
    expect(Math.max(...numbersOf(client))).toBeLessThan(next - 1);
  });

  it('disconnect: 1013, so that the client knows and comes back', async () => {
    await using running = await start('disconnect');
    const client = await running.openFrozen();
    await publishUntil(running, () => running.ledger().dropped['disconnect.slow'] !== undefined);
    client.ws.resume();
    await until(() => client.closed !== undefined, 'it is closed');
    expect(client.closed).toEqual({ code: 1013, reason: 'disconnect.slow' });
    await until(() => running.limit.open === 0, 'it is gone');
    expect(running.ledger()).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
  });

  it('retry: is tried again, so that a short stop loses nothing', async () => {
    await using running = await start('retry');
    const client = await running.openFrozen();
    const next = await publishUntil(running, () => running.sample().queueFull >= 1);
    for (let number = next; number < next + 5; number++) await running.publish(`${number} ${BIG}`);
    client.ws.resume();
    await until(() => numbersOf(client).length === next + 5, 'everything has arrived');
    expect(numbersOf(client)).toEqual(Array.from({ length: next + 5 }, (_, number) => number));
    expect(running.sample().retried).toBeGreaterThan(0);
    expect(running.ledger().unaccounted).toBe(0);
    expect(running.tasks.byKind()).toEqual({ 'ws.reader': 1, 'ws.writer': 1 });
  });
});

describe('a subscription that the ring has lapped (W-16)', () => {
  /** One that tries again and again does not follow the ring meanwhile. */
  async function lap(onLag: WsSettings['onLag']) {
    const running = await RunningRelay.start({
      strategy: 'drop-newest,capacity=4',
      settings: { onFull: 'retry', onLag, broadcastItems: 16 },
    });
    const client = await running.openFrozen();
    const full = await publishUntil(running, () => running.sample().queueFull >= 1);
    const next = full + 100;
    for (let number = full; number < next; number++) await running.publish(`${number} ${BIG}`);
    client.ws.resume();
    await until(() => running.sample().lags === 1, 'it goes on, and finds itself lapped');
    return { running, client, next };
  }

  it('resume: goes on at the oldest that is kept, and accounts for the gap', async () => {
    const { running, client, next } = await lap('resume');
    await using _ = running;
    await until(() => numbersOf(client).includes(next - 1), 'the newest is there');
    const received = numbersOf(client);
    const { missed } = running.sample();
    expect(missed).toBe(next - received.length);
    const gap = received.findIndex((number, at) => number !== at);
    expect(received.slice(gap)).toEqual(Array.from({ length: 16 }, (_, at) => next - 16 + at));
    const { dropped, offered, delivered } = running.ledger();
    expect(dropped['lag']).toBe(missed);
    expect(offered - delivered).toBe(missed + (dropped['overflow.drop-newest'] ?? 0));
  });

  it('end-feed, as found: the feed is dead, the connection open, and nobody is told', async () => {
    const { running, client, next } = await lap('end-feed');
    await using _ = running;
    expect(running.sample()).toMatchObject({ feedsEndedByLag: 1 });
    await running.publish(`${next} ${BIG}`);
    client.send('{"seq":1}');
    await until(() => client.messages.includes('{"re":1}'), 'the connection is open');
    expect(Math.max(...numbersOf(client))).toBeLessThan(next - 16);
    expect(running.ledger().dropped['lag']).toBeUndefined();
  });
});

describe('subscriptions', () => {
  it('to everything without a word, and to nothing where that is asked for', async () => {
    await using running = await RunningRelay.start();
    const all = await running.open();
    const none = await running.open('/ws?subscribe=none');
    await running.publish('one');
    await all.hears(1);
    none.send('{"seq":1}');
    expect(await none.hears(1)).toEqual(['{"re":1}']);
    expect(running.ledger().offered).toBe(2);
  });

  it('take what their filters let through, one copy for all of them', async () => {
    await using running = await RunningRelay.start();
    const client = await running.open('/ws?subscribe=none');
    client.send('{"subscribe":"a","key":"k1"}');
    client.send('{"subscribe":"b","flow":"f1"}');
    client.send('{"subscribe":"c","class":0}');
    expect(await client.hears(3)).toEqual(['{"subscribed":"a"}', '{"subscribed":"b"}', '{"subscribed":"c"}']);
    await running.publish('key', { key: 'k1' });
    await running.publish('other key', { key: 'k2' });
    await running.publish('flow', { flow: 'f1' });
    await running.publish('class', { class: 0 });
    await running.publish('all three', { key: 'k1', flow: 'f1', class: 0 });
    expect((await client.hears(7)).slice(3)).toEqual(['key', 'flow', 'class', 'all three']);
    client.send('{"unsubscribe":"a"}');
    await client.hears(8);
    await running.publish('key', { key: 'k1' });
    client.send('{"unsubscribe":"a"}');
    expect((await client.hears(9)).slice(7)).toEqual([
      '{"unsubscribed":"a"}',
      '{"error":"no such subscription","unsubscribe":"a"}',
    ]);
  });

  it.each([
    '{"subscribe":"a",}',
    '{"subscribe":1}',
    '{"subscribe":""}',
    `{"subscribe":"${'n'.repeat(65)}"}`,
    '{"subscribe":"a","unsubscribe":"b"}',
    '{"subscribe":"a","class":8}',
    '{"subscribe":"a","key":1}',
    '{"subscribe":"a","flow":{}}',
    '{"subscribe":"a","history":-1}',
    '{"subscribe":"a","__proto__":{"class":1}}',
    '{"subscribe":"a","constructor":1}',
  ])('%s is told what is wrong, over an open connection', async (message) => {
    await using running = await RunningRelay.start();
    const client = await running.open('/ws?subscribe=none');
    client.send(message);
    const [answer = ''] = await client.hears(1);
    expect(Object.keys(JSON.parse(answer))).toEqual(['error']);
    client.send('{"seq":1}');
    expect((await client.hears(2))[1]).toBe('{"re":1}');
  });

  it('are at most 100 for each connection', async () => {
    await using running = await RunningRelay.start({ strategy: 'drop-newest,capacity=1000' });
    const client = await running.open('/ws?subscribe=none');
    for (let number = 0; number <= 100; number++) client.send(`{"subscribe":"s${number}"}`);
    expect((await client.hears(102)).at(-1)).toBe('{"error":"too many subscriptions","subscribe":"s100"}');
  });
});

describe('history, then live', () => {
  const EVENTS = 1000;

  async function startWithHistory(settings: Partial<WsSettings>, strategy: string) {
    const folder = new StoreFolder();
    const store = await folder.open();
    await Promise.all(numbered(EVENTS, 0).map((text) => store.append(textEvent(text.replace('event ', '')))));
    const running = await RunningRelay.start({ settings, strategy, store });
    return {
      running,
      store,
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
        await store.close();
        folder[Symbol.dispose]();
      },
    };
  }

  /** A client that reads nothing, in the midst of a history of 100 large events: the newest there are. */
  async function openBehind({ running, store }: Awaited<ReturnType<typeof startWithHistory>>) {
    for (let number = 0; number < 100; number++) await store.append(textEvent(`${number - 100} ${BIG}`));
    const client = await running.openFrozen('/ws?history=100');
    await until(() => running.ledger().queued === 10, 'history is on its way, and waits for room');
    return client;
  }

  it('half, as found (W-17): 150 of 1000 through a queue of 300, then the end mark, and not a word more', async () => {
    await using history = await startWithHistory({ history: 'half' }, 'drop-newest,capacity=300');
    const { running } = history;
    const client = await running.open(`/ws?subscribe=none`);
    client.send(`{"subscribe":"s","history":${EVENTS}}`);
    await until(() => client.messages.includes('{"eose":"s"}'), 'the history has ended');
    expect(numbersOf(client)).toEqual(Array.from({ length: 150 }, (_, at) => EVENTS - 150 + at));
    expect(running.sample()).toMatchObject({ histories: 1, historyEvents: 150, historyTruncated: 850 });
    await running.publish('1000');
    await until(() => numbersOf(client).at(-1) === 1000, 'live');
  });

  it.each(['drop-newest,capacity=10', 'block,capacity=10'])(
    'paged under %s: all of them, also to a client that stops for a while, then the mark, then live',
    async (strategy) => {
      await using history = await startWithHistory({ history: 'paged', broadcastItems: 16 }, strategy);
      const { running } = history;
      const client = await running.openFrozen(`/ws?history=${EVENTS}`);
      // Live events meanwhile, more than the ring holds: what it overwrites is read from the store.
      const live = (async () => {
        for (let number = EVENTS; number < EVENTS + 100; number++) await running.publish(String(number));
      })();
      if (strategy.startsWith('drop')) await live;
      client.ws.resume();
      await live;
      await until(() => numbersOf(client).length === EVENTS + 100, 'everything has arrived');
      expect(numbersOf(client)).toEqual(Array.from({ length: EVENTS + 100 }, (_, number) => number));
      expect(client.messages.indexOf('{"eose":"all"}')).toBeGreaterThanOrEqual(EVENTS);
      expect(running.sample().historyTruncated).toBe(0);
      expect(running.ledger()).toMatchObject({ dropped: {}, unaccounted: 0 });
    },
  );

  it('paged, where an event could not be stored meanwhile: it goes on without those that can be caught up with', async () => {
    await using history = await startWithHistory({ broadcastItems: 4 }, 'drop-newest,capacity=10');
    const { running, store } = history;
    const next = EVENTS + 100;
    for (let number = EVENTS; number < next; number++) await store.append(textEvent(`${number} ${BIG}`));
    const client = await running.openFrozen('/ws?history=100');
    await until(() => running.ledger().queued === 10, 'history is on its way, and waits for room');
    for (let number = next; number < next + 20; number++) await running.publish(String(number));
    // These four are all that the ring then holds.
    for (let number = 0; number < 4; number++)
      await running.relay.publish({ ...PLAIN_EVENT, text: `unstored ${number}`, id: 0, createdAtMs: 0 });
    client.ws.resume();
    await until(() => client.messages.includes('unstored 3'), 'what the ring holds is there');
    await store.append(textEvent('not published'));
    await running.publish('last');
    await until(() => client.messages.includes('last'), 'the newest is there');
    expect(numbersOf(client)).toEqual(Array.from({ length: 120 }, (_, at) => EVENTS + at));
  });

  it('paged, and lapped again before it has caught up: still each event once, in order', async () => {
    await using history = await startWithHistory({ broadcastItems: 4 }, 'drop-newest,capacity=10');
    const { running } = history;
    const client = await openBehind(history);
    const publish = async (from: number, to: number) => {
      for (let number = from; number < to; number++) await running.publish(`${number} ${BIG}`);
    };
    await publish(EVENTS, EVENTS + 60);
    client.ws.on('message', (data) => data.toString() === '{"eose":"all"}' && client.ws.pause());
    client.ws.resume();
    await until(
      () => running.sample().lags === 1 && running.ledger().queued === 10,
      'it catches up, and waits',
    );
    await publish(EVENTS + 60, EVENTS + 120);
    client.ws.resume();
    await client.hears(100 + 1 + 120);
    expect(numbersOf(client)).toEqual(Array.from({ length: 120 }, (_, at) => EVENTS + at));
    expect(running.sample().lags).toBe(2);
    expect(running.ledger().dropped).toEqual({});
  });

  it('paged, and lapped by events that were not stored: those are lost, and counted', async () => {
    await using history = await startWithHistory({ broadcastItems: 4 }, 'drop-newest,capacity=10');
    const { running } = history;
    const client = await openBehind(history);
    for (let number = EVENTS; number < EVENTS + 20; number++) await running.publish(String(number));
    for (let number = 0; number < 3; number++)
      await running.relay.publish({ ...PLAIN_EVENT, text: `unstored ${number}`, id: 0, createdAtMs: 0 });
    for (let number = EVENTS + 20; number < EVENTS + 30; number++) await running.publish(String(number));
    client.ws.resume();
    await client.hears(100 + 1 + 30);
    expect(numbersOf(client)).toEqual(Array.from({ length: 30 }, (_, at) => EVENTS + at));
    expect(running.ledger()).toMatchObject({ dropped: { lag: 3 }, unaccounted: 0 });
  });

  it('is what its filter lets through, and ends with the connection', async () => {
    await using history = await startWithHistory({}, 'drop-newest,capacity=10');
    const { running, store } = history;
    await store.append(textEvent('5000', { key: 'k' }));
    const client = await running.open('/ws?subscribe=none');
    client.send('{"subscribe":"s","key":"k","history":100}');
    await until(() => client.messages.includes('{"eose":"s"}'), 'the history has ended');
    expect(numbersOf(client)).toEqual([5000]);
    const frozen = await running.openFrozen(`/ws?history=${EVENTS}`);
    frozen.ws.terminate();
    await until(() => running.limit.open === 1, 'it is gone');
    expect(running.tasks.byKind()).toEqual({ 'ws.reader': 1, 'ws.writer': 1 });
    expect(running.waiting).toBe(0);
  });

  it('is owed once for each subscription, however often a client that reads nothing asks', async () => {
    await using history = await startWithHistory({}, 'drop-newest,capacity=4');
    const { running } = history;
    const client = await running.openFrozen('/ws?subscribe=none');
    for (const event of ['a', 'b', 'c', 'd']) await history.store.append(textEvent(`${event} ${BIG}`));
    const asked = 200;
    client.send(`{"subscribe":"first","history":${EVENTS}}`);
    for (let at = 0; at < asked; at++) {
      client.send(`{"subscribe":"again","history":${EVENTS}}`);
      client.send('{"subscribe":"left","history":10}');
      client.send('{"unsubscribe":"left"}');
    }
    await until(() => running.sample().inboundMs.count === 1 + 3 * asked, 'all are handled');
    expect(running.tasks.byKind()['ws.subscription']).toBe(1);
    client.ws.resume();
    await until(() => client.messages.includes('{"eose":"again"}'), 'the last one has ended');
    const ends = client.messages.filter((text) => text.startsWith('{"eose"'));
    expect(ends).toEqual(['{"eose":"first"}', '{"eose":"again"}']);
    expect(running.sample().histories).toBe(2);
  });

  it('is read no further once its subscription is gone', async () => {
    await using history = await startWithHistory({}, 'drop-newest,capacity=4');
    const { running, store } = history;
    let read = 0;
    const counting = store.read.bind(store);
    store.read = async (...range) => {
      const page = await counting(...range);
      read += page.length;
      return page;
    };
    const client = await running.open('/ws?subscribe=none');
    client.send(`{"subscribe":"s","history":${EVENTS}}`);
    client.send('{"unsubscribe":"s"}');
    await until(() => client.messages.includes('{"unsubscribed":"s"}'), 'it is unsubscribed');
    await until(() => running.tasks.byKind()['ws.subscription'] === undefined, 'nothing goes on for it');
    expect(read).toBeLessThan(EVENTS);
    expect(client.messages).not.toContain('{"eose":"s"}');
  });

  it('without a store there is none, and the mark says so at once', async () => {
    await using running = await RunningRelay.start();
    const client = await running.open('/ws?history=10');
    expect(await client.hears(1)).toEqual(['{"eose":"all"}']);
  });
});

describe('memory', () => {
  it('grows with every copy under unbounded where some stop reading, and no send fails (W-14)', async () => {
    await using running = await RunningRelay.start({ strategy: 'unbounded' });
    const frozen = await Promise.all(Array.from({ length: 5 }, () => running.openFrozen()));
    for (let i = 0; i < 100; i++) await running.publish(BIG);
    const first = running.budget.usedBytes;
    for (let i = 0; i < 100; i++) await running.publish(BIG);
    const second = running.budget.usedBytes;
    const copies = frozen.length * 100 * (BIG.length + 4);
    expect(second - first).toBe(copies);
    expect(running.ledger()).toMatchObject({ dropped: {}, failed: {} });
  });

  it('is bounded under a bound, whatever is published', async () => {
    await using running = await RunningRelay.start({ strategy: 'drop-newest,capacity=8' });
    await Promise.all(Array.from({ length: 5 }, () => running.openFrozen()));
    for (let i = 0; i < 200; i++) await running.publish(BIG);
    expect(running.budget.usedBytes).toBeLessThanOrEqual(5 * 9 * (BIG.length + 4));
  });
});

describe('the query of the handshake', () => {
  it.each(['history=abc', 'history=-1', 'history=1000001', 'history=', 'subscribe=some'])(
    '%s is refused with 400, and takes no place',
    async (query) => {
      await using running = await RunningRelay.start();
      await expect(running.open(`/ws?${query}`)).rejects.toThrow('400');
      expect(running.limit.open).toBe(0);
    },
  );
});
