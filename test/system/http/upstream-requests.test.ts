/** What upstreams receive: heads, bodies, trailers; and answers that come before the request is complete. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UpstreamRequest } from '../../../src/system/http/upstream.ts';
import { until } from '../../helpers/system.ts';
import { createPool, get, Hearing, listen, rawUpstream } from './raw-upstream.ts';

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Answers with what it has understood of the request. */
function mirror() {
  return createServer((request: IncomingMessage, response) => {
    const hash = createHash('sha256');
    request.on('data', (bytes) => hash.update(bytes));
    request.on('end', () => {
      const { method, url, rawHeaders, rawTrailers } = request;
      response.end(JSON.stringify({ method, url, rawHeaders, rawTrailers, hash: hash.digest('hex') }));
    });
  });
}

it('sends random bodies, by length and in chunks with trailers, as a real server understands them', async () => {
  await using upstream = await listen(mirror());
  using pool = createPool();
  const cases = fc.record({
    pieces: fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ minLength: 16_000, maxLength: 70_000, size: 'max' }),
      ),
      { maxLength: 6 },
    ),
    isChunked: fc.boolean(),
    trailers: fc.array(fc.constantFrom('X-One', 'X-Two', 'x-three'), { maxLength: 3 }),
    /** Waits a turn of the event loop before the piece with this number. */
    pauseAt: fc.nat(6),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ pieces, isChunked, trailers, pauseAt }) => {
      const whole = Buffer.concat(pieces);
      const heard = new Hearing();
      const body = isChunked ? 'chunked' : whole.length;
      const raw = trailers.flatMap((name, i) => [name, `value ${i}`]);
      const exchange = pool.begin(
        upstream.destination,
        get({ method: 'POST', target: '/a?b=%20', body }),
        heard,
      );
      for (const [i, bytes] of pieces.entries()) {
        if (i === pauseAt) await new Promise((resolve) => setImmediate(resolve));
        exchange.write(bytes);
      }
      exchange.end(raw);
      expect(await heard.over).toBe('end');
      const framing = isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(whole.length)];
      expect(JSON.parse(heard.body.toString())).toEqual({
        method: 'POST',
        url: '/a?b=%20',
        rawHeaders: ['Host', 'upstream.test', ...framing],
        rawTrailers: isChunked ? raw : [],
        hash: hashOf(whole),
      });
    }),
    { numRuns: 150 },
  );
  expect(pool.sample()).toMatchObject({ open: 1, idle: 1, created: 1 });
});

it('sends head and small body in one write, and the head alone when the body keeps it waiting', async () => {
  const reads: string[] = [];
  await using upstream = await rawUpstream((socket) => {
    socket.on('data', (bytes) => {
      reads.push(bytes.toString());
      if (reads.join('').endsWith('body')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  using pool = createPool();
  await pool.warm(upstream.destination);
  const quick = new Hearing();
  const request = get({ method: 'PUT', headers: ['Host', 'a'], body: 4 });
  const exchange = pool.begin(upstream.destination, request, quick);
  exchange.write(Buffer.from('body'));
  exchange.end();
  await quick.over;
  expect(reads).toEqual(['PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody']);
  reads.length = 0;
  const slow = new Hearing();
  const waiting = pool.begin(upstream.destination, { ...request, expectsContinue: true }, slow);
  await until(() => reads.length === 1, 'the head has arrived');
  expect(reads[0]).toBe('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
  waiting.write(Buffer.from('body'));
  waiting.end();
  expect(await slow.over).toBe('end');
});

const REFUSED: [string, Partial<UpstreamRequest>][] = [
  ['CRLF in the method', { method: 'GET / HTTP/1.1\r\nX:' }],
  ['an empty method', { method: '' }],
  ['CONNECT', { method: 'CONNECT' }],
  ['a blank in the target', { target: '/a b' }],
  ['CRLF in the target', { target: '/ HTTP/1.1\r\nX: 1' }],
  ['an empty target', { target: '' }],
  ['CRLF in a value', { headers: ['Host', 'a\r\nX: 1'] }],
  ['a character that Latin-1 makes a line end of', { headers: ['Host', 'a\u010d\u010aX: 1'] }],
  ['the same in the target', { target: '/\u010d\u010a' }],
  ['NUL in a value', { headers: ['Host', 'a\0'] }],
  ['CRLF in a name', { headers: ['Host\r\nX', 'a'] }],
  ['a colon in a name', { headers: ['Host: a', 'b'] }],
  ['a name without a value', { headers: ['Host'] }],
  ['a length beside the body', { headers: ['content-length', '5'] }],
  ['a coding beside the body', { headers: ['Transfer-Encoding', 'chunked'] }],
  ['fields of the connection', { headers: ['Connection', 'close'] }],
  ['CRLF in the protocol', { upgrade: 'a\r\nX: 1' }],
  ['no length', { body: Number.NaN }],
];

it.each(REFUSED)('sends nothing of a request with %s', async (_, overrides) => {
  let bytes = 0;
  await using upstream = await rawUpstream((socket) => {
    socket.on('data', (read) => {
      bytes += read.length;
    });
  });
  using pool = createPool();
  const heard = new Hearing();
  pool.begin(upstream.destination, get(overrides), heard);
  expect(heard.calls).toEqual([]);
  expect(await heard.over).toBe('error');
  expect(heard.error).toMatchObject({ fault: 'protocol', phase: 'H' });
  expect({ bytes, open: pool.sample().open }).toEqual({ bytes: 0, open: 0 });
});

it('leaves out trailers that cannot be sent as they are, and those that frame', async () => {
  await using upstream = await listen(mirror());
  using pool = createPool();
  const heard = new Hearing();
  const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
  exchange.end(['X-Bad', 'a\r\nX: 1', 'Content-Length', '3', 'X Y', '1', 'X-Good', 'yes']);
  await heard.over;
  expect(JSON.parse(heard.body.toString()).rawTrailers).toEqual(['X-Good', 'yes']);
});

it.each([
  ['more', 'abcdef'],
  ['fewer', 'abc'],
])('gives up a request whose body has %s bytes than its length, and its connection', async (_, body) => {
  let received = '';
  await using upstream = await rawUpstream((socket) => {
    socket.on('data', (bytes) => {
      received += bytes;
    });
  });
  using pool = createPool();
  for (const isWarm of [false, true]) {
    if (isWarm) await pool.warm(upstream.destination);
    const heard = new Hearing();
    const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 5 }), heard);
    exchange.write(Buffer.from(body.slice(0, 3)));
    exchange.write(Buffer.from(body.slice(3)));
    exchange.end();
    expect(await heard.over).toBe('error');
    expect(heard.error).toMatchObject({ fault: 'aborted', phase: 'H' });
    exchange.write(Buffer.from('ignored'));
    expect(pool.sample().open).toBe(0);
  }
  await until(
    () => upstream.sockets.size === 0 || [...upstream.sockets].every((s) => s.readableEnded),
    'closed',
  );
  expect(received).not.toMatch(/def|ignored/);
});

it.each([false, true])(
  'gives up a request whose body goes on after its end (connected: %s)',
  async (isWarm) => {
    await using upstream = await rawUpstream((socket) => void socket.on('data', () => {}));
    using pool = createPool();
    if (isWarm) await pool.warm(upstream.destination);
    const heard = new Hearing();
    const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
    exchange.write(Buffer.from('body'));
    exchange.end();
    exchange.write(Buffer.from('more'));
    expect(heard.calls).toEqual([]);
    expect(await heard.over).toBe('error');
    expect(heard.error).toMatchObject({ fault: 'aborted', phase: 'H' });
    expect(pool.sample().open).toBe(0);
  },
);

it('48: delivers an answer that comes before the request is complete, and sends nothing more', async () => {
  let bytes = 0;
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno'));
    socket.on('data', (read) => {
      bytes += read.length;
    });
  });
  using pool = createPool();
  const heard = new Hearing();
  const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
  exchange.write(Buffer.from('first'));
  expect(await heard.over).toBe('end');
  expect(heard.head?.status).toBe(413);
  expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
  expect(exchange.write(Buffer.alloc(1000))).toBe(true);
  exchange.end();
  exchange.resume();
  exchange.abort();
  await until(
    () => [...upstream.sockets].every((socket) => socket.readableEnded),
    'the upstream sees the end',
  );
  expect(bytes).toBeLessThan(200);
});

it('48: an answer wins over the reset that follows it while the body is still being written', async () => {
  const answer = Buffer.from('HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
  // It closes with most of the body unread, so that the kernel says RST and writes fail.
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write(answer, () => socket.destroy());
    });
  });
  using pool = createPool();
  const block = Buffer.alloc(65_536, 'b');
  for (let round = 0; round < 50; round++) {
    const heard = new Hearing();
    const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
    const writeOn = (): void => {
      while (!heard.isOver && exchange.write(block));
    };
    heard.onDrain = writeOn;
    writeOn();
    expect([await heard.over, heard.error?.message]).toEqual(['end', undefined]);
    expect(heard.body.toString()).toBe('no');
  }
  expect(pool.sample().open).toBe(0);
});

it.each([1, 2])('48: an answer wins over %d writes that fail before it was read', async (writes) => {
  let writeNow = (): void => {};
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno');
      socket.resetAndDestroy();
      writeNow(); // the kernel has the answer and the reset, and nobody has looked yet
    });
  });
  using pool = createPool();
  const heard = new Hearing();
  const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
  writeNow = () => {
    for (let i = 0; i < writes; i++) exchange.write(Buffer.alloc(100_000));
  };
  exchange.write(Buffer.from('first'));
  expect([await heard.over, heard.error?.message]).toEqual(['end', undefined]);
  expect(heard.head?.status).toBe(413);
  expect(heard.body.toString()).toBe('no');
  expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
});

it('48: without an answer, the reset is what the caller hears', async () => {
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  using pool = createPool();
  const heard = new Hearing();
  const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
  const writeOn = (): void => {
    while (!heard.isOver && exchange.write(Buffer.alloc(65_536)));
  };
  heard.onDrain = writeOn;
  writeOn();
  expect(await heard.over).toBe('error');
  expect(heard.error).toMatchObject({ fault: 'reset', phase: 'H', status: 502 });
});

it('stops a body at an upstream that does not read, and goes on when it does', async () => {
  let received = 0;
  const hash = createHash('sha256');
  await using upstream = await rawUpstream((socket) => {
    socket.pause();
    socket.on('data', (bytes) => {
      received += bytes.length;
      hash.update(bytes);
      if (received >= total) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const block = Buffer.alloc(65_536, 'abcdefg');
  const head = 'POST / HTTP/1.1\r\nHost: upstream.test\r\nContent-Length: 67108864\r\n\r\n';
  const blocks = 1024;
  const total = head.length + blocks * block.length;
  using pool = createPool();
  const heard = new Hearing();
  let sent = 0;
  const exchange = pool.begin(
    upstream.destination,
    get({ method: 'POST', body: blocks * block.length }),
    heard,
  );
  const writeOn = (): void => {
    while (sent < blocks) {
      sent++;
      if (!exchange.write(block)) return;
    }
    exchange.end();
  };
  heard.onDrain = writeOn;
  writeOn();
  let last = -1;
  let turns = 0;
  await until(() => {
    turns = sent === last ? turns + 1 : 0;
    last = sent;
    return turns > 2000;
  }, 'the caller is stopped');
  expect(sent).toBeLessThan(blocks / 2);
  for (const socket of upstream.sockets) socket.resume();
  expect(await heard.over).toBe('end');
  const expected = createHash('sha256').update(head);
  for (let i = 0; i < blocks; i++) expected.update(block);
  expect(hash.digest('hex')).toBe(expected.digest('hex'));
  expect(pool.sample().idle).toBe(1);
});
