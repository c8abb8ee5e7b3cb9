/** Tunnels whose TLS ends in the proxy: whose name the certificate has, and who may not come through (rows 31 to 36). */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../../src/system/proxy/certificate-authority.ts';
import type { TunnelContext } from '../../../src/system/proxy/connect.ts';
import { LeafCache } from '../../../src/system/proxy/leaf-cache.ts';
import { describeWith } from '../../clients/requirement.ts';
import { until } from '../../helpers/system.ts';
import { testAuthority } from '../../helpers/tls-origin.ts';
import { Peer, Rig, type RigOptions } from './rig.ts';

const INTERCEPT = { connect: 'intercept' } as const;

async function startTlsPeer(names: readonly string[] = ['127.0.0.1', 'localhost', 'a.test']): Promise<Peer> {
  return Peer.start((socket) => socket.resume(), await (await testAuthority()).issue({ names }));
}

async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { certificate } = await testAuthority();
  return Rig.start({
    ...options,
    forward: { ...INTERCEPT, upstreamCa: certificate, ...options.forward },
    guard: {
      lookup: async (name) => (name.endsWith('.test') || name === 'localhost' ? ['127.0.0.1'] : []),
      ...options.guard,
    },
  });
}

/** TLS through a tunnel to `authority`, trusting the rig's CA. */
async function secure(rig: Rig, authority: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const client = rig.dial(authority);
  const socket = await client.opened();
  const host = authority.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const tls = tlsConnect({ socket, host, ca: await rig.ca.certificatePem(), ...options });
  tls.on('error', () => {});
  return tls;
}

async function ask(tls: TLSSocket, path: string): Promise<string> {
  let text = '';
  tls.on('data', (bytes) => (text += bytes));
  tls.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => text.includes(`inner ${path}`), 'the inside has answered');
  return text;
}

describe('interception', () => {
  it('ends TLS under the name of the CONNECT host, verifies the upstream first, and serves what is inside', async () => {
    const contexts: TunnelContext[] = [];
    await using peer = await startTlsPeer();
    await using rig = await startRig({
      serveInner: (socket, context) => {
        contexts.push(context);
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
      },
    });
    const tls = await secure(rig, `127.0.0.1:${peer.port}`);
    await once(tls, 'secureConnect');
    expect(tls.getPeerCertificate().subjectaltname).toBe('IP Address:127.0.0.1');
    expect(peer.sockets).toHaveLength(1);
    let text = '';
    tls.on('data', (bytes) => (text += bytes));
    tls.write('GET / HTTP/1.1\r\n\r\n');
    await once(tls, 'end');
    expect(text).toContain('ok');
    tls.end();
    await rig.settled();
    expect(contexts).toMatchObject([
      { authority: `127.0.0.1:${peer.port}`, destination: { isTls: true, isVerified: true } },
    ]);
    expect(rig.told).toMatchObject([{ end: { finished: 200 } }]);
    expect(rig.terminations.sample().codes).toEqual({ '--': 1 });
    expect(rig.pool.sample()).toMatchObject({ created: 1, idle: 1 });
  });

  it('serves requests one after another, and pairs early data with the handshake', async () => {
    await using peer = await startTlsPeer();
    await using rig = await startRig();
    // A ClientHello that comes in the same write as CONNECT: taken from a real one.
    const hello = await captureHello();
    const early = rig.dial(`127.0.0.1:${peer.port}`, hello);
    await until(() => early.body.length > 100, 'the proxy has answered the handshake');
    expect(early.body[0]).toBe(0x16);
    early.socket.destroy();
    const tls = await secure(rig, `localhost:${peer.port}`);
    expect(await ask(tls, '/one')).toContain('200');
    expect(await ask(tls, '/two')).toContain('200');
    tls.destroy();
    await rig.settled();
  });

  it('begins nothing for a client that has left while the upstream was reached', async () => {
    let answer: (addresses: string[]) => void = () => {};
    await using peer = await startTlsPeer();
    await using rig = await startRig({
      guard: {
        lookup: () =>
          new Promise((resolve) => {
            answer = resolve;
          }),
      },
    });
    const client = rig.dial(`a.test:${peer.port}`);
    await until(() => rig.told.length === 1, 'the request has started');
    client.socket.resetAndDestroy();
    await until(() => rig.sockets.size === 0, 'the proxy has noticed');
    answer(['127.0.0.1']);
    await rig.settled();
    expect(rig.told).toMatchObject([{ end: { failed: 'the client has left' } }]);
    expect(rig.terminations.sample().codes).toEqual({ CC: 1 });
  });

  it('row 20: stops a handshake with the upstream at once when the client resets', async () => {
    await using silent = await Peer.start();
    await using rig = await startRig({ connectTimeoutMs: 60_000 });
    const client = rig.dial(`a.test:${silent.port}`);
    await until(() => silent.sockets.length === 1, 'the upstream is reached');
    const resetMs = performance.now();
    client.socket.resetAndDestroy();
    await until(
      () => silent.sockets[0]?.destroyed === true || (rig.pool.sample().open === 0 && rig.tasks.open === 0),
      'it is released',
      1000,
    );
    expect(performance.now() - resetMs).toBeLessThan(100);
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ CC: 1 });
  });

  it.each([
    ['another name', 'other.test', 1],
    ['the name in capitals', 'A.TEST', 0],
    ['no name', '', 0],
    ['255 characters', `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.test`, 1],
  ])('row 31: certifies the CONNECT host whatever the SNI: %s', async (_, servername, warnings) => {
    await using peer = await startTlsPeer();
    await using rig = await startRig();
    const tls = await secure(rig, `a.test:${peer.port}`, {
      servername,
      checkServerIdentity: () => undefined,
    });
    await once(tls, 'secureConnect');
    expect(tls.getPeerCertificate().subjectaltname).toBe('DNS:a.test');
    await ask(tls, '/');
    expect(rig.warnings).toHaveLength(warnings);
    tls.destroy();
    await rig.settled();
  });

  describeWith({ openssl: 'openssl' }, 'beside OpenSSL', () => {
    it('rows 31 and 33 with OpenSSL: a wrong name is served and told of, ALPN h2 alone is refused', async () => {
      await using peer = await startTlsPeer();
      await using rig = await startRig();
      const run = async (...more: string[]): Promise<string> => {
        const target = ['-proxy', `127.0.0.1:${rig.port}`, '-connect', `a.test:${peer.port}`];
        const child: ChildProcess = spawn('openssl', ['s_client', ...target, ...more], { stdio: 'pipe' });
        let text = '';
        child.stdout?.on('data', (bytes) => (text += bytes));
        child.stderr?.on('data', (bytes) => (text += bytes));
        const closed = once(child, 'close');
        await until(
          () => /Verify return code|alert|errno/.test(text) || child.exitCode !== null,
          'openssl has finished',
        );
        child.stdin?.end();
        await closed;
        return text;
      };
      const wrong = await run('-servername', 'wrong.test');
      expect(wrong).toContain('-----BEGIN CERTIFICATE-----');
      await until(() => rig.warnings.length === 1, 'the mismatch is told');
      expect(rig.warnings[0]).toContain('wrong.test');
      expect(await run('-alpn', 'h2')).toContain('no application protocol');
      expect(await run('-alpn', 'h2,http/1.1')).toContain('ALPN protocol: http/1.1');
      expect(await run('-tls1_2')).toMatch(/Protocol\s*: TLSv1\.2/);
      await rig.settled();
      expect(rig.terminations.sample().codes).toMatchObject({ CT: 1 });
    });
  });

  it('row 32: 1,000 clients that reject the CA or leave in the handshake cost nothing', async () => {
    await using peer = await startTlsPeer();
    await using rig = await startRig();
    for (let round = 0; round < 50; round++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const socket = await rig.dial(`127.0.0.1:${peer.port}`).opened();
          socket.on('error', () => {});
          if (i % 4 === 1) socket.resetAndDestroy();
          else if (i % 4 === 2) socket.end(Buffer.from([0x16, 3, 1, 0, 200, 1]));
          else {
            const tls = tlsConnect({ socket, host: '127.0.0.1' }); // trusts public CAs alone
            tls.on('error', () => {});
            if (i % 4 === 3) setImmediate(() => socket.destroy());
          }
          if (i % 4 === 2) socket.resume();
          await new Promise((resolve) =>
            socket.destroyed ? resolve(undefined) : socket.once('close', resolve),
          );
        }),
      );
    }
    await rig.settled();
    expect(rig.terminations.sample()).toEqual({ accepted: 1000, open: 0, codes: { CT: 1000 } });
    expect(rig.told.filter(({ end }) => end !== undefined && 'failed' in end)).toHaveLength(1000);
    expect(rig.sockets.size).toBe(0);
  }, 120_000);

  it('row 35: passes on what is no TLS, as it came, where that is set', async () => {
    await using rig = await startRig({ forward: { nonTls: 'pass' } });
    await using peer = await Peer.start((socket) => {
      // Talks TLS to nobody: what comes is echoed, a ClientHello too, and that is no ServerHello.
      socket.on('data', (bytes) =>
        socket.write(bytes[0] === 0x16 ? 'HTTP/1.1 400 Bad Request\r\n\r\n' : bytes),
      );
      socket.on('end', () => socket.end());
    });
    const client = rig.dial(`127.0.0.1:${peer.port}`, 'plain ');
    expect(await client.status()).toBe(200);
    client.socket.end('words');
    await until(() => client.hasEnded, 'the echo has ended');
    expect(client.body.toString()).toBe('plain words');
    await rig.settled();
    expect(rig.told).toMatchObject([{ end: { finished: 200 } }]);
  });

  it.each(['220 mail ready\r\n', '+', '\x16\x03\x01\xff\xff'])(
    'row 35: passes on what a server says first, here %j, to a client that says nothing',
    async (greeting) => {
      await using rig = await startRig({ forward: { nonTls: 'pass' }, connectTimeoutMs: 60_000 });
      await using peer = await Peer.start((socket) => socket.write(greeting, 'latin1'));
      const client = rig.dial(`127.0.0.1:${peer.port}`);
      expect(await client.status()).toBe(200);
      await until(() => client.body.length === greeting.length, 'the greeting is there');
      expect(client.body.toString('latin1')).toBe(greeting);
      client.socket.resetAndDestroy();
      await rig.settled();
    },
  );

  it('row 35: passes on plain bytes to an upstream that speaks TLS too', async () => {
    await using rig = await startRig({ forward: { nonTls: 'pass' } });
    await using peer = await startTlsPeer();
    const client = rig.dial(`127.0.0.1:${peer.port}`, 'GET / HTTP/1.1\r\n\r\n');
    expect(await client.status()).toBe(200);
    // The upstream's TLS answers with an alert, or closes: either way it heard the plain bytes itself.
    await until(() => client.hasEnded || client.isClosed, 'the upstream has closed');
    client.socket.destroy();
    await rig.settled();
  });

  it('row 35: closes in order where that is set, and never dials without TLS', async () => {
    await using rig = await startRig({ forward: { nonTls: 'close' } });
    await using peer = await startTlsPeer();
    const client = rig.dial(`127.0.0.1:${peer.port}`, 'GET / HTTP/1.1\r\n\r\n');
    expect(await client.status()).toBe(200);
    await until(() => client.hasEnded, 'the proxy has closed');
    expect(client.error).toBeUndefined();
    client.socket.end();
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ PT: 1 });
    await using plain = await Peer.start((socket) => socket.end('no TLS here'));
    const other = rig.dial(`127.0.0.1:${plain.port}`);
    expect(await other.status()).toBe(502);
    other.socket.end();
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ PT: 1, ST: 1 });
  });

  it.each(['expired', 'self-signed', 'wrong host', 'unknown CA'] as const)(
    'row 36: says 502, ST to an upstream whose certificate is of the kind %s, unless it is exempt',
    async (kind) => {
      const authority = await testAuthority();
      const names = kind === 'wrong host' ? ['b.test'] : ['127.0.0.1'];
      const identity =
        kind === 'self-signed'
          ? await authority.issueSelfSigned(names)
          : await authority.issue({ names, isExpired: kind === 'expired' });
      await using peer = await Peer.start((socket) => socket.resume(), identity);
      const trust = kind === 'unknown CA' ? { upstreamCa: null } : {};
      await using rig = await startRig({ forward: { nonTls: 'pass', ...trust } });
      const client = rig.dial(`127.0.0.1:${peer.port}`);
      expect(await client.status()).toBe(502);
      client.socket.end();
      await rig.settled();
      expect(rig.terminations.sample().codes).toEqual({ ST: 1 });
      expect(rig.told).toMatchObject([{ end: { status: 502 } }]);
      await using exempt = await startRig({ forward: { insecureHosts: ['127.0.0.1'], ...trust } });
      const other = exempt.dial(`127.0.0.1:${peer.port}`);
      expect(await other.status()).toBe(200);
      other.socket.destroy();
      await exempt.settled();
    },
  );

  it('ends a tunnel that failed inside, once what was written has left, and one that is idle', async () => {
    await using peer = await startTlsPeer();
    await using rig = await startRig({
      forward: { idleTimeoutMs: 100 },
      serveInner: (socket, context) => {
        socket.once('data', (bytes: Buffer) => {
          if (!bytes.toString().includes('fail')) return;
          socket.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
          context.failTunnel('the upstream broke off');
        });
      },
    });
    const failing = await secure(rig, `127.0.0.1:${peer.port}`);
    let text = '';
    failing.on('data', (bytes) => (text += bytes));
    failing.write('fail');
    await once(failing, 'end');
    expect(text).toContain('502 Bad Gateway');
    const idle = await secure(rig, `127.0.0.1:${peer.port}`);
    await once(idle.resume(), 'end');
    await rig.settled();
    expect(rig.told.map(({ end }) => end)).toMatchObject([
      { failed: 'the upstream broke off', status: 502 },
      { failed: expect.stringContaining('100 ms'), status: 502 },
    ]);
    expect(rig.terminations.sample().codes).toEqual({ SD: 1, cD: 1 });
  });
});

describe('row 34: far more hosts than the cache holds', () => {
  it('leaves the cache bounded and the loop turning: 99 of 100 turns take less than 50 ms of work', async () => {
    const cache = new LeafCache({ authority: new CertificateAuthority(), maxHosts: 256 });
    await cache.contextFor('first.test');
    // Work of this thread, not time: what other programs take of the machine is none of ours.
    const turnsMs: number[] = [];
    let isDone = false;
    const watched = (async () => {
      while (!isDone) {
        const { user, system } = process.threadCpuUsage();
        await new Promise((resolve) => setImmediate(resolve));
        const after = process.threadCpuUsage();
        turnsMs.push((after.user + after.system - user - system) / 1000);
      }
    })();
    await Promise.all(Array.from({ length: 800 }, (_, i) => cache.contextFor(`h${i}.test`)));
    isDone = true;
    await watched;
    expect(cache.size).toBe(256);
    expect(turnsMs.length).toBeGreaterThan(800);
    // Of those that did something: idle turns would make any share look good.
    const busy = turnsMs.filter((ms) => ms > 0.5).sort((a, b) => a - b);
    expect(busy[Math.floor(busy.length * 0.99)]).toBeLessThan(50);
  }, 120_000);
});

/** The first flight of a TLS client. */
async function captureHello(): Promise<Buffer> {
  await using peer = await Peer.start();
  const tls = tlsConnect({ port: peer.port, host: '127.0.0.1' });
  tls.on('error', () => {});
  await until(() => peer.sockets.length === 1, 'the client has connected');
  const [bytes] = (await once(peer.sockets[0] as Socket, 'data')) as [Buffer];
  tls.destroy();
  return bytes;
}
