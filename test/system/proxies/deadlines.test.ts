/**
 * Rows 17, 18, 21 and 50: clients that take their time. The limits are a tenth of the usual ones, and what has to
 * outlast them goes on for longer than they do.
 */
import { describe, expect, it } from 'vitest';
import { CLIENT_LIMITS, type ClientLimits } from '../../../src/system/proxy/proxy-server.ts';
import { statusOf } from '../../helpers/message-reader.ts';
import { RawClient } from '../../helpers/raw-http.ts';
import { until } from '../../helpers/system.ts';
import { openTunnel, PATHS, type PathName } from './entrances.ts';
import { Trial, type TrialOptions } from './trial.ts';

const LIMITS: ClientLimits = {
  headMs: 1000,
  bodyMs: 1000,
  bodyBytes: 512,
  halfOpenMs: 3000,
  answerMs: 3000,
  idleMs: 3000,
  handshakeMs: 3000,
};
const start = (path: PathName, options: TrialOptions = {}) =>
  Trial.start(path, {
    parts: { clientLimits: LIMITS },
    ...options,
    settings: { forward: { idleTimeoutMs: 3000 }, ...options.settings },
  });

it('has limits as people expect them', () => {
  expect(CLIENT_LIMITS).toEqual({
    headMs: 10_000,
    bodyMs: 10_000,
    bodyBytes: 512,
    halfOpenMs: 30_000,
    answerMs: 60_000,
    idleMs: 60_000,
    handshakeMs: 10_000,
  });
});

/** Writes a byte every `everyMs` until the peer has had enough; how long that took, in ms. */
async function trickle(client: RawClient, text: string, everyMs: number): Promise<number> {
  const begunMs = performance.now();
  for (const character of text) {
    if (client.isOver) break;
    client.write(character);
    const nextMs = performance.now() + everyMs;
    await until(() => client.isOver || performance.now() >= nextMs, 'the next byte is due', everyMs + 5000);
  }
  return performance.now() - begunMs;
}

/** All at a time: they mostly wait. */
describe('in its time', () => {
  it.concurrent.each(PATHS)(
    '%s, row 17: answers 408 to a head that is not there in time',
    async (path) => {
      await using trial = await start(path);
      const client = await trial.open();
      const tookMs = await trickle(client, trial.entrance.head('GET', '/x', 'X-Slow: yes'), 100);
      expect(statusOf(client.finals()[0]?.startLine ?? '')).toBe(408);
      expect(tookMs).toBeGreaterThan(LIMITS.headMs);
      expect(tookMs).toBeLessThan(LIMITS.headMs + 3000); // looked at once a second
      client.destroy();
      await until(() => Object.keys(trial.codes()).length > 0, 'it is booked');
      expect(trial.codes()).toEqual({ cR: 1 });
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent.each(PATHS)(
    '%s, row 18: cuts a body that hardly comes, as cD',
    async (path) => {
      await using trial = await start(path);
      const client = await trial.open();
      client.write(`${trial.entrance.head('POST', '/x', 'Content-Length: 100')}\r\n`);
      await trickle(client, 'x'.repeat(12), 500);
      expect(client.isOver).toBe(true);
      client.destroy();
      await until(() => trial.upstream.openCount === 0, 'upstream is released', 2000);
      await until(() => Object.keys(trial.codes()).length > 0, 'it is booked');
      expect(trial.codes()).toEqual({ cD: 1 });
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent.each(PATHS)(
    '%s, row 21: cuts a client that stays silent',
    async (path) => {
      await using trial = await start(path);
      const client = await trial.open();
      await client.over(15_000);
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent.each(PATHS)(
    '%s: cuts a client that takes nothing more of its answer, as cD, and keeps one that is slow',
    async (path) => {
      const big = `HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n`;
      await using trial = await start(path, {
        script: {
          onRequest: (_, connection) => {
            connection.write(big);
            const part = Buffer.alloc(64_000);
            const more = (): void => {
              while (!connection.isClosed && connection.write(part));
            };
            connection.stream.on('drain', more);
            more();
          },
        },
      });
      const slow = await trial.open();
      slow.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      const frozen = await trial.open();
      frozen.pause();
      frozen.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      const begunMs = performance.now();
      // Never for as long as the limit without a read, even where the kernel tells the proxy of it in lumps of megabytes.
      let looks = 0;
      const pace = setInterval(() => {
        slow.forget(); // megabytes that nobody looks at
        if (looks++ % 4 === 0) slow.resume();
        else slow.pause();
      }, 20);
      try {
        await until(() => (trial.codes()['cD'] ?? 0) > 0, 'the frozen one is cut', 15_000);
        expect(performance.now() - begunMs).toBeGreaterThan(LIMITS.answerMs);
        const beforeBytes = slow.socket.bytesRead;
        await until(() => slow.socket.bytesRead > beforeBytes + 1_000_000, 'the slow one goes on', 15_000);
        expect(trial.codes()).toEqual({ cD: 1 });
      } finally {
        clearInterval(pace);
      }
      frozen.destroy();
      slow.destroy();
      await trial.conclude();
    },
    45_000,
  );

  it.concurrent.each(PATHS)(
    '%s, row 50: keeps a stream that is quiet for longer than any limit',
    async (path) => {
      await using trial = await start(path, {
        script: {
          onRequest: (_, connection) => {
            connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
            setTimeout(() => connection.write('data: 2\n\n'), 5000);
          },
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      await until(() => client.received.includes('data: 2') || client.isOver, 'the second event', 15_000);
      expect(client.received.toString('latin1')).toContain('data: 2');
      client.destroy();
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent('an intercepted tunnel is cut when no handshake comes in time', async () => {
    await using trial = await start('intercepted');
    const client = trial.adopt(await RawClient.connect(trial.running.addresses.proxyUrl));
    const begunMs = performance.now();
    await openTunnel(client, trial.entrance.host);
    client.write('\x16\x03\x01\x02\x00\x01');
    await client.over(15_000);
    expect(performance.now() - begunMs).toBeGreaterThan(LIMITS.handshakeMs);
    expect(performance.now() - begunMs).toBeLessThan(LIMITS.handshakeMs + 3000);
    await trial.conclude();
  }, 120_000);

  it.concurrent.each(['intercepted', 'forward'] as const)(
    'a tunnel goes on for as long as something passes: %s',
    async (path) => {
      await using trial = await start(path);
      const client = trial.adopt(await RawClient.connect(trial.running.addresses.proxyUrl));
      await openTunnel(client, trial.entrance.host);
      if (path === 'intercepted')
        await client.startTls({ ca: trial.running.addresses.caCertificate ?? '', servername: 'localhost' });
      else client.forget();
      for (let count = 1; count <= 10; count++) {
        client.write(`GET /x HTTP/1.1\r\nHost: ${trial.entrance.host}\r\n\r\n`);
        await client.answer(count);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      client.destroy();
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent.each(PATHS)(
    '%s, an upgrade goes on for as long as something passes',
    async (path) => {
      await using trial = await start(path, {
        script: {
          onRequest: (_, connection) => {
            connection.write(
              'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
            );
            connection.stream
              .removeAllListeners('data')
              .on('data', (bytes: Buffer) => connection.write(bytes));
          },
        },
      });
      const client = await trial.open();
      const fields = [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ];
      client.write(`${trial.entrance.head('GET', '/x', ...fields)}\r\n`);
      await until(() => client.received.includes('\r\n\r\n'), 'the upgrade');
      for (let count = 1; count <= 10; count++) {
        client.write(`frame-${count};`);
        await until(() => client.received.includes(`frame-${count};`), `frame ${count} comes back`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      client.end();
      await client.over();
      await trial.conclude();
    },
    120_000,
  );
});
