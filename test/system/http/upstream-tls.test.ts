/** TLS to upstreams: who is believed, what is said first, and what becomes of a handshake that fails. */
import { createServer as createTcpServer } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { beforeAll, expect, it } from 'vitest';
import type { Destination } from '../../../src/system/http/upstream.ts';
import { until } from '../../helpers/system.ts';
import { type Authority, createAuthority } from './certificates.ts';
import { createPool, get, Hearing, listen, type RawUpstream } from './raw-upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let authority: Authority;
let stranger: Authority;

beforeAll(async () => {
  authority = await createAuthority();
  stranger = await createAuthority();
});

interface TlsUpstream extends RawUpstream {
  readonly seen: { servername: unknown; alpn: unknown }[];
}

async function tlsUpstream(
  names: readonly string[],
  {
    by = authority,
    expiredDays,
    protocols = ['h2', 'http/1.1'],
  }: { by?: Authority; expiredDays?: number; protocols?: string[] } = {},
): Promise<TlsUpstream> {
  const seen: TlsUpstream['seen'] = [];
  const identity = await by.issue(names, expiredDays);
  const server = createServer({ ...identity, ALPNProtocols: protocols }, (socket: TLSSocket) => {
    seen.push({ servername: socket.servername, alpn: socket.alpnProtocol });
    socket.on('error', () => {});
    socket.on('data', () => socket.write(OK));
  });
  server.on('tlsClientError', () => {});
  const upstream = await listen(server);
  return Object.assign(upstream, {
    seen,
    destination: { ...upstream.destination, host: names[0] as string, isTls: true },
  });
}

async function ask(destination: Destination, ca: string | null = authority.ca) {
  using pool = createPool({}, { tls: { ca } });
  const heard = new Hearing();
  pool.begin(destination, get(), heard);
  await heard.over;
  const again = new Hearing();
  pool.begin(destination, get(), again);
  await again.over;
  return { heard, sample: pool.sample() };
}

it('believes a server with a certificate of the given authority, by name, and uses the connection again', async () => {
  await using upstream = await tlsUpstream(['upstream.test']);
  const { heard, sample } = await ask(upstream.destination);
  expect(heard.body.toString()).toBe('ok');
  expect(sample).toMatchObject({ created: 1, reused: 1 });
  expect(upstream.seen).toEqual([{ servername: 'upstream.test', alpn: 'http/1.1' }]);
});

it('asks for no name where the host is an address, and verifies the address', async () => {
  await using upstream = await tlsUpstream(['127.0.0.1']);
  const { heard } = await ask(upstream.destination);
  expect(heard.body.toString()).toBe('ok');
  expect(upstream.seen).toEqual([{ servername: false, alpn: 'http/1.1' }]);
});

const SUSPECTS: [string, () => Promise<TlsUpstream>, Partial<Destination>, RegExp][] = [
  ['a certificate that has expired', () => tlsUpstream(['upstream.test'], { expiredDays: 1 }), {}, /expired/],
  [
    'an unknown authority',
    () => tlsUpstream(['upstream.test'], { by: stranger }),
    {},
    /signature|verify|issuer/,
  ],
  ['the name of another host', () => tlsUpstream(['other.test']), { host: 'upstream.test' }, /altnames/],
  [
    'the address it was dialled at instead of its name',
    () => tlsUpstream(['127.0.0.1']),
    { host: 'upstream.test' },
    /altnames/,
  ],
];

it.each(SUSPECTS)('36: refuses %s, unless the host is not verified', async (_, start, overrides, message) => {
  await using upstream = await start();
  const destination = { ...upstream.destination, ...overrides };
  const { heard, sample } = await ask(destination);
  expect(heard.error).toMatchObject({ fault: 'tls', phase: 'T', status: 502 });
  expect(heard.error?.message).toMatch(message);
  expect(sample).toMatchObject({ open: 0, created: 0 });
  const exempt = await ask({ ...destination, isVerified: false });
  expect(exempt.heard.body.toString()).toBe('ok');
});

it('36: refuses every private authority where none was given', async () => {
  await using upstream = await tlsUpstream(['upstream.test']);
  const { heard } = await ask(upstream.destination, null);
  expect(heard.error).toMatchObject({ fault: 'tls', phase: 'T' });
});

it('does not use a connection that was not verified for a request that wants it verified', async () => {
  await using upstream = await tlsUpstream(['upstream.test'], { by: stranger });
  using pool = createPool({}, { tls: { ca: authority.ca } });
  await pool.warm({ ...upstream.destination, isVerified: false });
  const heard = new Hearing();
  pool.begin(upstream.destination, get(), heard);
  await heard.over;
  expect(heard.error).toMatchObject({ fault: 'tls' });
  expect(pool.sample()).toMatchObject({ idle: 1, reused: 0 });
});

it('33: refuses a server that speaks nothing but h2', async () => {
  await using upstream = await tlsUpstream(['upstream.test'], { protocols: ['h2'] });
  const { heard } = await ask(upstream.destination);
  expect(heard.error).toMatchObject({ fault: 'tls', phase: 'T' });
});

it.each([
  ['plain HTTP', 'no-tls', (): string => OK],
  ['silence and the end', 'tls', (): string => ''],
])('calls it a TLS fault when a server answers the handshake with %s', async (_, fault, answer) => {
  await using upstream = await listen(
    createTcpServer((socket) => void socket.once('data', () => socket.end(answer()))),
  );
  const { heard, sample } = await ask({ ...upstream.destination, isTls: true });
  expect(heard.error).toMatchObject({ fault, phase: 'T' });
  expect(sample.open).toBe(0);
});

it('a handshake that does not end is a connection that took too long', async () => {
  await using upstream = await listen(createTcpServer((socket) => void socket.on('data', () => {})));
  using pool = createPool({ connectTimeoutMs: 100 });
  const heard = new Hearing();
  pool.begin({ ...upstream.destination, isTls: true }, get(), heard);
  await heard.over;
  expect(heard.error).toMatchObject({ fault: 'connect-timeout', phase: 'T', status: 504 });
  await until(() => upstream.sockets.size === 0, 'it is closed');
});

it('48: an answer wins over the failing writes of the body, through TLS too', async () => {
  await using upstream = await tlsUpstream(['upstream.test']);
  upstream.server.removeAllListeners('secureConnection').on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      socket.write(OK, () => socket.destroy());
    });
  });
  using pool = createPool({}, { tls: { ca: authority.ca } });
  for (let round = 0; round < 20; round++) {
    const heard = new Hearing();
    const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 'chunked' }), heard);
    const writeOn = (): void => {
      while (!heard.isOver && exchange.write(Buffer.alloc(65_536)));
    };
    heard.onDrain = writeOn;
    writeOn();
    expect([await heard.over, heard.error?.message]).toEqual(['end', undefined]);
  }
});
