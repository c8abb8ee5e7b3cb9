/** How clients come to an end, what is left of them, and what one event costs. */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHostClock, createVirtualClock, NS_PER_MS, takeEpochNs } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS } from '../../../src/core/plan.ts';
import { MEMORY } from '../../../src/core/wait-names.ts';
import { PLAIN_EVENT } from '../../../src/system/event.ts';
import { WaitGraph } from '../../../src/system/resources/wait-graph.ts';
import { FrameMaker } from '../../../src/system/sse/frames.ts';
import { kernelPending, WriteWatch } from '../../../src/system/sse/write-watch.ts';
import { TestSseClient } from '../../helpers/sse-client.ts';
import { publish, type RunningSystem, startSystem, until } from '../../helpers/system.ts';
import { accountOf, accountsOf, publishAll, sseOf, subscribe } from './rig.ts';

const clients: TestSseClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client[Symbol.dispose]();
});

const openNow = ({ system }: RunningSystem) => system.sample().connections.sse.open;

async function freeze(running: RunningSystem, client = 'frozen'): Promise<TestSseClient> {
  const frozen = await subscribe(running, { client, isFrozen: true });
  clients.push(frozen);
  return frozen;
}

describe('the write deadline', () => {
  it('does not count the time in which this machine slept', () => {
    const socket = { bytesWritten: 100, writableLength: 50 } as Socket;
    const waits = new WaitGraph(createHostClock(takeEpochNs()));
    const watch = new WriteWatch(socket, 'sse 1', waits);
    watch.look(true, 0);
    watch.look(true, 250 * NS_PER_MS);
    expect(watch.look(true, 3_600_000 * NS_PER_MS)).toBe(750 * NS_PER_MS);
    expect(watch.look(true, 3_600_250 * NS_PER_MS)).toBe(1000 * NS_PER_MS);
  });

  it('looks at progress within one write, which Node tells by its own time-outs', async () => {
    const server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket: Socket = connect((server.address() as { port: number }).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(Buffer.alloc(32 * 1024 * 1024));
    expect(kernelPending(socket)).toBeGreaterThan(0);
    expect(kernelPending(socket)).toBeLessThan(32 * 1024 * 1024);
    socket.destroy();
    server.close();
  });

  it('spares a client that reads one large event slowly, and cuts off one that has stopped', async () => {
    const writeDeadlineMs = 1500; // longer than a busy machine stands still
    await using running = await startSystem({
      strategies: { 'sse.bus': 'ring-lag,bytes=16MiB', 'sse.client': 'drop-oldest,bytes=16MiB' },
      settings: { sse: { writeDeadlineMs }, store: { mode: 'none' } },
    });
    const slow = await freeze(running, 'slow');
    const stopped = await freeze(running, 'stopped');
    await publish(running.addresses, 'x'.repeat(6_000_000));
    // It takes a little, again and again, over several deadlines.
    let taken = 0;
    let goal = 0;
    slow.socket.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken >= goal) slow.socket.pause(); // at once: not more than one chunk of 64 KiB each time
    });
    const began = performance.now();
    while (taken < 6_000_000) {
      goal = Math.min(taken + 30_000, 6_000_000);
      slow.socket.resume();
      await until(() => taken >= goal || slow.isClosed, 'it takes a little');
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(slow.isClosed).toBe(false);
    }
    goal = Number.POSITIVE_INFINITY;
    expect(performance.now() - began).toBeGreaterThan(2 * writeDeadlineMs);
    expect(sseOf(running).endedByDeadline).toBe(1);
    slow.socket.resume();
    await until(() => slow.events.length === 1, 'the large event has come whole');
    const [account] = await accountsOf(running, ['stopped']);
    expect(account?.failed).toEqual({ 'disconnect.slow': 1 });
    stopped.socket.destroy();
  });

  it('cuts off one for which nothing but keep-alives waits', async () => {
    await using running = await startSystem({
      settings: { sse: { writeDeadlineMs: 300, keepAliveMs: 5 }, store: { mode: 'none' } },
    });
    const stopped = await freeze(running, 'stopped'); // the kernel takes some hundreds of them first
    await until(() => openNow(running) === 0, 'it is cut off', 20_000);
    expect(sseOf(running).endedByDeadline).toBe(1);
    stopped.socket.destroy();
  });

  it('does not touch a client for which nothing waits', async () => {
    await using running = await startSystem({
      settings: { sse: { writeDeadlineMs: 50, keepAliveMs: 20 }, store: { mode: 'none' } },
    });
    const idle = await subscribe(running);
    clients.push(idle);
    await until(() => idle.comments.length >= 10, 'several deadlines have passed');
    expect(openNow(running)).toBe(1);
  });
});

describe('waits', () => {
  it('for memory that another one holds end with their client', async () => {
    await using running = await startSystem({
      strategies: { 'sse.client': 'block,capacity=1000,bytes=64MiB' },
      settings: { store: { mode: 'none' } },
      resources: { maxMemoryBytes: 2 * 1024 ** 2 },
    });
    const holder = await freeze(running, 'holder');
    const isWaiting = (who: string) =>
      (running.system.sample().waits ?? []).some((wait) => wait.who === who && wait.what === MEMORY);
    while (!isWaiting('sse 1 forwarder')) await publish(running.addresses, 'x'.repeat(60_000));
    const waiter = await freeze(running, 'waiter');
    await publish(running.addresses, 'one more');
    await until(() => isWaiting('sse 2 forwarder'), 'it waits for memory');
    waiter.socket.destroy();
    const account = await accountOf(running, 'waiter');
    expect(account).toMatchObject({ offered: 1, dropped: { 'disconnect.peer': 1 } });
    expect(openNow(running)).toBe(1);
    holder.socket.destroy();
  });

  it('name the writer of a client that reads nothing, its forwarder, and the publisher, and end with them', async () => {
    await using running = await startSystem({
      strategies: { 'sse.bus': 'block,capacity=2', 'sse.client': 'block,capacity=2' },
      settings: { store: { mode: 'none' }, sse: { writeDeadlineMs: null } },
    });
    const frozen = await freeze(running);
    const answers = Array.from({ length: 60 }, () => publish(running.addresses, 'x'.repeat(16_000)));
    const waitsNow = () => running.system.sample().waits ?? [];
    await until(() => waitsNow().length >= 3, 'all three are told');
    expect(waitsNow().map(({ who, what, freedBy, boundary }) => ({ who, what, freedBy, boundary }))).toEqual(
      expect.arrayContaining([
        {
          who: 'publisher',
          what: 'room in sse.bus of sse 1 forwarder',
          freedBy: ['sse 1 forwarder'],
          boundary: 'sse.bus',
        },
        {
          who: 'sse 1 forwarder',
          what: 'room in sse.client of sse 1',
          freedBy: ['sse 1 writer'],
          boundary: 'sse.client',
        },
        {
          who: 'sse 1 writer',
          what: 'sse 1 to take bytes',
          freedBy: ['peer of sse 1'],
          boundary: 'sse.client',
        },
      ]),
    );
    frozen.socket.destroy();
    expect(await Promise.all(answers)).toEqual(Array(60).fill(202));
    await until(() => openNow(running) === 0, 'it is gone');
    expect(waitsNow()).toEqual([]);
  });
});

describe('the end', () => {
  it.each(['block', 'ring-gated'])('comes in time with a publisher that waits under %s', async (bus) => {
    await using running = await startSystem({
      strategies: { 'sse.bus': `${bus},capacity=2`, 'sse.client': 'block,capacity=2' },
      settings: { store: { mode: 'none' } },
    });
    await freeze(running);
    const answers = Array.from({ length: 60 }, () =>
      publish(running.addresses, 'x'.repeat(16_000)).catch(() => 0),
    );
    await until(
      () => (running.system.sample().boundaries['sse.bus']?.waiters ?? 0) > 0,
      'the publisher waits',
    );
    const began = performance.now();
    expect(await running.system.finish(300)).toEqual({});
    expect(performance.now() - began).toBeLessThan(5000);
    await Promise.all(answers);
    const { boundaries } = running.system.sample();
    for (const name of ['sse.bus', 'sse.client'] as const) {
      expect(boundaries[name]?.ledger).toMatchObject({ queued: 0, blocked: 0, inFlight: 0, unaccounted: 0 });
    }
  });

  it('waits for a replay that is under way', async () => {
    await using running = await startSystem({ settings: { store: { synchronous: 'off' } } });
    await publishAll(running, 400, { bytes: 4000 });
    const client = new TestSseClient(running.addresses, { lastEventId: 0 });
    clients.push(client);
    await until(() => openNow(running) === 1, 'it is subscribed');
    await running.system.finish(5000);
    await client.closed();
    expect(client.ids).toHaveLength(400);
    expect(client.ofType('end')).toHaveLength(1);
  });
});

describe('costs', () => {
  it('encodes an event once for 1000 clients, and once for all that replay it together', async () => {
    await using running = await startSystem({ settings: { store: { synchronous: 'off' } } });
    const encodings = () => running.system.encodings;
    const readers = Array.from(
      { length: 500 },
      (_, i) => new TestSseClient(running.addresses, { client: `c${i}` }),
    );
    clients.push(...readers);
    await until(() => openNow(running) === 500, 'all are subscribed', 30_000);
    await publishAll(running, 10);
    await until(() => readers.every((reader) => reader.events.length === 10), 'everybody has all', 30_000);
    expect(encodings()).toBe(10);
    expect(running.system.sample().boundaries['sse.client']?.ledger.delivered).toBe(5000);
  });

  it('keeps the frames of a replay while somebody replays, and no longer', () => {
    const frames = new FrameMaker(DEFAULT_SYSTEM_SETTINGS.sse, createVirtualClock());
    const event = { ...PLAIN_EVENT, text: 'x', id: 1, createdAtMs: 0 };
    frames.beginReplay();
    frames.beginReplay();
    const first = frames.replayed(event);
    expect(frames.replayed(event)).toBe(first);
    frames.endReplay();
    expect(frames.replayed(event)).toBe(first);
    frames.endReplay();
    frames.beginReplay();
    expect(frames.replayed(event)).not.toBe(first);
    expect(frames.encodings).toBe(2);
  });

  it('bounds what it keeps of a replay', () => {
    const frames = new FrameMaker(DEFAULT_SYSTEM_SETTINGS.sse, createVirtualClock());
    frames.beginReplay();
    const frame = (id: number) =>
      frames.replayed({ ...PLAIN_EVENT, text: 'x'.repeat(100_000), id, createdAtMs: 0 });
    const first = frame(1);
    for (let id = 2; id < 20; id++) frame(id);
    expect(frame(1)).not.toBe(first);
  });

  it('has two tasks for each client, and none once it is gone', async () => {
    await using running = await startSystem({ settings: { store: { mode: 'none' } } });
    const before = running.system.sample().tasks.byKind;
    for (let i = 0; i < 3; i++) clients.push(await subscribe(running, { client: `c${i}` }));
    const { byKind, maxPerConnection } = running.system.sample().tasks;
    expect(byKind).toEqual({ ...before, 'sse.client': 3, 'sse.forwarder': 3 });
    expect(maxPerConnection).toBe(2);
    for (const client of clients) client.socket.destroy();
    await until(() => openNow(running) === 0, 'they are gone');
    expect(running.system.sample().tasks.byKind).toEqual(before);
  });
});

describe('cycles of connect, abuse and disconnect', () => {
  it('leave no task, timer, socket or wait, and hardly any memory', async () => {
    await using running = await startSystem({
      settings: { store: { synchronous: 'off' }, sse: { gaps: 'record' } },
    });
    await publishAll(running, 200, { bytes: 500 });
    const { default: v8 } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    v8.setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const cycle = async (i: number) => {
      const client = new TestSseClient(running.addresses, {
        client: `c${i}`,
        ...(i % 3 === 0 ? { lastEventId: i % 200 } : {}),
        ...(i % 7 === 0 ? { lastEventId: 'nonsense' } : {}),
        isFrozen: i % 4 === 0,
      });
      await once(client.socket, 'connect');
      if (i % 10 === 0) await publish(running.addresses, 'x'.repeat(3000));
      if (i % 5 !== 0) await until(() => client.status !== 0 || i % 4 === 0, 'it is answered');
      if (i % 2 === 0) client.socket.destroy();
      else if (i % 3 === 1) client.socket.resetAndDestroy();
      else client.socket.end();
      client.socket.resume();
      await client.closed();
    };
    const baseline = async () => {
      await until(() => openNow(running) === 0, 'everybody is gone');
      running.system.takeAccounts();
      gc();
      return {
        heapBytes: process.memoryUsage().heapUsed,
        tasks: running.system.sample().tasks.byKind,
        handles: process.getActiveResourcesInfo().filter((kind) => /Timeout|Socket|TCP|Pipe/.test(kind))
          .length,
      };
    };
    for (let i = 0; i < 200; i++) await cycle(i);
    const before = await baseline();
    for (let i = 0; i < 1000; i++) await cycle(i);
    const after = await baseline();
    expect(after.tasks).toEqual(before.tasks);
    expect(after.handles).toBeLessThanOrEqual(before.handles + 2);
    expect(running.system.sample()).toMatchObject({ waits: [], memory: { accountedBytes: 0 } });
    expect((after.heapBytes - before.heapBytes) / 1000).toBeLessThan(2000); // a connection that is held costs ten times that
  }, 120_000);
});
