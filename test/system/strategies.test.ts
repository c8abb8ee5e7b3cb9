/** Strategies of every stage at the boundaries of the live paths, on real sockets. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BoundaryName } from '../../src/core/boundary.ts';
import type { LedgerSnapshot } from '../../src/core/ledger.ts';
import { type RunningSystem, startSystem, until } from '../helpers/system.ts';

const ledgerOf = ({ system }: RunningSystem, name: BoundaryName) =>
  system.sample().boundaries[name]?.ledger as LedgerSnapshot;
const openOf = ({ system }: RunningSystem, path: 'sse' | 'ws') => system.sample().connections[path].open;

async function publish({ addresses }: RunningSystem, body: string, about = ''): Promise<number> {
  const response = await fetch(`${addresses.publishUrl}?${about}`, { method: 'POST', body });
  await response.arrayBuffer();
  return response.status;
}

/** A paused subscriber over the Unix socket, which hides little in the kernel. */
async function subscribeFrozen(running: RunningSystem): Promise<Socket> {
  const before = openOf(running, 'sse');
  const socket = connect(running.addresses.unixSocketPath as string);
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET /events?client=frozen HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => openOf(running, 'sse') === before + 1, 'the frozen reader is subscribed');
  return socket;
}

/** Data of the events that one subscriber receives, in order. */
async function subscribe(running: RunningSystem, client: string): Promise<string[]> {
  const events: string[] = [];
  const before = openOf(running, 'sse');
  const response = await fetch(`${running.addresses.sseUrl}?client=${client}`);
  const parser = createParser({ onEvent: (event) => event.event !== 'end' && events.push(event.data) });
  (async () => {
    for await (const chunk of response.body ?? []) parser.feed(Buffer.from(chunk).toString());
  })().catch(() => {});
  await until(() => openOf(running, 'sse') === before + 1, 'the reader is subscribed');
  return events;
}

/** Every file descriptor of a request that is answered when told. */
function createGate(): {
  listener: Parameters<typeof startSystem>[0] & object;
  release(): void;
  seen: string[];
} {
  const waiting: (() => void)[] = [];
  const seen: string[] = [];
  return {
    seen,
    listener: {
      origin: (request, response) => {
        seen.push(request.url as string);
        waiting.push(() => response.end('answer'));
      },
    },
    release: () => waiting.shift()?.(),
  };
}

describe('what an event says of itself', () => {
  it.each([
    ['class=8', "class must be a whole number from 0 (critical) to 7, got '8'"],
    ['class=-1', "class must be a whole number from 0 (critical) to 7, got '-1'"],
    ['class=high', "class must be a whole number from 0 (critical) to 7, got 'high'"],
  ])('refuses ?%s', async (about, error) => {
    await using running = await startSystem();
    const response = await fetch(`${running.addresses.publishUrl}?${about}`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error });
  });

  it('counts copies by class', async () => {
    await using running = await startSystem();
    await subscribe(running, 'a');
    for (const klass of [0, 2, 2]) await publish(running, 'x', `class=${klass}`);
    await publish(running, 'x');
    expect(running.system.sample().boundaries['sse.client']?.classes).toMatchObject({
      0: { offered: 1 },
      1: { offered: 1 },
      2: { offered: 2 },
    });
  });

  it('lets a later event with the same key stand for one that waits, and not one without a key', async () => {
    await using running = await startSystem({
      strategies: { 'sse.client': 'coalesce,position=tail,capacity=16' },
    });
    const frozen = await subscribeFrozen(running);
    // The kernel takes the first ones; then every key waits at most once.
    for (let i = 0; i < 200; i++) await publish(running, `${i} ${'x'.repeat(8000)}`, `key=k${i % 4}`);
    expect(ledgerOf(running, 'sse.client')).toMatchObject({ queued: 4, dropped: {}, unaccounted: 0 });
    expect(ledgerOf(running, 'sse.client').coalesced['key']).toBeGreaterThan(100);
    for (let i = 0; i < 3; i++) await publish(running, 'without a key');
    expect(ledgerOf(running, 'sse.client').queued).toBe(7);
    const last = new Map<string, string>();
    const parser = createParser({
      onEvent: ({ data }) => {
        const [number = ''] = data.split(' ');
        last.set(String(Number(number) % 4), number);
      },
    });
    const closed = once(frozen, 'close');
    frozen.on('data', (chunk) => parser.feed(chunk.toString()));
    frozen.resume();
    await until(() => ledgerOf(running, 'sse.client').queued === 0, 'everything is written');
    await running.system.finish(1000);
    await closed;
    expect([0, 1, 2, 3].map((key) => last.get(String(key)))).toEqual(['196', '197', '198', '199']);
  });
});

describe('shaping before the queue', () => {
  it('writes what a shaper lets go by its timer, and what it still holds at the end', async () => {
    await using running = await startSystem({
      strategies: { 'sse.client': 'debounce,quiet=50ms,maxWait=10s + drop-oldest' },
    });
    const events = await subscribe(running, 'a');
    await publish(running, 'first', 'key=a');
    await publish(running, 'second', 'key=a');
    await until(() => events.length === 1, 'the timer let it go');
    expect(events).toEqual(['second']);
    await publish(running, 'held', 'key=a');
    expect(ledgerOf(running, 'sse.client')).toMatchObject({ offered: 3, delivered: 1, queued: 1 });
    await running.system.finish(2000);
    await until(() => events.length === 2, 'the rest arrived');
    expect(events).toEqual(['second', 'held']);
    expect(ledgerOf(running, 'sse.client')).toMatchObject({
      delivered: 2,
      coalesced: { debounce: 1 },
      unaccounted: 0,
    });
  });

  it('knows events that say the same although their ids differ', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'distinct + drop-oldest' } });
    const events = await subscribe(running, 'a');
    for (const text of ['up', 'up', 'down', 'down', 'up']) await publish(running, text, 'key=state');
    await until(() => events.length === 3, 'three arrived');
    expect(events).toEqual(['up', 'down', 'up']);
    expect(ledgerOf(running, 'sse.client').coalesced).toEqual({ same: 2 });
  });
});

describe('spilling to disk', () => {
  it('keeps every event of a reader that stopped, in order, within its memory, and leaves no file', async () => {
    await using running = await startSystem({
      strategies: { 'sse.client': 'spill,capacity=8' },
      resources: { maxMemoryBytes: 2 * 1024 ** 2 },
    });
    const frozen = await subscribeFrozen(running);
    for (let i = 0; i < 400; i++)
      expect(await publish(running, `${i} ${'x'.repeat(8000)}`, `key=k${i}`)).toBe(202);
    const ledger = ledgerOf(running, 'sse.client');
    expect(ledger).toMatchObject({ offered: 400, queued: 8, dropped: {}, failed: {}, unaccounted: 0 });
    expect(ledger.spilled).toBeGreaterThan(300);
    expect(running.system.sample().memory.accountedBytes).toBeLessThan(16 * 8100);
    expect(readdirSync(join(running.spillFolder, 'sse.client', '1')).length).toBeGreaterThan(0);
    const numbers: number[] = [];
    const parser = createParser({ onEvent: ({ data }) => numbers.push(Number.parseInt(data, 10)) });
    frozen.on('data', (chunk) => parser.feed(chunk.toString()));
    frozen.resume();
    await until(() => numbers.length === 400, 'everything arrived');
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, i) => i));
    expect(ledgerOf(running, 'sse.client')).toMatchObject({ delivered: 400, spilled: 0, unaccounted: 0 });
    expect(running.system.sample().memory.accountedBytes).toBe(0);
    frozen.destroy();
    await until(() => openOf(running, 'sse') === 0, 'the reader is gone');
    expect(readdirSync(join(running.spillFolder, 'sse.client', '1'))).toEqual([]);
  });
});

describe('slow consumers', () => {
  it('ends the stream of a reader that holds too much, and leaves the others alone', async () => {
    await using running = await startSystem({
      strategies: { 'sse.client': 'drop-oldest,capacity=1000 + disconnect-bytes,limit=256KiB' },
    });
    const frozen = await subscribeFrozen(running);
    const healthy = await subscribe(running, 'healthy');
    for (let i = 0; i < 200; i++) await publish(running, `${i} ${'x'.repeat(8000)}`);
    await until(() => healthy.length === 200, 'the healthy reader has everything');
    await until(() => openOf(running, 'sse') === 1, 'the frozen reader is gone');
    const ledger = ledgerOf(running, 'sse.client');
    expect(ledger.dropped['disconnect.slow']).toBeGreaterThan(20);
    expect(ledger).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
    frozen.destroy();
  });

  it('closes a WebSocket with 1013 when its queue overflows under fail', async () => {
    await using running = await startSystem({ strategies: { 'ws.outbound': 'fail,capacity=4' } });
    const ws = new WebSocket(running.addresses.wsUrl);
    await once(ws, 'open');
    await until(() => openOf(running, 'ws') === 1, 'it is admitted');
    ws.pause();
    const closed = once(ws, 'close');
    for (
      let i = 0;
      i < 2000 && ledgerOf(running, 'ws.outbound').dropped['overflow.fail'] === undefined;
      i++
    ) {
      await publish(running, 'x'.repeat(60_000));
    }
    expect(ledgerOf(running, 'ws.outbound').dropped).toEqual({ 'overflow.fail': 1 });
    expect(ledgerOf(running, 'ws.outbound').failed['closed']).toBe(4);
    ws.resume();
    const [code] = (await closed) as [number];
    expect([1006, 1013]).toContain(code);
    await until(() => openOf(running, 'ws') === 0, 'it is gone');
    expect(ledgerOf(running, 'ws.outbound')).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
  });
});

describe('whole requests', () => {
  const fetchText = async (
    url: string,
  ): Promise<{ status: number; retryAfter: string | null; text: string }> => {
    const response = await fetch(url);
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      text: await response.text(),
    };
  };

  it('wait for a connection to the origin, and go in the order that the strategy says', async () => {
    const gate = createGate();
    await using running = await startSystem({
      ...gate.listener,
      upstream: 1,
      strategies: { 'proxy.requests': 'lifo + drop-oldest' },
    });
    const { reverseUrl } = running.addresses;
    const answers = [];
    for (const name of ['a', 'b', 'c']) {
      answers.push(fetchText(`${reverseUrl}${name}`));
      await until(
        () => ledgerOf(running, 'proxy.requests').offered === answers.length,
        'the request is in the queue',
      );
    }
    expect(ledgerOf(running, 'proxy.requests')).toMatchObject({ inFlight: 1, queued: 2 });
    for (let i = 1; i <= 3; i++) {
      await until(() => gate.seen.length === i, 'the origin has the next');
      gate.release();
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(gate.seen).toEqual(['/a', '/c', '/b']);
    await until(() => ledgerOf(running, 'proxy.requests').delivered === 3, 'all are booked');
  });

  it('are answered with 503 when they are dropped, whether they arrive or wait', async () => {
    const gate = createGate();
    await using running = await startSystem({
      ...gate.listener,
      upstream: 1,
      strategies: { 'proxy.requests': 'drop-oldest,capacity=1' },
    });
    const { reverseUrl } = running.addresses;
    const first = fetchText(`${reverseUrl}first`);
    await until(() => gate.seen.length === 1, 'the first is at the origin');
    const second = fetchText(`${reverseUrl}second`);
    await until(() => ledgerOf(running, 'proxy.requests').queued === 1, 'the second waits');
    const third = fetchText(`${reverseUrl}third`);
    expect(await second).toMatchObject({
      status: 503,
      text: 'not let in (overflow.drop-oldest), try again later\n',
    });
    gate.release();
    await until(() => gate.seen.length === 2, 'the third is at the origin');
    gate.release();
    expect((await first).status).toBe(200);
    expect((await third).status).toBe(200);
    expect(gate.seen).toEqual(['/first', '/third']);
  });

  it('are answered with 429 and the time to wait when they come too fast', async () => {
    await using running = await startSystem({
      strategies: { 'proxy.requests': 'token-bucket,rate=30/min,burst=2 + drop-newest' },
    });
    const { reverseUrl } = running.addresses;
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await fetchText(reverseUrl));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]?.retryAfter).toBe('2');
    expect(ledgerOf(running, 'proxy.requests').dropped).toEqual({ 'admission.rate': 1 });
  });

  it('go by the urgency of their Priority field', async () => {
    const gate = createGate();
    await using running = await startSystem({
      ...gate.listener,
      upstream: 1,
      strategies: { 'proxy.requests': 'strict-priority + drop-newest' },
    });
    const { reverseUrl } = running.addresses;
    const urgencies = ['u=1', 'u=5', 'i, u=0'];
    const answers: Promise<Response>[] = [];
    for (const priority of urgencies) {
      answers.push(fetch(`${reverseUrl}${encodeURIComponent(priority)}`, { headers: { priority } }));
      await until(() => ledgerOf(running, 'proxy.requests').offered === answers.length, 'it is queued');
    }
    for (let i = 1; i <= 3; i++) {
      await until(() => gate.seen.length === i, 'the origin has the next');
      gate.release();
    }
    await Promise.all(answers);
    expect(gate.seen.map((url) => decodeURIComponent(url.slice(1)))).toEqual(['u=1', 'i, u=0', 'u=5']);
  });

  it('leave when their client does, and take no connection', async () => {
    const gate = createGate();
    await using running = await startSystem({ ...gate.listener, upstream: 1 });
    const { reverseUrl } = running.addresses;
    const first = fetchText(`${reverseUrl}first`);
    await until(() => gate.seen.length === 1, 'the first is at the origin');
    const leaving = get(`${reverseUrl}leaving`).on('error', () => {});
    await until(() => ledgerOf(running, 'proxy.requests').queued === 1, 'the second waits');
    leaving.destroy();
    const third = fetchText(`${reverseUrl}third`);
    await until(() => ledgerOf(running, 'proxy.requests').offered === 3, 'the third waits');
    gate.release();
    await until(() => gate.seen.length === 2, 'the origin has the next');
    gate.release();
    expect((await first).status).toBe(200);
    expect((await third).status).toBe(200);
    expect(gate.seen).toEqual(['/first', '/third']);
    await until(() => ledgerOf(running, 'proxy.requests').inFlight === 0, 'all are booked');
    expect(ledgerOf(running, 'proxy.requests')).toMatchObject({
      offered: 3,
      delivered: 2,
      failed: { 'disconnect.peer': 1 },
      unaccounted: 0,
    });
  });
});

describe('the whole story of each request', () => {
  /** 200 requests whose events come four times faster than their observer takes them. */
  async function flood(strategy: string) {
    await using running = await startSystem({ serviceTimeMs: 2, strategies: { 'proxy.events': strategy } });
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async () => (await fetch(running.addresses.reverseUrl)).arrayBuffer()),
      );
    }
    await until(() => ledgerOf(running, 'proxy.events').queued === 0, 'the observer has caught up', 20_000);
    await until(() => ledgerOf(running, 'proxy.events').inFlight === 0, 'the last one is shown');
    return { ledger: ledgerOf(running, 'proxy.events'), ...running.system.sample().lifecycle };
  }

  it('stays pending for ever under a strategy that drops by event', async () => {
    const { pendingForever, ledger } = await flood('drop-newest,capacity=20');
    expect(pendingForever).toBeGreaterThan(0);
    expect(ledger.unaccounted).toBe(0);
  });

  it.each(['reserve,capacity=60,reserve=50%', 'evict-lowest-priority,capacity=60'])(
    'is whole or told by its end under %s',
    async (strategy) => {
      const { pendingForever, complete, summaryOnly, unseen, ledger } = await flood(strategy);
      expect({ pendingForever, unaccounted: ledger.unaccounted }).toEqual({
        pendingForever: 0,
        unaccounted: 0,
      });
      expect(complete + summaryOnly + unseen).toBe(400);
      expect(summaryOnly).toBeGreaterThan(0);
    },
  );
});
