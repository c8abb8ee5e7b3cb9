import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createHostClock, takeEpochNs } from '../../src/core/clock.ts';
import { TaskRegistry } from '../../src/system/resources/task-registry.ts';
import { EchoConnection } from '../../src/system/ws/echo.ts';
import { until } from '../helpers/system.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;

interface EchoServer extends AsyncDisposable {
  readonly url: string;
  readonly tasks: TaskRegistry;
  readonly connections: Set<EchoConnection>;
  /** Bytes and whole messages read from clients so far. */
  bytesRead(): number;
  messages(): number;
}

async function startEcho(): Promise<EchoServer> {
  const server = createServer();
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  });
  const tasks = new TaskRegistry();
  const connections = new Set<EchoConnection>();
  const sockets = new Set<Socket>();
  let messages = 0;
  server.on('upgrade', (request, socket, head) => {
    wss.handleUpgrade(request, socket, head, (ws) => {
      sockets.add(socket as Socket);
      ws.on('message', () => messages++);
      const options = {
        clock: createHostClock(takeEpochNs()),
        tasks,
        maxMessageBytes: MAX_MESSAGE_BYTES,
        onEnd: (ended: EchoConnection) => connections.delete(ended),
      };
      connections.add(new EchoConnection(ws, socket as Socket, options));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/echo`,
    tasks,
    connections,
    bytesRead: () => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, 0),
    messages: () => messages,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.abandon();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Received {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

async function open(url: string): Promise<{ ws: WebSocket; received: Received[] }> {
  const ws = new WebSocket(url, { perMessageDeflate: false });
  const received: Received[] = [];
  ws.on('message', (data, isBinary) => received.push({ data: data as Buffer, isBinary }));
  ws.on('error', () => {});
  await once(ws, 'open');
  return { ws, received };
}

const bytesOf = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31) & 255));

describe('echo', () => {
  it('answers text and binary with themselves, at every length at which frames change their shape', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo.url);
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
    const { ws, received } = await open(echo.url);
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
    const { ws, received } = await open(echo.url);
    ws.pause();
    const sent = createHash('sha256');
    const total = 2000;
    for (let i = 0; i < total; i++) {
      const message = Buffer.concat([Buffer.from(`${i} `), bytesOf(16_000)]);
      sent.update(message);
      ws.send(message);
    }
    let last = -1;
    let still = 0;
    // It stands still once two readings half a second apart are equal.
    while (still < 5) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      still = echo.bytesRead() === last ? still + 1 : 0;
      last = echo.bytesRead();
    }
    // What the kernel holds in this direction, the queue (2 MiB) and one read: far from the 32 MB on their way.
    expect(last).toBeLessThan(16 * 1024 * 1024);
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
    const { ws, received } = await open(echo.url);
    const total = 50_000;
    for (let i = 0; i < total; i++) ws.send(String(i % 10));
    await until(() => received.length === total, 'everything has come back', 30_000);
    expect(received.every(({ data }, i) => data.toString() === String(i % 10))).toBe(true);
    ws.close();
  });

  it('answers what it has read before it says goodbye, however slowly the client takes it', async () => {
    await using echo = await startEcho();
    const { ws, received } = await open(echo.url);
    ws.pause();
    for (let i = 0; i < 2000; i++) ws.send(Buffer.alloc(16_000, String(i)));
    await until(() => echo.bytesRead() > 4_000_000, 'its queue is full');
    const closed = once(ws, 'close');
    const [connection] = echo.connections;
    const finished = connection?.finish();
    const taken = echo.messages();
    ws.resume();
    await finished;
    expect((await closed)[0]).toBe(1001);
    expect(received.length).toBe(taken);
    expect(received.every(({ data }, i) => data.equals(Buffer.alloc(16_000, String(i))))).toBe(true);
    await until(() => echo.connections.size === 0, 'the connection has ended');
    expect(echo.tasks.byKind()).toEqual({});
  });

  it.each(['the client goes', 'the system cuts it off'])(
    'leaves nothing behind when %s in the middle',
    async (how) => {
      await using echo = await startEcho();
      const { ws } = await open(echo.url);
      ws.pause();
      for (let i = 0; i < 2000; i++) ws.send(bytesOf(16_000));
      await until(() => echo.bytesRead() > 4_000_000, 'its queue is full');
      expect(echo.tasks.byKind()).toEqual({ 'ws.echo': 1 });
      if (how === 'the client goes') ws.terminate();
      else for (const connection of echo.connections) connection.abandon();
      await until(() => echo.connections.size === 0, 'the connection has ended');
      expect(echo.tasks.byKind()).toEqual({});
      ws.terminate();
    },
  );
});
