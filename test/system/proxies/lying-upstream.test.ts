/** Rows 38 to 50: upstream servers that lie, break off or speak another language. */
import { describe, expect, it } from 'vitest';
import { type Message, statusOf, valuesOf } from '../../helpers/message-reader.ts';
import { type After, OK } from '../../helpers/raw-upstream.ts';
import { until } from '../../helpers/system.ts';
import { PATHS } from './entrances.ts';
import { Trial } from './trial.ts';

const head = (status: string, ...fields: string[]) =>
  `HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const names = (message: Message) => message.headers.map(([name]) => name.toLowerCase());

interface LyingRow {
  readonly row: number;
  readonly name: string;
  readonly bytes: string;
  readonly after?: After;
  /** Too long to be sent byte by byte. */
  readonly isLong?: boolean;
}

/** What no answer can be made of: 502. */
const NO_ANSWER: readonly LyingRow[] = [
  ...['000 X', '099 X', '600 X', '999 X', '1000 X', '20 OK', 'abc X', '-200 OK', '200OK'].map((status) => ({
    row: 38,
    name: `status ${status}`,
    bytes: head(status, 'Content-Length: 0'),
  })),
  ...['O\x01K', 'O\0K', 'O\x7fK', 'O\rK', 'O\x1b[2JK'].map((reason) => ({
    row: 38,
    name: `reason ${JSON.stringify(reason)}`,
    bytes: head(`200 ${reason}`, 'Content-Length: 0'),
  })),
  { row: 38, name: 'HTTP/2.0', bytes: 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n' },
  { row: 38, name: 'HTTP/1.2', bytes: 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n' },
  { row: 38, name: 'no version', bytes: 'ICY 200 OK\r\nContent-Length: 0\r\n\r\n' },
  {
    row: 39,
    name: '101 nobody asked for',
    bytes: head('101 Switching', 'Connection: Upgrade', 'Upgrade: websocket'),
  },
  {
    row: 42,
    name: 'length and chunked',
    bytes: `${head('200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  },
  {
    row: 42,
    name: 'two lengths',
    bytes: `${head('200 OK', 'Content-Length: 5', 'Content-Length: 6')}hello!`,
  },
  { row: 42, name: 'a list of lengths', bytes: `${head('200 OK', 'Content-Length: 5, 6')}hello!` },
  ...['+5', '-5', '0x5', '5.0', '', '9'.repeat(30)].map((length) => ({
    row: 42,
    name: `length ${JSON.stringify(length)}`,
    bytes: `${head('200 OK', `Content-Length: ${length}`)}hello`,
  })),
  ...['gzip', 'chunked, chunked', 'identity', 'xchunked', 'chunked, gzip'].map((coding) => ({
    row: 42,
    name: `coding ${coding}`,
    bytes: `${head('200 OK', `Transfer-Encoding: ${coding}`)}5\r\nhello\r\n0\r\n\r\n`,
    after: 'fin' as const,
  })),
  {
    row: 42,
    name: 'chunked in HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    after: 'fin',
  },
  ...[
    'X : a',
    'X\t: a',
    ': a',
    'X',
    '(x): a',
    'X: a\0b',
    'X: a\rb',
    'X\0: a',
    ' X: a',
    'Content-Length : 5',
  ].map((field) => ({
    row: 42,
    name: `field ${JSON.stringify(field)}`,
    bytes: head('200 OK', 'Content-Length: 0', field),
  })),
  { row: 42, name: 'a folded line', bytes: head('200 OK', 'Content-Length: 0', 'X: a', ' b') },
  { row: 42, name: 'lines end in LF', bytes: 'HTTP/1.1 200 OK\nContent-Length: 0\n\n' },
  { row: 42, name: 'one line ends in LF', bytes: 'HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n' },
  { row: 42, name: 'HTTP/0.9', bytes: '<html>hello</html>', after: 'fin' },
  { row: 42, name: 'TLS bytes', bytes: '\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03\r\n\r\n' },
  { row: 42, name: 'nothing, then FIN', bytes: '', after: 'fin' },
  { row: 42, name: 'nothing, then RST', bytes: '', after: 'rst' },
  { row: 42, name: 'half a status line, then FIN', bytes: 'HTTP/1.1 20', after: 'fin' },
  { row: 42, name: 'half a head, then RST', bytes: 'HTTP/1.1 200 OK\r\nContent-Le', after: 'rst' },
  {
    row: 42,
    name: 'a head of 20 kB',
    bytes: head('200 OK', `X: ${'a'.repeat(20_000)}`, 'Content-Length: 0'),
    isLong: true,
  },
];

/** The answer has begun when it breaks: the client sees that it is cut. */
const TRUNCATED: readonly LyingRow[] = [
  {
    row: 41,
    name: 'shorter than its length, then FIN',
    bytes: `${head('200 OK', 'Content-Length: 9')}hello`,
    after: 'fin',
  },
  {
    row: 41,
    name: 'shorter than its length, then RST',
    bytes: `${head('200 OK', 'Content-Length: 9')}hello`,
    after: 'rst',
  },
  ...(
    [
      ['no last chunk, then FIN', '5\r\nhello\r\n', 'fin'],
      ['no last chunk, then RST', '5\r\nhello\r\n', 'rst'],
      ['half a chunk, then FIN', '9\r\nhello', 'fin'],
      ['the last chunk without its end, then FIN', '5\r\nhello\r\n0\r\n', 'fin'],
      ['a bad size', '5\r\nhello\r\ng\r\n', 'keep'],
      ['an overflowing size', '5\r\nhello\r\nfffffffffffffffff\r\n', 'keep'],
      ['a size with a sign', '5\r\nhello\r\n+5\r\nhello\r\n0\r\n\r\n', 'keep'],
      ['a bare LF', '5\r\nhello\n0\r\n\r\n', 'keep'],
      ['a bad trailer', '5\r\nhello\r\n0\r\nX : y\r\n\r\n', 'keep'],
    ] as const
  ).map(([name, body, after]) => ({
    row: 41,
    name,
    bytes: `${head('200 OK', 'Transfer-Encoding: chunked')}${body}`,
    after,
  })),
];

function play(row: LyingRow, isByBytes: boolean, path: (typeof PATHS)[number]): Promise<Trial> {
  return Trial.start(path, {
    script: {
      onRequest: async (_, connection) => {
        if (isByBytes) await connection.writeByBytes(row.bytes);
        else if (row.bytes !== '') connection.write(row.bytes);
        connection.close(row.after ?? 'keep');
      },
    },
  });
}

describe.each(PATHS)('%s: an upstream server', (path) => {
  for (const row of NO_ANSWER) {
    for (const isByBytes of row.isLong || row.bytes === '' ? [false] : [false, true]) {
      it(`row ${row.row}: that says ${row.name}${isByBytes ? ', byte by byte' : ''}: 502`, async () => {
        await using trial = await play(row, isByBytes, path);
        const client = await trial.open();
        client.write(`${trial.entrance.head('POST', '/x', 'Content-Length: 2')}\r\nhi`);
        expect(statusOf((await client.answer()).startLine)).toBe(502);
        expect(client.finals()).toHaveLength(1);
        await until(() => trial.upstream.openCount === 0, 'upstream is let go', 2000);
        await trial.conclude();
      });
    }
  }

  for (const row of TRUNCATED) {
    for (const isByBytes of [false, true]) {
      it(`row 41: whose body ${row.name}${isByBytes ? ', byte by byte' : ''}: the client sees the cut`, async () => {
        await using trial = await play(row, isByBytes, path);
        const client = await trial.open();
        client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
        // An answer that nothing has left of yet may still become a whole 502.
        await until(() => client.isOver || client.received.includes(' 502 '), 'the client hears of it', 5000);
        const [answer, ...more] = client.finals();
        expect(more).toEqual([]);
        const is502 = answer !== undefined && statusOf(answer.startLine) === 502;
        if (answer !== undefined && !is502) {
          expect(answer.isComplete, 'looks complete').toBe(false);
          expect('hello'.startsWith(answer.body.toString())).toBe(true);
        }
        await until(() => trial.upstream.openCount === 0, 'upstream is let go', 2000);
        await trial.conclude();
        // A connection outlives a whole 502, where no tunnel ends with it.
        const codes = Object.keys(trial.codes()).filter((code) => code.startsWith('S'));
        expect(codes).toHaveLength(is502 && path !== 'intercepted' ? 0 : 1);
      });
    }
  }

  it.each([
    ['two bytes and seven more', `${head('200 OK', 'Content-Length: 2')}okSURPLUS`, 200, 'ok'],
    ['204 with a body', `${head('204 No Content')}SURPLUS`, 204, ''],
    ['204 with a length and a body', `${head('204 No Content', 'Content-Length: 7')}SURPLUS`, 204, ''],
    ['304 with a body', `${head('304 Not Modified')}SURPLUS`, 304, ''],
    ['an answer and a second one', OK + OK.replace('ok', 'no'), 200, 'ok'],
  ])(
    'row 40: that says %s: the answer is delivered, the connection not used again',
    async (_, bytes, status, body) => {
      await using trial = await Trial.start(path, {
        script: { onRequest: (_, connection) => connection.write(bytes) },
      });
      const client = await trial.open();
      const one = `${trial.entrance.head('GET', '/x')}\r\n`;
      client.write(one + one);
      await client.answer(2);
      expect(client.finals().map(({ startLine }) => statusOf(startLine))).toEqual([status, status]);
      expect(client.finals().map((answer) => answer.body.toString())).toEqual([body, body]);
      expect(client.received.toString('latin1')).not.toContain('SURPLUS');
      expect(trial.upstream.connections.length).toBe(2);
      await until(() => trial.upstream.openCount === 0, 'upstream is destroyed', 2000);
      await trial.conclude();
    },
  );

  it('row 43: that says 103 a thousand times, then 200: bounded', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) =>
          connection.write(head('103 Early Hints', 'Link: </a>').repeat(1000) + OK),
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
    expect((await client.answer()).body.toString()).toBe('ok');
    const hints = client.answers().length - 1;
    expect(hints).toBeGreaterThanOrEqual(0);
    expect(hints).toBeLessThanOrEqual(100);
    await trial.conclude();
  });

  it('row 44: whose answer has fields of its own connection: they are stripped', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) =>
          connection.write(
            `${head('200 OK', 'Connection: X-Secret', 'X-Secret: 1', 'Keep-Alive: timeout=3', 'Proxy-Authenticate: Basic', 'X-Kept: 1', 'Set-Cookie: a', 'Set-Cookie: b', 'Content-Length: 2')}ok`,
          ),
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
    const answer = await client.answer();
    expect(names(answer)).not.toContain('x-secret');
    expect(names(answer)).not.toContain('proxy-authenticate');
    expect(valuesOf(answer, 'keep-alive').join()).not.toContain('timeout=3');
    expect(valuesOf(answer, 'x-kept')).toEqual(['1']);
    expect(valuesOf(answer, 'set-cookie')).toEqual(['a', 'b']);
    await trial.conclude();
  });

  describe('row 45: frames as RFC 9112 says', () => {
    it('HEAD with a length', async () => {
      await using trial = await Trial.start(path, {
        script: { onRequest: (_, connection) => connection.write(head('200 OK', 'Content-Length: 7')) },
      });
      const client = await trial.open();
      const one = `${trial.entrance.head('HEAD', '/x')}\r\n`;
      client.write(one + one);
      const answer = await client.answer(2, 'HEAD', 'HEAD');
      expect(valuesOf(answer, 'content-length')).toEqual(['7']);
      expect(client.read(['HEAD', 'HEAD']).rest).toHaveLength(0);
      await trial.conclude();
    });

    it('304 with a length', async () => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (_, connection) => connection.write(head('304 Not Modified', 'Content-Length: 7')),
        },
      });
      const client = await trial.open();
      const one = `${trial.entrance.head('GET', '/x')}\r\n`;
      client.write(one + one);
      expect(statusOf((await client.answer(2)).startLine)).toBe(304);
      await trial.conclude();
    });

    it('HTTP/1.0 without a length', async () => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (_, connection) => {
            connection.write('HTTP/1.0 200 OK\r\n\r\nhello');
            connection.close('fin');
          },
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      const answer = await client.answer();
      expect(answer.body.toString()).toBe('hello');
      expect(answer.framing).toBe('chunked');
      await trial.conclude();
    });

    it('trailers', async () => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (_, connection) =>
            connection.write(
              `${head('200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-T')}5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 2\r\nContent-Length: 3\r\n\r\n`,
            ),
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x', 'TE: trailers')}\r\n`);
      const answer = await client.answer();
      expect(answer.body.toString()).toBe('hello');
      expect(answer.trailers).toEqual([
        ['X-T', '1'],
        ['X-U', '2'],
      ]);
      await trial.conclude();
    });

    it('gzip, chunked: refused, or passed on with both', async () => {
      await using trial = await Trial.start(path, {
        script: {
          onRequest: (_, connection) =>
            connection.write(`${head('200 OK', 'Transfer-Encoding: gzip, chunked')}5\r\nhello\r\n0\r\n\r\n`),
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      await until(() => client.received.includes('\r\n\r\n') || client.isOver, 'an answer');
      const text = client.received.toString('latin1');
      if (!text.startsWith('HTTP/1.1 502 ')) expect(text).toMatch(/transfer-encoding: gzip, chunked\r\n/i);
      await trial.conclude();
    });
  });

  describe('row 47: that closes a connection at its reuse', () => {
    const start = (method: string, second: string) =>
      Trial.start(path, {
        upstream: 1,
        script: {
          onRequest: (_, connection) => {
            if (connection.wholesSeen === 1) connection.write(OK);
            else {
              if (second !== '') connection.write(second);
              connection.close('fin');
            }
          },
        },
      }).then(async (trial) => {
        const client = await trial.open();
        client.write(`${trial.entrance.head('GET', '/first')}\r\n`);
        await client.answer();
        const body = method === 'POST' ? 'Content-Length: 2' : 'X-No: body';
        client.write(`${trial.entrance.head(method, '/second', body)}\r\n${method === 'POST' ? 'hi' : ''}`);
        return { trial, client };
      });

    it('replays GET once, on a new connection', async () => {
      const { trial, client } = await start('GET', '');
      await using _ = trial;
      expect(statusOf((await client.answer(2)).startLine)).toBe(200);
      expect(trial.forwarded().filter((line) => line.includes('second'))).toHaveLength(2);
      expect(trial.upstream.connections).toHaveLength(2);
      await trial.conclude();
    });

    it('does not replay POST', async () => {
      const { trial, client } = await start('POST', '');
      await using _ = trial;
      expect(statusOf((await client.answer(2)).startLine)).toBe(502);
      expect(trial.forwarded().filter((line) => line.includes('second'))).toHaveLength(1);
      await trial.conclude();
    });

    it('does not replay what had an answer in part', async () => {
      const { trial, client } = await start('GET', 'HTTP/1.1 20');
      await using _ = trial;
      expect(statusOf((await client.answer(2)).startLine)).toBe(502);
      expect(trial.forwarded().filter((line) => line.includes('second'))).toHaveLength(1);
      await trial.conclude();
    });
  });

  it.each(['fin', 'rst'] as const)(
    'row 48: that answers before the body ends, then %s: the answer is delivered',
    async (after) => {
      await using trial = await Trial.start(path, {
        script: {
          onHead: (_, connection) => {
            connection.stream.pause();
            connection.stream.write(
              `${head('413 Too Large', 'Content-Length: 3', 'Connection: close')}big`,
              () => setTimeout(() => connection.close(after), after === 'rst' ? 50 : 0),
            );
          },
        },
      });
      const client = await trial.open();
      client.write(`${trial.entrance.head('POST', '/x', `Content-Length: ${50_000_000}`)}\r\n`);
      const chunk = Buffer.alloc(64 * 1024, 'x');
      let sent = 0;
      const push = (): void => {
        while (sent < 400 && !client.isOver) {
          sent++;
          if (!client.write(chunk)) return void client.stream.once('drain', push);
        }
      };
      push();
      const answer = await client.answer();
      expect(statusOf(answer.startLine)).toBe(413);
      expect(answer.body.toString()).toBe('big');
      client.destroy();
      for (const { stream } of trial.upstream.connections) stream.resume(); // a paused socket hears no end
      await until(() => trial.upstream.openCount === 0, 'upstream is let go', 3000);
      await trial.conclude();
    },
  );

  const UPGRADE = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];

  it.each([200, 401])('row 49: that answers an upgrade with %i: relayed, both closed', async (status) => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) => connection.write(`${head(`${status} X`, 'Content-Length: 2')}no`),
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x', ...UPGRADE)}\r\n`);
    const answer = await client.answer();
    expect(statusOf(answer.startLine)).toBe(status);
    expect(answer.body.toString()).toBe('no');
    expect(valuesOf(trial.upstream.requests()[0]!, 'upgrade')).toEqual(['websocket']);
    await client.over();
    await until(() => trial.upstream.openCount === 0, 'upstream is closed', 2000);
    await trial.conclude();
  });

  it('passes an upgrade on, bytes both ways, first ones included', async () => {
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) => {
          connection.write(
            `${head('101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: x')}\x82\x01a`,
          );
          connection.stream.removeAllListeners('data').on('data', (bytes: Buffer) => connection.write(bytes));
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x', ...UPGRADE)}\r\n`);
    await until(
      () => client.received.toString('latin1').includes('\x82\x01a') || client.isOver,
      'the upgrade and the first frame',
    );
    const [answer] = client.answers();
    expect(statusOf(answer?.startLine ?? '')).toBe(101);
    expect(valuesOf(answer!, 'upgrade')).toEqual(['websocket']);
    client.write('ping-through');
    await until(() => client.received.includes('ping-through') || client.isOver, 'the echo');
    client.end();
    await client.over();
    await until(() => trial.upstream.openCount === 0, 'upstream is closed', 2000);
    await trial.conclude();
  });

  it('row 50: passes compressed events on as they come, and one of 10 MB', async () => {
    const rounds = 50;
    let push: (bytes: string) => void = () => {};
    await using trial = await Trial.start(path, {
      script: {
        onRequest: (_, connection) => {
          connection.write(
            head(
              '200 OK',
              'Content-Type: text/event-stream',
              'Content-Encoding: gzip',
              'Transfer-Encoding: chunked',
            ),
          );
          push = (bytes) => connection.write(`${bytes.length.toString(16)}\r\n${bytes}\r\n`);
        },
      },
    });
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
    await until(() => client.received.includes('\r\n\r\n'), 'the head');
    const delaysMs: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const sentMs = performance.now();
      push(`event-${i};`);
      await until(() => client.received.includes(`event-${i};`), `event ${i}`);
      delaysMs.push(performance.now() - sentMs);
    }
    delaysMs.sort((a, b) => a - b);
    expect(
      delaysMs[rounds / 2],
      `out after in, ms: ${delaysMs.map((ms) => ms.toFixed(1)).join(' ')}`,
    ).toBeLessThan(5);
    let arrived = 0;
    client.stream.on('data', (bytes: Buffer) => {
      arrived += bytes.length;
    });
    push('y'.repeat(10_000_000));
    await until(() => arrived >= 10_000_000, 'the large event');
    client.reset();
    await until(() => trial.upstream.openCount === 0, 'upstream is let go', 3000);
    await trial.conclude();
  });
});
