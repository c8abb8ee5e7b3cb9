/** What a dial that fails says, in words for whoever set the destination. */
import { type EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { Dial } from '../../../src/system/http/dial.ts';
import { findHostProblem } from '../../../src/system/http/host-check.ts';
import type { Destination, UpstreamError } from '../../../src/system/http/upstream.ts';
import { RawUpstream } from '../../helpers/raw-upstream.ts';
import { testAuthority } from '../../helpers/tls-origin.ts';

const clock = createHostClock(takeEpochNs());
let server: Server | undefined;
afterEach(() => server?.close());

/** A server that answers the first bytes with `answer`. */
async function startServer(answer: string): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(answer, 'latin1'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

type Target = Omit<Destination, 'isVerified'>;

function connected(destination: Target, ca: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { clock, timeoutMs: 10_000, secureContext: () => createSecureContext({ ca }) };
    new Dial({ ...destination, isVerified: true }, options, {
      onConnected: resolve,
      onFailed: reject,
      onOver() {},
    });
  });
}

function dial(destination: Target, timeoutMs = 5000): Promise<UpstreamError> {
  return new Promise((resolve, reject) => {
    const options = { clock, timeoutMs, secureContext: () => createSecureContext() };
    new Dial({ ...destination, isVerified: true }, options, {
      onConnected(socket) {
        socket.destroy();
        reject(new Error('connected'));
      },
      onFailed: resolve,
      onOver() {},
    });
  });
}

describe('a dial', () => {
  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH\r\n'],
    ['zeros', '\0'.repeat(16)],
    ['a record longer than any', '\x16\x03\x01\xff\xff\0\0\0\0'],
  ])('says so when %s comes where TLS should', async (_, answer) => {
    const port = await startServer(answer);
    const error = await dial({ host: '127.0.0.1', addresses: ['127.0.0.1'], port, isTls: true });
    expect({ fault: error.fault, message: error.message }).toEqual({
      fault: 'no-tls',
      message: `127.0.0.1:${port} does not speak TLS`,
    });
  });

  it.each(['+', 'hi\r\n', '\0', '\x16\x03'])(
    'does not wait for more of %j from a server that speaks first',
    async (greeting) => {
      server = createServer((socket) => void socket.on('error', () => {}).write(greeting, 'latin1'));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const error = await dial({ host: '127.0.0.1', addresses: ['127.0.0.1'], port, isTls: true }, 120_000);
      expect(error.fault).toBe('no-tls');
    },
  );

  it('waits for a server whose TLS comes byte by byte', async () => {
    const identity = testAuthority().issue({ names: ['localhost'] });
    await using upstream = await RawUpstream.start({}, identity);
    const slow = createServer((socket) => {
      const behind = connect(upstream.port, '127.0.0.1').on('error', () => {});
      socket.on('error', () => {}).pipe(behind);
      socket.on('close', () => behind.destroy());
      behind.once('data', (bytes: Buffer) => {
        behind.pause();
        let at = 0;
        const timer = setInterval(() => {
          if (at < 8) socket.write(bytes.subarray(at, ++at));
          else {
            clearInterval(timer);
            socket.write(bytes.subarray(at));
            behind.pipe(socket);
          }
        }, 150);
        socket.on('close', () => clearInterval(timer));
      });
    });
    server = slow;
    await once(slow.listen(0, '127.0.0.1'), 'listening');
    const { port } = slow.address() as AddressInfo;
    const ca = testAuthority().certificate;
    const socket = await connected({ host: 'localhost', addresses: ['127.0.0.1'], port, isTls: true }, ca);
    expect((socket as TLSSocket).authorized).toBe(true);
    socket.destroy();
  });

  it("leaves Node's own listeners on the TLS socket, which let go of OpenSSL's memory", async () => {
    const identity = testAuthority().issue({ names: ['localhost'] });
    await using upstream = await RawUpstream.start({}, identity);
    const ca = testAuthority().certificate;
    const { port } = upstream;
    const socket = await connected({ host: 'localhost', addresses: ['127.0.0.1'], port, isTls: true }, ca);
    const bare = connectTls({
      port,
      host: '127.0.0.1',
      ca,
      servername: 'localhost',
      rejectUnauthorized: false,
    });
    await once(bare, 'secureConnect');
    const listenersOf = (one: EventEmitter): string[] =>
      one
        .listeners('close')
        .map(({ name }) => name)
        .sort();
    expect(listenersOf(socket)).toEqual(expect.arrayContaining(listenersOf(bare)));
    expect(listenersOf(bare).length).toBeGreaterThan(0);
    expect(socket.listenerCount('error')).toBe(bare.listenerCount('error'));
    bare.destroy();
    socket.destroy();
  });

  it('leaves an alert of TLS in its own words', async () => {
    const port = await startServer('\x15\x03\x01\0\x02\x02\x28');
    const error = await dial({ host: '127.0.0.1', addresses: ['127.0.0.1'], port, isTls: true });
    expect(error.message).toMatch(new RegExp(`^no TLS with 127\\.0\\.0\\.1:${port}: .*handshake failure`));
  });

  it.each(['::1', '[::1]'])('writes %s in brackets once', async (host) => {
    const port = await startServer('');
    server?.close();
    const error = await dial({ host, addresses: ['127.0.0.1'], port, isTls: false });
    expect(error.message).toMatch(new RegExp(`^cannot connect to \\[::1\\]:${port}: `));
  });
});

describe('a host', () => {
  it('with a dot at its end is not in its canonical form', () => {
    expect(findHostProblem('localhost.')).toBe(
      "'localhost.' is no host name in its canonical form: that has no dot at its end",
    );
    expect(findHostProblem('localhost..')).toBe("'localhost..' is no host name");
    expect(findHostProblem('.')).toBe("'.' is no host name");
  });
});
