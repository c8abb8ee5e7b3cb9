/** The code of a connection is that of its end: what it has outlived is none. */
import { describe, expect, it } from 'vitest';
import { statusOf } from '../../helpers/message-reader.ts';
import { until } from '../../helpers/system.ts';
import { Trial } from './trial.ts';

/** An upstream that answers `/bad` with what is no HTTP, and `/slow` never. */
const start = (path: 'reverse' | 'forward') =>
  Trial.start(path, {
    script: {
      onRequest: ({ startLine }, connection) => {
        if (startLine.includes('/bad')) connection.write('nothing of HTTP\r\n\r\n');
        else if (!startLine.includes('/slow'))
          connection.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      },
    },
  });

describe.each(['reverse', 'forward'] as const)('%s:', (path) => {
  const play = async (
    trial: Trial,
    ...requests: readonly (readonly [path: string, ...fields: string[]])[]
  ) => {
    const client = await trial.open();
    const statuses: number[] = [];
    for (const [target, ...fields] of requests) {
      client.write(`${trial.entrance.head('GET', target, ...fields)}\r\n`);
      if (target === '/slow') break;
      statuses.push(statusOf((await client.answer(statuses.length + 1)).startLine));
    }
    return { client, statuses };
  };
  const booked = (trial: Trial) => until(() => Object.keys(trial.codes()).length > 0, 'it is booked');

  it.each([
    ['a 502 before a request that was fine', [['/bad'], ['/good']], [502, 200]],
    ['a 502, and the client ends in order', [['/good'], ['/bad']], [200, 502]],
  ] as const)('outlives %s', async (_, requests, expected) => {
    await using trial = await start(path);
    const { client, statuses } = await play(trial, ...requests);
    expect(statuses).toEqual(expected);
    client.end();
    await client.over();
    await booked(trial);
    expect(trial.codes()).toEqual({ '--': 1 });
    await trial.conclude();
  });

  it('ends with a 502 where that was the last answer', async () => {
    await using trial = await start(path);
    const { client, statuses } = await play(trial, ['/good'], ['/bad', 'Connection: close']);
    expect(statuses).toEqual([200, 502]);
    await client.over();
    client.destroy();
    await booked(trial);
    expect(trial.codes()).toEqual({ SH: 1 });
    await trial.conclude();
  });

  it('ends by its client in a later request, whatever went wrong before', async () => {
    await using trial = await start(path);
    const { client } = await play(trial, ['/bad'], ['/slow']);
    await until(() => trial.forwarded().length === 2, 'the second request is upstream');
    client.reset();
    await booked(trial);
    expect(trial.codes()).toEqual({ CH: 1 });
    await trial.conclude();
  });

  it('keeps the cause of a request that was sent ahead and refused', async () => {
    await using trial = await start(path);
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/bad')}\r\n${trial.entrance.head('TRACE', '/x')}\r\n`);
    await client.over();
    expect(client.finals().map(({ startLine }) => statusOf(startLine))[0]).toBe(502);
    client.destroy();
    await booked(trial);
    expect(trial.codes()).toEqual({ PR: 1 });
    await trial.conclude();
  });
});
