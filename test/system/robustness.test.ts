/** What clients do wrong or at the wrong time, and what the system keeps nevertheless. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BoundaryName } from '../../src/core/boundary.ts';
import type { LedgerSnapshot } from '../../src/core/ledger.ts';
import { PLAIN_EVENT } from '../../src/system/event.ts';
import type { FeedPath } from '../../src/system/feed-path.ts';
import { Publisher } from '../../src/system/publish.ts';
import { MemoryBudget } from '../../src/system/resources/memory-budget.ts';
import { TaskRegistry } from '../../src/system/resources/task-registry.ts';
import { publish, type RunningSystem, startSystem, until } from '../helpers/system.ts';

const ledgerOf = ({ system }: RunningSystem, name: BoundaryName) =>
  system.sample().boundaries[name]?.ledger as LedgerSnapshot;
const openOf = ({ system }: RunningSystem, path: 'sse' | 'ws') => system.sample().connections[path].open;

/** Sends `text` on a connection of its own and answers all that comes back until it closes or `enough` holds. */
async function talk(url: string, text: string | Buffer, enough: (seen: string) => boolean): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  let seen = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    seen += chunk;
  });
  let isClosed = false;
  socket.once('close', () => {
    isClosed = true;
  });
  socket.write(text);
  await until(() => isClosed || enough(seen), `an answer to ${JSON.stringify(String(text).slice(0, 40))}`);
  socket.destroy();
  return seen;
}

describe('request targets that are no path', () => {
  it.each(['//', 'http://', '/%', '*'])('GET %s is answered', async (target) => {
    await using running = await startSystem();
    const answer = await talk(
      running.addresses.sseUrl,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      () => false,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await fetch(running.addresses.healthUrl)).status).toBe(200);
  });

  it('GET // with an upgrade is answered', async () => {
    await using running = await startSystem();
    const head =
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    const answer = await talk(
      running.addresses.wsUrl,
      `GET // HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`,
      () => false,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(running.addresses.healthUrl)).status).toBe(200);
  });
});

describe('a stream on a connection with other answers', () => {
  it('is refused, and writes nothing before its turn', async () => {
    await using running = await startSystem();
    const both =
      'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /events HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await talk(running.addresses.sseUrl, both, (seen) => seen.includes('pipeline'));
    expect(answer).toMatch(/^HTTP\/1\.1 202 [\s\S]*HTTP\/1\.1 400 /);
    expect(openOf(running, 'sse')).toBe(0);
  });
});

describe('requests whose client leaves', () => {
  it('have one start and one end, also when the client leaves while the end is told', async () => {
    await using running = await startSystem({
      serviceTimeMs: 10,
      strategies: { 'proxy.events': 'block,capacity=2' },
    });
    const { hostname, port } = new URL(running.addresses.reverseUrl);
    const requests = Array.from({ length: 12 }, () => {
      const one = request({ hostname, port }, (response) => response.resume());
      return one.on('error', () => {}).end();
    });
    await until(() => ledgerOf(running, 'proxy.events').offered > 12, 'the first ends are told');
    for (const one of requests) one.destroy();
    await until(() => running.system.sample().tasks.byKind['proxy.request'] === undefined, 'all have ended');
    await until(() => ledgerOf(running, 'proxy.events').queued === 0, 'the observer has caught up');
    await until(() => ledgerOf(running, 'proxy.events').inFlight === 0, 'the last is shown');
    const { complete, summaryOnly, unseen, pendingForever } = running.system.sample().lifecycle;
    expect(ledgerOf(running, 'proxy.events')).toMatchObject({ offered: 24, unaccounted: 0 });
    expect({ complete, summaryOnly, unseen, pendingForever }).toEqual({
      complete: 12,
      summaryOnly: 0,
      unseen: 0,
      pendingForever: 0,
    });
  });

  it('are all told to the ledger when the system ends while they are under way', async () => {
    const running = await startSystem({ origin: () => {} });
    const answers = Array.from({ length: 5 }, () => fetch(running.addresses.reverseUrl).catch(() => null));
    await until(() => ledgerOf(running, 'proxy.requests').inFlight === 5, 'all are at the origin');
    await running[Symbol.asyncDispose]();
    await Promise.all(answers);
    expect(ledgerOf(running, 'proxy.events')).toMatchObject({ offered: 10, queued: 0, unaccounted: 0 });
    expect(ledgerOf(running, 'proxy.requests')).toMatchObject({ failed: { shutdown: 5 }, unaccounted: 0 });
    expect(running.system.sample().lifecycle.pendingForever).toBe(0);
  });

  it('may send more than the queue holds bytes, since a body never waits there', async () => {
    await using running = await startSystem({
      origin: (incoming, response) => incoming.resume().on('end', () => response.end('got it')),
      strategies: { 'proxy.requests': 'drop-newest' },
    });
    const answer = await fetch(running.addresses.reverseUrl, { method: 'POST', body: Buffer.alloc(4e6) });
    expect([answer.status, await answer.text()]).toEqual([200, 'got it']);
  });
});

describe('a WebSocket that is closed', () => {
  it('gets no data after the close frame, and nothing of that counts as delivered', async () => {
    await using running = await startSystem();
    const { hostname, port } = new URL(running.addresses.wsUrl);
    const socket = connect(Number(port), hostname);
    const bytes: Buffer[] = [];
    socket.on('data', (chunk) => bytes.push(chunk as Buffer));
    socket.on('error', () => {});
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await until(() => openOf(running, 'ws') === 1, 'it is admitted');
    socket.write(Buffer.from([0x82, 0x80, 0, 0, 0, 0])); // an empty binary message
    await until(() => Buffer.concat(bytes).includes(Buffer.from([0x03, 0xeb])), 'it is closed with 1003');
    for (let i = 0; i < 3; i++) await publish(running.addresses, 'after the close');
    expect(ledgerOf(running, 'ws.outbound')).toMatchObject({ offered: 0, delivered: 0, unaccounted: 0 });
    socket.destroy();
    await until(() => openOf(running, 'ws') === 0, 'it is gone');
    expect(Buffer.concat(bytes).includes('after the close')).toBe(false);
  });
});

describe('a consumer above the limit of its strategy', () => {
  it('is refused with 503, or closed with 1013, and subscribes to nothing', async () => {
    await using running = await startSystem({
      strategies: { 'sse.client': 'conn-limit,limit=1', 'ws.outbound': 'conn-limit,limit=1' },
    });
    const first = await fetch(running.addresses.sseUrl);
    const second = await fetch(running.addresses.sseUrl);
    expect([first.status, second.status, second.headers.get('retry-after')]).toEqual([200, 503, '1']);
    expect(await second.text()).toBe('not let in (admission.concurrency), try again later\n');
    const held = new WebSocket(running.addresses.wsUrl);
    await once(held, 'open');
    await until(() => openOf(running, 'ws') === 1, 'the first is subscribed');
    const refused = new WebSocket(running.addresses.wsUrl);
    const [code, text] = (await once(refused, 'close')) as [number, Buffer];
    expect([code, text.toString()]).toEqual([1013, 'admission.concurrency']);
    await until(() => openOf(running, 'ws') === 1 && openOf(running, 'sse') === 1, 'the refused are gone');
    await publish(running.addresses, 'hello');
    expect(ledgerOf(running, 'sse.client')).toMatchObject({ offered: 1, unaccounted: 0 });
    expect(ledgerOf(running, 'ws.outbound')).toMatchObject({ offered: 1, unaccounted: 0 });
    held.close();
    await first.body?.cancel();
  });
});

describe('streams that are cut at the deadline', () => {
  it('have not ended in order, and their write under way failed for the shutdown', async () => {
    const running = await startSystem({ strategies: { 'sse.client': 'drop-oldest,capacity=4' } });
    const socket = connect(running.addresses.unixSocketPath as string);
    socket.on('error', () => {}).pause();
    socket.write('GET /events?client=frozen HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const ws = new WebSocket(`${running.addresses.wsUrl}?client=quick`);
    await once(ws, 'open');
    await until(() => openOf(running, 'sse') === 1 && openOf(running, 'ws') === 1, 'both are subscribed');
    for (let i = 0; i < 60; i++) await publish(running.addresses, 'x'.repeat(30_000));
    await running.system.finish(300);
    const accounts = running.system.takeAccounts();
    const frozen = accounts.find(({ clientId }) => clientId === 'frozen');
    expect(frozen).toMatchObject({ endedCleanly: false, dropped: { shutdown: 4 } });
    expect(Object.keys(frozen?.failed ?? {})).toEqual(['shutdown']);
    expect(accounts.find(({ clientId }) => clientId === 'quick')).toMatchObject({ endedCleanly: true });
    socket.destroy();
    await running[Symbol.asyncDispose]();
  });
});

describe('a strategy that throws at one event', () => {
  it('costs that event, and not those that wait behind it', async () => {
    const published: string[] = [];
    let release: (() => void)[] = [];
    const path = {
      publish: ({ text }: { text: string }) => {
        if (text.includes('bad')) throw new Error('a policy that throws');
        published.push(text);
        return new Promise<void>((resolve) => release.push(resolve));
      },
    } as unknown as FeedPath;
    const budget = new MemoryBudget(null);
    const publisher = new Publisher({
      paths: [path],
      store: null,
      isSentUnstored: false,
      tasks: new TaskRegistry(),
      budget,
      limits: { tooLargeFor: () => [] },
    });
    const outcomes = ['one', 'bad', 'three'].map((text) =>
      Promise.resolve(publisher.publish({ ...PLAIN_EVENT, text })),
    );
    const settled = Promise.allSettled(outcomes);
    await until(() => release.length === 1, 'the first waits');
    for (const go of release.splice(0)) go();
    await until(() => release.length === 1, 'the third has its turn');
    for (const go of release.splice(0)) go();
    release = [];
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(published).toEqual(['one', 'three']);
    expect(budget.usedBytes).toBe(0);
    await publisher.close();
  });
});
