/** Rows 17, 18, 21 and 50: clients that take their time. Minutes of waiting, so only where CI asks for them. */
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../helpers/message-reader.ts';
import { RawClient } from '../../helpers/raw-http.ts';
import { until } from '../../helpers/system.ts';
import { openTunnel, PATHS } from './entrances.ts';
import { Trial } from './trial.ts';

const isSlowRun = process.env['BPBENCH_CI'] !== undefined;

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
describe.runIf(isSlowRun)('in its time', () => {
  it.concurrent.each(PATHS)(
    '%s, row 17: answers 408 to a head that is not there after 10 s',
    async (path) => {
      await using trial = await Trial.start(path);
      const client = await trial.open();
      const tookMs = await trickle(client, trial.entrance.head('GET', '/x', 'X-Slow: yes'), 1000);
      expect(statusOf(client.finals()[0]?.startLine ?? '')).toBe(408);
      expect(tookMs).toBeGreaterThan(9000);
      expect(tookMs).toBeLessThan(12_000); // 1 s of its own between two bytes
      client.destroy();
      await until(() => Object.keys(trial.codes()).length > 0, 'it is booked');
      expect(trial.codes()).toEqual({ cR: 1 });
      await trial.conclude();
    },
    60_000,
  );

  it.concurrent.each(PATHS)(
    '%s, row 18: cuts a body of a byte in 5 s, as cD',
    async (path) => {
      await using trial = await Trial.start(path);
      const client = await trial.open();
      client.write(`${trial.entrance.head('POST', '/x', 'Content-Length: 100')}\r\n`);
      await trickle(client, 'x'.repeat(12), 5000);
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
      await using trial = await Trial.start(path);
      const client = await trial.open();
      await client.over(70_000);
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent.each(PATHS)(
    '%s, row 50: keeps a stream of one event a minute',
    async (path) => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (_, connection) => {
            connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
            setTimeout(() => connection.write('data: 2\n\n'), 62_000);
          },
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      await until(() => client.received.includes('data: 2') || client.isOver, 'the second event', 70_000);
      expect(client.received.toString('latin1')).toContain('data: 2');
      client.destroy();
      await trial.conclude();
    },
    120_000,
  );

  it.concurrent('an intercepted tunnel is cut when no handshake comes within 10 s', async () => {
    await using trial = await Trial.start('intercepted');
    const client = trial.adopt(await RawClient.connect(trial.running.addresses.proxyUrl));
    await openTunnel(client, trial.entrance.host);
    const begunMs = performance.now();
    client.write('\x16\x03\x01\x02\x00\x01');
    await client.over(15_000);
    expect(performance.now() - begunMs).toBeGreaterThan(9000);
    expect(performance.now() - begunMs).toBeLessThan(12_000);
    await trial.conclude();
  }, 60_000);

  it.concurrent.each(['intercepted', 'forward'] as const)(
    'a tunnel goes on for as long as something passes: %s',
    async (path) => {
      await using trial = await Trial.start(path);
      const client = trial.adopt(await RawClient.connect(trial.running.addresses.proxyUrl));
      await openTunnel(client, trial.entrance.host);
      if (path === 'intercepted')
        await client.startTls({ ca: trial.running.addresses.caCertificate ?? '', servername: 'localhost' });
      else client.forget();
      for (let count = 1; count <= 15; count++) {
        client.write(`GET /x HTTP/1.1\r\nHost: ${trial.entrance.host}\r\n\r\n`);
        await client.answer(count);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      client.destroy();
      await trial.conclude();
    },
    60_000,
  );

  it.concurrent.each(PATHS)(
    '%s, an upgrade goes on for as long as something passes',
    async (path) => {
      await using trial = await Trial.start(path, {
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
      for (let count = 1; count <= 15; count++) {
        client.write(`frame-${count};`);
        await until(() => client.received.includes(`frame-${count};`), `frame ${count} comes back`);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      client.end();
      await client.over();
      await trial.conclude();
    },
    60_000,
  );
});
