/** What a dial that fails says, in words for whoever set the destination. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createSecureContext } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { Dial } from '../../../src/system/http/dial.ts';
import { findHostProblem } from '../../../src/system/http/host-check.ts';
import type { Destination, UpstreamError } from '../../../src/system/http/upstream.ts';

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

function dial(destination: Omit<Destination, 'isVerified'>): Promise<UpstreamError> {
  return new Promise((resolve, reject) => {
    const options = { clock, timeoutMs: 5000, secureContext: () => createSecureContext() };
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
      fault: 'tls',
      message: `127.0.0.1:${port} does not speak TLS`,
    });
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
