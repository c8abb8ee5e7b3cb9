/** CONNECT as an opaque tunnel: what is refused, what is answered, and what of it is left behind (rows 23 to 30, 37). */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Via } from '../../../src/system/http/via.ts';
import { until } from '../../helpers/system.ts';
import { Peer, Rig } from './rig.ts';

describe('CONNECT', () => {
  it.each(['/etc', 'a@b:443', 'a:', 'a:0', 'a:99999', ':443', 'http://a/', '[fe80::1%25lo]:443'])(
    'row 23: refuses %s with 400 and closes',
    async (authority) => {
      await using rig = await Rig.start();
      const client = rig.dial(authority);
      // Node's own parser refuses some of them before anybody sees a request.
      if (authority.startsWith('http:') === false) expect(await client.status()).toBe(400);
      await until(() => client.hasEnded || client.isClosed, 'the proxy has closed');
      client.socket.end();
      await rig.settled();
      expect(rig.told).toEqual([]);
      expect(rig.pool.sample().created).toBe(0);
    },
  );

  it.each([
    '169.254.169.254:80',
    '[::ffff:127.0.0.1]:6379',
    '0x7f.1:2222',
    '2130706433:80',
    '127.0.0.1:25',
    '127.0.0.1:22',
    'own',
    '8.8.8.8:443',
  ])('row 24: denies %s with 403, PC, and dials nothing', async (authority) => {
    await using rig = await Rig.start();
    const client = rig.dial(authority === 'own' ? `127.0.0.1:${rig.port}` : authority);
    expect(await client.status()).toBe(403);
    await until(() => client.hasEnded, 'the proxy has closed');
    client.socket.end();
    await rig.settled();
    expect(rig.told).toMatchObject([{ end: { status: 403 } }]);
    expect(rig.terminations.sample()).toEqual({ accepted: 1, open: 0, codes: { PC: 1 } });
    expect(rig.pool.sample()).toMatchObject({ open: 0, created: 0 });
  });

  it('row 25: passes on what came with CONNECT first, and in order', async () => {
    await using rig = await Rig.start();
    await using peer = await Peer.start((socket) => socket.pipe(socket));
    const client = rig.dial(`127.0.0.1:${peer.port}`, 'early ');
    client.socket.write('and more ');
    expect(await client.status()).toBe(200);
    client.socket.end('and last');
    await until(() => client.hasEnded, 'the echo has ended');
    expect(client.body.toString()).toBe('early and more and last');
    await rig.settled();
    expect(rig.told).toEqual([{ url: `127.0.0.1:${peer.port}`, end: { finished: 200 } }]);
    expect(rig.terminations.sample().codes).toEqual({ '--': 1 });
  });

  it.each(['Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n'])(
    'row 26: refuses CONNECT with %j',
    async (fields) => {
      await using rig = await Rig.start();
      await using peer = await Peer.start();
      const client = rig.dial(`127.0.0.1:${peer.port}`, 'hello', fields);
      expect(await client.status()).toBe(400);
      await until(() => client.hasEnded, 'the proxy has closed');
      client.socket.end();
      await rig.settled();
      expect(peer.sockets).toEqual([]);
      expect(rig.terminations.sample().codes).toEqual({ PR: 1 });
      expect(rig.warnings).toHaveLength(1);
    },
  );

  it('row 27: survives a reset right after the 200, and resets the upstream', async () => {
    await using rig = await Rig.start();
    await using peer = await Peer.start((socket) => socket.resume());
    const client = rig.dial(`127.0.0.1:${peer.port}`);
    await client.status();
    await until(() => peer.sockets.length === 1, 'the upstream is reached');
    const broken = once(peer.sockets[0]!, 'error');
    client.socket.resetAndDestroy();
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ CD: 1 });
    expect(rig.pool.sample().open).toBe(0);
  });

  it('row 28: says 502 where nobody listens, before any 200', async () => {
    await using rig = await Rig.start();
    const gone = await Peer.start();
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const client = rig.dial(`127.0.0.1:${port}`, 'GET / HTTP/1.1\r\n\r\n');
    expect(await client.status()).toBe(502);
    client.socket.end();
    await rig.settled();
    expect(client.text.match(/^HTTP/gm)).toHaveLength(1);
    expect(rig.told).toMatchObject([{ end: { status: 502 } }]);
    expect(rig.terminations.sample().codes).toEqual({ SC: 1 });
  });

  it('row 29: says 502 for a name without address, and goes on to the next address where the first is dead', async () => {
    await using peer = await Peer.start((socket) => socket.pipe(socket));
    await using rig = await Rig.start({
      guard: {
        lookup: async (name) => {
          if (name === 'two.test') return ['127.0.0.2', '127.0.0.1'];
          throw new Error('ENOTFOUND');
        },
      },
    });
    const nowhere = rig.dial('nowhere.test:80');
    expect(await nowhere.status()).toBe(502);
    nowhere.socket.end();
    const client = rig.dial(`two.test:${peer.port}`);
    expect(await client.status()).toBe(200);
    client.socket.end('ping');
    await until(() => client.hasEnded, 'the echo has ended');
    expect(client.body.toString()).toBe('ping');
    await rig.settled();
  });

  it('row 29: says 502 for a name that is not resolved in time', async () => {
    await using rig = await Rig.start({
      guard: { lookup: () => new Promise(() => {}), lookupTimeoutMs: 10 },
    });
    const client = rig.dial('slow.test:80');
    expect(await client.status()).toBe(502);
    client.socket.end();
    await rig.settled();
    expect(rig.terminations.sample().codes).toEqual({ sC: 1 });
  });

  it('stops dialling for a client that has left', async () => {
    let answer: (addresses: string[]) => void = () => {};
    await using rig = await Rig.start({
      guard: { lookup: () => new Promise((resolve) => (answer = resolve)) },
    });
    await using peer = await Peer.start();
    const client = rig.dial(`late.test:${peer.port}`);
    await until(() => rig.told.length === 1, 'the request has started');
    client.socket.resetAndDestroy();
    await until(() => rig.sockets.size === 0, 'the proxy has noticed');
    answer(['127.0.0.1']);
    await rig.settled();
    expect(rig.told).toMatchObject([{ end: { failed: expect.any(String) } }]);
    expect(rig.terminations.sample().codes).toEqual({ CC: 1 });
    expect(rig.pool.sample().open).toBe(0);
  });

  it('row 37: says 508 to a request that has been here', async () => {
    const via = new Via('test');
    await using rig = await Rig.start({ via });
    await using peer = await Peer.start();
    const client = rig.dial(`127.0.0.1:${peer.port}`, '', `Via: 1.1 other, ${via.field}\r\n`);
    expect(await client.status()).toBe(508);
    client.socket.end();
    await rig.settled();
    expect(peer.sockets).toEqual([]);
  });

  it('leaves an answer readable to a client that is still sending', async () => {
    await using rig = await Rig.start();
    const client = rig.dial('8.8.8.8:443', Buffer.alloc(20_000_000));
    expect(await client.status()).toBe(403);
    await until(() => client.hasEnded, 'the proxy has closed');
    client.socket.end();
    await until(() => client.isClosed, 'the client has closed');
    expect(client.error).toBeUndefined();
    await rig.settled();
  });

  it('cuts a client off that neither reads nor closes after its refusal', async () => {
    await using rig = await Rig.start();
    const client = rig.dial('8.8.8.8:443');
    await rig.settled(); // two seconds
    await until(() => client.hasEnded, 'the client has been closed');
    client.socket.destroy();
  });
});
