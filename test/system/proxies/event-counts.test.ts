/** How many events a request costs on each way through the proxies, as the termtap note counts them. */
import { describe, expect, it } from 'vitest';
import { until } from '../../helpers/system.ts';
import { Trial } from './trial.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function offered(trial: Trial): number {
  return trial.running.system.sample().boundaries['proxy.events']?.ledger.offered ?? 0;
}

/** Waits until so many events are told, and sees that no further one follows. */
async function expectEvents(trial: Trial, count: number): Promise<void> {
  await until(() => offered(trial) >= count, `${count} events`, 5000).catch(() => {});
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(offered(trial)).toBe(count);
}

describe('events of a request', () => {
  it.each(['reverse', 'forward'] as const)(
    '%s: 2 for one that is answered, 2 for one that is not',
    async (path) => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (message, connection) => {
            if (message.startLine.includes('/bad')) connection.write('this is no answer\r\n\r\n');
            else connection.write(OK);
          },
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/good')}\r\n`);
      await client.answer();
      await expectEvents(trial, 2);
      client.write(`${trial.entrance.head('GET', '/bad')}\r\n`);
      await client.answer(2);
      await expectEvents(trial, 4);
    },
  );

  it('forward: 1 warning for one that is not in absolute form', async () => {
    await using trial = await Trial.start('forward');
    const client = await trial.open();
    client.write('GET /path HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.over();
    await expectEvents(trial, 1);
  });

  it.each([1, 5, 20])('intercepted: 2 + 2k for a tunnel with %i requests inside (T-5)', async (inner) => {
    await using trial = await Trial.start('intercepted', {
      script: { onRequest: (_, connection) => void connection.write(OK) },
    });
    const client = await trial.open();
    for (let i = 1; i <= inner; i++) {
      client.write(`${trial.entrance.head('GET', `/${i}`)}\r\n`);
      await client.answer(i);
    }
    client.destroy();
    await expectEvents(trial, 2 + 2 * inner);
  });

  it('intercepted: 4 where the upstream fails inside, and the tunnel is closed (T-6)', async () => {
    await using trial = await Trial.start('intercepted', {
      script: { onRequest: (_, connection) => void connection.write('this is no answer\r\n\r\n') },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/bad')}\r\n`);
    expect((await client.answer()).startLine).toMatch(/^HTTP\/1\.1 502/);
    await client.over();
    await expectEvents(trial, 4);
  });

  it('connect: 2 for an opaque tunnel, whatever goes through it', async () => {
    await using trial = await Trial.start('connect', {
      script: { onRequest: (_, connection) => void connection.write(OK) },
    });
    const client = await trial.open();
    for (let i = 1; i <= 3; i++) {
      client.write(`${trial.entrance.head('GET', `/${i}`)}\r\n`);
      await client.answer(i);
    }
    client.destroy();
    await expectEvents(trial, 2);
  });
});
