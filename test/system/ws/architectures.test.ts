/** What each architecture costs, what it holds up, and what it leaves behind. */
import { connect } from 'node:net';
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { WsSettings } from '../../../src/core/plan.ts';
import type { Distribution } from '../../../src/core/samples.ts';
import { until } from '../../helpers/system.ts';
import { encodeFrame, OPCODE } from '../../helpers/websocket-frames.ts';
import { RunningRelay } from './relay.ts';

const ARCHITECTURES: [string, Partial<WsSettings>, Record<string, number>][] = [
  ['single-loop', { architecture: 'single-loop' }, { 'ws.loop': 1 }],
  ['offload', { architecture: 'offload' }, { 'ws.loop': 1 }],
  ['split', { architecture: 'split' }, { 'ws.reader': 1, 'ws.writer': 1 }],
  [
    'actor, thin',
    { architecture: 'actor', actor: 'thin' },
    { 'ws.reader': 1, 'ws.writer': 1, 'ws.actor': 1 },
  ],
  ['actor, fat', { architecture: 'actor', actor: 'fat' }, { 'ws.reader': 1, 'ws.writer': 1, 'ws.actor': 1 }],
];

describe.each(ARCHITECTURES)('%s', (_name, settings, tasks) => {
  it('has exactly these tasks for each connection (W-7), serves all of them, and leaves none', async () => {
    await using running = await RunningRelay.start({ settings, strategy: 'drop-newest,capacity=1000' });
    const clients = await Promise.all(Array.from({ length: 50 }, () => running.open()));
    const perConnection = Object.values(tasks).reduce((sum, count) => sum + count, 0);
    expect(running.tasks.byKind()).toEqual(
      Object.fromEntries(Object.entries(tasks).map(([kind, count]) => [kind, 50 * count])),
    );
    await running.publish('to all');
    for (const client of clients) client.send('{"seq":1}');
    await Promise.all(clients.map((client) => client.hears(2)));
    expect(running.tasks.maxPerOwner).toBe(perConnection);
    for (const { ws } of clients) ws.terminate();
    await until(() => running.limit.open === 0, 'all are gone');
    expect(running.tasks.byKind()).toEqual({});
    expect(running.ledger()).toMatchObject({ offered: 100, delivered: 100, unaccounted: 0 });
  });

  it('answers in order, however many messages come at a time, with both chains at work', async () => {
    const chain = { middlewares: 3, workMs: 1, work: 'await' } as const;
    await using running = await RunningRelay.start({
      settings: { ...settings, inbound: chain, outbound: chain },
      strategy: 'drop-newest,capacity=1000',
    });
    const client = await running.open('/ws?subscribe=none');
    for (let number = 0; number < 50; number++) client.send(`{"seq":${number}}`);
    expect(await client.hears(50)).toEqual(Array.from({ length: 50 }, (_, number) => `{"re":${number}}`));
    expect(running.sample().inboundMs.count).toBe(50);
    expect(running.sample().outboundMs.count).toBe(50);
    // Each message has spent its time in both chains, whatever it cost the machine.
    expect(meanOf(running.sample().inboundMs)).toBeGreaterThanOrEqual(1);
    expect(meanOf(running.sample().outboundMs)).toBeGreaterThanOrEqual(1);
  });

  it('is at its baseline after 1000 clients that connect, misbehave and vanish', async () => {
    await using running = await RunningRelay.start({ settings, strategy: 'drop-newest,capacity=10' });
    const timersBefore = timers();
    let heapBefore = 0;
    for (let opened = 0; opened < 1200; opened += 50) {
      if (opened === 200) heapBefore = await heapBytes(running);
      await Promise.all(Array.from({ length: 50 }, (_, at) => abuse(running, at)));
      await running.publish('x'.repeat(1000));
    }
    await until(() => running.limit.open === 0, 'all are gone');
    expect(running.tasks.byKind()).toEqual({});
    expect(running.waiting).toBe(0);
    const grownBytes = (await heapBytes(running)) - heapBefore;
    expect(grownBytes / 1000).toBeLessThan(HEAP_BYTES_PER_CLIENT);
    await until(() => timers() <= timersBefore, 'no timer is left');
    expect(running.budget.usedBytes).toBe(0);
    expect(running.ledger()).toMatchObject({ queued: 0, inFlight: 0, blocked: 0, unaccounted: 0 });
    expect(running.mailbox.sample().ledger).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
    const client = await running.open();
    client.send('{"seq":1}');
    expect(await client.hears(1)).toEqual(['{"re":1}']);
  });
});

/** Less than anything that stays of a connection would have, and more than what the heap's own books vary by. */
const HEAP_BYTES_PER_CLIENT = 1000;

/** What lives, once nobody is connected and the accounts have been taken. */
async function heapBytes(running: RunningRelay): Promise<number> {
  await until(() => running.limit.open === 0, 'all are gone');
  running.accounts();
  v8.setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().heapUsed;
}

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const meanOf = ({ sum, count }: Distribution): number => sum / count;

/** One of ten ways to be a bad client; resolves when the socket is gone. */
async function abuse(running: RunningRelay, at: number): Promise<void> {
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  if (at % 10 !== 0) await new Promise((resolve) => socket.once('data', resolve));
  const text = (payload: string) => encodeFrame({ opcode: OPCODE.text, payload });
  switch (at % 10) {
    case 1:
      socket.write(text('{"seq":1}').subarray(0, 5)); // the middle of a frame
      break;
    case 2:
      socket.write(Buffer.from([0xff, 0xff])); // no frame at all
      break;
    case 3:
      socket.write(Buffer.concat(Array.from({ length: 500 }, (_, number) => text(`{"seq":${number}}`))));
      break;
    case 4:
      socket.write(encodeFrame({ opcode: OPCODE.close, payload: Buffer.from([0x03, 0xe8]) }));
      break;
    case 5:
      socket.write(encodeFrame({ opcode: OPCODE.binary, payload: 'x' }));
      break;
    case 6:
      socket.write(text('{"subscribe":"a","history":1000}'));
      break;
    case 7:
      socket.resetAndDestroy();
      break;
    case 8:
      socket.write(encodeFrame({ opcode: OPCODE.ping, payload: 'x' }));
      break;
  }
  await new Promise(setImmediate);
  socket.destroy();
  await closed;
}

describe('heavy inbound work beside a producer of live events (W-3, W-4)', () => {
  const inbound = { middlewares: 1, workMs: 20, work: 'await' } as const;

  /** Mean time of live events from their queueing to the wire, while inbound messages always wait. */
  async function outboundMs(settings: Partial<WsSettings>): Promise<number> {
    await using running = await RunningRelay.start({
      settings: { ...settings, inbound },
      strategy: 'drop-newest,capacity=1000',
    });
    const client = await running.open();
    for (let number = 0; number < 20; number++) client.send(`message ${number}`);
    for (let number = 0; number < 30; number++) {
      await running.publish(`event ${number}`);
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
    await client.hears(50);
    return meanOf(running.sample().outboundMs);
  }

  it('a single loop makes them wait for a handler, a split one does not, and a fat actor does again', async () => {
    const [loop, split, thin, fat] = [
      await outboundMs({ architecture: 'single-loop' }),
      await outboundMs({ architecture: 'split' }),
      await outboundMs({ architecture: 'actor', actor: 'thin' }),
      await outboundMs({ architecture: 'actor', actor: 'fat' }),
    ];
    expect(loop).toBeGreaterThan(5); // uniform arrivals in a handler of 20 ms wait for 10 on average
    expect(split).toBeLessThan(loop / 3);
    expect(thin).toBeLessThan(loop / 3);
    expect(fat).toBeGreaterThan(5);
  });
});

describe('full count, occupancy and the times of both directions (W-19)', () => {
  const inbound = { middlewares: 1, workMs: 20, work: 'await' } as const;
  const CAPACITY = 100;

  /** What the three say, and nothing else; the limits are those of the documentation. */
  function diagnose(running: RunningRelay, deepest: number): string {
    const { queueFull, inboundMs, outboundMs } = running.sample();
    if (queueFull > 0 && deepest > 0.8 * CAPACITY) return meanOf(inboundMs) < 10 ? 'slow client' : 'both';
    return meanOf(inboundMs) >= 10 && meanOf(outboundMs) >= 5 ? 'head of line' : 'sound';
  }

  /** The same traffic for everybody: 60 messages in, and 200 events of 30 KB out, of which a slow client reads none. */
  async function play(settings: Partial<WsSettings>, isSlow: boolean): Promise<string> {
    await using running = await RunningRelay.start({
      settings,
      strategy: `drop-newest,capacity=${CAPACITY},bytes=64MiB`,
    });
    const client = isSlow ? await running.openFrozen() : await running.open();
    for (let number = 0; number < 60; number++) client.send(`message ${number}`);
    let deepest = 0;
    for (let number = 0; number < 200; number++) {
      await running.publish(`${number} ${'x'.repeat(30_000)}`);
      deepest = Math.max(deepest, running.outbound.sample().depthMaxItems);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until(() => running.sample().inboundMs.count === 60, 'all messages are handled');
    return diagnose(running, deepest);
  }

  it('tell work that holds up the loop from a client that does not read, and both from neither', async () => {
    expect(await play({ architecture: 'split' }, false)).toBe('sound');
    expect(await play({ architecture: 'single-loop', inbound }, false)).toBe('head of line');
    expect(await play({ architecture: 'split' }, true)).toBe('slow client');
    expect(await play({ architecture: 'split', inbound }, true)).toBe('both');
  });
});

describe('work in the threads of offload', () => {
  it('is given up with its connection: those who stay do not wait for those who have gone', async () => {
    const workMs = 50;
    await using running = await RunningRelay.start({
      settings: { architecture: 'offload', workers: 1, inbound: { middlewares: 1, workMs, work: 'await' } },
      strategy: 'drop-newest,capacity=100',
    });
    const leaving = await running.open('/ws?subscribe=none');
    for (let number = 0; number < 60; number++) leaving.send(String(number));
    await leaving.hears(1);
    leaving.ws.terminate();
    await until(() => running.limit.open === 0, 'it is gone');
    const staying = await running.open('/ws?subscribe=none');
    const startMs = performance.now();
    staying.send('still here');
    await staying.hears(1);
    expect(performance.now() - startMs).toBeLessThan((60 * workMs) / 2);
  });
});

describe('inbound work that computes (W-13)', () => {
  /** What ten messages of 60 ms each cost this thread, which is the event loop's. */
  async function loopCpuMs(architecture: WsSettings['architecture']): Promise<number> {
    await using running = await RunningRelay.start({
      settings: { architecture, inbound: { middlewares: 3, workMs: 60, work: 'compute' }, workers: 2 },
      strategy: 'drop-newest,capacity=100',
    });
    const client = await running.open('/ws?subscribe=none');
    client.send('warm-up');
    await client.hears(1);
    const before = process.threadCpuUsage();
    for (let number = 0; number < 10; number++) client.send(String(number));
    let answered = 1;
    // Looked at now and then: what waits in a loop of its own would be work as well.
    while (answered < 11) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      answered = client.messages.length;
    }
    const { user, system } = process.threadCpuUsage(before);
    expect(client.messages.slice(1)).toEqual(Array.from({ length: 10 }, (_, number) => String(number)));
    return (user + system) / 1000;
  }

  it('occupies the event loop unless it is offloaded; then a little is left', async () => {
    const inline = await loopCpuMs('single-loop');
    const offloaded = await loopCpuMs('offload');
    expect(offloaded).toBeGreaterThan(0);
    expect(offloaded).toBeLessThan(inline / 3);
  });
});
