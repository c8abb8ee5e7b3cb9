/** Intercepted streams of the whole system on real sockets. */
import { get, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { InterceptSettings } from '../../../src/core/plan.ts';
import { type RunningSystem, startSystem, until } from '../../helpers/system.ts';
import { eventsText } from './pipe-bench.ts';
import { receive } from './streams.ts';

interface Upstream {
  readonly system: RunningSystem;
  /** The answers that the origin has begun, in order, with the requests. */
  readonly streams: { request: IncomingMessage; response: ServerResponse }[];
}

async function start(intercept: Partial<InterceptSettings>): Promise<Upstream> {
  const streams: Upstream['streams'] = [];
  const system = await startSystem({
    settings: { intercept },
    origin: (incoming, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(HELLO);
      streams.push({ request: incoming, response });
    },
  });
  return { system, streams };
}

function open(system: RunningSystem, method = 'GET'): Promise<IncomingMessage> {
  const url = new URL('/events', system.addresses.reverseUrl);
  return new Promise((resolve, reject) => {
    if (method === 'GET') get(url, { agent: false }, resolve).once('error', reject);
    else request(url, { method, agent: false }, resolve).once('error', reject).end('{}');
  });
}

function collect(answer: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', () => {});
  return chunks;
}

const HELLO = ': hello\n\n';
const RULES: InterceptSettings['rules'] = [
  { on: 'event', action: 'modify', body: 'changed', event: 'secret' },
];

describe('an intercepted stream', () => {
  it('passes each event on as it comes, the median within 5 ms, and one of ten megabytes', async () => {
    const { system, streams } = await start({ rules: RULES });
    await using _ = system;
    const answer = await open(system, 'POST');
    const chunks = collect(answer);
    const bytes = (): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const { response } = streams[0] as Upstream['streams'][0];
    const tookMs: number[] = [];
    let expected = HELLO.length;
    for (let n = 1; n <= 50; n++) {
      const text = eventsText(1, n);
      const sentMs = performance.now();
      response.write(text);
      expected += text.length;
      await until(() => bytes() === expected, `event ${n} is there`);
      tookMs.push(performance.now() - sentMs);
    }
    expect(tookMs.sort((a, b) => a - b)[25]).toBeLessThan(5);
    response.end(`data: ${'x'.repeat(10 * 1024 ** 2)}\n\nevent: secret\ndata: a\n\n`);
    await until(() => answer.complete, 'the answer is complete');
    const { events } = receive(Buffer.concat(chunks));
    expect(events).toHaveLength(52);
    expect(events[50]?.data.length).toBe(10 * 1024 ** 2);
    expect(events[51]).toMatchObject({ type: 'secret', data: 'changed' });
  });

  it('pull: a client that does not read stops the origin; nothing is lost when it goes on', async () => {
    const { system, streams } = await start({ rules: RULES });
    await using _ = system;
    const answer = await open(system, 'POST');
    answer.pause();
    const { response } = streams[0] as Upstream['streams'][0];
    const data = 'x'.repeat(1000);
    let sent = 0;
    let idleTurns = 0;
    let hasRoom = true;
    response.on('drain', () => {
      hasRoom = true;
    });
    // Stopped: no room for so long that everything between would have moved.
    await until(() => {
      if (hasRoom) {
        idleTurns = 0;
        for (let i = 0; i < 100 && hasRoom; i++) hasRoom = response.write(`id: ${++sent}\ndata: ${data}\n\n`);
      } else idleTurns++;
      return idleTurns > 5000;
    }, 'the origin is stopped');
    const sentBytes = sent * 1013;
    expect(sentBytes).toBeLessThan(32 * 1024 ** 2);
    const chunks = collect(answer);
    answer.resume();
    response.end();
    await until(() => answer.complete, 'the answer is complete');
    const ids = receive(Buffer.concat(chunks)).events.map(({ lastEventId }) => Number(lastEventId));
    expect(ids).toEqual(Array.from({ length: sent }, (__, i) => i + 1));
  });

  it('GET: goes on after the origin has broken off, from the last id, without a repeated event', async () => {
    const reconnect = { attempts: 5, firstMs: 10, maxMs: 50, jitter: 0 };
    const { system, streams } = await start({ rules: RULES, reconnect, keepAliveMs: 50 });
    await using _ = system;
    const answer = await open(system);
    const chunks = collect(answer);
    const received = (): string[] =>
      receive(Buffer.concat(chunks)).events.map(({ lastEventId }) => lastEventId);
    streams[0]?.response.write(`${eventsText(2)}id: 3\ndata: half`);
    await until(() => received().length === 2, 'two events are there');
    streams[0]?.response.destroy();
    await until(() => streams.length === 2, 'the proxy has connected again');
    expect(streams[1]?.request.headers['last-event-id']).toBe('2');
    streams[1]?.response.write(eventsText(3, 2));
    await until(() => received().length === 4, 'two more are there');
    streams[1]?.response.destroy();
    await until(() => streams.length === 3, 'the proxy has connected once more');
    expect(streams[2]?.request.headers['last-event-id']).toBe('4');
    expect(received()).toEqual(['1', '2', '3', '4']);
    streams[2]?.response.end();
    await until(() => answer.complete, 'a stream that ends in order ends for the client');
    expect(streams).toHaveLength(3);
  });

  it('GET without a rule for its path: byte for byte, no comment of ours, and a break shows', async () => {
    const elsewhere = RULES.map((rule) => ({ ...rule, path: '/other' }));
    const reconnect = { attempts: 5, firstMs: 10, maxMs: 50, jitter: 0 };
    const { system, streams } = await start({ rules: elsewhere, reconnect, keepAliveMs: 20 });
    await using _ = system;
    const answer = await open(system);
    const chunks = collect(answer);
    const text = (): string => Buffer.concat(chunks).toString();
    const sent = '\uFEFFid: 1\r\ndata:x\r\rdata: half of\n:x';
    streams[0]?.response.write(sent);
    await until(() => text().length === HELLO.length + sent.length, 'everything is there');
    await new Promise((resolve) => setTimeout(resolve, 200)); // ten times what a rule would keep alive
    expect(text()).toBe(HELLO + sent);
    streams[0]?.response.destroy();
    await until(() => answer.destroyed, 'the client is told');
    expect(answer.complete).toBe(false);
    expect(text()).toBe(HELLO + sent);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(streams).toHaveLength(1);
  });
});
