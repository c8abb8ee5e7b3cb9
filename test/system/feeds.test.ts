import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BoundaryName } from '../../src/core/boundary.ts';
import type { LedgerSnapshot } from '../../src/core/ledger.ts';
import { publish, type RunningSystem, startSystem, until } from '../helpers/system.ts';

const ledgerOf = ({ system }: RunningSystem, name: BoundaryName) =>
  system.sample().boundaries[name]?.ledger as LedgerSnapshot;
const openSse = ({ system }: RunningSystem) => system.sample().connections.sse.open;

/** A paused subscriber over the Unix socket, which hides little in the kernel. */
async function subscribeFrozen(running: RunningSystem, clientId = 'frozen'): Promise<Socket> {
  const before = openSse(running);
  const socket = connect(running.addresses.unixSocketPath as string);
  socket.pause();
  socket.write(`GET /events?client=${clientId} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await until(() => openSse(running) === before + 1, 'the frozen reader is subscribed');
  return socket;
}

async function openWs(running: RunningSystem, query = ''): Promise<WebSocket> {
  const ws = new WebSocket(`${running.addresses.wsUrl}${query}`);
  await once(ws, 'open');
  await until(() => running.system.sample().connections.ws.open > 0, 'the WebSocket is admitted');
  return ws;
}

describe('publish', () => {
  const post = async ({ addresses }: RunningSystem, body: string | Uint8Array<ArrayBuffer>) => {
    const response = await fetch(addresses.publishUrl, { method: 'POST', body });
    return { status: response.status, said: (await response.json()) as Record<string, unknown> };
  };

  it('says which queues can never take an event of that size, and which takes it all the same', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'block,bytes=2MiB' } });
    const dropped = () =>
      (['sse.bus', 'sse.client', 'ws.outbound'] as const).filter(
        (name) => (ledgerOf(running, name).dropped['too_large'] ?? 0) > 0,
      );
    const { body } = await fetch(running.addresses.sseUrl);
    body?.pipeTo(new WritableStream()).catch(() => {}); // cut with the system
    const ws = await openWs(running);
    expect(await post(running, 'x'.repeat(1024 ** 2 - 200))).toEqual({ status: 202, said: { published: 1 } });
    await until(() => ledgerOf(running, 'ws.outbound').delivered === 1, 'the WebSocket has it');
    expect(dropped()).toEqual([]);
    const { status, said } = await post(running, 'x'.repeat(1024 ** 2));
    expect({ status, said }).toEqual({
      status: 202,
      said: { published: 2, tooLargeFor: ['sse.bus', 'ws.outbound'] },
    });
    await until(() => dropped().length === 2, 'it is dropped');
    expect(dropped()).toEqual(['sse.bus', 'ws.outbound']);
    ws.close();
  });

  it('refuses what is no UTF-8, and would come out as something else', async () => {
    await using running = await startSystem();
    expect(await post(running, Uint8Array.of(0xff, 0xfe))).toEqual({
      status: 400,
      said: { error: 'expected text in UTF-8' },
    });
    expect((await post(running, 'ü')).status).toBe(202);
  });
});

describe('sse', () => {
  it('sends events that an independent parser reads back exactly, and ends in order', async () => {
    await using running = await startSystem();
    const response = await fetch(`${running.addresses.sseUrl}?client=a`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('transfer-encoding')).toBeNull();
    const texts = [
      '{"seq":1}',
      'two\nlines',
      'carriage\rreturn',
      'both\r\nof them',
      'umläut 𝄞',
      ' leading space',
      ':colon',
    ];
    for (const text of texts) expect(await publish(running.addresses, text)).toBe(202);
    const finished = running.system.finish(2000);
    const events: EventSourceMessage[] = [];
    createParser({ onEvent: (event) => events.push(event) }).feed(await response.text());
    await finished;
    expect(events.map((event) => event.data)).toEqual([
      ...texts.map((text) => text.replace(/\r\n|\r/g, '\n')),
      '{}',
    ]);
    expect(events.map((event) => event.id).slice(0, -1)).toEqual(texts.map((_, i) => String(i + 1)));
    expect(events.at(-1)?.event).toBe('end');
  });

  it('fills the queue of a reader that stopped, evicts its oldest, and leaves the others alone', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'drop-oldest,capacity=8' } });
    const frozen = await subscribeFrozen(running);
    const healthy = await fetch(`${running.addresses.sseUrl}?client=healthy`);
    let received = 0;
    const parser = createParser({ onEvent: () => received++ });
    const reading = (async () => {
      for await (const chunk of healthy.body ?? []) parser.feed(Buffer.from(chunk).toString());
    })();
    const body = 'x'.repeat(8000);
    for (let i = 0; i < 200; i++) await publish(running.addresses, body);
    await until(() => received === 200, 'the healthy reader has everything');
    const ledger = ledgerOf(running, 'sse.client');
    expect(ledger).toMatchObject({ offered: 400, queued: 8, unaccounted: 0 });
    expect(ledger.dropped['overflow.drop-oldest']).toBeGreaterThan(100);
    frozen.destroy();
    await until(() => openSse(running) === 1, 'the frozen reader is noticed');
    expect(ledgerOf(running, 'sse.client')).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
    await running.system.finish(1000);
    await reading;
  });

  it('accounts for everything after kill -9 of a slow client', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'drop-oldest,capacity=8' } });
    const program = fileURLToPath(new URL('../helpers/frozen-reader.ts', import.meta.url));
    const child = fork(program, [running.addresses.unixSocketPath as string]);
    await once(child, 'message');
    await until(() => openSse(running) === 1, 'the child is subscribed');
    for (let i = 0; i < 100; i++) await publish(running.addresses, 'x'.repeat(8000));
    expect(ledgerOf(running, 'sse.client')).toMatchObject({ queued: 8, unaccounted: 0 });
    child.kill('SIGKILL');
    await until(() => openSse(running) === 0, 'the dead client is noticed');
    const ledger = ledgerOf(running, 'sse.client');
    expect(ledger).toMatchObject({ offered: 100, queued: 0, inFlight: 0, blocked: 0, unaccounted: 0 });
    expect(ledger.dropped['disconnect.peer']).toBe(8);
    expect(running.system.sample().tasks.byKind).toEqual({ 'proxy.consumer': 1, 'sse.projection': 3 });
  });

  it('makes its forwarder wait under block, loses nothing, and counts the waiting', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'block,capacity=4' } });
    const frozen = await subscribeFrozen(running);
    const answers = Array.from({ length: 100 }, () => publish(running.addresses, 'x'.repeat(8000)));
    await until(() => ledgerOf(running, 'sse.client').blocked === 1, 'the forwarder waits');
    let received = 0;
    const parser = createParser({ onEvent: () => received++ });
    frozen.on('data', (chunk) => parser.feed(chunk.toString()));
    frozen.resume();
    expect(await Promise.all(answers)).toEqual(Array(100).fill(202));
    await until(() => received === 100, 'all events arrived');
    const { boundaries } = running.system.sample();
    expect(boundaries['sse.client']?.ledger).toMatchObject({
      offered: 100,
      delivered: 100,
      dropped: {},
      failed: {},
      unaccounted: 0,
    });
    expect(boundaries['sse.client']?.blockedMs).toBeGreaterThan(0);
  });

  it('drops a reader that half-closes, and keeps nothing of it', async () => {
    await using running = await startSystem();
    const frozen = await subscribeFrozen(running);
    frozen.end();
    frozen.resume();
    await until(() => openSse(running) === 0, 'the half-closed reader is gone');
  });

  it('refuses connections above the limit with 503 and counts them', async () => {
    await using running = await startSystem({ resources: { maxConnections: 1 } });
    await subscribeFrozen(running);
    const response = await fetch(running.addresses.sseUrl);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(running.system.sample().connections.sse).toEqual({ open: 1, admitted: 1, rejected: 1 });
  });

  it('keeps the accounted bytes under the memory limit at every sample', async () => {
    const maxMemoryBytes = 3_000_000;
    await using running = await startSystem({
      strategies: { 'sse.client': 'drop-oldest', 'proxy.events': 'drop-oldest,bytes=64KiB' },
      resources: { maxMemoryBytes },
    });
    for (let i = 0; i < 10; i++) await subscribeFrozen(running, `frozen-${i}`);
    for (let i = 0; i < 5; i++) {
      await publish(running.addresses, 'x'.repeat(900_000));
      expect(running.system.sample().memory.accountedBytes).toBeLessThan(maxMemoryBytes);
    }
    const refused = () => ledgerOf(running, 'sse.client').dropped['admission.memory'] ?? 0;
    await until(() => refused() > 0, 'copies are refused for want of memory');
    const sample = running.system.sample();
    expect(sample.boundaries['sse.client']?.ledger.unaccounted).toBe(0);
    expect(sample.backpressureEvents).toBeGreaterThan(0);
  });

  it.each([
    ['GET', '/nothing', 404],
    ['DELETE', '/events', 405],
    ['GET', '/publish', 405],
    ['GET', '/ws', 426],
    ['POST', '/echo', 405],
    ['POST', '/publish', 400],
  ])('answers %s %s with %i', async (method, path, status) => {
    await using running = await startSystem();
    const response = await fetch(new URL(path, running.addresses.sseUrl), { method });
    expect(response.status).toBe(status);
  });
});

describe('ws', () => {
  it('delivers published events and answers messages under their own number', async () => {
    await using running = await startSystem();
    const ws = await openWs(running);
    const messages: string[] = [];
    ws.on('message', (data) => messages.push(data.toString()));
    await publish(running.addresses, '{"seq":1}');
    ws.send('{"seq":7,"intendedUs":1}');
    await until(() => messages.length === 2, 'event and reply are there');
    expect(messages).toEqual(['{"seq":1}', '{"re":7,"intendedUs":1}']);
    expect(ledgerOf(running, 'ws.outbound')).toMatchObject({ offered: 2, delivered: 2, unaccounted: 0 });
  });

  it.each([1, 125, 126, 65_535, 65_536, 70_000])(
    'frames a message of %i bytes as the library expects',
    async (bytes) => {
      await using running = await startSystem();
      const ws = await openWs(running);
      const message = once(ws, 'message');
      const text = 'y'.repeat(bytes);
      await publish(running.addresses, text);
      expect((await message)[0].toString()).toBe(text);
    },
  );

  it('answers pings while its queue is full and a producer waits', async () => {
    await using running = await startSystem({ strategies: { 'ws.outbound': 'block,capacity=2' } });
    const ws = await openWs(running);
    // The peer reads nothing, so that the queue fills behind the kernel's buffers.
    ws.pause();
    const answers = Array.from({ length: 40 }, () => publish(running.addresses, 'x'.repeat(500_000)));
    await until(() => ledgerOf(running, 'ws.outbound').blocked === 1, 'a publisher waits');
    const pong = once(ws, 'pong');
    ws.ping('still there?');
    ws.resume();
    expect((await pong)[0].toString()).toBe('still there?');
    expect(await Promise.all(answers)).toEqual(Array(40).fill(202));
  });

  it('closes with 1001 when the system finishes, after what was queued', async () => {
    await using running = await startSystem();
    const ws = await openWs(running);
    let received = 0;
    ws.on('message', () => received++);
    for (let i = 0; i < 50; i++) await publish(running.addresses, 'z'.repeat(1000));
    const closed = once(ws, 'close');
    await running.system.finish(2000);
    expect((await closed)[0]).toBe(1001);
    expect(received).toBe(50);
    expect(running.system.takeAccounts()).toMatchObject([{ offered: 50, delivered: 50, endedCleanly: true }]);
  });

  it('refuses binary messages with 1003', async () => {
    await using running = await startSystem();
    const ws = await openWs(running);
    const closed = once(ws, 'close');
    ws.send(Buffer.from([1, 2, 3]));
    expect((await closed)[0]).toBe(1003);
  });
});
