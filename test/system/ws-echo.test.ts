import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { WsSettings } from '../../src/core/plan.ts';
import { until } from '../helpers/system.ts';
import { RunningRelay } from './ws/relay.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Every way in which a connection may be served. */
const ARCHITECTURES: [string, Partial<WsSettings>][] = [
  ['split', { architecture: 'split' }],
  ['single-loop', { architecture: 'single-loop' }],
  ['single-loop, fair', { architecture: 'single-loop', select: 'fair' }],
  ['actor, thin', { architecture: 'actor', actor: 'thin' }],
  ['actor, fat', { architecture: 'actor', actor: 'fat' }],
  ['offload', { architecture: 'offload' }],
];

interface Received {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

async function open(running: RunningRelay): Promise<{ ws: WebSocket; received: Received[] }> {
  const ws = new WebSocket(`${running.url}/echo`, { perMessageDeflate: false });
  const received: Received[] = [];
  ws.on('message', (data, isBinary) => received.push({ data: data as Buffer, isBinary }));
  ws.on('error', () => {});
  await once(ws, 'open');
  return { ws, received };
}

const bytesOf = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31) & 255));

describe.each(ARCHITECTURES)('echo, %s', (_name, settings) => {
  const startEcho = () => RunningRelay.start({ settings });

  it('answers text and binary with themselves, at every length at which frames change their shape', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo);
    const lengths = [0, 1, 125, 126, 65_535, 65_536, MAX_MESSAGE_BYTES];
    for (const length of lengths) {
      ws.send(bytesOf(length));
      ws.send('ü'.repeat(length / 2));
    }
    await until(() => received.length === 2 * lengths.length, 'everything has come back');
    for (const [at, length] of lengths.entries()) {
      expect(received[2 * at]?.isBinary).toBe(true);
      expect(received[2 * at]?.data.equals(bytesOf(length))).toBe(true);
      expect(received[2 * at + 1]?.isBinary).toBe(false);
      expect(received[2 * at + 1]?.data.toString()).toBe('ü'.repeat(length / 2));
    }
    ws.close();
  });

  it('puts a message that came in fragments together, around a ping that is answered at once', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo);
    const pong = once(ws, 'pong');
    ws.send('one ', { fin: false });
    ws.ping('between');
    ws.send('two', { fin: true });
    await until(() => received.length === 1, 'the message has come back');
    expect(received[0]?.data.toString()).toBe('one two');
    expect(String((await pong)[0])).toBe('between');
    ws.close();
  });

  it('stops to read where the client reads nothing, and loses nothing when it reads again', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo);
    ws.pause();
    const sent = createHash('sha256');
    const payload = bytesOf(16_000);
    const total = 1000;
    for (let i = 0; i < total; i++) {
      const message = Buffer.concat([Buffer.from(`${i} `), payload]);
      sent.update(message);
      ws.send(message);
    }
    let last = -1;
    let still = 0;
    // It stands still once readings half a second apart are equal.
    while (still < 5) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      still = echo.bytesRead() === last ? still + 1 : 0;
      last = echo.bytesRead();
    }
    // What the kernel holds in this direction, the queue (2 MiB) and one read: far from the 32 MB on their way.
    expect(last).toBeLessThan(16 * 1024 ** 2);
    expect(received.length).toBe(0);
    ws.resume();
    await until(() => received.length === total, 'everything has come back', 30_000);
    const back = createHash('sha256');
    for (const { data } of received) back.update(data);
    expect(back.digest('hex')).toBe(sent.digest('hex'));
    ws.close();
  });

  it('has a place for every message of one read, however small they are', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo);
    const total = 20_000;
    for (let i = 0; i < total; i++) ws.send(String(i % 10));
    await until(() => received.length === total, 'everything has come back', 30_000);
    expect(received.every(({ data }, i) => data.toString() === String(i % 10))).toBe(true);
    ws.close();
  });

  it('answers what it has read before it says goodbye, however slowly the client takes it', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo);
    ws.pause();
    for (let i = 0; i < 1000; i++) ws.send(Buffer.alloc(16_000, String(i)));
    await until(() => echo.bytesRead() > 4_000_000, 'its queue is full');
    const closed = once(ws, 'close');
    const finished = echo.finish(30_000);
    const bytesRead = echo.bytesRead();
    ws.resume();
    await finished;
    expect((await closed)[0]).toBe(1001);
    // All that was read, in messages of 16,000 bytes behind a head of 8; 64 KiB of it may be Node's, of nobody read yet.
    expect(received.length).toBeLessThanOrEqual(bytesRead / 16_008);
    expect(received.length).toBeGreaterThan((bytesRead - 65_536) / 16_008 - 2);
    expect(received.every(({ data }, i) => data.equals(Buffer.alloc(16_000, String(i))))).toBe(true);
    expect(echo.limit.open).toBe(0);
    expect(echo.tasks.byKind()).toEqual({});
  });

  it.each(['the client goes', 'the system cuts it off'])(
    'leaves nothing behind when %s in the middle',
    async (how) => {
      await using echo = await startEcho();
      const { ws } = await open(echo);
      ws.pause();
      const message = bytesOf(16_000);
      for (let i = 0; i < 1000; i++) ws.send(message);
      await until(() => echo.bytesRead() > 4_000_000, 'its queue is full');
      expect(echo.tasks.open).toBeGreaterThan(0);
      if (how === 'the client goes') ws.terminate();
      else echo.relay.abandon();
      await until(() => echo.limit.open === 0, 'the connection has ended');
      expect(echo.tasks.byKind()).toEqual({});
      ws.terminate();
    },
  );
});
