import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createRandom } from '../../src/core/random.ts';
import { encodeEvent } from '../../src/core/wire.ts';
import { parseEndpoint } from '../../src/load/endpoint.ts';
import { WsClient } from '../../src/load/ws-client.ts';
import { clock, createSubscription, LifeLog, until } from './support.ts';

let server: WebSocketServer;
let client: WsClient;
let life: LifeLog;
let account: ReturnType<typeof createSubscription>;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});

afterEach(() => {
  client.destroy();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

function connect(url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`): void {
  account = createSubscription({ path: 'ws' });
  life = new LifeLog();
  client = new WsClient(parseEndpoint(url), account.subscription, life, clock, null, createRandom(1, 'test'));
}

async function open(): Promise<WebSocket> {
  const connected = once(server, 'connection');
  connect();
  const [socket, request] = (await connected) as [WebSocket, http.IncomingMessage];
  expect(request.url).toBe('/ws?client=client-1');
  expect(await life.outcome.promise).toBe('open');
  return socket;
}

const received = () => account.totals.received;

describe('ws client against the ws server', () => {
  it('counts events, whole and in fragments, and ends cleanly on 1001', async () => {
    const socket = await open();
    const text = (seq: number) => encodeEvent({ seq, intendedUs: 10, sentUs: 20 }, 300);
    socket.send(text(1));
    socket.send(text(2).slice(0, 9), { fin: false });
    socket.send(text(2).slice(9, 40), { fin: false });
    socket.ping('between');
    socket.send(text(2).slice(40), { fin: true });
    socket.send('not ours');
    expect((await once(socket, 'pong'))[0].toString()).toBe('between');
    const closed = once(socket, 'close');
    socket.close(1001, 'shutdown');
    expect(await life.end.promise).toBe(true);
    expect((await closed)[0]).toBe(1001);
    expect(account.subscription.receipt(true)).toMatchObject({
      received: 3,
      firstSeq: 1,
      lastSeq: 2,
      missing: 0,
    });
    expect(life.log).toEqual(['settled', 'open', 'ended cleanly']);
  });

  it('sends masked messages that the server understands, and matches the replies', async () => {
    const socket = await open();
    socket.on('message', (data) => socket.send(data.toString().replace('{"seq":', '{"re":')));
    const inbound: string[] = [];
    socket.on('message', (data) => inbound.push(data.toString()));
    client.send(1000, 2000, 50);
    client.send(1001, 2001, 70_000);
    await until(() => received() === 2);
    expect(inbound[0]).toBe(encodeEvent({ seq: 1, intendedUs: 1000, sentUs: 2000 }, 50));
    expect(inbound[1]).toBe(encodeEvent({ seq: 2, intendedUs: 1001, sentUs: 2001 }, 70_000));
    expect(client.awaited).toBe(0);
    expect(life.log).toEqual(['settled', 'open', 'reply', 'reply']);
    expect(account.subscription.receipt(false)).toMatchObject({ received: 2, firstSeq: null });
    const filled = account.recorder.takeFilled().map((one) => account.recorder.encode(one));
    expect(filled.map(({ group, kind, count }) => [group, kind, count])).toEqual([
      ['g replies', 'response', 2],
      ['g replies', 'service', 2],
    ]);
  });

  it('an end by another code, or without a word, is no clean end', async () => {
    const socket = await open();
    socket.close(1013, 'too slow');
    expect(await life.end.promise).toBe(false);
    const second = await open();
    second.terminate();
    expect(await life.end.promise).toBe(false);
  });

  it('leaves with a close frame', async () => {
    const socket = await open();
    const closed = once(socket, 'close');
    client.leave();
    expect((await closed)[0]).toBe(1000);
    expect(await life.end.promise).toBe(false);
  });

  it('answers what is no WebSocket frame with a close and goes', async () => {
    const socket = await open();
    const closed = once(socket, 'close');
    (socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0xf1, 0x01, 0x61]));
    expect(await life.end.promise).toBe(false);
    expect((await closed)[0]).toBe(1002);
  });

  it.each([
    [503, 'rejected'],
    [404, 'failed'],
    [200, 'failed'],
  ])('an upgrade answered with %i is %s', async (status, outcome) => {
    const plain = http.createServer((_, response) => response.writeHead(status).end('no'));
    plain.on('upgrade', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    connect(`ws://127.0.0.1:${(plain.address() as AddressInfo).port}/`);
    expect(await life.outcome.promise).toBe(outcome);
    expect(life.log).toEqual(['settled', outcome]);
    plain.close();
  });

  it('a wrong accept key fails', async () => {
    const plain = http.createServer();
    plain.on('upgrade', (_, socket) =>
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n',
      ),
    );
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    connect(`ws://127.0.0.1:${(plain.address() as AddressInfo).port}/`);
    expect(await life.outcome.promise).toBe('failed');
    plain.close();
  });
});
