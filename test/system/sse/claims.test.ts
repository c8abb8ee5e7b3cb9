/** What the ironstar note claims of the bus and its fan-out, each beside the variant that must show the opposite. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SystemSettings } from '../../../src/core/plan.ts';
import { range, type TestSseClient } from '../../helpers/sse-client.ts';
import { publish, type RunningSystem, startSystem, until } from '../../helpers/system.ts';
import { accountOf, lossOf, publishAll, sseOf, subscribe } from './rig.ts';

const clients: TestSseClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client[Symbol.dispose]();
});

interface Variant {
  readonly bus?: string;
  readonly client?: string;
  readonly sse?: Partial<SystemSettings['sse']>;
}

function start(
  { bus = 'ring-lag', client = 'drop-oldest', sse = {} }: Variant,
  store: 'sqlite' | 'none' = 'none',
) {
  return startSystem({
    strategies: { 'sse.bus': bus, 'sse.client': client },
    settings: { sse, store: { mode: store, synchronous: 'off' } },
  });
}

async function freeze(running: RunningSystem, client = 'frozen'): Promise<TestSseClient> {
  const frozen = await subscribe(running, { client, isFrozen: true });
  clients.push(frozen);
  return frozen;
}

async function follow(running: RunningSystem, client: string): Promise<TestSseClient> {
  const reader = await subscribe(running, { client });
  clients.push(reader);
  return reader;
}

const busOf = ({ system }: RunningSystem) => system.sample().boundaries['sse.bus'];

/** Events until the bus laps somebody who takes nothing; the others have all of them. */
async function countUntilLag(capacity: number): Promise<number> {
  // Each client's queue is full with one event, so that its forwarder stands still from the second one on.
  await using running = await start({
    bus: `ring-lag,capacity=${capacity}`,
    client: 'block,capacity=1',
    sse: { onLag: 'ignore' },
  });
  await freeze(running);
  await publishAll(running, 60, { bytes: 8000 });
  const reader = await follow(running, 'fast');
  // What the kernel hides is full by now; from here on only the ring takes in.
  await until(
    () => (busOf(running)?.depthMaxItems ?? 0) > 0,
    'the ring holds what the frozen one has not taken',
  );
  const lagNow = () => busOf(running)?.ledger.dropped['lag'] ?? 0;
  const held = busOf(running)?.depthMaxItems ?? 0;
  const before = lagNow();
  let published = 0;
  while (lagNow() === before) {
    expect(await publish(running.addresses, 'x')).toBe(202);
    published++;
    await until(() => reader.events.length === published, 'the fast one has it at once');
  }
  return held + published - 1;
}

describe('I-1: the capacity of the bus decides when a slow consumer lags', () => {
  it.each([64, 256])('a ring of %i is full of its events at the first lag', async (capacity) => {
    expect(await countUntilLag(capacity)).toBe(capacity);
  });
});

describe('I-2: memory of the bus', () => {
  it('is that of one ring for the whole process, however many clients have yet to take from it', async () => {
    await using running = await start({
      bus: 'ring-lag,capacity=256,bytes=0',
      client: 'block,capacity=1',
      sse: { onLag: 'ignore' },
    });
    const count = 8;
    for (let i = 0; i < count; i++) await freeze(running, `frozen-${i}`);
    await publishAll(running, 400, { bytes: 4096 });
    const bus = busOf(running);
    expect(bus?.depthItems).toBe(256 * count); // cursors, not copies
    const ringBytes = bus?.bytes ?? 0;
    expect(ringBytes).toBeGreaterThan(256 * 4096);
    expect(ringBytes).toBeLessThan(256 * (4096 + 128));
  });

  it('grows with the clients where each has a queue of its own', async () => {
    await using running = await start({
      bus: 'drop-oldest,capacity=256,bytes=0',
      client: 'block,capacity=1',
      sse: { onLag: 'ignore' },
    });
    const count = 8;
    for (let i = 0; i < count; i++) await freeze(running, `frozen-${i}`);
    await publishAll(running, 400, { bytes: 4096 });
    expect(busOf(running)?.bytes).toBeGreaterThan(count * 256 * 4096);
  });
});

describe('I-4: replay on lag', () => {
  it.each([
    ['replay', 0],
    ['ignore', 100],
  ] as const)('loses with %s at least %i events of 300, and none of them twice', async (onLag, leastLost) => {
    await using running = await start(
      { bus: 'ring-lag,capacity=16', client: 'block,capacity=4', sse: { onLag } },
      'sqlite',
    );
    const slow = await freeze(running);
    await publishAll(running, 300, { bytes: 8000 });
    slow.socket.resume();
    await running.system.finish(5000);
    await slow.closed();
    const lost = 300 - slow.ids.length;
    expect(new Set(slow.ids).size).toBe(slow.ids.length);
    if (leastLost === 0) expect(slow.ids).toEqual(range(1, 300));
    else expect(lost).toBeGreaterThan(leastLost);
  });
});

describe('I-9: what one client that stops reading costs the others', () => {
  /** Events of 40 that were answered while one client reads nothing, and what the healthy one got of them. */
  async function playBesideFrozen(variant: Variant): Promise<{ answered: number; received: number }> {
    await using running = await start(variant);
    const frozen = await freeze(running);
    const reader = await follow(running, 'healthy');
    // Fill what the kernel hides; then count.
    let answered = 0;
    const sending = (async () => {
      for (let i = 0; i < 80; i++) {
        const status = await publish(running.addresses, 'x'.repeat(16_000));
        if (status === 202) answered++;
      }
    })();
    const isStalled = () =>
      running.system
        .sample()
        .waits?.some(({ who, boundary }) => who === 'publisher' && boundary === 'sse.bus') === true;
    await until(() => answered === 80 || isStalled(), 'all were answered, or the publisher stands still');
    const result = { answered, received: reader.events.length };
    frozen.socket.destroy();
    await sending;
    return result;
  }

  it('is nothing with a ring and a forwarder for each', async () => {
    expect((await playBesideFrozen({ client: 'block' })).answered).toBe(80);
  });

  it.each<[string, Variant]>([
    ['a queue per subscriber that blocks', { bus: 'block,capacity=4', client: 'block,capacity=4' }],
    ['a ring that is gated', { bus: 'ring-gated,capacity=4', client: 'block,capacity=4' }],
    [
      'one forwarder for all',
      { bus: 'block,capacity=4', client: 'block,capacity=4', sse: { fanout: 'shared' } },
    ],
  ])('is everything with %s', async (_, variant) => {
    const { answered, received } = await playBesideFrozen(variant);
    expect(answered).toBeLessThan(80);
    expect(received).toBeLessThan(80);
  });

  it('as found, its stream ends without a word about a queue and a ring behind', async () => {
    await using running = await start({
      bus: 'ring-lag,capacity=256',
      client: 'block,capacity=64',
      sse: { onLag: 'end' },
    });
    const frozen = await freeze(running);
    const reader = await follow(running, 'healthy');
    await publishAll(running, 600, { bytes: 2000 });
    await until(() => reader.events.length === 600, 'the healthy one has everything');
    frozen.socket.resume();
    await frozen.closed();
    expect(frozen.ofType('end')).toEqual([]);
    expect(frozen.ids).toEqual(range(1, frozen.ids.length));
    const account = await accountOf(running, 'frozen');
    expect(account.delivered).toBe(frozen.ids.length);
    expect(account.delivered + lossOf(account)).toBe(600);
    expect(account.dropped['lag']).toBeGreaterThan(0);
  });
});

describe('I-10: a queue without a bound', () => {
  it.each([
    ['unbounded', 100],
    ['drop-oldest,capacity=8', 8],
  ])('holds with %s about %i of the events that a stopped client has not taken', async (client, least) => {
    await using running = await start({ client });
    await freeze(running);
    const queued = () => running.system.sample().boundaries['sse.client']?.depthItems ?? 0;
    await publishAll(running, 100, { bytes: 8000 });
    const first = queued();
    await publishAll(running, 100, { bytes: 8000 });
    const second = queued();
    if (client === 'unbounded')
      expect(second - first).toBe(least); // slope: everything
    else expect([first, second]).toEqual([least, least]);
  });
});

describe('I-14: rendering the whole list for each event', () => {
  async function bytesPerEvent(items: number, render: 'state' | 'event'): Promise<number> {
    await using running = await start({ sse: { render, stateItems: items } });
    const reader = await follow(running, 'reader');
    const query = (i: number) => `key=k${i % items}`;
    await publishAll(running, items, { bytes: 100, query, batch: 10 });
    await until(() => reader.lastEventId === `${items}`, 'the list is full');
    const before = reader.socket.bytesRead;
    await publishAll(running, 20, { bytes: 100, query, batch: 10 });
    await until(() => reader.lastEventId === `${items + 20}`, 'the last one has come');
    return (reader.socket.bytesRead - before) / 20;
  }

  it('costs bytes in proportion to its length; an event alone does not', async () => {
    const [short, long] = [await bytesPerEvent(10, 'state'), await bytesPerEvent(100, 'state')];
    expect(long / short).toBeGreaterThan(8);
    expect(long / short).toBeLessThan(12);
    const [few, many] = [await bytesPerEvent(10, 'event'), await bytesPerEvent(100, 'event')];
    expect(many / few).toBeLessThan(1.2);
  });

  it('loses nothing of the state where only the latest one waits', async () => {
    await using running = await start({ client: 'latest', sse: { render: 'state', stateItems: 50 } });
    const slow = await freeze(running);
    await publishAll(running, 300, { bytes: 200, query: (i) => `key=k${i % 50}` });
    slow.socket.resume();
    await until(() => slow.lastEventId === '300', 'the latest state has come');
    const texts = (slow.texts.at(-1) ?? '').split('\n').map((text) => text.replace(/x+$/, ''));
    expect(texts).toEqual(
      range(250, 299)
        .reverse()
        .map((i) => `e${i}`),
    );
  });

  it('brings a client that comes back up to date with one state', async () => {
    await using running = await start({ sse: { render: 'state', stateItems: 5 } }, 'sqlite');
    await publishAll(running, 50, { query: (i) => `key=k${i % 5}` });
    const back = await subscribe(running, { lastEventId: 10 });
    clients.push(back);
    await until(() => back.events.length === 1, 'the state has come');
    expect(back.lastEventId).toBe('50');
    expect(back.texts[0]).toBe('e49\ne48\ne47\ne46\ne45');
    await publishAll(running, 1, { query: () => 'key=k0' });
    await until(() => back.events.length === 2, 'the next state has come');
    expect(back.texts[1]).toBe('e0\ne49\ne48\ne47\ne46');
  });
});

describe('I-15: peers that are gone without a word', () => {
  it.each([
    ['are held for ever without a deadline', null, 1],
    ['are released by the write deadline', 300, 0],
  ])('%s', async (_, writeDeadlineMs, open) => {
    await using running = await start({ client: 'drop-oldest,capacity=4', sse: { writeDeadlineMs } });
    await freeze(running);
    await publishAll(running, 60, { bytes: 8000 });
    const openNow = () => running.system.sample().connections.sse.open;
    if (open === 0) {
      await until(() => openNow() === 0, 'it was cut off');
      expect(sseOf(running).endedByDeadline).toBe(1);
      const account = await accountOf(running, 'frozen');
      expect(account.dropped['disconnect.slow']).toBe(4);
    } else {
      await new Promise((resolve) => setTimeout(resolve, 600)); // twice what cuts off the other one
      expect(openNow()).toBe(1);
      expect(sseOf(running).endedByDeadline).toBe(0);
    }
  });

  it('are given up for being slow, also with what the bus holds for them', async () => {
    await using running = await start({ client: 'block,capacity=4', sse: { writeDeadlineMs: 300 } });
    await freeze(running);
    await publishAll(running, 60, { bytes: 8000 });
    const account = await accountOf(running, 'frozen');
    expect(Object.keys({ ...account.dropped, ...account.failed })).toEqual(['disconnect.slow']);
    expect(account.offered).toBe(60);
  });
});
