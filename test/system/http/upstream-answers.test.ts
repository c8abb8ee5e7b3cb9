/** What upstreams say, well and ill: rows 38 to 49 of the bad inputs, as bytes on a socket. */
import { expect, it } from 'vitest';
import type { UpstreamRequest } from '../../../src/system/http/upstream.ts';
import { until } from '../../helpers/system.ts';
import { createPool, type Ending, get, Hearing, rawUpstream, send } from './raw-upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\n';

interface Row {
  name: string;
  bytes: string;
  request?: Partial<UpstreamRequest>;
  /** `open` unless given. */
  ending?: Ending;
  /** Body and trailers of an answer, or fault and phase. */
  expected:
    | { status: number; body?: string; trailers?: string[]; isKept: boolean; framing?: unknown }
    | { fault: string; phase: 'H' | 'D'; body?: string };
}

const refused = { fault: 'protocol', phase: 'H' } as const;
const badBody = { fault: 'protocol', phase: 'D' } as const;
const kept = (body: string, status = 200): Row['expected'] => ({ status, body, isKept: true });
const closed = (body: string, status = 200): Row['expected'] => ({ status, body, isKept: false });
const upgrade = { upgrade: 'websocket' };

const ROWS: Row[] = [
  { name: 'by length', bytes: `${OK}Content-Length: 2\r\n\r\nok`, expected: kept('ok') },
  { name: 'length 0', bytes: `${OK}Content-Length: 0\r\n\r\n`, expected: kept('') },
  { name: 'leading zeros of the length', bytes: `${OK}Content-Length: 002\r\n\r\nok`, expected: kept('ok') },
  {
    name: 'no fields, by close',
    bytes: `${OK}\r\nuntil the end`,
    ending: 'fin',
    expected: closed('until the end'),
  },
  { name: 'an empty reason', bytes: 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', expected: kept('') },
  {
    name: 'no reason, and no space before it',
    bytes: 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok',
    expected: kept('ok'),
  },
  {
    name: 'the same in HTTP/1.0, behind a 103 like that',
    bytes: 'HTTP/1.1 103\r\n\r\nHTTP/1.0 404\r\nContent-Length: 2\r\n\r\nno',
    expected: closed('no', 404),
  },
  {
    name: 'obs-text and HTAB in the reason',
    bytes: 'HTTP/1.1 200 a\tb\xe9\r\nContent-Length: 0\r\n\r\n',
    expected: kept(''),
  },
  {
    name: 'an empty value, blanks around one',
    bytes: `${OK}X-A:\r\nX-B: \t b c \t\r\nContent-Length:2 \r\n\r\nok`,
    expected: kept('ok'),
  },
  {
    name: 'chunks',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n00A\r\n0123456789\r\n0\r\n\r\n`,
    expected: kept('ok0123456789'),
  },
  {
    name: 'Chunked in capitals',
    bytes: `${OK}TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n`,
    expected: kept(''),
  },
  {
    name: 'chunk extensions',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2;a=b;c="d"\r\nok\r\n0;e\r\n\r\n`,
    expected: kept('ok'),
  },
  {
    name: 'trailers, but none that frame or route',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\nHost: a\r\nX-Sum: 2\r\n\r\n`,
    expected: { status: 200, body: 'ok', trailers: ['X-Sum', '1', 'X-Sum', '2'], isKept: true },
  },
  {
    name: 'Connection: close',
    bytes: `${OK}Content-Length: 2\r\nConnection: x, Close\r\n\r\nok`,
    expected: closed('ok'),
  },
  { name: 'HTTP/1.0', bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', expected: closed('ok') },
  {
    name: 'HTTP/1.0 with keep-alive',
    bytes: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    expected: kept('ok'),
  },
  { name: '38 status 000', bytes: 'HTTP/1.1 000 OK\r\n\r\n', expected: refused },
  { name: '38 status 099', bytes: 'HTTP/1.1 099 OK\r\n\r\n', expected: refused },
  { name: '38 status 600', bytes: 'HTTP/1.1 600 OK\r\n\r\n', expected: refused },
  { name: '38 status 999', bytes: 'HTTP/1.1 999 OK\r\n\r\n', expected: refused },
  { name: '38 two digits', bytes: 'HTTP/1.1 20 OK\r\n\r\n', expected: refused },
  { name: '38 four digits', bytes: 'HTTP/1.1 2000 OK\r\n\r\n', expected: refused },
  { name: '38 a control character in the reason', bytes: 'HTTP/1.1 200 O\x07K\r\n\r\n', expected: refused },
  { name: '38 DEL in the reason', bytes: 'HTTP/1.1 200 O\x7fK\r\n\r\n', expected: refused },
  { name: '38 a bare CR in the reason', bytes: 'HTTP/1.1 200 O\rK\r\n\r\n', expected: refused },
  { name: '38 two digits and no space', bytes: 'HTTP/1.1 20\r\n\r\n', expected: refused },
  { name: '38 a status 099 and no space', bytes: 'HTTP/1.1 099\r\n\r\n', expected: refused },
  { name: '38 a bare CR behind the status', bytes: 'HTTP/1.1 200\rX\r\n\r\n', expected: refused },
  { name: 'a bare LF behind the status', bytes: 'HTTP/1.1 200\n\r\n', expected: refused },
  { name: 'two spaces', bytes: 'HTTP/1.1  200 OK\r\n\r\n', expected: refused },
  { name: 'HTTP/2.0', bytes: 'HTTP/2.0 200 OK\r\n\r\n', expected: refused },
  { name: 'HTTP/1.2', bytes: 'HTTP/1.2 200 OK\r\n\r\n', expected: refused },
  { name: 'lower case', bytes: 'http/1.1 200 OK\r\n\r\n', expected: refused },
  {
    name: '39 an unsolicited 101',
    bytes: 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    expected: refused,
  },
  {
    name: '40 length 2 and 7 bytes',
    bytes: `${OK}Content-Length: 2\r\n\r\nok extra`,
    expected: closed('ok'),
  },
  {
    name: '40 204 with a body',
    bytes: 'HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\nhello',
    expected: closed('', 204),
  },
  {
    name: '40 204 that announces chunks',
    bytes: 'HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n',
    expected: closed('', 204),
  },
  {
    name: '40 chunks and more',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${OK}`,
    expected: closed(''),
  },
  {
    name: '41 length short',
    bytes: `${OK}Content-Length: 5\r\n\r\nok`,
    ending: 'fin',
    expected: { fault: 'truncated', phase: 'D', body: 'ok' },
  },
  {
    name: '41 length short, reset',
    bytes: `${OK}Content-Length: 5\r\n\r\nok`,
    ending: 'rst',
    expected: { fault: 'reset', phase: 'D', body: 'ok' },
  },
  {
    name: '41 by close, reset',
    bytes: `${OK}\r\nok`,
    ending: 'rst',
    expected: { fault: 'reset', phase: 'D', body: 'ok' },
  },
  {
    name: '41 no last chunk',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`,
    ending: 'fin',
    expected: { fault: 'truncated', phase: 'D', body: 'ok' },
  },
  {
    name: '41 no empty line at the end',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`,
    ending: 'fin',
    expected: { fault: 'truncated', phase: 'D' },
  },
  ...['x', '', '-1', '+1', '0x1', ' 1', '1 ', 'ffffffffffffffff', '20000000000000', '00000000000000001'].map(
    (size): Row => ({
      name: `41 chunk size '${size}'`,
      bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n${size}\r\nok`,
      expected: badBody,
    }),
  ),
  {
    name: '41 LF behind a chunk size',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 CR alone behind a chunk size',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\rok\r\n0\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 a chunk longer than its size',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok!\r\n0\r\n\r\n`,
    expected: { ...badBody, body: 'ok' },
  },
  {
    name: '41 a chunk size of 17 digits',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n00000000000000001\r\no\r\n0\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 another octet for the CR behind a chunk',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok!\n0\r\n\r\n`,
    expected: { ...badBody, body: 'ok' },
  },
  {
    name: '41 LF behind a chunk',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n`,
    expected: { ...badBody, body: 'ok' },
  },
  {
    name: '41 LF in an extension',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\nok\r\n0\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 NUL in an extension',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2;a\0b\r\nok\r\n0\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 an extension of 5000 bytes',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(5000)}\r\nok\r\n0\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 a bad trailer',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX Y: 1\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '41 trailers of 20 kB',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
    expected: badBody,
  },
  {
    name: '42 two lengths',
    bytes: `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`,
    expected: refused,
  },
  {
    name: '42 the same length twice',
    bytes: `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
    expected: refused,
  },
  ...['2, 2', '-2', '+2', '0x2', '2.0', '', '9007199254740992', '99999999999999999999'].map(
    (length): Row => ({
      name: `42 Content-Length '${length}'`,
      bytes: `${OK}Content-Length: ${length}\r\n\r\nok`,
      expected: refused,
    }),
  ),
  {
    name: '42 length and chunks',
    bytes: `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expected: refused,
  },
  {
    name: '42 chunks in HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    expected: refused,
  },
  ...[
    'gzip, chunked',
    'gzip',
    'chunked, gzip',
    'chunked, chunked',
    'xchunked',
    'identity',
    '',
    '"chunked"',
    '\x0bchunked',
  ].map(
    (coding): Row => ({
      name: `45 Transfer-Encoding '${coding}'`,
      bytes: `${OK}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
      expected: refused,
    }),
  ),
  {
    name: '42 Transfer-Encoding twice',
    bytes: `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    expected: refused,
  },
  ...[
    'X-A : 1',
    ' X-A: 1',
    'X A: 1',
    ': 1',
    'X-A',
    'X-\x80: 1',
    'X-A: 1\0',
    'X-A: a\x07b',
    'X-A: a\x7fb',
    'X-A: a\rb',
    'X-A: 1\nX-B: 2',
    'X-A: 1\n\nX-B: 2',
    'X-A: 1\r\n folded',
    'X-A: 1\r\n\tfolded',
    '\nX-A: 1',
  ].map(
    (line): Row => ({
      name: `42 the line ${JSON.stringify(line)}`,
      bytes: `${OK}${line}\r\nContent-Length: 0\r\n\r\n`,
      expected: refused,
    }),
  ),
  { name: '42 LF only', bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', expected: refused },
  { name: '42 LF at the end of the head', bytes: `${OK}Content-Length: 2\r\n\nok`, expected: refused },
  { name: '42 an empty line first', bytes: `\r\n${OK}Content-Length: 0\r\n\r\n`, expected: refused },
  { name: '42 HTTP/0.9', bytes: '<html></html>', expected: refused },
  { name: '42 TLS bytes', bytes: '\x16\x03\x01\x02\x00\x01\x00', expected: refused },
  { name: '42 nothing, FIN', bytes: '', ending: 'fin', expected: { fault: 'closed', phase: 'H' } },
  { name: '42 nothing, RST', bytes: '', ending: 'rst', expected: { fault: 'reset', phase: 'H' } },
  {
    name: '42 half a head, FIN',
    bytes: `${OK}Content-Le`,
    ending: 'fin',
    expected: { fault: 'closed', phase: 'H' },
  },
  { name: '42 a head of 20 kB', bytes: `${OK}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, expected: refused },
  { name: '42 20 kB of fields', bytes: `${OK}${'X-A: 12345678\r\n'.repeat(1500)}\r\n`, expected: refused },
  {
    name: '45 HEAD with length',
    bytes: `${OK}Content-Length: 5\r\n\r\n`,
    request: { method: 'HEAD' },
    expected: kept(''),
  },
  {
    name: '45 HEAD with chunks',
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    request: { method: 'HEAD' },
    expected: kept(''),
  },
  { name: '45 HEAD without either', bytes: `${OK}\r\n`, request: { method: 'HEAD' }, expected: kept('') },
  {
    name: '45 304 with length',
    bytes: 'HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n',
    expected: kept('', 304),
  },
  {
    name: '49 200 to an upgrade',
    bytes: `${OK}Content-Length: 2\r\n\r\nok`,
    request: upgrade,
    expected: closed('ok'),
  },
  {
    name: '49 401 to an upgrade',
    bytes: 'HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n',
    request: upgrade,
    expected: closed('', 401),
  },
  {
    name: '49 another protocol',
    bytes: 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    request: upgrade,
    expected: refused,
  },
  {
    name: '49 no protocol',
    bytes: 'HTTP/1.1 101 X\r\nConnection: upgrade\r\n\r\n',
    request: upgrade,
    expected: refused,
  },
];

for (const pieces of ['whole', 'bytes'] as const) {
  // What is only long takes long byte by byte and tells nothing new.
  const rows = pieces === 'whole' ? ROWS : ROWS.filter(({ bytes }) => bytes.length < 1000);
  it.each(rows)(`$name (${pieces})`, async ({ bytes, request, ending = 'open', expected }) => {
    await using upstream = await rawUpstream((socket) => {
      socket.once('data', () => void send(socket, Buffer.from(bytes, 'latin1'), pieces, ending));
    });
    using pool = createPool();
    const heard = new Hearing();
    pool.begin(upstream.destination, get(request), heard);
    await heard.over;
    if ('fault' in expected) {
      expect({ fault: heard.error?.fault, phase: heard.error?.phase }).toEqual({
        fault: expected.fault,
        phase: expected.phase,
      });
      expect(heard.head === undefined).toBe(expected.phase === 'H');
      if (expected.body !== undefined) expect(heard.body.toString('latin1')).toBe(expected.body);
      expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
      return;
    }
    expect(heard.error).toBeUndefined();
    expect(heard.head?.status).toBe(expected.status);
    expect(heard.body.toString('latin1')).toBe(expected.body);
    expect(heard.trailers).toEqual(expected.trailers ?? []);
    // Surplus may come a moment after the answer; what is idle then is closed by it.
    if (!expected.isKept) await until(() => pool.sample().open === 0, 'the connection is closed');
    expect(pool.sample().idle).toBe(expected.isKept ? 1 : 0);
  });
}

it('43: passes on 16 of 1,000 answers 103, swallows the rest, and delivers the 200', async () => {
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () =>
      socket.write(`${'HTTP/1.1 103 Early\r\nLink: a\r\n\r\n'.repeat(1000)}${OK}Content-Length: 2\r\n\r\nok`),
    );
  });
  using pool = createPool();
  const heard = new Hearing();
  pool.begin(upstream.destination, get(), heard);
  expect(await heard.over).toBe('end');
  expect(heard.information.length).toBe(16);
  expect(heard.information[15]).toMatchObject({ status: 103, headers: ['Link', 'a'], framing: 'none' });
  expect(heard.body.toString()).toBe('ok');
  expect(pool.sample().idle).toBe(1);
});

it('43: gives up an upstream that sends nothing but 1xx', async () => {
  await using upstream = await rawUpstream((socket) => {
    const more = (): boolean =>
      socket.destroyed || !socket.write('HTTP/1.1 100 C\r\n\r\n'.repeat(100)) || more();
    socket.once('data', more).on('drain', more);
  });
  using pool = createPool();
  const heard = new Hearing();
  pool.begin(upstream.destination, get(), heard);
  expect(await heard.over).toBe('error');
  expect(heard.error).toMatchObject({ fault: 'protocol', phase: 'H' });
  expect(heard.information.length).toBe(16);
});

it('refuses chunks that are extensions for the most part', async () => {
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () =>
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n${`1;${'a'.repeat(500)}\r\nx\r\n`.repeat(100)}`),
    );
  });
  using pool = createPool();
  const heard = new Hearing();
  pool.begin(upstream.destination, get(), heard);
  expect(await heard.over).toBe('error');
  expect(heard.error).toMatchObject({ fault: 'protocol', phase: 'D' });
});

it('hands over the socket with 101, what came behind it, and no listener', async () => {
  await using upstream = await rawUpstream((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\nfirst');
      socket.on('data', (bytes) => socket.write(`echo ${bytes}`));
    });
  });
  using pool = createPool();
  const heard = new Hearing();
  pool.begin(upstream.destination, get(upgrade), heard);
  expect(await heard.over).toBe('upgrade');
  const { socket, first, head } = heard.upgraded as NonNullable<typeof heard.upgraded>;
  expect(first.toString()).toBe('first');
  expect(head.reason).toBe('Go');
  expect(['data', 'drain'].map((name) => socket.listenerCount(name))).toEqual([0, 0]);
  expect(pool.sample()).toMatchObject({ open: 1, idle: 0 });
  let echo = '';
  socket.on('data', (bytes) => {
    echo += bytes;
  });
  socket.resume();
  socket.write('hello');
  await until(() => echo === 'echo hello', 'the other protocol is spoken');
  socket.destroy();
  await until(() => pool.sample().open === 0, 'the socket is no longer counted');
});

it('delivers pieces of chunks without copying them, and stops and goes on where it was told to', async () => {
  const chunks = Array.from({ length: 200 }, (_, i) => `${'c'.repeat(i + 1)}`);
  const bytes = `${OK}Transfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\nX-End: 1\r\n\r\n`;
  await using upstream = await rawUpstream((socket) => void socket.once('data', () => socket.write(bytes)));
  using pool = createPool();
  const heard = new Hearing();
  heard.onData = (data) => {
    heard.data.push(data);
    return false;
  };
  const exchange = pool.begin(upstream.destination, get(), heard);
  for (let count = 1; count <= chunks.length; count++) {
    await until(() => heard.data.length > 0 && heard.data.length === count, `there are ${count} chunks`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard.data.length).toBe(count);
    exchange.resume();
  }
  expect(await heard.over).toBe('end');
  expect(heard.data.map(String)).toEqual(chunks);
  expect(heard.trailers).toEqual(['X-End', '1']);
  expect(pool.sample().idle).toBe(1);
});

it('46: an endless answer waits at a stalled reader, bounded, and goes on without loss', async () => {
  let sent = 0;
  const block = Buffer.alloc(65_536, 'b');
  const total = 64 * 1024 * 1024;
  await using upstream = await rawUpstream((socket) => {
    const more = (): void => {
      while (sent < total) {
        sent += block.length;
        if (!socket.write(block)) return;
      }
    };
    socket.once('data', () => {
      socket.write(`${OK}Content-Length: ${total}\r\n\r\n`);
      more();
    });
    socket.on('drain', more);
  });
  using pool = createPool();
  const heard = new Hearing();
  let received = 0;
  let isStalled = true;
  heard.onData = (bytes) => {
    received += bytes.length;
    return !isStalled;
  };
  const exchange = pool.begin(upstream.destination, get(), heard);
  await until(() => received > 0, 'the answer begins');
  let last = -1;
  let turns = 0;
  await until(() => {
    turns = sent === last ? turns + 1 : 0;
    last = sent;
    return turns > 2000;
  }, 'the upstream is stopped');
  expect(received).toBeLessThanOrEqual(65_536);
  expect(sent).toBeLessThan(total / 2);
  const [connection] = upstream.sockets;
  expect(connection?.writableNeedDrain).toBe(true);
  isStalled = false;
  exchange.resume();
  expect(await heard.over).toBe('end');
  expect(received).toBe(total);
});
