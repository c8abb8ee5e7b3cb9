/** Requests that meet others on their connection, in their queue, or at their end: each was once answered wrongly. */
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../helpers/message-reader.ts';
import { until } from '../../helpers/system.ts';
import { PATHS } from './entrances.ts';
import { Trial } from './trial.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

describe.each(PATHS)('%s:', (path) => {
  it('lets an upgrade wait behind a request that is not answered, and end the connection', async () => {
    const answers: (() => void)[] = [];
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (message, connection) => {
          if (message.startLine.includes('/slow')) answers.push(() => void connection.write(OK));
          else connection.write(OK);
        },
      },
    });
    const client = await trial.open();
    client.write(
      `${trial.entrance.head('GET', '/slow')}\r\n${trial.entrance.head('GET', '/ws', ...UPGRADE)}\r\n`,
    );
    await until(() => answers.length === 1, 'the first is with upstream');
    answers[0]?.();
    expect((await client.answer()).body.toString()).toBe('ok');
    await client.over();
    await trial.conclude();
  });

  it('serves the next request of a connection whose upload met a dead upstream, or ends it', async () => {
    await using trial = await Trial.start(path, {
      script: { onHead: (_, connection) => void connection.write('this is no answer\r\n\r\n') },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('POST', '/upload', 'Content-Length: 1000000')}\r\n`);
    client.write(Buffer.alloc(500_000));
    expect(statusOf((await client.answer()).startLine)).toBe(502);
    client.write(Buffer.alloc(500_000));
    await client.over();
  });

  it('passes on an answer that names trailers to who gets none: HEAD, HTTP/1.0', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (message, connection) => {
          const head = 'HTTP/1.1 200 OK\r\nTrailer: X-End\r\nTransfer-Encoding: chunked\r\n\r\n';
          const isHead = message.startLine.startsWith('HEAD') || message.startLine.includes('/clean');
          if (message.startLine.includes('/clean')) connection.write(OK);
          else connection.write(isHead ? head : `${head}2\r\nok\r\n0\r\nX-End: 1\r\n\r\n`);
        },
      },
    });
    const head = await trial.open();
    head.write(`${trial.entrance.head('HEAD', '/x')}\r\n`);
    expect(statusOf((await head.answer(1, 'HEAD')).startLine)).toBe(200);
    const old = await trial.open();
    old.write(`${trial.entrance.head('GET', '/x').replace('HTTP/1.1', 'HTTP/1.0')}\r\n`);
    await old.over();
    expect(old.received.toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nok$/s);
    await trial.conclude();
  });

  it('tells the end of an upgrade, so that no request stays pending', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (message, connection) => {
          if (!message.startLine.includes('/ws')) return void connection.write(OK);
          connection.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
          );
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/ws', ...UPGRADE)}\r\n`);
    await until(() => client.received.includes('101 Switching'), 'it is switched');
    const { system } = trial.running;
    const tunnels = path === 'intercepted' ? 1 : 0;
    await until(() => system.sample().lifecycle.complete === 1, 'its end is told', 3000);
    expect(system.sample().observer?.pendingRows).toBe(0);
    client.destroy();
    await until(() => system.sample().lifecycle.complete === 1 + tunnels, 'the tunnel too', 3000);
  });
});

it('forward: ends a connection that asks for a tunnel while it waits for an answer', async () => {
  await using trial = await Trial.start('forward', {
    script: {
      onRequest: (message, connection) => {
        if (message.startLine.includes('/clean')) connection.write(OK);
      },
    },
  });
  const client = await trial.open();
  client.write(
    `${trial.entrance.head('GET', '/slow')}\r\nCONNECT ${trial.entrance.host} HTTP/1.1\r\nHost: ${trial.entrance.host}\r\n\r\n`,
  );
  await client.over();
  expect(client.received.toString()).toBe('');
  await trial.conclude();
});

describe('reverse:', () => {
  it('names the origin to it where HTTP/1.0 names no host', async () => {
    await using trial = await Trial.start('reverse', {
      script: { onRequest: (_, connection) => void connection.write(OK) },
    });
    const client = await trial.open();
    client.write('GET /x HTTP/1.0\r\n\r\n');
    await client.over();
    expect(trial.upstream.connections[0]?.bytes.toString()).toMatch(/\r\nHost: 127\.0\.0\.1:\d+\r\n/);
  });

  it.each(['http://u:p@evil/', 'https://evil/', 'ftp://evil/', 'http://evil/#x'])(
    'refuses %s',
    async (target) => {
      await using trial = await Trial.start('reverse');
      const client = await trial.open();
      client.write(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect(statusOf((await client.answer()).startLine)).toBe(400);
      await client.over();
      expect(trial.forwarded()).toEqual([]);
    },
  );

  it('lets go of who closes its side while it waits for its turn', async () => {
    await using trial = await Trial.start('reverse', { upstream: 1, script: { onRequest: () => {} } });
    const first = await trial.open();
    first.write(`${trial.entrance.head('GET', '/first')}\r\n`);
    await until(() => trial.upstream.requests().length === 1, 'the first is with upstream');
    const second = await trial.open();
    second.write(`${trial.entrance.head('GET', '/second')}\r\n`);
    const { system } = trial.running;
    await until(() => system.sample().boundaries['proxy.requests']?.ledger.queued === 1, 'the second waits');
    second.end();
    await second.over();
    await until(() => system.sample().terminations?.reverse.codes['CQ'] === 1, 'it is booked', 3000);
    first.destroy();
  });
});
