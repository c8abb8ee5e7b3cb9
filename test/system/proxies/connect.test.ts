/** Rows 23 to 37: CONNECT, tunnels and intercepted TLS. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FullBacklog } from '../../helpers/full-backlog.ts';
import { statusOf, valuesOf } from '../../helpers/message-reader.ts';
import { RawClient } from '../../helpers/raw-http.ts';
import { RawUpstream } from '../../helpers/raw-upstream.ts';
import { startSystem, until } from '../../helpers/system.ts';
import { testAuthority } from '../../helpers/tls-origin.ts';
import { openTunnel } from './entrances.ts';
import { Trial } from './trial.ts';

const MODES = ['tunnel', 'intercept'] as const;

function start(
  mode: (typeof MODES)[number],
  options: Parameters<typeof Trial.start>[1] = {},
): Promise<Trial> {
  return Trial.start(mode === 'intercept' ? 'intercepted' : 'forward', options);
}

/** A connection to the forward proxy, nothing sent yet. */
async function dial(trial: Trial): Promise<RawClient> {
  return trial.adopt(await RawClient.connect(trial.running.addresses.proxyUrl));
}

const portOf = (url: string) => Number(new URL(url).port);

describe.each(MODES)('CONNECT, %s:', (mode) => {
  it.each([
    '/etc',
    'a@b:443',
    'a:',
    'a:0',
    'a:99999',
    'a:65536',
    'a:+80',
    'a:8o',
    ':443',
    'a',
    'http://a/',
    'http://a:80',
    'a:80/x',
    '[::1:80',
    '[fe80::1%25eth0]:80',
    '[fe80::1%eth0]:80',
    '::1:80',
    'a:80:80',
    '*',
    'a%00b:80',
  ])('row 23: refuses the authority %s', async (authority) => {
    await using trial = await start(mode);
    const client = await dial(trial);
    client.write(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.over();
    const [answer] = client.finals();
    expect(statusOf(answer?.startLine ?? '')).toBe(400);
    expect(valuesOf(answer!, 'connection').join().toLowerCase()).toBe('close');
    expect(trial.upstream.connections).toEqual([]);
    await trial.conclude();
  });

  it.each([
    '169.254.169.254:80',
    '[::ffff:127.0.0.1]:6379',
    '[::ffff:7f00:1]:6379',
    '[::127.0.0.1]:6379',
    '0x7f.1:8080',
    '0177.0.0.1:8080',
    '127.1:8080',
    '2130706433:8080',
    '127.0.0.1.:8080',
    '0.0.0.0:8080',
    '[::]:8080',
    '224.0.0.1:8080',
    '255.255.255.255:8080',
    '[fe80::1]:8080',
    '[ff02::1]:8080',
    '10.0.0.1:8080',
    '192.168.0.1:443',
    '127.0.0.1:25',
    '127.0.0.1:22',
    'localhost:25',
  ])('row 24: denies %s without a dial', async (authority) => {
    await using trial = await start(mode);
    const client = await dial(trial);
    const begunMs = performance.now();
    client.write(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.over();
    expect(statusOf(client.finals()[0]?.startLine ?? '')).toBe(403);
    expect(performance.now() - begunMs).toBeLessThan(2000);
    client.destroy();
    await until(() => Object.keys(trial.codes()).length > 0, 'it is booked', 2000);
    expect(trial.codes()).toEqual({ PC: 1 });
    await trial.conclude();
  });

  it.each(['proxyUrl', 'metricsUrl'] as const)('row 24: denies its own %s', async (which) => {
    await using trial = await start(mode);
    const port = portOf(trial.running.addresses[which]);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.0.0.2']) {
      const client = await dial(trial);
      client.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await client.over();
      expect(statusOf(client.finals()[0]?.startLine ?? ''), host).toBe(403);
    }
    await trial.conclude();
  });

  it.each(['Content-Length: 5', 'Content-Length: 0', 'Transfer-Encoding: chunked'])(
    'row 26: refuses a body (%s)',
    async (field) => {
      await using trial = await start(mode);
      const client = await dial(trial);
      client.write(`CONNECT ${trial.entrance.host} HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\nhello`);
      await client.over();
      expect(statusOf(client.finals()[0]?.startLine ?? '')).toBe(400);
      expect(trial.upstream.text()).not.toContain('hello');
      await trial.conclude();
    },
  );

  it('row 27: survives a reset before, right after and in the answer', async () => {
    await using trial = await start(mode);
    for (let i = 0; i < 60; i++) {
      const client = await dial(trial);
      client.write(`CONNECT ${trial.entrance.host} HTTP/1.1\r\nHost: x\r\n\r\n`);
      if (i % 3 === 0) await until(() => client.received.length > 0 || client.isOver, 'an answer');
      else if (i % 3 === 1) await new Promise((resolve) => setImmediate(resolve));
      client.reset();
    }
    // One that was verified and not used waits for the next request.
    const idle = () => trial.running.system.sample().upstream?.forward.idle ?? 0;
    await until(() => trial.upstream.openCount <= idle(), 'upstream is released', 3000);
    await trial.conclude();
  });

  it('row 28: answers 502 before any 200 when upstream refuses', async () => {
    await using trial = await start(mode);
    const closed = await RawUpstream.start();
    await closed[Symbol.asyncDispose]();
    const client = await dial(trial);
    client.write(`CONNECT 127.0.0.1:${closed.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.over();
    expect(client.finals().map(({ startLine }) => statusOf(startLine))).toEqual([502]);
    await trial.conclude();
    expect(trial.codes()['SC']).toBe(1);
  });

  it('row 28: answers 504 when upstream stays silent', async () => {
    await using trial = await start(mode, { settings: { upstream: { connectTimeoutMs: 300 } } });
    await using full = await FullBacklog.start();
    const client = await dial(trial);
    client.write(`CONNECT 127.0.0.1:${full.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.over();
    expect(client.finals().map(({ startLine }) => statusOf(startLine))).toEqual([504]);
    await trial.conclude();
    expect(trial.codes()['sC']).toBe(1);
  });

  it('row 29: answers 502 for a name that nobody has', async () => {
    await using trial = await start(mode, { settings: { forward: { allowHosts: ['nobody.invalid'] } } });
    const client = await dial(trial);
    client.write('CONNECT nobody.invalid:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.over(10_000);
    expect(client.finals().map(({ startLine }) => statusOf(startLine))).toEqual([502]);
    await trial.conclude();
  });

  it('row 37: notices a message that has come round', async () => {
    await using trial = await start(mode);
    const client = await trial.open();
    client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
    await client.answer();
    const via = valuesOf(trial.upstream.requests()[0]!, 'via').join(', ');
    const looped = await dial(trial);
    looped.write(`CONNECT ${trial.entrance.host} HTTP/1.1\r\nHost: x\r\nVia: ${via}\r\n\r\n`);
    await looped.over(1000);
    expect(statusOf(looped.finals()[0]?.startLine ?? '')).toBe(508);
    await trial.conclude();
  });
});

describe('a tunnel', () => {
  it('row 25: gives early data to upstream first, and in order', async () => {
    await using trial = await start('tunnel');
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host, 'GET /early HTTP/1.1\r\nHost: x\r\n\r\nGET /se');
    client.write('cond HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => trial.forwarded().length === 2, 'both requests are there');
    expect(trial.forwarded()).toEqual(['GET /early HTTP/1.1', 'GET /second HTTP/1.1']);
    await trial.conclude();
  });

  it('row 28: ends when upstream resets, and the client sees a reset', async () => {
    await using trial = await start('tunnel', {
      script: { onRequest: (_, connection) => connection.close('rst') },
    });
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    client.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => client.isClosed, 'the client is closed', 3000);
    expect(client.error).toBe('ECONNRESET');
    await trial.conclude();
  });

  it('row 30: passes FIN of the client on, and the answer goes on', async () => {
    await using trial = await start('tunnel', {
      script: {
        onConnection: ({ stream, socket }) => {
          stream.removeAllListeners('end');
          stream.once('end', () => {
            socket.write('after your FIN', () => socket.end());
          });
        },
      },
    });
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    client.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    client.end();
    await until(() => client.hasEnded, 'the other way ends too', 3000);
    expect(client.received.toString()).toMatch(/after your FIN$/);
    await until(() => trial.upstream.openCount === 0, 'upstream is closed', 3000);
    await trial.conclude();
  });

  it('row 30: passes FIN of the server on, and the request goes on', async () => {
    let isFirst = true;
    await using trial = await start('tunnel', {
      script: {
        onConnection: ({ stream }) => {
          if (isFirst) stream.end('at once');
          isFirst = false;
        },
      },
    });
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    await until(() => client.hasEnded, 'the FIN arrives', 3000);
    client.write('GET /late HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => trial.forwarded().length === 1, 'the late request arrives', 3000);
    client.end();
    await until(() => trial.upstream.openCount === 0, 'upstream is closed', 3000);
    await trial.conclude();
  });

  it('row 30: is closed when nothing goes through it, half closed or not', async () => {
    await using trial = await start('tunnel', { settings: { forward: { idleTimeoutMs: 300 } } });
    const whole = await dial(trial);
    await openTunnel(whole, trial.entrance.host);
    const half = await dial(trial);
    await openTunnel(half, trial.entrance.host);
    half.end();
    const begunMs = performance.now();
    await whole.over();
    expect(performance.now() - begunMs).toBeGreaterThan(200);
    await until(() => trial.upstream.openCount === 0, 'upstream is closed', 3000);
    await trial.conclude();
  });
});

describe('an intercepted tunnel', () => {
  it.each([
    ['another name', { servername: 'elsewhere.test' }],
    ['no name', { servername: '' }],
    [
      'a name of 240 characters',
      { servername: `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(57)}` },
    ],
  ])('row 31: has a certificate for the CONNECT host when SNI has %s', async (_, options) => {
    await using trial = await start('intercept');
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    let checked = '';
    await client.startTls({
      ...options,
      ca: trial.running.addresses.caCertificate ?? '',
      checkServerIdentity: (_host, certificate) => {
        checked = certificate.subjectaltname ?? '';
        return undefined;
      },
    });
    expect(checked).toBe('DNS:localhost');
    client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
    expect((await client.answer()).body.toString()).toBe('ok');
    await trial.conclude();
  });

  it('row 31: has a certificate for an address', async () => {
    await using trial = await start('intercept');
    const client = await dial(trial);
    await openTunnel(client, `127.0.0.1:${trial.upstream.port}`);
    await client.startTls({ host: '127.0.0.1', ca: trial.running.addresses.caCertificate ?? '' });
    client.write(`GET /x HTTP/1.1\r\nHost: 127.0.0.1:${trial.upstream.port}\r\n\r\n`);
    expect((await client.answer()).body.toString()).toBe('ok');
    await trial.conclude();
  });

  it('row 32: books CT for a client that does not trust it, and leaks nothing', async () => {
    await using trial = await start('intercept');
    const times = process.env['BPBENCH_CI'] === undefined ? 50 : 1000;
    for (let i = 0; i < times; i++) {
      const client = await dial(trial);
      await openTunnel(client, trial.entrance.host);
      if (i % 2 === 0) await expect(client.startTls({ servername: 'localhost' })).rejects.toThrow();
      else {
        client.write('\x16\x03\x01\x00\xa5\x01\x00');
        client.reset();
      }
    }
    await until(() => trial.codes()['CT'] === times, 'all are booked as CT', 5000).catch(() => {});
    expect(trial.codes()).toEqual({ CT: times });
    await trial.conclude();
  });

  it('row 33: serves HTTP/1.1 or refuses a client that wants h2 alone', async () => {
    await using trial = await start('intercept');
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    const ca = trial.running.addresses.caCertificate ?? '';
    const failure = await client.startTls({ servername: 'localhost', ca, ALPNProtocols: ['h2'] }).then(
      () => undefined,
      (error: Error) => error,
    );
    if (failure === undefined) {
      client.write(`${trial.entrance.head('GET', '/x')}\r\n`);
      expect((await client.answer()).body.toString()).toBe('ok');
    }
    await trial.conclude();
  });

  it('row 35: passes bytes that are no TLS on to a server that speaks none', async () => {
    await using trial = await start('intercept');
    const seen: string[] = [];
    const plain = createHttpServer((request, response) => {
      seen.push(request.url ?? '');
      response.end('in plain text');
    });
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const client = await dial(trial);
    await openTunnel(client, `localhost:${(plain.address() as AddressInfo).port}`);
    client.write('GET /plain HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => client.received.includes('in plain text') || client.isOver, 'the answer', 3000);
    expect(seen).toEqual(['/plain']);
    client.destroy();
    plain.closeAllConnections();
    plain.close();
    await trial.conclude();
  });

  it('row 35: closes on bytes that are no TLS where that is configured', async () => {
    await using trial = await start('intercept', { settings: { forward: { nonTls: 'close' } } });
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    client.write('GET /plain HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.over();
    expect(trial.upstream.text()).not.toContain('/plain');
    await trial.conclude();
  });

  it('row 35: does not wait longer than to connect for a server that says nothing to a ClientHello', async () => {
    await using silent = await RawUpstream.start();
    await using trial = await start('intercept', { settings: { upstream: { connectTimeoutMs: 500 } } });
    const client = await dial(trial);
    client.write(`CONNECT localhost:${silent.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await until(() => client.received.length > 0 || client.isOver, 'an answer', 3000);
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 (200|502|504) /);
    await trial.conclude();
  });

  it('row 35: takes nothing for TLS that begins like it and goes on otherwise', async () => {
    await using trial = await start('intercept');
    const client = await dial(trial);
    await openTunnel(client, trial.entrance.host);
    client.write('\x16\x03\x01\x00\x05GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.over();
    expect(trial.forwarded()).toEqual([]);
    await trial.conclude();
  });

  it.each([
    ['expired', () => testAuthority().issue({ names: ['localhost'], isExpired: true })],
    ['signed by itself', () => testAuthority().issueSelfSigned(['localhost'])],
    ['of another host', () => testAuthority().issue({ names: ['other.test'] })],
  ])('row 36: refuses an upstream certificate that is %s', async (_, issue) => {
    const authority = testAuthority();
    await using upstream = await RawUpstream.start({}, issue());
    await using good = await RawUpstream.start({}, authority.issue({ names: ['localhost'] }));
    await using running = await startSystem({
      settings: { forward: { connect: 'intercept', upstreamCa: authority.certificate } },
    });
    const client = await RawClient.connect(running.addresses.proxyUrl);
    client.write(`CONNECT localhost:${upstream.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.over();
    expect(client.finals().map(({ startLine }) => statusOf(startLine))).toEqual([502]);
    const codes = () => running.system.sample().terminations?.forward.codes;
    client.destroy();
    await until(() => Object.keys(codes() ?? {}).length > 0, 'it is booked');
    expect(codes()).toEqual({ ST: 1 });
    // The same way is open to a certificate that is right.
    const other = await RawClient.connect(running.addresses.proxyUrl);
    await openTunnel(other, `localhost:${good.port}`);
    other.destroy();
  });

  it('row 36: passes a certificate of a host that is exempt', async () => {
    await using trial = await start('intercept', {
      identity: testAuthority().issueSelfSigned(['localhost']),
      settings: { forward: { insecureHosts: ['localhost'] } },
    });
    await trial.conclude();
  });
});

describe('a proxy before a proxy', () => {
  it('row 37: ends a loop of two within a second', async () => {
    // The reverse proxy forwards to a relay, which sends all it gets to the reverse proxy again.
    let target = 0;
    const relay: Server = createServer((socket) => {
      void RawClient.connect(`http://127.0.0.1:${target}`).then((back) => {
        socket
          .on('error', () => back.destroy())
          .pipe(back.socket)
          .pipe(socket);
        socket.once('close', () => back.destroy());
      });
    });
    await once(relay.listen(0, '127.0.0.1'), 'listening');
    const port = (relay.address() as { port: number }).port;
    await using running = await startSystem({ originUrl: `http://127.0.0.1:${port}` });
    target = portOf(running.addresses.reverseUrl);
    const client = await RawClient.connect(running.addresses.reverseUrl);
    const begunMs = performance.now();
    client.write('GET /x HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(statusOf((await client.answer()).startLine)).toBe(508);
    expect(performance.now() - begunMs).toBeLessThan(1000);
    client.destroy();
    relay.close();
  });
});
