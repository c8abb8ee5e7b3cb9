/** Requests that look odd and are right, and clients that leave: rows 8 to 20 where nothing is to be refused. */
import { describe, expect, it } from 'vitest';
import { type Message, statusOf, valuesOf } from '../../helpers/message-reader.ts';
import { RawUpstream, type UpstreamConnection } from '../../helpers/raw-upstream.ts';
import { until } from '../../helpers/system.ts';
import { PATHS } from './entrances.ts';
import { Trial } from './trial.ts';

/** Where we read, an abort passes at once. */
const RELEASED_WITHIN_MS = 100;

const names = (message: Message) => message.headers.map(([name]) => name.toLowerCase());

async function expectRelease(trial: Trial): Promise<void> {
  const begunMs = performance.now();
  await until(() => trial.upstream.openCount === 0, 'upstream is released', 3000);
  expect(performance.now() - begunMs, 'ms until upstream is released').toBeLessThan(RELEASED_WITHIN_MS);
}

describe.each(PATHS)('%s', (path) => {
  const targets = [
    '/../x',
    '/a/../../x',
    '/%00',
    '/%2e%2e/%2F',
    '//x',
    '///',
    '/x?a=%0d%0aX:y&b=|"<>{}^`',
    '/x;y=z?',
    '/?',
    `/${'a'.repeat(4000)}`,
  ];

  it.each(targets.map((target) => [target.slice(0, 40), target]))(
    'row 9: passes the target %s on unchanged',
    async (_, target) => {
      await using trial = await Trial.start(path);
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', target)}\r\n`);
      expect((await client.answer()).body.toString()).toBe('ok');
      expect(trial.forwarded()).toEqual([`GET ${target} HTTP/1.1`]);
      await trial.conclude();
    },
  );

  it('row 9: passes OPTIONS * on', async () => {
    await using trial = await Trial.start(path);
    const client = await trial.open();
    const target = path === 'forward' ? `http://${trial.entrance.host}` : '*';
    client.write(`OPTIONS ${target} HTTP/1.1\r\nHost: ${trial.entrance.host}\r\n\r\n`);
    expect(statusOf((await client.answer()).startLine)).toBe(200);
    expect(trial.forwarded()).toEqual(['OPTIONS * HTTP/1.1']);
    await trial.conclude();
  });

  it('row 10: passes 2,500 small fields on, or refuses them, and loses none', async () => {
    await using trial = await Trial.start(path);
    const client = await trial.open();
    const fields = Array.from({ length: 2500 }, () => 'a:');
    client.write(`${trial.entrance.head('GET', '/x', ...fields, 'X-Last: yes')}\r\n`);
    const answer = await client.answer();
    if (statusOf(answer.startLine) === 200) {
      const [request] = trial.upstream.requests();
      expect(names(request!).filter((name) => name === 'a')).toHaveLength(2500);
      expect(valuesOf(request!, 'x-last')).toEqual(['yes']);
    } else {
      expect(statusOf(answer.startLine)).toBe(431);
      expect(trial.forwarded()).toEqual([]);
    }
    await trial.conclude();
  });

  it('row 11: answers 100 pipelined requests in order', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: ({ startLine }, connection) => {
          const body = startLine.split(' ')[1] as string;
          const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
          // Late ones first, if anybody asked for them all at once.
          setTimeout(() => connection.write(answer), Number(body.slice(2)) % 2);
        },
      },
    });
    const client = await trial.open();
    const paths = Array.from({ length: 100 }, (_, i) => `/p${i}`);
    client.write(paths.map((one) => `${trial.entrance.head('GET', one)}\r\n`).join(''));
    await client.answer(100);
    expect(client.finals().map(({ body }) => body.toString())).toEqual(paths);
    expect(trial.forwarded()).toHaveLength(100);
    await trial.conclude();
  });

  it('row 11: does not read without end behind an answer that does not end', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) => {
          connection.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n');
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/endless')}\r\n`);
    await until(() => client.received.includes('data: 1'), 'the first event');
    const request = Buffer.from(`${trial.entrance.head('GET', '/behind', `X: ${'y'.repeat(8000)}`)}\r\n`);
    let sentBytes = 0;
    // Until the connection takes no more, for a while: at most 64 MiB.
    while (sentBytes < 64 * 1024 * 1024 && !client.isOver) {
      sentBytes += request.length;
      if (client.write(request)) continue;
      const drained = await Promise.race([
        new Promise<boolean>((resolve) => client.stream.once('drain', () => resolve(true))),
        new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
      ]);
      if (!drained) break;
    }
    expect(sentBytes, 'bytes taken behind the stream').toBeLessThan(32 * 1024 * 1024);
    expect(trial.forwarded().filter((line) => line.includes('behind')).length).toBeLessThan(20);
    client.reset();
    // Nobody reads what the client sends now, so that it has gone shows at the next write.
    const events = setInterval(() => {
      for (const connection of trial.upstream.connections) connection.write('data: 2\n\n');
    }, 20);
    await until(() => trial.upstream.openCount === 0, 'upstream is released', 3000).finally(() =>
      clearInterval(events),
    );
    await trial.conclude();
  });

  it('row 12: strips what Connection lists, and frames the message all the same', async () => {
    await using trial = await Trial.start(path);
    const client = await trial.open();
    client.write(
      `${trial.entrance.head(
        'POST',
        '/x',
        'Connection: close, X-Secret, Transfer-Encoding, Content-Length, Host',
        'X-Secret: 1',
        'X-Kept: 2',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'Proxy-Authorization: Basic eDp5',
        'TE: trailers',
        'Transfer-Encoding: chunked',
      )}\r\n5\r\nhello\r\n0\r\n\r\n`,
    );
    expect(statusOf((await client.answer()).startLine)).toBe(200);
    const [request] = trial.upstream.requests();
    expect(request).toMatchObject({ isComplete: true, framing: 'chunked' });
    expect(request?.body.toString()).toBe('hello');
    expect(names(request!)).toContain('x-kept');
    for (const name of ['x-secret', 'keep-alive', 'proxy-connection', 'proxy-authorization'])
      expect(names(request!)).not.toContain(name);
    await client.over();
    await trial.conclude();
  });

  it('row 12: does not let Connection take the length away', async () => {
    await using trial = await Trial.start(path);
    const client = await trial.open();
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    client.write(
      `${trial.entrance.head('POST', '/x', 'Connection: Content-Length', `Content-Length: ${smuggled.length}`)}\r\n${smuggled}`,
    );
    expect(statusOf((await client.answer()).startLine)).toBe(200);
    expect(trial.upstream.requests()[0]?.body.toString()).toBe(smuggled);
    await trial.conclude();
  });

  for (const protocol of ['h2c', 'foo']) {
    const offer = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABk'];

    it.each(['GET', 'POST'])(
      `row 13: takes %s with Upgrade: ${protocol} for ordinary HTTP/1.1`,
      async (method) => {
        await using trial = await Trial.start(path);
        const client = await trial.open();
        const isPost = method === 'POST';
        const fields = isPost ? [...offer, 'Content-Length: 5'] : offer;
        const one = `${trial.entrance.head(method, '/x', ...fields)}\r\n${isPost ? 'hello' : ''}`;
        client.write(one + one);
        expect((await client.answer()).body.toString()).toBe('ok');
        // It may end the connection then, and may not leave the second one without an answer.
        await until(
          () => client.isOver || client.finals().length === 2,
          'the second is answered, or the end',
          3000,
        );
        for (const request of trial.upstream.requests()) {
          expect(names(request)).not.toContain('upgrade');
          expect(names(request)).not.toContain('http2-settings');
          expect(request.body.toString()).toBe(isPost ? 'hello' : '');
        }
        await trial.conclude();
      },
    );

    it(`row 13: does not lose its place behind Upgrade: ${protocol}`, async () => {
      await using trial = await Trial.start(path);
      const client = await trial.open();
      const body = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
      client.write(
        `${trial.entrance.head('GET', '/x', ...offer)}\r\n${trial.entrance.head('POST', '/y', `Content-Length: ${body.length}`)}\r\n`,
      );
      await client.answer();
      client.write(body);
      await until(() => client.isOver || client.finals().length >= 2, 'an answer, or the end', 3000);
      await trial.conclude();
    });
  }

  it('row 14: relays Expect, and says 100 only when upstream does', async () => {
    let connection: UpstreamConnection | undefined;
    await using trial = await Trial.start(path, {
      script: {
        onHead: (_, one) => {
          connection = one;
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('POST', '/x', 'Expect: 100-continue', 'Content-Length: 5')}\r\n`);
    await until(() => connection !== undefined, 'the head has reached upstream');
    expect(valuesOf(trial.upstream.requests()[0]!, 'expect')).toEqual(['100-continue']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.received.toString('latin1'), 'before upstream said so').toBe('');
    connection?.write('HTTP/1.1 100 Continue\r\n\r\n');
    await until(() => client.received.includes('\r\n\r\n'), 'the client is told');
    expect(client.answers()[0]?.startLine).toMatch(/^HTTP\/1\.1 100/);
    client.write('hello');
    expect(statusOf((await client.answer()).startLine)).toBe(200);
    expect(trial.upstream.requests()[0]?.body.toString()).toBe('hello');
    await trial.conclude();
  });

  it('row 14: relays a final answer to Expect, without a 100 of its own', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onHead: (_, connection) => {
          connection.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
          connection.close('fin');
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('POST', '/x', 'Expect: 100-continue', 'Content-Length: 5')}\r\n`);
    expect(statusOf((await client.answer()).startLine)).toBe(413);
    expect(client.answers()).toHaveLength(1);
    await trial.conclude();
  });

  it('row 15: delimits the answer to HTTP/1.0 by the end of the connection', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) =>
          connection.write(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
          ),
      },
    });
    const client = await trial.open();
    client.write(`GET ${trial.entrance.target('/x')} HTTP/1.0\r\nHost: ${trial.entrance.host}\r\n\r\n`);
    await client.over();
    const [answer] = client.finals();
    expect(names(answer!)).not.toContain('transfer-encoding');
    expect(answer?.body.toString()).toBe('hello world');
    await trial.conclude();
  });

  it.each([2, 3_000_000])('row 19: answers wholly a client that sent its FIN: %i bytes', async (length) => {
    const body = Buffer.alloc(length, 'x');
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) => {
          setTimeout(() => {
            connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
            connection.write(body);
          }, 50);
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
    client.end();
    const answer = await client.answer();
    expect(answer.body.equals(body)).toBe(true);
    await client.over();
    await trial.conclude();
  });

  describe('row 20: a client that resets', () => {
    it('before any byte, and in the head', async () => {
      await using trial = await Trial.start(path);
      (await trial.open()).reset();
      const client = await trial.open();
      client.write(trial.entrance.head('GET', '/x'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.reset();
      await trial.conclude();
      expect(trial.forwarded()).toEqual([]);
    });

    it('in the body: upstream is released', async () => {
      await using trial = await Trial.start(path);
      const client = await trial.open();
      client.write(`${trial.entrance.head('POST', '/x', 'Content-Length: 9')}\r\nhell`);
      await until(() => trial.upstream.text().includes('hell'), 'a part of the body is upstream');
      client.reset();
      await expectRelease(trial);
      await trial.conclude();
      expect(Object.keys(trial.codes()).some((code) => ['CR', 'CH', 'CD'].includes(code))).toBe(true);
    });

    it('while it waits for its turn: upstream never hears of it', async () => {
      await using trial = await Trial.start(path, { upstream: 1, script: { onRequest: () => {} } });
      if (path !== 'reverse') return; // the pool's limit is the reverse proxy's
      const first = await trial.open();
      first.write(`${trial.entrance.head('GET', '/first')}\r\n`);
      await until(() => trial.forwarded().length === 1, 'the first is upstream');
      const second = await trial.open();
      second.write(`${trial.entrance.head('GET', '/second')}\r\n`);
      await until(
        () => trial.running.system.sample().boundaries['proxy.requests']?.depthItems === 1,
        'the second waits',
      );
      second.reset();
      await until(() => Object.keys(trial.codes()).length > 0, 'it is booked', 3000);
      expect(trial.codes()).toEqual({ CQ: 1 });
      first.reset();
      await trial.conclude();
      expect(trial.forwarded()).toEqual(['GET /first HTTP/1.1']);
    });

    it('before the answer: upstream is released', async () => {
      await using trial = await Trial.start(path, { script: { onRequest: () => {} } });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      await until(() => trial.forwarded().length === 1, 'the request is upstream');
      client.reset();
      await expectRelease(trial);
      await trial.conclude();
      expect(Object.keys(trial.codes())).toContain('CH');
    });

    it('in the answer: upstream is released', async () => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (_, connection) =>
            connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n${'hell'.repeat(10_000)}`),
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      await until(() => client.received.includes('hell'), 'a part of the answer is there');
      client.reset();
      await expectRelease(trial);
      await trial.conclude();
      expect(Object.keys(trial.codes())).toContain('CD');
    });

    it('after the answer, and with the next request half sent', async () => {
      await using trial = await Trial.start(path);
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\nGET `);
      await client.answer();
      client.reset();
      await trial.conclude();
      expect(trial.forwarded()).toHaveLength(1);
    });
  });

  it('keeps requests of one connection apart whatever their bodies look like', async () => {
    await using trial = await Trial.start(path);
    const client = await trial.open();
    const body = 'GET /smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n0\r\n\r\n';
    const size = body.length.toString(16);
    client.write(
      `${trial.entrance.head('POST', '/a', `Content-Length: ${body.length}`)}\r\n${body}` +
        `${trial.entrance.head('POST', '/b', 'Transfer-Encoding: chunked')}\r\n${size};a="b"\r\n${body}\r\n0\r\n\r\n` +
        `${trial.entrance.head('GET', '/c')}\r\n`,
    );
    await client.answer(3);
    const requests = trial.upstream.requests();
    expect(requests.map(({ startLine }) => startLine)).toEqual([
      'POST /a HTTP/1.1',
      'POST /b HTTP/1.1',
      'GET /c HTTP/1.1',
    ]);
    expect(requests.map((request) => request.body.toString())).toEqual([body, body, '']);
    await trial.conclude();
  });
});

describe('row 8: a target that differs from Host', () => {
  it('goes to the target, under its name, through the forward proxy', async () => {
    await using trial = await Trial.start('forward');
    await using other = await RawUpstream.start();
    const client = await trial.open();
    const { host } = trial.entrance;
    client.write(`GET http://${host}/x HTTP/1.1\r\nHost: localhost:${other.port}\r\n\r\n`);
    expect(statusOf((await client.answer()).startLine)).toBe(200);
    expect(valuesOf(trial.upstream.requests()[0]!, 'host')).toEqual([host]);
    expect(other.connections).toEqual([]);
    await trial.conclude();
  });

  it.each(['reverse', 'intercepted'] as const)('never leads out of the %s path', async (path) => {
    await using trial = await Trial.start(path);
    await using other = await RawUpstream.start();
    const client = await trial.open();
    client.write(`GET http://localhost:${other.port}/x HTTP/1.1\r\nHost: ${trial.entrance.host}\r\n\r\n`);
    const answer = await client.answer();
    expect([200, 400, 421]).toContain(statusOf(answer.startLine));
    expect(other.connections).toEqual([]);
    await trial.conclude();
  });

  it('is refused by the forward proxy when it names no http server', async () => {
    for (const target of [
      '/x',
      'https://localhost/x',
      'ftp://localhost/x',
      'localhost:80',
      'http:///x',
      'http://u:p@localhost/x',
    ]) {
      await using trial = await Trial.start('forward');
      const client = await trial.open();
      client.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const answer = await client.answer();
      expect(statusOf(answer.startLine), target).toBe(400);
      expect(trial.forwarded(), target).toEqual([]);
      await trial.conclude();
    }
  });
});
