import { afterEach, describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/core/wire.ts';
import { SseClient } from '../../src/load/sse-client.ts';
import { RawServer } from './raw-server.ts';
import { clock, createSubscription, LifeLog, until } from './support.ts';

let client: SseClient | undefined;
afterEach(() => client?.destroy());

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const END = 'event: end\ndata: {}\n\n';
const frame = (seq: number) => `data: ${encodeEvent({ seq, intendedUs: 1, sentUs: 2 }, 60)}\n\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

async function connect(server: RawServer, hasNotices = false) {
  const account = createSubscription();
  const life = new LifeLog();
  client = new SseClient(server.endpoint, account.subscription, life, clock, null, hasNotices);
  await until(() => server.sockets.length === 1 && (server.inbound[0] ?? '').endsWith('\r\n\r\n'));
  return { ...account, life, client, socket: server.sockets[0] as NonNullable<(typeof server.sockets)[0]> };
}

describe('sse client', () => {
  it('asks for the stream under its own id', async () => {
    await using server = await RawServer.start();
    await connect(server);
    expect(server.inbound[0]?.split('\r\n')[0]).toBe('GET /x?y=1&client=client-1 HTTP/1.1');
    expect(server.inbound[0]).toContain('\r\nAccept: text/event-stream\r\n');
  });

  it.each([
    ['the end event and FIN', `${HEAD}\r\n${frame(1)}${frame(2)}${END}`, true],
    ['FIN without the end event', `${HEAD}\r\n${frame(1)}${frame(2)}`, false],
    ['half an end event', `${HEAD}\r\n${frame(1)}${frame(2)}event: end\ndata: {}\n`, false],
    [
      'a chunked stream with its end event',
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(frame(1).slice(0, 9))}${chunk(frame(1).slice(9))}${chunk(frame(2) + END)}0\r\n\r\n`,
      true,
    ],
    [
      'a chunked stream that breaks off',
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(frame(1) + frame(2))}`,
      false,
    ],
  ])('%s: receives both events, clean end or not', async (_, text, clean) => {
    await using server = await RawServer.start();
    const { life, socket, subscription } = await connect(server);
    socket.end(text);
    expect(await life.end.promise).toBe(clean);
    expect(life.log).toEqual(['settled', 'open', clean ? 'ended cleanly' : 'ended']);
    expect(subscription.receipt(clean)).toMatchObject({ received: 2, firstSeq: 1, lastSeq: 2 });
  });

  it.each([
    ['the system of this package: word about events', true, 1],
    ['any other service: an event like the others', false, 2],
  ])('what has no stamps is, from %s', async (_, hasNotices, received) => {
    await using server = await RawServer.start();
    const { life, socket, subscription } = await connect(server, hasNotices);
    socket.end(`${HEAD}\r\nevent: reload\ndata: {}\n\n${frame(1)}${END}`);
    await life.end.promise;
    expect(subscription.receipt(true)).toMatchObject({ received, firstSeq: 1, lastSeq: 1 });
  });

  it('a reset is no clean end, also after the end event', async () => {
    await using server = await RawServer.start();
    const { life, socket, totals } = await connect(server);
    socket.write(`${HEAD}\r\n${frame(1)}${END}`);
    await until(() => totals.received === 1);
    socket.resetAndDestroy();
    expect(await life.end.promise).toBe(false);
  });

  it.each([
    ['HTTP/1.1 503 Full\r\nContent-Length: 4\r\n\r\nfull', 'rejected'],
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'failed'],
    ['SSH-2.0-OpenSSH\r\n', 'failed'],
    ['', 'failed'],
  ])('the answer %j is %s', async (text, outcome) => {
    await using server = await RawServer.start();
    const { life, socket } = await connect(server);
    socket.end(text);
    expect(await life.outcome.promise).toBe(outcome);
    expect(life.log).toEqual(['settled', outcome]);
  });

  it('refused has settled and failed', async () => {
    await using server = await RawServer.start();
    server.stopListening();
    const life = new LifeLog();
    client = new SseClient(server.endpoint, createSubscription().subscription, life, clock, null);
    expect(await life.outcome.promise).toBe('failed');
    expect(life.log).toEqual(['settled', 'failed']);
  });
});
