import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { NS_PER_SEC } from '../../src/core/clock.ts';
import { ReaderPace } from '../../src/load/reader-pace.ts';
import { SseClient } from '../../src/load/sse-client.ts';
import { clock, createSubscription, LifeLog, until } from './support.ts';

const FRAME = Buffer.from(`data: ${'x'.repeat(242)}\n\n`); // 250 bytes
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n';

/** Of 60 kB each. */
const WINDOWS = 8;

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** One SSE client of `bytesPerSec` on a Unix socket, and the server's side of it. */
async function connect(bytesPerSec: number) {
  const path = join(tmpdir(), `bpbench-test-${randomUUID()}.sock`);
  const server = net.createServer().listen(path);
  await once(server, 'listening');
  const account = createSubscription();
  const life = new LifeLog();
  const connected = once(server, 'connection');
  const endpoint = { address: { path }, host: 'localhost', target: '/' };
  const pace = new ReaderPace(bytesPerSec);
  const client = new SseClient(endpoint, account.subscription, life, clock, pace);
  const socket = (await connected)[0] as net.Socket;
  socket.on('error', () => {});
  cleanUps.push(() => {
    client.destroy();
    socket.destroy();
    server.close();
    rmSync(path, { force: true });
  });
  await once(socket, 'data');
  socket.write(HEAD);
  return { account, life, client, socket };
}

describe('slow reader', () => {
  it('one that never reads learns that it is admitted, stops the server, and takes all after the thaw', async () => {
    const { account, life, client, socket } = await connect(0);
    expect(await life.outcome.promise).toBe('open');
    let written = 0;
    for (let i = 0; i < 8000; i++) if (socket.write(FRAME)) written++;
    let flushed = false;
    socket.once('drain', () => {
      flushed = true;
    });
    // Other sockets of this process have had many turns by now; this one has not moved.
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(flushed).toBe(false);
    expect(written).toBeLessThan(8000);
    expect(socket.writableLength).toBeGreaterThan(1_000_000);
    expect(account.totals.received).toBeLessThanOrEqual(2);
    client.thaw();
    await until(() => account.totals.received === 8000);
    expect(socket.writableLength).toBe(0);
  });

  it('reads its bytes per second and leaves the rest with the server', async () => {
    const bytesPerSec = 400_000;
    const { account, life, socket } = await connect(bytesPerSec);
    await life.outcome.promise;
    for (let i = 0; i < 8000; i++) socket.write(FRAME);
    await until(() => account.totals.received >= 200); // past what it may catch up at the start
    const rates: number[] = [];
    let total = 0;
    const fromNs = clock.nowNs();
    for (let window = 0; window < WINDOWS; window++) {
      const from = account.totals.received;
      const startNs = clock.nowNs();
      await until(() => account.totals.received >= from + 240);
      const bytes = (account.totals.received - from) * FRAME.length;
      rates.push(bytes / ((clock.nowNs() - startNs) / NS_PER_SEC) / bytesPerSec);
      total += bytes;
    }
    const overall = total / ((clock.nowNs() - fromNs) / NS_PER_SEC) / bytesPerSec;
    // Slices of 10 kB: one more or less, and what is caught up where the machine stood still before.
    expect(overall).toBeLessThan(1.15);
    // The median of the windows: a machine that stands still costs one or two of them.
    expect(rates.toSorted((a, b) => a - b)[WINDOWS / 2]).toBeGreaterThan(0.7);
    expect(socket.writableLength).toBeGreaterThan(1_000_000);
  });

  it('hears the end only after what was sent before it', async () => {
    const { account, life, client, socket } = await connect(0);
    await life.outcome.promise;
    for (let i = 0; i < 2000; i++) socket.write(FRAME);
    socket.end('event: end\ndata: {}\n\n');
    client.thaw();
    expect(await life.end.promise).toBe(true);
    expect(account.totals.received).toBe(2000);
  });
});
